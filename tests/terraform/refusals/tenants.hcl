# Bad inputs, and what must be said of each; test_refusals.py plans them.

refused "name_with_a_hash_sign" {
  says = "a letter or digit; rename: tenant#1"

  name    = "acme"
  tenants = { "tenant#1" = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] } }
}

refused "name_too_long" {
  says = "a letter or digit; rename: xxxxxxxx"

  name    = "acme"
  tenants = { xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] } }
}

refused "more_than_terraform_should_hold" {
  says = "`llm-api tenants import FILE`"

  name    = "acme"
  tenants = { many = { models = ["fast"], api_key_sha256 = flatten([for a in range(5) : [for b in range(500) : sha256("${a}-${b}")]]) } }
}

refused "tenant_without_models" {
  says = "may use nothing: idle"

  name    = "acme"
  tenants = { idle = { models = [], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] } }
}

refused "tenant_without_keys" {
  says = "hash in `api_key_sha256` or `api_keys`, or nobody belongs to it. Add one, or remove: keyless"

  name    = "acme"
  tenants = { keyless = { models = ["fast"] } }
}

refused "key_instead_of_its_hash" {
  says = "never the key itself"

  name    = "acme"
  tenants = { marketing = { models = ["fast"], api_key_sha256 = ["sk-live-1234"] } }
}

refused "key_that_expires_instead_of_its_hash" {
  says = "never the key itself"

  name    = "acme"
  tenants = { marketing = { models = ["fast"], api_keys = [{ sha256 = "sk-live-1234" }] } }
}

refused "upper_case_hash" {
  says = "never the key itself"

  name    = "acme"
  tenants = { marketing = { models = ["fast"], api_key_sha256 = ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] } }
}

refused "one_key_of_two_tenants" {
  says = "the same hash is in"

  name    = "acme"
  tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] }, sales = { models = ["fast"], api_key_sha256 = ["bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"], api_keys = [{ sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }] } }
}

refused "expiry_on_a_day_that_does_not_exist" {
  says = "`api_keys` of: leaping"

  name    = "acme"
  tenants = { leaping = { models = ["fast"], api_keys = [{ sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", expires_at = "2027-02-29T00:00:00Z" }] } }
}

refused "expiry_in_local_time" {
  says = "`api_keys` of: travelling"

  name    = "acme"
  tenants = { travelling = { models = ["fast"], api_keys = [{ sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", expires_at = "2027-02-28T00:00:00+01:00" }] } }
}

refused "expiry_without_a_time" {
  says = "`api_keys` of: brief"

  name    = "acme"
  tenants = { brief = { models = ["fast"], api_keys = [{ sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", expires_at = "2027-02-28" }] } }
}

refused "keys_under_iam" {
  says = "instead of keys for: locked"

  name      = "acme"
  auth_type = "iam"
  tenants   = { locked = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], principals = ["arn:aws:iam::123456789012:role/locked"] } }
}

refused "keys_that_expire_under_cognito" {
  says = "instead of keys for: tokened"

  name      = "acme"
  auth_type = "cognito"
  tenants   = { tokened = { models = ["fast"], api_keys = [{ sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }], principals = ["tokened"] } }
}

refused "principals_with_api_keys" {
  says = "Remove the `principals` of: doubled"

  name    = "acme"
  tenants = { doubled = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], principals = ["arn:aws:iam::123456789012:role/doubled"] } }
}

refused "default_with_api_keys" {
  says = "nobody gets in without a key here"

  name    = "acme"
  tenants = { default = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] } }
}

refused "tenant_without_principals" {
  says = "one of `principals`, or nobody belongs to it. Add one, or remove: lonely"

  name      = "acme"
  auth_type = "iam"
  tenants   = { lonely = { models = ["fast"] } }
}

refused "default_with_principals" {
  says = "named by no other tenant"

  name      = "acme"
  auth_type = "iam"
  tenants   = { default = { models = ["fast"], principals = ["arn:aws:iam::123456789012:role/some"] } }
}

refused "principal_by_name" {
  says = "name the role. Correct: analytics"

  name      = "acme"
  auth_type = "iam"
  tenants   = { analytics = { models = ["fast"], principals = ["analytics"] } }
}

refused "assumed_role" {
  says = "name the role. Correct: arn:aws:sts::123456789012:assumed-role/analytics/session"

  name      = "acme"
  auth_type = "iam"
  tenants   = { analytics = { models = ["fast"], principals = ["arn:aws:sts::123456789012:assumed-role/analytics/session"] } }
}

refused "every_role_of_an_account" {
  says = "name the role. Correct: arn:aws:iam::123456789012:role/*"

  name      = "acme"
  auth_type = "iam"
  tenants   = { analytics = { models = ["fast"], principals = ["arn:aws:iam::123456789012:role/*"] } }
}

refused "a_whole_account" {
  says = "name the role. Correct: arn:aws:iam::123456789012:root"

  name      = "acme"
  auth_type = "iam"
  tenants   = { analytics = { models = ["fast"], principals = ["arn:aws:iam::123456789012:root"] } }
}

refused "empty_claim" {
  says = "correct them for: nobody"

  name      = "acme"
  auth_type = "cognito"
  tenants   = { nobody = { models = ["fast"], principals = [" "] } }
}

refused "budget_of_no_requests" {
  says = "Correct: stopped: requests_per_day"

  name    = "acme"
  tenants = { stopped = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { requests_per_day = 0 } } }
}

refused "budget_below_nothing" {
  says = "Correct: indebted: tokens_per_month"

  name    = "acme"
  tenants = { indebted = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { tokens_per_month = -1 } } }
}

refused "budget_of_half_a_token" {
  says = "Correct: halved: tokens_per_minute"

  name    = "acme"
  tenants = { halved = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { tokens_per_minute = 0.5 } } }
}

refused "budget_beyond_counting" {
  says = "Correct: boundless: tokens_per_month"

  name    = "acme"
  tenants = { boundless = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { tokens_per_month = 1000000000000001 } } }
}

refused "budget_of_no_dollars" {
  says = "decimals; correct: broke: usd_per_day"

  name    = "acme"
  tenants = { broke = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { usd_per_day = 0 } } }
}

refused "budget_of_a_third_of_a_dollar" {
  says = "decimals; correct: thirds: usd_per_month"

  name    = "acme"
  tenants = { thirds = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { usd_per_month = 1 / 3 } } }
}

refused "budget_of_a_billion_dollars" {
  says = "decimals; correct: rich: usd_per_month"

  name    = "acme"
  tenants = { rich = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { usd_per_month = 1000000000 } } }
}

refused "no_output_tokens" {
  says = "at least 1; correct: mute"

  name    = "acme"
  tenants = { mute = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], max_output_tokens = 0 } }
}

refused "half_an_output_token" {
  says = "at least 1; correct: stuttering"

  name    = "acme"
  tenants = { stuttering = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], max_output_tokens = 1.5 } }
}

refused "unknown_kind_of_auth" {
  says = "`auth_type` has to be"

  name      = "acme"
  auth_type = "none"
  tenants   = {}
}

refused "one_role_of_two_tenants" {
  says = "name it for one tenant: arn:aws:iam::123456789012:role/shared"

  name      = "acme"
  auth_type = "iam"
  tenants   = { analytics = { models = ["fast"], principals = ["arn:aws:iam::123456789012:role/shared"] }, sales = { models = ["fast"], principals = ["arn:aws:iam::123456789012:role/sales/shared"] } }
}

refused "one_claim_of_two_tenants" {
  says = "name it for one tenant: same"

  name      = "acme"
  auth_type = "cognito"
  tenants   = { analytics = { models = ["fast"], principals = ["same"] }, sales = { models = ["fast"], principals = ["same"] } }
}

refused "undeclared_model" {
  says = "in `models` or remove: marketing -> slow"

  name    = "acme"
  models  = { nova = { family = "nova" } }
  tenants = { marketing = { models = ["nova", "slow"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] } }
}

refused "fallback_that_the_tenant_may_not_use" {
  says = "take it from the model: marketing: fast -> nova"

  name    = "acme"
  models  = { fast = { family = "anthropic", fallbacks = ["nova"] }, nova = { family = "nova" } }
  tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] } }
}

refused "tokens_of_reranking" {
  says = "take the model from it: search -> rank"

  name    = "acme"
  models  = { rank = { family = "cohere-rerank" } }
  tenants = { search = { models = ["rank"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { tokens_per_day = 1000 } } }
}

refused "dollars_of_an_endpoint" {
  says = "take the model from it: tuned -> container"

  name    = "acme"
  models  = { container = { family = "sagemaker", price = { input = 1, output = 1 } } }
  tenants = { tuned = { models = ["container"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { usd_per_day = 10 } } }
}

refused "tokens_of_an_endpoint_that_speaks_a_family" {
  says = "take the model from it: tuned -> llama"

  name    = "acme"
  models  = { llama = { family = "llama", max_output_tokens = 100, sagemaker = { endpoint = "tuned" } } }
  tenants = { tuned = { models = ["llama"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { tokens_per_day = 1000 } } }
}

refused "tokens_of_a_chat_without_an_output_limit" {
  says = "on the model: tuned -> chat"

  name    = "acme"
  models  = { chat = { family = "sagemaker", sagemaker = { endpoint = "tuned", format = "openai" } } }
  tenants = { tuned = { models = ["chat"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { tokens_per_day = 1000 } } }
}

refused "tokens_without_an_output_limit" {
  says = "on the model: chatty -> nova"

  name    = "acme"
  models  = { nova = { family = "nova" } }
  tenants = { chatty = { models = ["nova"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { tokens_per_day = 1000 } } }
}

refused "dollars_without_an_output_limit" {
  says = "on the model: lavish -> nova"

  name    = "acme"
  models  = { nova = { family = "nova", price = { input = 1, output = 1 } } }
  tenants = { lavish = { models = ["nova"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { usd_per_day = 10 } } }
}

refused "dollars_without_a_price" {
  says = "set it on the model: gambling -> nova"

  name    = "acme"
  models  = { nova = { family = "nova", max_output_tokens = 100 } }
  tenants = { gambling = { models = ["nova"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { usd_per_day = 10 } } }
}

refused "dollars_of_embeddings_without_a_price" {
  says = "set it on the model: indexing -> embed"

  name    = "acme"
  models  = { embed = { family = "titan-embed" } }
  tenants = { indexing = { models = ["embed"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { usd_per_day = 10 } } }
}

refused "tokens_of_images" {
  says = "take the model from it: painting -> canvas"

  name    = "acme"
  models  = { canvas = { family = "nova-canvas", price = { image = 0.04 } } }
  tenants = { painting = { models = ["canvas"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { tokens_per_day = 1000 } } }
}

refused "workflow_that_is_not_declared" {
  says = "declare them in `workflows` or remove: marketing -> adverts."

  name      = "acme"
  tenants   = { marketing = { models = ["fast"], workflows = ["advert", "adverts"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] } }
  workflows = ["advert"]
}

refused "misspelt_budget" {
  says = "tenants.marketing.budget (did you mean `budgets`?)"

  name    = "acme"
  tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budget = { usd_per_month = 100 } } }
}

refused "misspelt_budgets" {
  says = "tenants.marketing.bugdets (did you mean `budgets`?)"

  name    = "acme"
  tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], bugdets = { usd_per_month = 100 } } }
}

refused "misspelt_month" {
  says = "tenants.marketing.budgets.usd_per_mont (did you mean `usd_per_month`?)"

  name    = "acme"
  tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { usd_per_mont = 100 } } }
}

refused "misspelt_month_in_short" {
  says = "tenants.marketing.budgets.usd_month (did you mean `usd_per_month`?)"

  name    = "acme"
  tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { usd_month = 100 } } }
}

refused "misspelt_dollars" {
  says = "tenants.marketing.budgets.usds_per_day (did you mean `usd_per_day`?)"

  name    = "acme"
  tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { usds_per_day = 100 } } }
}

refused "misspelt_minute" {
  says = "tenants.marketing.budgets.tokens_per_minutes (did you mean `tokens_per_minute`?)"

  name    = "acme"
  tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { tokens_per_minutes = 100 } } }
}

refused "misspelt_token" {
  says = "tenants.marketing.budgets.token_per_day (did you mean `tokens_per_day`?)"

  name    = "acme"
  tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { token_per_day = 100 } } }
}

refused "misspelt_tokens_in_capitals" {
  says = "tenants.marketing.budgets.Tokens_Per_Day (did you mean `tokens_per_day`?)"

  name    = "acme"
  tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { Tokens_Per_Day = 100 } } }
}

refused "misspelt_tokens_with_hyphens" {
  says = "tenants.marketing.budgets.tokens-per-day (did you mean `tokens_per_day`?)"

  name    = "acme"
  tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { tokens-per-day = 100 } } }
}

refused "misspelt_requests" {
  says = "tenants.marketing.budgets.request_per_minute (did you mean `requests_per_minute`?)"

  name    = "acme"
  tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { request_per_minute = 100 } } }
}

refused "misspelt_requests_turned_round" {
  says = "tenants.marketing.budgets.reqeusts_per_day (did you mean `requests_per_day`?)"

  name    = "acme"
  tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { reqeusts_per_day = 100 } } }
}

refused "misspelt_limit" {
  says = "tenants.marketing.max_output_token (did you mean `max_output_tokens`?)"

  name    = "acme"
  tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], max_output_token = 100 } }
}

refused "misspelt_limit_of_another_kind" {
  says = "tenants.marketing.max_tokens (did you mean `max_output_tokens`?)"

  name    = "acme"
  tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], max_tokens = 100 } }
}

refused "misspelt_workflow" {
  says = "tenants.marketing.workflow (did you mean `workflows`?)"

  name    = "acme"
  tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], workflow = ["advert"] } }
}

refused "misspelt_principal" {
  says = "tenants.marketing.principal (did you mean `principals`?)"

  name    = "acme"
  tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], principal = ["a"] } }
}

refused "misspelt_model" {
  says = "tenants.marketing.model (did you mean `models`?)"

  name    = "acme"
  tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], model = ["nova"] } }
}

refused "misspelt_expiry" {
  says = "tenants.marketing.api_keys.0.expires (did you mean `expires_at`?)"

  name    = "acme"
  tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], api_keys = [{ sha256 = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", expires = "2027-01-31T00:00:00Z" }] } }
}

refused "misspelt_expiry_in_camels" {
  says = "tenants.marketing.api_keys.0.expiresAt (did you mean `expires_at`?)"

  name    = "acme"
  tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], api_keys = [{ sha256 = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", expiresAt = "2027-01-31T00:00:00Z" }] } }
}
