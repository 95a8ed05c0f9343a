# Bad inputs, and what must be said of each; test_refusals.py plans them.

common {
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

refused "refuses_a_name_that_is_too_short" {
  says = "`name` has to be 3 to 40 lower-case letters, digits and single hyphens"

  name = "ai"
}

refused "refuses_a_name_that_is_too_long" {
  says = "`name` has to be 3 to 40 lower-case letters, digits and single hyphens"

  name = "a-name-of-more-than-forty-characters-is-ok"
}

refused "refuses_a_name_with_capitals" {
  says = "`name` has to be 3 to 40 lower-case letters, digits and single hyphens"

  name = "AcmeLLM"
}

refused "refuses_a_name_with_two_hyphens" {
  says = "`name` has to be 3 to 40 lower-case letters, digits and single hyphens"

  name = "acme--llm"
}

refused "refuses_api_keys_without_tenants" {
  says = "With `auth = { type = \"api_key\" }` nobody could call"

  auth = { type = "api_key" }
}

refused "refuses_a_function_that_outlasts_the_stream" {
  says = "`timeout_seconds` has to be at least 3 and below what API Gateway waits, 900 seconds"

  timeout_seconds = 900
}

refused "refuses_a_function_that_outlasts_a_buffered_answer" {
  says = "`timeout_seconds` has to be at least 3 and below what API Gateway waits, 29 seconds"

  streaming       = false
  timeout_seconds = 29
}

refused "refuses_a_function_without_time" {
  says = "`timeout_seconds` has to be at least 3 and below what API Gateway waits, 900 seconds"

  timeout_seconds = 0
}

refused "refuses_a_stream_longer_than_api_gateway_waits" {
  says = "`gateway_timeout_seconds` has to be between 4 and 900"

  gateway_timeout_seconds = 901
}

refused "refuses_a_buffered_answer_later_than_any_quota" {
  says = "`gateway_timeout_seconds` has to be between 4 and 300"

  streaming               = false
  gateway_timeout_seconds = 301
}

refused "refuses_snap_start_with_streaming" {
  says = "`snap_start` and `streaming` exclude each other"

  snap_start = true
}

refused "refuses_a_metrics_namespace_of_aws" {
  says = "`metrics_namespace` has to be 1 to 255 letters, digits, `_`, `.`, `/`, `#` or `-`"

  metrics_namespace = "AWS/Lambda"
}

refused "refuses_an_account_id_that_is_none" {
  says = "Each of `allowed_account_ids` has to be an account's ID of 12 digits"

  allowed_account_ids = ["1234"]
}

refused "refuses_accounts_without_iam" {
  says = "`allowed_account_ids` works with `auth = { type = \"iam\" }` only"

  auth                = { type = "cognito", user_pool_arns = ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abc"] }
  allowed_account_ids = ["111122223333"]
}

refused "refuses_an_organization_id_that_is_none" {
  says = "`allowed_organization_id` has to look like `o-a1b2c3d4e5`"

  allowed_organization_id = "acme"
}

refused "refuses_an_organization_without_iam" {
  says = "`allowed_organization_id` works with `auth = { type = \"iam\" }` only"

  auth                    = { type = "cognito", user_pool_arns = ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abc"] }
  allowed_organization_id = "o-a1b2c3d4e5"
}

refused "refuses_an_unknown_kind_of_auth" {
  says = "`auth.type` has to be `iam`, `api_key`, `cognito` or `custom`"

  auth = { type = "none" }
}

refused "refuses_cognito_without_user_pools" {
  says = "`auth.user_pool_arns` goes with `auth.type = \"cognito\"`"

  auth = { type = "cognito" }
}

refused "refuses_user_pools_without_cognito" {
  says = "`auth.user_pool_arns` goes with `auth.type = \"cognito\"`"

  auth = { user_pool_arns = ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abc"] }
}

refused "refuses_scopes_without_cognito" {
  says = "`auth.scopes` goes with `auth.type = \"cognito\"` only"

  auth = { scopes = ["llm/call"] }
}

refused "refuses_a_tenant_claim_without_claims" {
  says = "`auth.tenant_claim` goes with `auth.type` `cognito` and `custom`"

  auth = { tenant_claim = "client_id" }
}

refused "refuses_a_tenant_claim_that_is_no_name" {
  says = "`auth.tenant_claim` has to be the name of one claim, such as `client_id` or `custom:team`"

  auth = { type = "cognito", tenant_claim = "team name", user_pool_arns = ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abc"] }
}

refused "refuses_custom_without_an_authorizer" {
  says = "`auth.authorizer` goes with `auth.type = \"custom\"`"

  auth = { type = "custom" }
}

refused "refuses_an_authorizer_without_custom" {
  says = "`auth.authorizer` goes with `auth.type = \"custom\"`"

  auth = { authorizer = { function_arn = "arn:aws:lambda:us-east-1:123456789012:function:check" } }
}

refused "refuses_an_unknown_kind_of_authorizer" {
  says = "`auth.authorizer.type` has to be `request` or `token`"

  auth = { type = "custom", authorizer = { type = "jwt", function_arn = "arn:aws:lambda:us-east-1:123456789012:function:check" } }
}

refused "refuses_a_token_authorizer_that_reads_no_header" {
  says = "A `token` authorizer reads one header"

  auth = { type = "custom", authorizer = { type = "token", identity_sources = ["context.identity.sourceIp"], function_arn = "arn:aws:lambda:us-east-1:123456789012:function:check" } }
}

refused "refuses_a_decision_cached_for_a_day" {
  says = "`auth.authorizer.cache_seconds` has to be between 0 (no cache) and 3600"

  auth = { type = "custom", authorizer = { cache_seconds = 86400, function_arn = "arn:aws:lambda:us-east-1:123456789012:function:check" } }
}

refused "refuses_a_decision_cached_by_nothing" {
  says = "A decision is cached by its identity sources"

  auth = { type = "custom", authorizer = { cache_seconds = 60, identity_sources = [], function_arn = "arn:aws:lambda:us-east-1:123456789012:function:check" } }
}

refused "refuses_old_tls" {
  says = "`domain.security_policy` may not be `TLS_1_0`"

  domain = { name = "llm.example.com", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/a", security_policy = "TLS_1_0" }
}

refused "refuses_a_domain_for_a_private_api" {
  says = "`domain` is a Regional domain and can't front a private API"

  domain  = { name = "llm.example.com", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/a" }
  private = { vpc_endpoint_ids = ["vpce-0a1b2c3d"] }
}

refused "refuses_a_private_api_without_endpoints" {
  says = "`private.vpc_endpoint_ids` has to name at least one VPC endpoint"

  private = { vpc_endpoint_ids = [] }
}

refused "refuses_a_throttle_that_refuses_everything" {
  says = "`throttling.rate_limit` and `throttling.burst_limit` have to be above 0"

  throttling = { rate_limit = 0 }
}

refused "refuses_a_workflow_with_capitals" {
  says = "start with a letter; rename: Advert."

  workflows = { Advert = { state_machine_arn = "arn:aws:states:us-east-1:123456789012:stateMachine:advert" } }
}

refused "refuses_a_workflow_that_is_no_state_machine" {
  says = "without a version or alias; correct: advert."

  workflows = { advert = { state_machine_arn = "arn:aws:states:us-east-1:123456789012:execution:advert:1" } }
}

refused "refuses_a_tenants_workflow_that_is_not_declared" {
  says = "declare them in `workflows` or remove: marketing -> advert."

  auth = { type = "api_key" }
  tenants = {
    marketing = { models = ["nova"], workflows = ["advert"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] }
  }
}

refused "refuses_a_bucket_by_its_arn" {
  says = "a bucket's name, not its ARN"

  images = { bucket = { name = "arn:aws:s3:::acme-pictures" } }
}

refused "refuses_a_bucket_with_dots" {
  says = "Names with dots don't work"

  images = { bucket = { name = "acme.pictures" } }
}

refused "refuses_images_that_expire_at_once" {
  says = "`images.expiration_days` has to be a whole number of days, at least 1."

  images = { expiration_days = 0 }
}

refused "refuses_addresses_that_outlive_the_roles_credentials" {
  says = "a whole number from 60 to 43200"

  images = { url_seconds = 43201 }
}

refused "refuses_addresses_that_nobody_could_use_in_time" {
  says = "a whole number from 60 to 43200"

  images = { url_seconds = 59 }
}

refused "misspelt_scope" {
  says = "auth.scope (did you mean `scopes`?)"

  auth = { type = "cognito", user_pool_arns = ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abc"], scope = ["x"] }
}

refused "misspelt_claim" {
  says = "auth.tenants_claim (did you mean `tenant_claim`?)"

  auth = { tenants_claim = "x" }
}

refused "misspelt_cache_seconds" {
  says = "auth.authorizer.cache_second (did you mean `cache_seconds`?)"

  auth = { type = "custom", authorizer = { function_arn = "arn:aws:lambda:us-east-1:123456789012:function:a", cache_second = 3 } }
}

refused "misspelt_exclusive" {
  says = "domain.exclusiv (did you mean `exclusive`?)"

  domain = { name = "a.example.com", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555", exclusiv = true }
}

refused "misspelt_expiration" {
  says = "images.expiration_day (did you mean `expiration_days`?)"

  images = { expiration_day = 1 }
}

refused "misspelt_threshold" {
  says = "monitoring.thresholds.throttle_percent (did you mean `throttled_percent`?)"

  monitoring = { thresholds = { throttle_percent = 3 } }
}

refused "misspelt_thresholds" {
  says = "monitoring.threshold (did you mean `thresholds`?)"

  monitoring = { threshold = { throttled_percent = 3 } }
}

refused "misspelt_alarm_action" {
  says = "monitoring.alarm_action (did you mean `alarm_actions`?)"

  monitoring = { alarm_action = [] }
}

refused "misspelt_hash_of_the_package" {
  says = "package.source_hash (did you mean `source_code_hash`?)"

  package = { s3 = { bucket = "b", key = "k" }, source_hash = "x" }
}

refused "misspelt_version_of_the_package" {
  says = "package.s3.version (did you mean `object_version`?)"

  package = { s3 = { bucket = "b", key = "k", version = "x" }, source_code_hash = "x" }
}

refused "misspelt_rate" {
  says = "throttling.rate (did you mean `rate_limit`?)"

  throttling = { rate = 5 }
}

refused "misspelt_approval" {
  says = "workflows.advert.approval (did you mean `approvals`?)"

  workflows = { advert = { state_machine_arn = "arn:aws:states:us-east-1:123456789012:stateMachine:advert", approval = true } }
}

refused "misspelt_retention" {
  says = "access_log.retention (did you mean `retention_days`?)"

  access_log = { retention = 3 }
}

refused "misspelt_model" {
  says = "models.nova.max_output_token (did you mean `max_output_tokens`?)"

  models = { nova = { id = "amazon.nova-lite-v1:0", max_output_token = 1 } }
}

refused "misspelt_budget" {
  says = "tenants.marketing.budgets.usd_per_mont (did you mean `usd_per_month`?)"

  auth    = { type = "api_key" }
  tenants = { marketing = { models = ["nova"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { usd_per_mont = 1 } } }
}
