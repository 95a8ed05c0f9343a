# Deployments for what the quickstart does not show, applied together because one apply is faster than five.

provider "aws" {
  region = "us-east-1"
}

variable "api_key_sha256" {
  description = "SHA-256 of the key that the tests send, to every API that takes one."
  type        = string
}

data "aws_caller_identity" "current" {}

locals {
  us        = ["us-east-1", "us-east-2", "us-west-2"]
  guardrail = { arn = "arn:aws:bedrock:us-east-1:${data.aws_caller_identity.current.account_id}:guardrail/guard1234567", version = "3" }
}

# Little time, so that a test of its end takes two seconds; fallbacks that every dialect can take; a guarded model; what
# becomes of the time in each way; endpoints of SageMaker; three tenants; watched, with a topic that is created in the
# same plan.

module "hurried" {
  source = "../../../.."

  name                = "hurried"
  timeout_seconds     = 3
  deletion_protection = false
  monitoring          = { alarm_actions = [aws_sns_topic.oncall.arn] }

  models = {
    fast = {
      id                  = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
      destination_regions = local.us
      fallbacks           = ["spare"]
      max_output_tokens   = 4096
    }
    alone = {
      id                  = "us.anthropic.claude-opus-4-1-20250805-v1:0"
      destination_regions = local.us
      max_output_tokens   = 4096
    }
    spare = {
      id                  = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
      destination_regions = local.us
      max_output_tokens   = 4096
    }
    guarded = {
      id                = "amazon.nova-micro-v1:0"
      guardrail         = local.guardrail
      max_output_tokens = 4096
    }
    trusted = {
      id                  = "us.anthropic.claude-sonnet-4-20250514-v1:0"
      destination_regions = local.us
      guardrail           = merge(local.guardrail, { input_tags = true })
      max_output_tokens   = 4096
    }
    patient = {
      id                  = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
      destination_regions = local.us
      max_output_tokens   = 4096
      on_timeout          = "partial"
    }
    hasty = {
      id                  = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
      destination_regions = local.us
      fallbacks           = ["spare"]
      max_output_tokens   = 4096
      on_timeout          = "fallback"
    }
    vllm      = { sagemaker = { endpoint = "acme-vllm", format = "openai" }, max_output_tokens = 4096 }
    tgi       = { sagemaker = { endpoint = "acme-tgi", format = "openai" }, max_output_tokens = 4096 }
    lmi       = { sagemaker = { endpoint = "acme-lmi", format = "openai" }, max_output_tokens = 4096 }
    adapted   = { sagemaker = { endpoint = "acme-shared", inference_component = "acme-mistral", format = "openai" }, fallbacks = ["spare"] }
    uncounted = { sagemaker = { endpoint = "acme-uncounted", format = "openai" }, max_output_tokens = 4096 }
    vision    = { sagemaker = { endpoint = "acme-echo" } }
  }

  auth = { type = "api_key" }
  tenants = {
    wide   = { models = ["fast", "alone", "spare", "guarded", "trusted", "patient", "hasty", "vllm", "tgi", "lmi", "adapted", "uncounted", "vision"], api_key_sha256 = [var.api_key_sha256] }
    narrow = { models = ["spare"], api_key_sha256 = ["aff41257606abf6424ae39c06de9d695cc57bebd82008a70ad1e57e681129def"] }
    thrifty = {
      models         = ["patient", "hasty", "spare", "vllm", "uncounted"]
      api_key_sha256 = ["a563d27ab1781fb26c114eabced7edef1737f4c5af8a25674b97c27cfdb41f92"]
      budgets        = { tokens_per_day = 1000000 }
    }
  }
}

resource "aws_sns_topic" "oncall" {
  name = "oncall"
}

# Callers with a token of a user pool.

module "pooled" {
  source = "../../../.."

  name   = "pooled"
  models = { nova = { id = "amazon.nova-lite-v1:0", max_output_tokens = 4096 } }
  auth   = { type = "cognito", user_pool_arns = [aws_cognito_user_pool.this.arn] }

  deletion_protection = false
}

resource "aws_cognito_user_pool" "this" {
  name = "pooled"
}

resource "aws_cognito_user_pool_client" "this" {
  name                = "tests"
  user_pool_id        = aws_cognito_user_pool.this.id
  explicit_auth_flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
}

# Two examples as they stand: callers who sign, and an authorizer.

module "signed" {
  source = "../../../../examples/cross-account"
}

module "authorized" {
  source = "../../../../examples/same-plan"

  token_sha256 = var.api_key_sha256
}

# An example as it stands: pictures, and a bucket for them.

module "pictures" {
  source = "../../../../examples/images"

  api_key_sha256 = var.api_key_sha256
}

# An API with one signed route and API Gateway's own answers to what it refuses.

resource "aws_api_gateway_rest_api" "bare" {
  name              = "bare"
  put_rest_api_mode = "overwrite"

  body = jsonencode({
    openapi = "3.0.1"
    info    = { title = "bare", version = "1" }
    paths = {
      "/v1/models" = {
        get = {
          security  = [{ sigv4 = [] }]
          responses = { "200" = { description = "Never reached." } }
          x-amazon-apigateway-integration = {
            type             = "mock"
            requestTemplates = { "application/json" = "{\"statusCode\": 200}" }
            responses        = { default = { statusCode = "200" } }
          }
        }
      }
    }
    components = {
      securitySchemes = {
        sigv4 = { type = "apiKey", name = "Authorization", in = "header", x-amazon-apigateway-authtype = "awsSigv4" }
      }
    }
  })

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_api_gateway_deployment" "bare" {
  rest_api_id = aws_api_gateway_rest_api.bare.id
  triggers    = { body = sha256(aws_api_gateway_rest_api.bare.body) }
}

resource "aws_api_gateway_stage" "bare" {
  rest_api_id   = aws_api_gateway_rest_api.bare.id
  deployment_id = aws_api_gateway_deployment.bare.id
  stage_name    = "live"
}

output "hurried" {
  description = "The deployment with little time."
  value = {
    url            = module.hurried.url
    log_group_name = module.hurried.log_group_name
    role_name      = module.hurried.role_name
    role_arn       = module.hurried.role_arn
    alarm_arns     = module.hurried.alarm_arns
    dashboard_name = module.hurried.dashboard_name
    topic_arn      = aws_sns_topic.oncall.arn
  }
}

output "pooled" {
  description = "The deployment behind a user pool."
  value = {
    url            = module.pooled.url
    log_group_name = module.pooled.log_group_name
    user_pool_id   = aws_cognito_user_pool.this.id
    client_id      = aws_cognito_user_pool_client.this.id
  }
}

output "signed" {
  description = "The deployment for callers who sign."
  value = {
    url             = module.signed.url
    log_group_name  = "/aws/lambda/llm-cross-account"
    caller_policy   = module.signed.caller_policy
    caller_role_arn = module.signed.caller_role_arn
  }
}

output "authorized" {
  description = "The deployment behind an authorizer."
  value = {
    url            = module.authorized.url
    log_group_name = "/aws/lambda/llm-same-plan"
    guardrail      = module.authorized.guardrail
    role_name      = module.authorized.role_name
  }
}

output "pictures" {
  description = "The deployment that makes pictures."
  value = {
    url            = module.pictures.url
    bucket         = module.pictures.images_bucket
    log_group_name = module.pictures.log_group_name
    role_arn       = module.pictures.role_arn
  }
}

output "bare" {
  description = "The API with API Gateway's own answers."
  value       = { url = aws_api_gateway_stage.bare.invoke_url }
}
