# Everything that the module may be handed, created in the same plan: the module decides what to create by the objects that it is
# given, never by whether an ARN is known yet.

provider "aws" {
  region = var.region
}

variable "region" {
  description = "Region of the API."
  type        = string
  default     = "us-east-1"
}

variable "token_sha256" {
  description = "SHA-256 of the token that the authorizer lets in; nobody is let in by the default."
  type        = string
  default     = ""
}

locals {
  name      = "llm-same-plan"
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

  auth = {
    type = "custom"
    authorizer = {
      function_arn     = aws_lambda_function.authorizer.arn
      identity_sources = ["method.request.header.Authorization"]
    }
  }

  guardrail                = module.guardrail.guardrail
  kms_key                  = { arn = aws_kms_key.this.arn }
  permissions_boundary_arn = aws_iam_policy.boundary.arn
  web_acl                  = { arn = aws_wafv2_web_acl.this.arn }

  # So that `terraform destroy` leaves nothing behind. Leave it on where people depend on the API.
  deletion_protection = false
}

# What nobody may ask about, and nobody is told.

module "guardrail" {
  source = "../../modules/guardrail"

  name                  = local.name
  blocked_input_message = "Please ask the help desk."

  content_filters = {
    hate          = {}
    prompt_attack = {}
    violence      = { input = "MEDIUM", output = "MEDIUM" }
  }
  denied_topics = {
    "Wage negotiations" = {
      definition = "What employees earn, should earn, or ask for."
      examples   = ["What does my colleague earn?"]
    }
  }
  words                 = ["crown jewels"]
  sensitive_information = { email = "ANONYMIZE", aws_secret_key = "BLOCK" }
  regexes               = { "Staff number" = { pattern = "S-[0-9]{6}", action = "ANONYMIZE" } }
}

# The key encrypts the function's environment and its log.

resource "aws_kms_key" "this" {
  description             = "The LLM API's environment and log"
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
          ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:${local.partition}:logs:${var.region}:${local.account}:log-group:/aws/lambda/${local.name}" }
        }
      },
    ]
  })
}

# The boundary is what a platform team sets around every role: the most that any LLM API may do here.

resource "aws_iam_policy" "boundary" {
  name = "${local.name}-boundary-${var.region}"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Action = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
        Resource = [
          "arn:${local.partition}:bedrock:*::foundation-model/*",
          "arn:${local.partition}:bedrock:*:${local.account}:inference-profile/*",
        ]
      },
      {
        Effect   = "Allow"
        Action   = "bedrock:ApplyGuardrail"
        Resource = "arn:${local.partition}:bedrock:${var.region}:${local.account}:guardrail/*"
      },
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:${local.partition}:logs:${var.region}:${local.account}:log-group:/aws/lambda/*:log-stream:*"
      },
      {
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = "arn:${local.partition}:kms:${var.region}:${local.account}:key/*"
      },
    ]
  })
}

# The web ACL slows down whoever calls too often. It has no rule on the size of bodies, because prompts are long.

resource "aws_wafv2_web_acl" "this" {
  # checkov:skip=CKV_AWS_192:there is no Java behind it, and the rule set that looks for Log4j inspects 8 KB of a prompt
  # checkov:skip=CKV2_AWS_31:its log would hold requests, sampling and metrics are enough here
  name  = local.name
  scope = "REGIONAL"

  default_action {
    allow {}
  }

  rule {
    name     = "rate"
    priority = 1

    action {
      block {}
    }

    statement {
      rate_based_statement {
        limit              = 2000
        aggregate_key_type = "IP"
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "${local.name}-rate"
      sampled_requests_enabled   = false
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = local.name
    sampled_requests_enabled   = false
  }
}

# The authorizer lets in who sends the right bearer token. authorizer.zip is authorizer.py, zipped.

resource "aws_lambda_function" "authorizer" {
  # checkov:skip=CKV_AWS_50:a few lines that call nobody have nothing to trace
  # checkov:skip=CKV_AWS_115:API Gateway's throttling is the limit
  # checkov:skip=CKV_AWS_116:it is invoked synchronously, a dead letter queue is for asynchronous calls
  # checkov:skip=CKV_AWS_117:it reaches for nothing, so it needs no network
  # checkov:skip=CKV_AWS_173:the environment holds a hash, not a secret
  # checkov:skip=CKV_AWS_272:code signing is a decision about the whole account
  function_name    = "${local.name}-authorizer"
  role             = aws_iam_role.authorizer.arn
  handler          = "authorizer.lambda_handler"
  runtime          = "python3.13"
  architectures    = ["arm64"]
  filename         = "${path.module}/authorizer.zip"
  source_code_hash = filebase64sha256("${path.module}/authorizer.zip")

  environment {
    variables = { TOKEN_SHA256 = var.token_sha256 }
  }

  depends_on = [aws_cloudwatch_log_group.authorizer]
}

resource "aws_iam_role" "authorizer" {
  name                 = "${local.name}-authorizer-${var.region}"
  permissions_boundary = aws_iam_policy.boundary.arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "authorizer" {
  name = "write-log"
  role = aws_iam_role.authorizer.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.authorizer.arn}:log-stream:*"
    }]
  })
}

resource "aws_cloudwatch_log_group" "authorizer" {
  # checkov:skip=CKV_AWS_158:the log holds durations, the code writes nothing
  # checkov:skip=CKV_AWS_338:durations are of no use after a month
  name              = "/aws/lambda/${local.name}-authorizer"
  retention_in_days = 30
}

output "url" {
  description = "Base URL for callers."
  value       = module.llm_api.url
}

output "role_name" {
  description = "Name of the function's role."
  value       = module.llm_api.role_name
}

output "stage_arn" {
  description = "ARN of the stage that the web ACL is in front of."
  value       = module.llm_api.stage_arn
}

output "kms_key_arn" {
  description = "ARN of the key."
  value       = aws_kms_key.this.arn
}

output "guardrail" {
  description = "The guardrail's ARN and version, which every call carries."
  value       = module.guardrail.guardrail
}

output "boundary_arn" {
  description = "ARN of the permissions boundary."
  value       = aws_iam_policy.boundary.arn
}
