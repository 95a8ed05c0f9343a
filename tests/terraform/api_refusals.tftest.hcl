# What modules/api refuses to be given: one failing case for each validation and precondition. `says` is what the message
# must contain.

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
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  name = "acme"
  function = {
    function_name        = "acme"
    alias_name           = "live"
    invoke_arn           = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:acme:live/invocations"
    streaming_invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/arn:aws:lambda:us-east-1:123456789012:function:acme:live/response-streaming-invocations"
  }
}

run "refuses_an_account_id_that_is_none" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: Each of `allowed_account_ids` has to be an account's ID of 12 digits
    allowed_account_ids = ["1234"]
  }

  expect_failures = [var.allowed_account_ids]
}

run "refuses_accounts_without_iam" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: `allowed_account_ids` works with `auth = { type = "iam" }` only
    auth                = { type = "api_key" }
    allowed_account_ids = ["111122223333"]
  }

  expect_failures = [var.allowed_account_ids]
}

run "refuses_an_organization_id_that_is_none" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: `allowed_organization_id` has to look like `o-a1b2c3d4e5`
    allowed_organization_id = "acme"
  }

  expect_failures = [var.allowed_organization_id]
}

run "refuses_an_organization_without_iam" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: `allowed_organization_id` works with `auth = { type = "iam" }` only
    auth                    = { type = "api_key" }
    allowed_organization_id = "o-a1b2c3d4e5"
  }

  expect_failures = [var.allowed_organization_id]
}

run "refuses_an_unknown_kind_of_auth" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: `auth.type` has to be `iam`, `api_key`, `cognito` or `custom`
    auth = { type = "none" }
  }

  expect_failures = [var.auth]
}

run "refuses_cognito_without_user_pools" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: `auth.user_pool_arns` goes with `auth.type = "cognito"`
    auth = { type = "cognito" }
  }

  expect_failures = [var.auth]
}

run "refuses_user_pools_without_cognito" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: `auth.user_pool_arns` goes with `auth.type = "cognito"`
    auth = { user_pool_arns = ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abc"] }
  }

  expect_failures = [var.auth]
}

run "refuses_scopes_without_cognito" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: `auth.scopes` goes with `auth.type = "cognito"` only
    auth = { scopes = ["llm/call"] }
  }

  expect_failures = [var.auth]
}

run "refuses_custom_without_an_authorizer" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: `auth.authorizer` goes with `auth.type = "custom"`
    auth = { type = "custom" }
  }

  expect_failures = [var.auth]
}

run "refuses_an_authorizer_without_custom" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: `auth.authorizer` goes with `auth.type = "custom"`
    auth = { authorizer = { function_arn = "arn:aws:lambda:us-east-1:123456789012:function:check" } }
  }

  expect_failures = [var.auth]
}

run "refuses_an_unknown_kind_of_authorizer" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: `auth.authorizer.type` has to be `request` or `token`
    auth = { type = "custom", authorizer = { type = "jwt", function_arn = "arn:aws:lambda:us-east-1:123456789012:function:check" } }
  }

  expect_failures = [var.auth]
}

run "refuses_a_token_authorizer_that_reads_no_header" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: A `token` authorizer reads one header
    auth = { type = "custom", authorizer = { type = "token", identity_sources = ["context.identity.sourceIp"], function_arn = "arn:aws:lambda:us-east-1:123456789012:function:check" } }
  }

  expect_failures = [var.auth]
}

run "refuses_a_decision_cached_for_a_day" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: `auth.authorizer.cache_seconds` has to be between 0 (no cache) and 3600
    auth = { type = "custom", authorizer = { cache_seconds = 86400, function_arn = "arn:aws:lambda:us-east-1:123456789012:function:check" } }
  }

  expect_failures = [var.auth]
}

run "refuses_a_decision_cached_by_nothing" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: A decision is cached by its identity sources
    auth = { type = "custom", authorizer = { cache_seconds = 60, identity_sources = [], function_arn = "arn:aws:lambda:us-east-1:123456789012:function:check" } }
  }

  expect_failures = [var.auth]
}

run "refuses_old_tls" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: `domain.security_policy` may not be `TLS_1_0`
    domain = { name = "llm.example.com", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/a", security_policy = "TLS_1_0" }
  }

  expect_failures = [var.domain]
}

run "refuses_a_domain_for_a_private_api" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: `domain` is a Regional domain and can't front a private API
    domain  = { name = "llm.example.com", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/a" }
    private = { vpc_endpoint_ids = ["vpce-0a1b2c3d"] }
  }

  expect_failures = [var.domain]
}

run "refuses_a_private_api_without_endpoints" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: `private.vpc_endpoint_ids` has to name at least one VPC endpoint
    private = { vpc_endpoint_ids = [] }
  }

  expect_failures = [var.private]
}

run "refuses_a_stage_name_with_a_slash" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: `stage_name` has to be 1 to 128 letters, digits, `_` or `-`
    stage_name = "v1/live"
  }

  expect_failures = [var.stage_name]
}

run "refuses_a_throttle_that_refuses_everything" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: `throttling.rate_limit` and `throttling.burst_limit` have to be above 0
    throttling = { rate_limit = 0 }
  }

  expect_failures = [var.throttling]
}

run "refuses_a_stream_longer_than_api_gateway_waits" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: `timeout_seconds` has to be between 1 and 900
    timeout_seconds = 901
  }

  expect_failures = [var.timeout_seconds]
}

run "refuses_a_buffered_answer_later_than_any_quota" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: `timeout_seconds` has to be between 1 and 300
    streaming       = false
    timeout_seconds = 301
  }

  expect_failures = [var.timeout_seconds]
}

run "refuses_a_resource_policy_that_is_too_long" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: The API's resource policy has 10362 characters and API Gateway takes 8192
    allowed_account_ids = [for index in range(300) : format("%012d", index)]
  }

  expect_failures = [aws_api_gateway_rest_api_policy.this]
}

run "refuses_json_as_bytes" {
  command = plan
  module { source = "./modules/api" }

  variables {
    # says: not `application/json`, which is text. Correct: application/json, */*
    binary_media_types = ["application/json", "*/*", "image/png"]
  }

  expect_failures = [var.binary_media_types]
}
