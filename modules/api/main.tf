# A REST API in front of the function: contract.tf says what it serves, policy.tf who may reach it, gateway-responses.tf what it
# says when it refuses.

# Refuses names that no input has.
module "names" {
  source = "../names"

  given = { access_log = var.access_log, auth = var.auth, domain = var.domain, throttling = var.throttling }
  known = {
    "access_log"      = ["retention_days", "kms_key"]
    "auth"            = ["type", "user_pool_arns", "scopes", "authorizer"]
    "auth.authorizer" = ["function_arn", "type", "identity_sources", "cache_seconds", "invocation_role"]
    "domain"          = ["name", "certificate_arn", "base_path", "security_policy", "exclusive"]
    "throttling"      = ["rate_limit", "burst_limit"]
  }
}

# Gives inputs their types and defaults, and refuses values.
module "inputs" {
  source = "./inputs"

  access_log = var.access_log
  auth       = var.auth
  domain     = var.domain
  throttling = var.throttling
}

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition  = data.aws_partition.current.partition
  account_id = data.aws_caller_identity.current.account_id
  # `name` is deprecated in provider 6, `region` doesn't exist in 5.
  region = lookup(data.aws_region.current, "region", lookup(data.aws_region.current, "id", null))
}

resource "aws_api_gateway_rest_api" "this" {
  # checkov:skip=CKV_AWS_237:a new API has a new URL, so nothing is gained by making it before the old one goes
  name        = var.name
  description = "LLM API"
  body        = local.body
  tags        = var.tags

  fail_on_warnings             = true
  disable_execute_api_endpoint = try(module.inputs.domain.exclusive, false)

  endpoint_configuration {
    types            = [var.private == null ? "REGIONAL" : "PRIVATE"]
    vpc_endpoint_ids = try(var.private.vpc_endpoint_ids, null)
  }
}

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  description = "The contract with SHA-1 ${sha1(local.body)}"

  # A change of the contract redeploys, the resource policy being part of it; nothing else does.
  triggers = {
    contract = sha1(local.body)
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [aws_api_gateway_rest_api_policy.this]
}

resource "aws_api_gateway_stage" "this" {
  # checkov:skip=CKV_AWS_73:tracing is the caller's choice, it costs money and tells X-Ray about every request
  # checkov:skip=CKV_AWS_120:a cache in front of a model would answer one tenant with another's completion
  # checkov:skip=CKV2_AWS_4:execution logs hold whole prompts and answers, the access log is an option
  # checkov:skip=CKV2_AWS_51:a client certificate is for HTTP backends, a Lambda integration presents none
  # checkov:skip=CKV2_AWS_77:the web ACL is the caller's
  rest_api_id          = aws_api_gateway_rest_api.this.id
  deployment_id        = aws_api_gateway_deployment.this.id
  stage_name           = var.stage_name
  xray_tracing_enabled = var.tracing
  tags                 = var.tags

  dynamic "access_log_settings" {
    for_each = aws_cloudwatch_log_group.access

    content {
      destination_arn = access_log_settings.value.arn
      # Never `$context.error.message`: it can hold the caller's credential. Never `$context.path` either, which is the
      # caller's own text; the route says enough.
      format = jsonencode({
        time                = "$context.requestTime"
        request_id          = "$context.requestId"
        source_ip           = "$context.identity.sourceIp"
        principal           = "$context.identity.userArn"
        user_agent          = "$context.identity.userAgent"
        method              = "$context.httpMethod"
        route               = "$context.resourcePath"
        status              = "$context.status"
        refused_as          = "$context.error.responseType"
        response_length     = "$context.responseLength"
        latency_ms          = "$context.responseLatency"
        integration_status  = "$context.integrationStatus"
        integration_latency = "$context.integrationLatency"
      })
    }
  }
}

resource "aws_api_gateway_method_settings" "all" {
  # checkov:skip=CKV_AWS_225:a cache in front of a model would answer one tenant with another's completion
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "*/*"

  settings {
    throttling_rate_limit  = module.inputs.throttling.rate_limit
    throttling_burst_limit = module.inputs.throttling.burst_limit
    # Execution logs would hold whole requests and answers.
    logging_level      = "OFF"
    data_trace_enabled = false
  }
}

resource "aws_cloudwatch_log_group" "access" {
  count = module.inputs.access_log == null ? 0 : 1

  name              = "/aws/apigateway/${var.name}/access"
  retention_in_days = module.inputs.access_log.retention_days
  kms_key_id        = try(module.inputs.access_log.kms_key.arn, null)
  tags              = var.tags
}

resource "aws_lambda_permission" "api" {
  statement_id  = "api-gateway"
  action        = "lambda:InvokeFunction"
  function_name = var.function.function_name
  qualifier     = var.function.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/${var.stage_name}/*"
}

resource "aws_lambda_permission" "authorizer" {
  count = try(module.inputs.auth.authorizer.invocation_role == null, false) ? 1 : 0

  action        = "lambda:InvokeFunction"
  function_name = module.inputs.auth.authorizer.function_arn
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/authorizers/*"
}

resource "aws_wafv2_web_acl_association" "this" {
  count = var.web_acl == null ? 0 : 1

  resource_arn = aws_api_gateway_stage.this.arn
  web_acl_arn  = var.web_acl.arn
}

resource "aws_api_gateway_domain_name" "this" {
  count = module.inputs.domain == null ? 0 : 1

  domain_name              = module.inputs.domain.name
  regional_certificate_arn = module.inputs.domain.certificate_arn
  security_policy          = module.inputs.domain.security_policy
  tags                     = var.tags

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  lifecycle {
    precondition {
      condition     = split(":", module.inputs.domain.certificate_arn)[3] == local.region
      error_message = "`domain.certificate_arn` has to be a certificate in the API's Region, ${local.region}: a Regional domain takes no other."
    }
  }
}

resource "aws_api_gateway_base_path_mapping" "this" {
  count = module.inputs.domain == null ? 0 : 1

  domain_name = aws_api_gateway_domain_name.this[0].domain_name
  api_id      = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  base_path   = module.inputs.domain.base_path
}
