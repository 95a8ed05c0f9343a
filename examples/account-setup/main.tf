# What an account needs once, however many APIs it gets. It is no part of the module, since two of them would fight over it.

provider "aws" {
  region = var.region
}

variable "region" {
  description = "Region to set up. Both settings exist once an account and Region."
  type        = string
  default     = "us-east-1"
}

variable "name" {
  description = "Prefix of the names of roles and log groups."
  type        = string
  default     = "llm-account"
}

variable "invocation_log_retention_days" {
  description = "How long Bedrock's invocation log is kept. It holds metadata of every model call in the account, and no prompt or answer."
  type        = number
  default     = 30
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
}

# API Gateway writes no log, not even an access log, before its account has this role.

resource "aws_iam_role" "api_gateway_logs" {
  name = "${var.name}-api-gateway-logs-${var.region}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "apigateway.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "api_gateway_logs" {
  name = "write-logs"
  role = aws_iam_role.api_gateway_logs.id

  # The seven actions of AWS's AmazonAPIGatewayPushToCloudWatchLogs, here for this account and Region only. API Gateway
  # tries the role when it is set and wants all of them; it names its log groups itself.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = [
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
        "logs:FilterLogEvents",
        "logs:GetLogEvents",
        "logs:PutLogEvents",
      ]
      Resource = [
        "arn:${local.partition}:logs:${var.region}:${local.account}:log-group:*",
        "arn:${local.partition}:logs:${var.region}:${local.account}:log-group:*:log-stream:*",
      ]
    }]
  })
}

resource "aws_api_gateway_account" "this" {
  cloudwatch_role_arn = aws_iam_role.api_gateway_logs.arn
  depends_on          = [aws_iam_role_policy.api_gateway_logs]
}

# Who called which model, for audit. Off by Bedrock's default.

resource "aws_cloudwatch_log_group" "invocations" {
  # checkov:skip=CKV_AWS_158:metadata only, CloudWatch's own encryption is enough for it
  # checkov:skip=CKV_AWS_338:how long it is kept is a variable
  name              = "/aws/bedrock/${var.name}/invocations"
  retention_in_days = var.invocation_log_retention_days
}

resource "aws_iam_role" "invocation_log" {
  name = "${var.name}-bedrock-logs-${var.region}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "bedrock.amazonaws.com" }
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:bedrock:${var.region}:${local.account}:*" }
      }
    }]
  })
}

resource "aws_iam_role_policy" "invocation_log" {
  name = "write-log"
  role = aws_iam_role.invocation_log.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.invocations.arn}:log-stream:aws/bedrock/modelinvocations"
    }]
  })
}

resource "aws_bedrock_model_invocation_logging_configuration" "this" {
  logging_config {
    # Metadata only. Turn these on where the law or an audit asks for prompts and answers, and encrypt the log group then.
    text_data_delivery_enabled      = false
    image_data_delivery_enabled     = false
    embedding_data_delivery_enabled = false
    video_data_delivery_enabled     = false

    cloudwatch_config {
      log_group_name = aws_cloudwatch_log_group.invocations.name
      role_arn       = aws_iam_role.invocation_log.arn
    }
  }

  depends_on = [aws_iam_role_policy.invocation_log]
}

output "api_gateway_log_role_arn" {
  description = "Role that API Gateway writes logs with. From now on `access_log` works in this Region."
  value       = aws_api_gateway_account.this.cloudwatch_role_arn
}

output "invocation_log_group_name" {
  description = "Log group with one entry for each model call in the account and Region."
  value       = aws_cloudwatch_log_group.invocations.name
}
