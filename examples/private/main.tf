# Nothing of it on the internet: a private API for callers in the VPC, a function in the VPC that reaches Bedrock and DynamoDB through
# endpoints and nothing else, and a key of the account's own over whatever is kept. network.tf holds the VPC.

provider "aws" {
  region = var.region
}

variable "region" {
  description = "A Region of the `us.` inference profiles."
  type        = string
  default     = "us-east-1"
}

variable "api_key_sha256" {
  description = "SHA-256 of the caller's key, as 64 lower-case hexadecimal digits."
  type        = string
  nullable    = false
}

locals {
  name      = "llm-private"
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

module "llm_api" {
  source = "../.."

  name = local.name
  models = {
    fast = {
      id                  = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
      destination_regions = ["us-east-1", "us-east-2", "us-west-2"]
      max_output_tokens   = 4096
    }
    nova = { id = "amazon.nova-lite-v1:0", max_output_tokens = 4096 }
  }

  auth = { type = "api_key" }
  tenants = {
    inside = {
      models         = ["fast", "nova"]
      api_key_sha256 = [var.api_key_sha256]
      budgets        = { tokens_per_day = 2000000 }
    }
  }

  private = { vpc_endpoint_ids = [aws_vpc_endpoint.interface["execute-api"].id] }
  vpc_config = {
    subnet_ids         = values(aws_subnet.this)[*].id
    security_group_ids = [aws_security_group.function.id]
  }

  kms_key              = { arn = aws_kms_key.this.arn }
  reserved_concurrency = 50

  # So that `terraform destroy` leaves nothing behind. Leave it on where people depend on the API.
  deletion_protection = false
}

# One key over the table, the function's environment and its log. DynamoDB and Lambda use it in the name of whoever calls them, so what
# lets them is the caller's own policy: the function's role has it, and so does whoever applies. CloudWatch Logs acts for itself.

resource "aws_kms_key" "this" {
  description             = "The private LLM API's table, environment and log"
  enable_key_rotation     = true
  deletion_window_in_days = 7

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TheAccountDecides"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${local.account}:root" }
        Action    = "kms:*"
        Resource  = "*" # a key policy's resource is its key
      },
      {
        Sid       = "TheLogIsEncrypted"
        Effect    = "Allow"
        Principal = { Service = "logs.${var.region}.amazonaws.com" }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"]
        Resource  = "*" # a key policy's resource is its key
        Condition = {
          ArnEquals = { "kms:EncryptionContext:aws:logs:arn" = "arn:${local.partition}:logs:${var.region}:${local.account}:log-group:/aws/lambda/${local.name}" }
        }
      },
    ]
  })
}

output "url" {
  description = "Base URL for callers in the VPC."
  value       = module.llm_api.url
}

output "role_arn" {
  description = "ARN of the function's role, the only one that the endpoints let through."
  value       = module.llm_api.role_arn
}

output "policy_documents" {
  description = "What the function's role may call."
  value       = module.llm_api.policy_documents
}
