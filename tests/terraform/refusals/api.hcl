# Bad inputs, and what must be said of each; test_refusals.py plans them.

common {
  name = "acme"
  function = {
    function_name        = "acme"
    alias_name           = "live"
    invoke_arn           = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:acme:live/invocations"
    streaming_invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/arn:aws:lambda:us-east-1:123456789012:function:acme:live/response-streaming-invocations"
  }
}

refused "refuses_an_account_id_that_is_none" {
  says = "Each of `allowed_account_ids` has to be an account's ID of 12 digits"

  allowed_account_ids = ["1234"]
}

refused "refuses_accounts_without_iam" {
  says = "`allowed_account_ids` works with `auth = { type = \"iam\" }` only"

  auth                = { type = "api_key" }
  allowed_account_ids = ["111122223333"]
}

refused "refuses_an_organization_id_that_is_none" {
  says = "`allowed_organization_id` has to look like `o-a1b2c3d4e5`"

  allowed_organization_id = "acme"
}

refused "refuses_an_organization_without_iam" {
  says = "`allowed_organization_id` works with `auth = { type = \"iam\" }` only"

  auth                    = { type = "api_key" }
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

refused "refuses_a_stage_name_with_a_slash" {
  says = "`stage_name` has to be 1 to 128 letters, digits, `_` or `-`"

  stage_name = "v1/live"
}

refused "refuses_a_throttle_that_refuses_everything" {
  says = "`throttling.rate_limit` and `throttling.burst_limit` have to be above 0"

  throttling = { rate_limit = 0 }
}

refused "refuses_a_stream_longer_than_api_gateway_waits" {
  says = "`timeout_seconds` has to be between 1 and 900"

  timeout_seconds = 901
}

refused "refuses_a_buffered_answer_later_than_any_quota" {
  says = "`timeout_seconds` has to be between 1 and 300"

  streaming       = false
  timeout_seconds = 301
}

refused "refuses_a_resource_policy_that_is_too_long" {
  says = "The API's resource policy has 10362 characters and API Gateway takes 8192"

  allowed_account_ids = [for index in range(300) : format("%012d", index)]
}

refused "refuses_json_as_bytes" {
  says = "not `application/json`, which is text. Correct: application/json, */*"

  binary_media_types = ["application/json", "*/*", "image/png"]
}

refused "refuses_a_web_acl_of_cloudfront" {
  says = "one of scope CLOUDFRONT can't stand in front of an API."

  web_acl = { arn = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/acme/11111111-2222-3333-4444-555555555555" }
}

refused "refuses_a_certificate_of_another_region" {
  says = "a certificate in the API's Region, us-east-1"

  domain = { name = "llm.example.com", certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/11111111-2222-3333-4444-555555555555" }
}

refused "misspelt_throttling" {
  says = "throttling.rate (did you mean `rate_limit`?)"

  throttling = { rate = 10 }
}

refused "misspelt_setting_of_an_authorizer" {
  says = "auth.authorizer.cache_second (did you mean `cache_seconds`?)"

  auth = { type = "custom", authorizer = { function_arn = "arn:aws:lambda:us-east-1:123456789012:function:auth", cache_second = 60 } }
}
