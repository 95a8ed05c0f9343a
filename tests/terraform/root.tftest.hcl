# The deployment as a whole: how the modules meet.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

override_data {
  target = module.api.data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_data {
  target = module.function.data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_data {
  target = module.model_access.data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  name = "acme-llm"
  models = {
    fast = {
      id                  = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
      destination_regions = ["us-east-1", "us-east-2", "us-west-2"]
      fallbacks           = ["nova"]
      max_output_tokens   = 4096
    }
    nova  = { id = "amazon.nova-lite-v1:0" }
    embed = { id = "amazon.titan-embed-text-v2:0" }
  }
}

run "the_safe_defaults" {
  command = plan

  assert {
    condition = module.function.environment_variables == {
      AWS_LAMBDA_EXEC_WRAPPER   = "/var/task/bootstrap"
      LLM_API_AUTH              = "iam"
      LLM_API_METRICS_NAMESPACE = "LlmApi"
      LLM_API_MODELS            = module.model_access.registry_environment
      LLM_API_STREAMING         = "true"
      POWERTOOLS_SERVICE_NAME   = "acme-llm"
    }
    error_message = "The function's environment isn't what the handler reads."
  }

  assert {
    condition     = length(module.tenants) == 0 && output.table_name == null && output.domain_target == null && output.access_log_group_name == null
    error_message = "Something optional is created unasked."
  }

  assert {
    condition     = output.policy_documents == module.model_access.policy_documents && toset(keys(output.registry)) == toset(["fast", "nova", "embed"])
    error_message = "The plan doesn't show what the function may call."
  }
}

run "api_keys_come_with_a_table" {
  command = plan

  variables {
    auth = { type = "api_key" }
    tenants = {
      marketing = { models = ["fast", "nova"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] }
    }
  }

  assert {
    condition     = output.table_name == "acme-llm-tenants" && module.function.environment_variables.LLM_API_TENANTS_TABLE == "acme-llm-tenants" && module.function.environment_variables.LLM_API_AUTH == "api_key"
    error_message = "The function doesn't know the tenants table."
  }
}

run "without_streaming_the_function_answers_before_the_gateway_gives_up" {
  command = plan

  variables {
    streaming = false
  }

  assert {
    condition     = !can(module.function.environment_variables.AWS_LAMBDA_EXEC_WRAPPER) && module.function.environment_variables.LLM_API_STREAMING == "false"
    error_message = "The function starts its streaming loop although streaming is off."
  }

  assert {
    condition     = local.timeout_seconds == 28 && local.gateway_timeout_seconds == 29
    error_message = "The timeouts don't nest within API Gateway's limit for a buffered answer."
  }
}

run "a_raised_quota_is_used" {
  command = plan

  variables {
    streaming               = false
    timeout_seconds         = 110
    gateway_timeout_seconds = 120
  }

  assert {
    condition     = local.timeout_seconds == 110 && local.gateway_timeout_seconds == 120
    error_message = "The raised quota isn't used."
  }
}
