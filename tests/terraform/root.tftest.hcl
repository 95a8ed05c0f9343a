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
  target = module.images[0].data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_data {
  target = module.monitoring[0].data.aws_caller_identity.current
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
    condition     = length(module.tenants) == 0 && length(module.images) == 0 && output.images_bucket == null && output.table_name == null && length(module.cache) == 0 && output.cache_table_name == null && output.domain_target == null && output.access_log_group_name == null
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

run "a_model_with_a_cache_comes_with_a_table" {
  command = plan

  override_data {
    target = module.cache[0].data.aws_caller_identity.current
    values = { account_id = "123456789012" }
  }

  variables {
    models = {
      nova  = { id = "amazon.nova-lite-v1:0", cache = { ttl_seconds = 3600, scope = "shared" } }
      micro = { id = "amazon.nova-micro-v1:0" }
    }
    kms_key = { arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  }

  assert {
    condition     = output.cache_table_name == "acme-llm-cache" && module.function.environment_variables.LLM_API_CACHE_TABLE == "acme-llm-cache"
    error_message = "The function doesn't know the table of answers."
  }

  assert {
    condition     = output.registry.nova.cache == { ttl_seconds = 3600, scope = "shared" } && output.registry.micro.cache == null
    error_message = "The registry doesn't say whose answers are kept."
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

run "tenants_without_budgets_are_only_read" {
  command = plan

  variables {
    tenants = {
      analytics = { models = ["fast", "nova"], principals = ["arn:aws:iam::123456789012:role/analytics"] }
      default   = { models = ["nova"] }
    }
  }

  assert {
    condition     = module.function.environment_variables.LLM_API_TENANTS_TABLE == "acme-llm-tenants" && module.function.environment_variables.LLM_API_AUTH == "iam"
    error_message = "Under IAM the function doesn't know the tenants table."
  }

  assert {
    condition     = local.tenants_tables[*].budgets == [false]
    error_message = "The role may write although nothing is counted."
  }
}

run "budgets_are_written" {
  command = plan

  variables {
    tenants = { default = { models = ["fast", "nova"], budgets = { requests_per_minute = 60 } } }
  }

  assert {
    condition     = local.tenants_tables[*].budgets == [true]
    error_message = "The role may not write what is used."
  }
}

run "tenants_from_elsewhere_have_a_table" {
  command = plan

  variables {
    auth             = { type = "api_key" }
    external_tenants = true
  }

  assert {
    condition     = output.table_name == "acme-llm-tenants" && local.tenants_tables[*].budgets == [true]
    error_message = "There is no table to write tenants to, or their budgets can't be kept."
  }
}

run "what_the_handler_is_told_when_asked" {
  command = plan

  variables {
    auth              = { type = "cognito", user_pool_arns = ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abc"], tenant_claim = "client_id" }
    tenants           = { analytics = { models = ["nova"], principals = ["1h57kf5cpq17m0eml12EXAMPLE"] } }
    metrics_by_tenant = true
  }

  assert {
    condition     = module.function.environment_variables.LLM_API_TENANT_CLAIM == "client_id" && module.function.environment_variables.LLM_API_METRICS_BY_TENANT == "true"
    error_message = "The handler isn't told which claim names a tenant, or to measure each."
  }
}

run "images_have_a_bucket_by_default_the_deployments_own" {
  command = plan

  variables {
    images              = { url_seconds = 900 }
    kms_key             = { arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
    deletion_protection = false
  }

  assert {
    condition     = output.images_bucket == module.images[0].bucket_name && module.function.environment_variables.LLM_API_IMAGES_BUCKET == output.images_bucket && module.function.environment_variables.LLM_API_IMAGES_URL_SECONDS == "900"
    error_message = "The function isn't told the bucket, or how long an address holds."
  }
}

run "images_go_into_a_bucket_of_ones_own" {
  command = plan

  variables {
    images = { bucket = { name = "acme-pictures" } }
  }

  assert {
    condition     = length(module.images) == 0 && output.images_bucket == "acme-pictures" && module.function.environment_variables.LLM_API_IMAGES_BUCKET == "acme-pictures" && module.function.environment_variables.LLM_API_IMAGES_URL_SECONDS == "3600"
    error_message = "A bucket is created although there is one, or the function isn't told which."
  }
}

run "sixty_models_with_prices_fit" {
  command = plan

  variables {
    name = "a-deployment-with-the-longest-name-there"
    models = { for index in range(60) : "${["claude-haiku", "claude-sonnet", "nova", "llama"][index % 4]}-${index}" => {
      id = [
        "us.anthropic.claude-haiku-4-5-2025${1000 + index * 7919 % 9000}-v1:0",
        "us.anthropic.claude-sonnet-4-${index}-2025${1000 + index * 6007 % 9000}-v1:0",
        "us.amazon.nova-pro-v${index}:0",
        "us.meta.llama${index}-3-70b-instruct-v1:0",
      ][index % 4]
      destination_regions = ["us-east-1", "us-east-2", "us-west-2"]
      max_output_tokens   = 1024 + index * 1013 % 31000
      price = {
        input          = (index * 7907 % 1500 + 1) / 100
        output         = (index * 6007 % 7500 + 1) / 100
        cache_read     = (index * 5003 % 150 + 1) / 100
        cache_write    = (index * 4001 % 1900 + 1) / 100
        cache_write_1h = (index * 3001 % 3000 + 1) / 100
      }
    } }
    auth              = { type = "cognito", user_pool_arns = ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abc"], tenant_claim = "https://claims.example.com/tenant" }
    tenants           = { default = { models = ["nova-2"], budgets = { usd_per_month = 100 } } }
    metrics_by_tenant = true
    metrics_namespace = "Platform/LlmApi"
  }

  assert {
    condition     = length(jsonencode(module.function.environment_variables)) <= 4096
    error_message = "The environment takes ${length(jsonencode(module.function.environment_variables))} bytes."
  }
}

run "workflows_reach_the_function_and_their_tenants" {
  command = plan

  variables {
    auth = { type = "api_key" }
    workflows = {
      release = { state_machine_arn = "arn:aws:states:us-east-1:123456789012:stateMachine:release", approvals = true }
      advert  = { state_machine_arn = "arn:aws:states:us-east-1:123456789012:stateMachine:advert-live" }
    }
    tenants = {
      marketing = { models = ["nova"], workflows = ["advert"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] }
    }
  }

  assert {
    condition = jsondecode(module.function.environment_variables.LLM_API_WORKFLOWS) == {
      advert  = { arn = "arn:aws:states:us-east-1:123456789012:stateMachine:advert-live" }
      release = { arn = "arn:aws:states:us-east-1:123456789012:stateMachine:release", approvals = true }
    }
    error_message = "The function doesn't know the workflows."
  }
}

run "what_is_watched_is_what_was_made" {
  command = plan

  variables {
    reserved_concurrency = 40
    monitoring           = { alarm_actions = ["arn:aws:sns:us-east-1:123456789012:oncall"], disabled_alarms = ["latency"] }
    workflows            = { advert = { state_machine_arn = "arn:aws:states:us-east-1:123456789012:stateMachine:advert" } }
  }

  assert {
    condition     = output.dashboard_name == "acme-llm" && module.monitoring[0].log_group_name == module.function.log_group_name
    error_message = "The dashboard reads another log than the function's."
  }

  assert {
    condition     = strcontains(module.monitoring[0].dashboard_body, "\"Stage\",\"${module.api.stage_name}\"") && strcontains(module.monitoring[0].dashboard_body, "\"FunctionName\",\"${module.function.function_name}\"")
    error_message = "The dashboard shows another API's or function's metrics."
  }

  assert {
    condition     = strcontains(module.monitoring[0].dashboard_body, "\"value\":40") && strcontains(module.monitoring[0].dashboard_body, "\"model\",\"fast\"")
    error_message = "The function's own limit, or its models, don't reach the dashboard."
  }

  assert {
    condition     = strcontains(module.monitoring[0].dashboard_body, "stateMachine:advert") && contains(module.monitoring[0].alarm_names, "acme-llm-workflows-advert") && !contains(module.monitoring[0].alarm_names, "acme-llm-latency")
    error_message = "A workflow that callers may start isn't watched, or a disabled alarm is there."
  }
}
