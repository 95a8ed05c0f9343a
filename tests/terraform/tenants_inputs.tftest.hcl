# One bad input a run. `says` is what the message must contain: test_native.py reads it back.

# The real provider, offline: nothing that is planned here is looked up.
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

run "name_with_a_hash_sign" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: a letter or digit; rename: tenant#1
    name    = "acme"
    tenants = { "tenant#1" = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] } }
  }
  expect_failures = [var.tenants]
}

run "name_too_long" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: a letter or digit; rename: xxxxxxxx
    name    = "acme"
    tenants = { xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] } }
  }
  expect_failures = [var.tenants]
}

run "tenant_without_models" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: may use nothing: idle
    name    = "acme"
    tenants = { idle = { models = [], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] } }
  }
  expect_failures = [var.tenants]
}

run "tenant_without_keys" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: hash in `api_key_sha256` or `api_keys`, or nobody belongs to it. Add one, or remove: keyless
    name    = "acme"
    tenants = { keyless = { models = ["fast"] } }
  }
  expect_failures = [var.tenants]
}

run "key_instead_of_its_hash" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: never the key itself
    name    = "acme"
    tenants = { marketing = { models = ["fast"], api_key_sha256 = ["sk-live-1234"] } }
  }
  expect_failures = [var.tenants]
}

run "key_that_expires_instead_of_its_hash" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: never the key itself
    name    = "acme"
    tenants = { marketing = { models = ["fast"], api_keys = [{ sha256 = "sk-live-1234" }] } }
  }
  expect_failures = [var.tenants]
}

run "upper_case_hash" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: never the key itself
    name    = "acme"
    tenants = { marketing = { models = ["fast"], api_key_sha256 = ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] } }
  }
  expect_failures = [var.tenants]
}

run "one_key_of_two_tenants" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: the same hash is in
    name    = "acme"
    tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] }, sales = { models = ["fast"], api_key_sha256 = ["bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"], api_keys = [{ sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }] } }
  }
  expect_failures = [var.tenants]
}

run "expiry_on_a_day_that_does_not_exist" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: `api_keys` of: leaping
    name    = "acme"
    tenants = { leaping = { models = ["fast"], api_keys = [{ sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", expires_at = "2027-02-29T00:00:00Z" }] } }
  }
  expect_failures = [var.tenants]
}

run "expiry_in_local_time" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: `api_keys` of: travelling
    name    = "acme"
    tenants = { travelling = { models = ["fast"], api_keys = [{ sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", expires_at = "2027-02-28T00:00:00+01:00" }] } }
  }
  expect_failures = [var.tenants]
}

run "expiry_without_a_time" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: `api_keys` of: brief
    name    = "acme"
    tenants = { brief = { models = ["fast"], api_keys = [{ sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", expires_at = "2027-02-28" }] } }
  }
  expect_failures = [var.tenants]
}

run "keys_under_iam" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: instead of keys for: locked
    name      = "acme"
    auth_type = "iam"
    tenants   = { locked = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], principals = ["arn:aws:iam::123456789012:role/locked"] } }
  }
  expect_failures = [var.tenants]
}

run "keys_that_expire_under_cognito" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: instead of keys for: tokened
    name      = "acme"
    auth_type = "cognito"
    tenants   = { tokened = { models = ["fast"], api_keys = [{ sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }], principals = ["tokened"] } }
  }
  expect_failures = [var.tenants]
}

run "principals_with_api_keys" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: Remove the `principals` of: doubled
    name    = "acme"
    tenants = { doubled = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], principals = ["arn:aws:iam::123456789012:role/doubled"] } }
  }
  expect_failures = [var.tenants]
}

run "default_with_api_keys" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: nobody gets in without a key here
    name    = "acme"
    tenants = { default = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] } }
  }
  expect_failures = [var.tenants]
}

run "tenant_without_principals" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: one of `principals`, or nobody belongs to it. Add one, or remove: lonely
    name      = "acme"
    auth_type = "iam"
    tenants   = { lonely = { models = ["fast"] } }
  }
  expect_failures = [var.tenants]
}

run "default_with_principals" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: named by no other tenant
    name      = "acme"
    auth_type = "iam"
    tenants   = { default = { models = ["fast"], principals = ["arn:aws:iam::123456789012:role/some"] } }
  }
  expect_failures = [var.tenants]
}

run "principal_by_name" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: name the role. Correct: analytics
    name      = "acme"
    auth_type = "iam"
    tenants   = { analytics = { models = ["fast"], principals = ["analytics"] } }
  }
  expect_failures = [var.tenants]
}

run "assumed_role" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: name the role. Correct: arn:aws:sts::123456789012:assumed-role/analytics/session
    name      = "acme"
    auth_type = "iam"
    tenants   = { analytics = { models = ["fast"], principals = ["arn:aws:sts::123456789012:assumed-role/analytics/session"] } }
  }
  expect_failures = [var.tenants]
}

run "every_role_of_an_account" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: name the role. Correct: arn:aws:iam::123456789012:role/*
    name      = "acme"
    auth_type = "iam"
    tenants   = { analytics = { models = ["fast"], principals = ["arn:aws:iam::123456789012:role/*"] } }
  }
  expect_failures = [var.tenants]
}

run "a_whole_account" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: name the role. Correct: arn:aws:iam::123456789012:root
    name      = "acme"
    auth_type = "iam"
    tenants   = { analytics = { models = ["fast"], principals = ["arn:aws:iam::123456789012:root"] } }
  }
  expect_failures = [var.tenants]
}

run "empty_claim" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: correct them for: nobody
    name      = "acme"
    auth_type = "cognito"
    tenants   = { nobody = { models = ["fast"], principals = [" "] } }
  }
  expect_failures = [var.tenants]
}

run "budget_of_no_requests" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: Correct: stopped: requests_per_day
    name    = "acme"
    tenants = { stopped = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { requests_per_day = 0 } } }
  }
  expect_failures = [var.tenants]
}

run "budget_below_nothing" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: Correct: indebted: tokens_per_month
    name    = "acme"
    tenants = { indebted = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { tokens_per_month = -1 } } }
  }
  expect_failures = [var.tenants]
}

run "budget_of_half_a_token" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: Correct: halved: tokens_per_minute
    name    = "acme"
    tenants = { halved = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { tokens_per_minute = 0.5 } } }
  }
  expect_failures = [var.tenants]
}

run "budget_beyond_counting" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: Correct: boundless: tokens_per_month
    name    = "acme"
    tenants = { boundless = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { tokens_per_month = 1000000000000001 } } }
  }
  expect_failures = [var.tenants]
}

run "budget_of_no_dollars" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: decimals; correct: broke: usd_per_day
    name    = "acme"
    tenants = { broke = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { usd_per_day = 0 } } }
  }
  expect_failures = [var.tenants]
}

run "budget_of_a_third_of_a_dollar" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: decimals; correct: thirds: usd_per_month
    name    = "acme"
    tenants = { thirds = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { usd_per_month = 1 / 3 } } }
  }
  expect_failures = [var.tenants]
}

run "budget_of_a_billion_dollars" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: decimals; correct: rich: usd_per_month
    name    = "acme"
    tenants = { rich = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { usd_per_month = 1000000000 } } }
  }
  expect_failures = [var.tenants]
}

run "no_output_tokens" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: at least 1; correct: mute
    name    = "acme"
    tenants = { mute = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], max_output_tokens = 0 } }
  }
  expect_failures = [var.tenants]
}

run "half_an_output_token" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: at least 1; correct: stuttering
    name    = "acme"
    tenants = { stuttering = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], max_output_tokens = 1.5 } }
  }
  expect_failures = [var.tenants]
}

run "unknown_kind_of_auth" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: `auth_type` has to be
    name      = "acme"
    auth_type = "none"
    tenants   = {}
  }
  expect_failures = [var.auth_type]
}

run "one_role_of_two_tenants" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: name it for one tenant: arn:aws:iam::123456789012:role/shared
    name      = "acme"
    auth_type = "iam"
    tenants   = { analytics = { models = ["fast"], principals = ["arn:aws:iam::123456789012:role/shared"] }, sales = { models = ["fast"], principals = ["arn:aws:iam::123456789012:role/sales/shared"] } }
  }
  expect_failures = [aws_dynamodb_table.this]
}

run "one_claim_of_two_tenants" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: name it for one tenant: same
    name      = "acme"
    auth_type = "cognito"
    tenants   = { analytics = { models = ["fast"], principals = ["same"] }, sales = { models = ["fast"], principals = ["same"] } }
  }
  expect_failures = [aws_dynamodb_table.this]
}

run "undeclared_model" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: in `models` or remove: marketing -> slow
    name    = "acme"
    models  = { nova = { family = "nova" } }
    tenants = { marketing = { models = ["nova", "slow"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] } }
  }
  expect_failures = [aws_dynamodb_table.this]
}

run "fallback_that_the_tenant_may_not_use" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: take it from the model: marketing: fast -> nova
    name    = "acme"
    models  = { fast = { family = "anthropic", fallbacks = ["nova"] }, nova = { family = "nova" } }
    tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] } }
  }
  expect_failures = [aws_dynamodb_table.this]
}

run "tokens_of_reranking" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: take the model from it: search -> rank
    name    = "acme"
    models  = { rank = { family = "cohere-rerank" } }
    tenants = { search = { models = ["rank"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { tokens_per_day = 1000 } } }
  }
  expect_failures = [aws_dynamodb_table.this]
}

run "dollars_of_an_endpoint" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: take the model from it: tuned -> container
    name    = "acme"
    models  = { container = { family = "sagemaker", price = { input = 1, output = 1 } } }
    tenants = { tuned = { models = ["container"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { usd_per_day = 10 } } }
  }
  expect_failures = [aws_dynamodb_table.this]
}

run "tokens_of_an_endpoint_that_speaks_a_family" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: take the model from it: tuned -> llama
    name    = "acme"
    models  = { llama = { family = "llama", max_output_tokens = 100, sagemaker = { endpoint = "tuned" } } }
    tenants = { tuned = { models = ["llama"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { tokens_per_day = 1000 } } }
  }
  expect_failures = [aws_dynamodb_table.this]
}

run "tokens_of_a_chat_without_an_output_limit" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: on the model: tuned -> chat
    name    = "acme"
    models  = { chat = { family = "sagemaker", sagemaker = { endpoint = "tuned", format = "openai" } } }
    tenants = { tuned = { models = ["chat"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { tokens_per_day = 1000 } } }
  }
  expect_failures = [aws_dynamodb_table.this]
}

run "tokens_without_an_output_limit" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: on the model: chatty -> nova
    name    = "acme"
    models  = { nova = { family = "nova" } }
    tenants = { chatty = { models = ["nova"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { tokens_per_day = 1000 } } }
  }
  expect_failures = [aws_dynamodb_table.this]
}

run "dollars_without_an_output_limit" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: on the model: lavish -> nova
    name    = "acme"
    models  = { nova = { family = "nova", price = { input = 1, output = 1 } } }
    tenants = { lavish = { models = ["nova"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { usd_per_day = 10 } } }
  }
  expect_failures = [aws_dynamodb_table.this]
}

run "dollars_without_a_price" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: set it on the model: gambling -> nova
    name    = "acme"
    models  = { nova = { family = "nova", max_output_tokens = 100 } }
    tenants = { gambling = { models = ["nova"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { usd_per_day = 10 } } }
  }
  expect_failures = [aws_dynamodb_table.this]
}

run "dollars_of_embeddings_without_a_price" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: set it on the model: indexing -> embed
    name    = "acme"
    models  = { embed = { family = "titan-embed" } }
    tenants = { indexing = { models = ["embed"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { usd_per_day = 10 } } }
  }
  expect_failures = [aws_dynamodb_table.this]
}

run "tokens_of_images" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    # says: take the model from it: painting -> canvas
    name    = "acme"
    models  = { canvas = { family = "nova-canvas", price = { image = 0.04 } } }
    tenants = { painting = { models = ["canvas"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { tokens_per_day = 1000 } } }
  }
  expect_failures = [aws_dynamodb_table.this]
}
