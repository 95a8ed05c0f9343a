provider "aws" {
  region = var.region
}

variable "region" {
  description = "Region of the API."
  type        = string
  default     = "us-east-1"
}

variable "caller_account_ids" {
  description = "Accounts whose roles may call the API, besides this one."
  type        = list(string)
  default     = ["111122223333"]
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

module "llm_api" {
  source = "../.."

  name = "llm-cross-account"

  models = {
    nova = { id = "amazon.nova-lite-v1:0", max_output_tokens = 4096, price = { input = 0.06, output = 0.24 } }
  }

  # `auth` is IAM by default: callers sign their requests.
  allowed_account_ids = var.caller_account_ids

  # A tenant is whoever assumes one of its roles. A role is named here rather than referred to, because who belongs to which tenant
  # has to be known at plan. Without `default` the callers whom nobody names would be refused.
  tenants = {
    reports = {
      models     = ["nova"]
      principals = ["arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:role/llm-cross-account-caller"]
      budgets    = { requests_per_minute = 600, usd_per_month = 100 }
    }
    default = {
      models            = ["nova"]
      budgets           = { requests_per_minute = 60, usd_per_month = 20 }
      max_output_tokens = 1000
    }
  }

  # So that `terraform destroy` leaves nothing behind. Leave it on where people depend on the API.
  deletion_protection = false
}

# A caller in this account: its role has the policy, and that is all it needs.
resource "aws_iam_role" "caller" {
  name = "llm-cross-account-caller"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Condition = {
        StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
        ArnLike      = { "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:ecs:${var.region}:${data.aws_caller_identity.current.account_id}:*" }
      }
    }]
  })
}

resource "aws_iam_role_policy" "caller" {
  name   = "call-the-llm-api"
  role   = aws_iam_role.caller.id
  policy = module.llm_api.caller_policy
}

output "url" {
  description = "Base URL for callers."
  value       = module.llm_api.url
}

output "caller_policy" {
  description = "Policy for the callers' roles in the other accounts: hand it to their owners."
  value       = module.llm_api.caller_policy
}

output "caller_role_arn" {
  description = "A role of this account that may call the API."
  value       = aws_iam_role.caller.arn
}

output "role_name" {
  description = "Name of the function's role."
  value       = module.llm_api.role_name
}
