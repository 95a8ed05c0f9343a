# What the module refuses to be given: one failing case for each validation. `says` is what the message must contain.

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

run "refuses_a_name_that_is_too_short" {
  command = plan

  variables {
    # says: `name` has to be 3 to 40 lower-case letters, digits and single hyphens
    name = "ai"
  }

  expect_failures = [var.name]
}

run "refuses_a_name_that_is_too_long" {
  command = plan

  variables {
    # says: `name` has to be 3 to 40 lower-case letters, digits and single hyphens
    name = "a-name-of-more-than-forty-characters-is-ok"
  }

  expect_failures = [var.name]
}

run "refuses_a_name_with_capitals" {
  command = plan

  variables {
    # says: `name` has to be 3 to 40 lower-case letters, digits and single hyphens
    name = "AcmeLLM"
  }

  expect_failures = [var.name]
}

run "refuses_a_name_with_two_hyphens" {
  command = plan

  variables {
    # says: `name` has to be 3 to 40 lower-case letters, digits and single hyphens
    name = "acme--llm"
  }

  expect_failures = [var.name]
}

run "refuses_api_keys_without_tenants" {
  command = plan

  variables {
    # says: With `auth = { type = "api_key" }` nobody could call
    auth = { type = "api_key" }
  }

  expect_failures = [var.tenants]
}

run "refuses_a_function_that_outlasts_the_stream" {
  command = plan

  variables {
    # says: `timeout_seconds` has to be at least 3 and below what API Gateway waits, 900 seconds
    timeout_seconds = 900
  }

  expect_failures = [var.timeout_seconds]
}

run "refuses_a_function_that_outlasts_a_buffered_answer" {
  command = plan

  variables {
    # says: `timeout_seconds` has to be at least 3 and below what API Gateway waits, 29 seconds
    streaming       = false
    timeout_seconds = 29
  }

  expect_failures = [var.timeout_seconds]
}

run "refuses_a_function_without_time" {
  command = plan

  variables {
    # says: `timeout_seconds` has to be at least 3 and below what API Gateway waits, 900 seconds
    timeout_seconds = 0
  }

  expect_failures = [var.timeout_seconds]
}

run "refuses_a_stream_longer_than_api_gateway_waits" {
  command = plan

  variables {
    # says: `gateway_timeout_seconds` has to be between 4 and 900
    gateway_timeout_seconds = 901
  }

  expect_failures = [var.gateway_timeout_seconds]
}

run "refuses_a_buffered_answer_later_than_any_quota" {
  command = plan

  variables {
    # says: `gateway_timeout_seconds` has to be between 4 and 300
    streaming               = false
    gateway_timeout_seconds = 301
  }

  expect_failures = [var.gateway_timeout_seconds]
}

run "refuses_snap_start_with_streaming" {
  command = plan

  variables {
    # says: `snap_start` and `streaming` exclude each other
    snap_start = true
  }

  expect_failures = [var.snap_start]
}

run "refuses_a_metrics_namespace_of_aws" {
  command = plan

  variables {
    # says: `metrics_namespace` has to be 1 to 255 letters, digits, `_`, `.`, `/`, `#` or `-`
    metrics_namespace = "AWS/Lambda"
  }

  expect_failures = [var.metrics_namespace]
}

run "refuses_an_account_id_that_is_none" {
  command = plan

  variables {
    # says: Each of `allowed_account_ids` has to be an account's ID of 12 digits
    allowed_account_ids = ["1234"]
  }

  expect_failures = [var.allowed_account_ids]
}

run "refuses_accounts_without_iam" {
  command = plan

  variables {
    # says: `allowed_account_ids` works with `auth = { type = "iam" }` only
    auth                = { type = "cognito", user_pool_arns = ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abc"] }
    allowed_account_ids = ["111122223333"]
  }

  expect_failures = [var.allowed_account_ids]
}

run "refuses_an_organization_id_that_is_none" {
  command = plan

  variables {
    # says: `allowed_organization_id` has to look like `o-a1b2c3d4e5`
    allowed_organization_id = "acme"
  }

  expect_failures = [var.allowed_organization_id]
}

run "refuses_an_organization_without_iam" {
  command = plan

  variables {
    # says: `allowed_organization_id` works with `auth = { type = "iam" }` only
    auth                    = { type = "cognito", user_pool_arns = ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abc"] }
    allowed_organization_id = "o-a1b2c3d4e5"
  }

  expect_failures = [var.allowed_organization_id]
}

run "refuses_an_unknown_kind_of_auth" {
  command = plan

  variables {
    # says: `auth.type` has to be `iam`, `api_key`, `cognito` or `custom`
    auth = { type = "none" }
  }

  expect_failures = [var.auth]
}

run "refuses_cognito_without_user_pools" {
  command = plan

  variables {
    # says: `auth.user_pool_arns` goes with `auth.type = "cognito"`
    auth = { type = "cognito" }
  }

  expect_failures = [var.auth]
}

run "refuses_user_pools_without_cognito" {
  command = plan

  variables {
    # says: `auth.user_pool_arns` goes with `auth.type = "cognito"`
    auth = { user_pool_arns = ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abc"] }
  }

  expect_failures = [var.auth]
}

run "refuses_scopes_without_cognito" {
  command = plan

  variables {
    # says: `auth.scopes` goes with `auth.type = "cognito"` only
    auth = { scopes = ["llm/call"] }
  }

  expect_failures = [var.auth]
}

run "refuses_a_tenant_claim_without_claims" {
  command = plan

  variables {
    # says: `auth.tenant_claim` goes with `auth.type` `cognito` and `custom`
    auth = { tenant_claim = "client_id" }
  }

  expect_failures = [var.auth]
}

run "refuses_a_tenant_claim_that_is_no_name" {
  command = plan

  variables {
    # says: `auth.tenant_claim` has to be the name of one claim, such as `client_id` or `custom:team`
    auth = { type = "cognito", tenant_claim = "team name", user_pool_arns = ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abc"] }
  }

  expect_failures = [var.auth]
}

run "refuses_custom_without_an_authorizer" {
  command = plan

  variables {
    # says: `auth.authorizer` goes with `auth.type = "custom"`
    auth = { type = "custom" }
  }

  expect_failures = [var.auth]
}

run "refuses_an_authorizer_without_custom" {
  command = plan

  variables {
    # says: `auth.authorizer` goes with `auth.type = "custom"`
    auth = { authorizer = { function_arn = "arn:aws:lambda:us-east-1:123456789012:function:check" } }
  }

  expect_failures = [var.auth]
}

run "refuses_an_unknown_kind_of_authorizer" {
  command = plan

  variables {
    # says: `auth.authorizer.type` has to be `request` or `token`
    auth = { type = "custom", authorizer = { type = "jwt", function_arn = "arn:aws:lambda:us-east-1:123456789012:function:check" } }
  }

  expect_failures = [var.auth]
}

run "refuses_a_token_authorizer_that_reads_no_header" {
  command = plan

  variables {
    # says: A `token` authorizer reads one header
    auth = { type = "custom", authorizer = { type = "token", identity_sources = ["context.identity.sourceIp"], function_arn = "arn:aws:lambda:us-east-1:123456789012:function:check" } }
  }

  expect_failures = [var.auth]
}

run "refuses_a_decision_cached_for_a_day" {
  command = plan

  variables {
    # says: `auth.authorizer.cache_seconds` has to be between 0 (no cache) and 3600
    auth = { type = "custom", authorizer = { cache_seconds = 86400, function_arn = "arn:aws:lambda:us-east-1:123456789012:function:check" } }
  }

  expect_failures = [var.auth]
}

run "refuses_a_decision_cached_by_nothing" {
  command = plan

  variables {
    # says: A decision is cached by its identity sources
    auth = { type = "custom", authorizer = { cache_seconds = 60, identity_sources = [], function_arn = "arn:aws:lambda:us-east-1:123456789012:function:check" } }
  }

  expect_failures = [var.auth]
}

run "refuses_old_tls" {
  command = plan

  variables {
    # says: `domain.security_policy` may not be `TLS_1_0`
    domain = { name = "llm.example.com", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/a", security_policy = "TLS_1_0" }
  }

  expect_failures = [var.domain]
}

run "refuses_a_domain_for_a_private_api" {
  command = plan

  variables {
    # says: `domain` is a Regional domain and can't front a private API
    domain  = { name = "llm.example.com", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/a" }
    private = { vpc_endpoint_ids = ["vpce-0a1b2c3d"] }
  }

  expect_failures = [var.domain]
}

run "refuses_a_private_api_without_endpoints" {
  command = plan

  variables {
    # says: `private.vpc_endpoint_ids` has to name at least one VPC endpoint
    private = { vpc_endpoint_ids = [] }
  }

  expect_failures = [var.private]
}

run "refuses_a_throttle_that_refuses_everything" {
  command = plan

  variables {
    # says: `throttling.rate_limit` and `throttling.burst_limit` have to be above 0
    throttling = { rate_limit = 0 }
  }

  expect_failures = [var.throttling]
}

run "refuses_a_workflow_with_capitals" {
  command = plan

  variables {
    workflows = { Advert = { state_machine_arn = "arn:aws:states:us-east-1:123456789012:stateMachine:advert" } }
  }

  expect_failures = [var.workflows]
}

run "refuses_a_workflow_that_is_no_state_machine" {
  command = plan

  variables {
    workflows = { advert = { state_machine_arn = "arn:aws:states:us-east-1:123456789012:execution:advert:1" } }
  }

  expect_failures = [var.workflows]
}

run "refuses_a_tenants_workflow_that_is_not_declared" {
  command = plan

  variables {
    auth = { type = "api_key" }
    tenants = {
      marketing = { models = ["nova"], workflows = ["advert"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] }
    }
  }

  expect_failures = [var.tenants]
}

run "refuses_a_bucket_by_its_arn" {
  command = plan

  variables {
    images = { bucket = { name = "arn:aws:s3:::acme-pictures" } }
  }

  expect_failures = [var.images]
}

run "refuses_a_bucket_with_dots" {
  command = plan

  variables {
    images = { bucket = { name = "acme.pictures" } }
  }

  expect_failures = [var.images]
}

run "refuses_images_that_expire_at_once" {
  command = plan

  variables {
    images = { expiration_days = 0 }
  }

  expect_failures = [var.images]
}

run "refuses_addresses_that_outlive_the_roles_credentials" {
  command = plan

  variables {
    images = { url_seconds = 43201 }
  }

  expect_failures = [var.images]
}

run "refuses_addresses_that_nobody_could_use_in_time" {
  command = plan

  variables {
    images = { url_seconds = 59 }
  }

  expect_failures = [var.images]
}
