# The function, its published version under an alias, and its log group. The role is in role.tf.

# Refuses names that no input has.
module "names" {
  source = "../names"

  given = { package = var.package }
  known = {
    "package"    = ["filename", "s3", "source_code_hash"]
    "package.s3" = ["bucket", "key", "object_version"]
  }
}

# Gives inputs their types and defaults, and refuses values.
module "inputs" {
  source = "./inputs"

  package = var.package
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  # `region` is what provider 6 calls it, `id` is what 5.100 has and 6 still carries.
  region = lookup(data.aws_region.current, "region", lookup(data.aws_region.current, "id", null))

  # From inputs, not from the resources, so that the plan shows the whole policy.
  function_arn  = "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${var.name}"
  log_group     = "/aws/lambda/${var.name}"
  log_group_arn = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${local.log_group}"

  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
  reserved_names = [
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    "AWS_LAMBDA_EXEC_WRAPPER",
  ]

  # The wrapper starts our own loop in place of AWS's client, which can't stream from Python.
  # https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html
  environment = merge(var.environment_variables, { for path in ["/var/task/bootstrap"] : "AWS_LAMBDA_EXEC_WRAPPER" => path if var.streaming })
  # Lambda measures the variables as one JSON object: quotes inside a value count twice.
  environment_bytes = length(jsonencode(local.environment))

  package  = module.inputs.package == null ? { filename = null, s3 = null, source_code_hash = null } : module.inputs.package
  filename = local.package.s3 != null ? null : coalesce(local.package.filename, "${path.module}/../../lambda_src/dist/llm_api.zip")
}

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_158:CloudWatch Logs encrypts with its own key; a customer managed one is the input kms_key
  # checkov:skip=CKV_AWS_338:how long to keep a log is the account's policy; log_retention_days sets it
  name              = local.log_group
  skip_destroy      = var.keep_logs
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key == null ? null : var.kms_key.arn
  tags              = var.tags
}

resource "aws_lambda_function" "this" {
  # checkov:skip=CKV_AWS_50:tracing costs and is the input tracing
  # checkov:skip=CKV_AWS_115:a limit takes concurrency away from the account; it is the input reserved_concurrency
  # checkov:skip=CKV_AWS_116:only called synchronously, so there is no event that a dead-letter queue could take
  # checkov:skip=CKV_AWS_117:the function needs nothing inside a VPC; one is the input vpc_config
  # checkov:skip=CKV_AWS_173:nothing in the environment is secret; a customer managed key is the input kms_key
  # checkov:skip=CKV_AWS_272:code signing needs a signing profile in the account; the package comes by package.s3 then
  function_name = var.name
  description   = "LLM API: calls the declared models for ${var.name}"
  role          = aws_iam_role.this.arn

  runtime       = var.runtime
  architectures = [var.architecture]
  handler       = "llm_api.handler.lambda_handler"
  memory_size   = var.memory_size_mb
  timeout       = var.timeout_seconds

  filename          = local.filename
  s3_bucket         = local.package.s3 == null ? null : local.package.s3.bucket
  s3_key            = local.package.s3 == null ? null : local.package.s3.key
  s3_object_version = local.package.s3 == null ? null : local.package.s3.object_version
  source_code_hash  = local.filename == null ? local.package.source_code_hash : filebase64sha256(local.filename)

  # Every change becomes a version of its own, which stays as it is: what the alias pointed at before can be pointed at again.
  publish                        = true
  reserved_concurrent_executions = var.reserved_concurrency == null ? -1 : var.reserved_concurrency
  kms_key_arn                    = var.kms_key == null ? null : var.kms_key.arn
  # By which `llm-api` finds the deployments of a Region.
  tags = merge({ "llm-api:deployment" = var.name }, var.tags)

  environment {
    variables = local.environment
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  dynamic "snap_start" {
    for_each = var.snap_start ? ["PublishedVersions"] : []

    content {
      apply_on = snap_start.value
    }
  }

  dynamic "vpc_config" {
    for_each = var.vpc_config == null ? [] : [var.vpc_config]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  # The first request may come as soon as the version exists: by then the role can do its work, and the log group
  # exists, which Lambda would otherwise create without retention.
  depends_on = [
    aws_cloudwatch_log_group.this,
    aws_iam_role_policy.this,
    aws_iam_role_policy_attachment.models,
  ]

  lifecycle {
    precondition {
      condition     = local.environment_bytes <= 4096
      error_message = "The function's environment takes ${local.environment_bytes} bytes, names and quotes included, and Lambda allows 4,096: declare fewer models or shorten other variables."
    }
  }
}

# A version that was published before and is pinned is back in one apply: nothing but the alias has to change for it.
resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "What the API calls"
  function_name    = aws_lambda_function.this.function_name
  function_version = var.pinned_version == null ? aws_lambda_function.this.version : tostring(var.pinned_version)
}
