# One table for tenants, who belongs to them, and what they use. A key's item is found by the SHA-256 of the key, so that
# neither Terraform's state nor the table ever holds a key; a principal's item by what API Gateway verified; a tenant's
# says what it may use. Items of use are written by the function alone.

# Refuses names that no input has.
module "names" {
  source = "../names"

  given = { tenants = var.tenants }
  known = {
    "tenants.*"            = ["models", "api_key_sha256", "api_keys", "principals", "budgets", "max_output_tokens", "workflows", "enabled"]
    "tenants.*.api_keys.*" = ["sha256", "expires_at"]
    "tenants.*.budgets" = [
      "requests_per_minute", "requests_per_hour", "requests_per_day", "requests_per_week", "requests_per_month",
      "tokens_per_minute", "tokens_per_hour", "tokens_per_day", "tokens_per_week", "tokens_per_month",
      "usd_per_minute", "usd_per_hour", "usd_per_day", "usd_per_week", "usd_per_month",
    ]
  }
}

# Gives tenants their type and defaults, and refuses values.
module "inputs" {
  source = "./inputs"

  tenants   = var.tenants
  auth_type = var.auth_type
}

locals {
  # A hash isn't a secret, even where a caller marks it as one.
  tenants = nonsensitive(module.inputs.tenants)

  # Addresses in the state are hashes and principals, so that taking one away or changing the order touches no other.
  keys = { for key in flatten([
    for tenant, settings in local.tenants : concat(
      [for hash in settings.api_key_sha256 : { tenant = tenant, sha256 = hash, expires_at = null }],
      [for key in settings.api_keys : { tenant = tenant, sha256 = key.sha256, expires_at = key.expires_at }],
    )
  ]) : nonsensitive(key.sha256) => key }

  # An assumed role's ARN doesn't have the path that its role's has, so it is left out: a name is unique in its account.
  principals = { for pair in flatten([
    for tenant, settings in local.tenants : [
      for principal in settings.principals : { tenant = tenant, value = replace(principal, "/^(arn:aws[a-z-]*:iam::[0-9]{12}:role)/.*/([^/]+)$/", "$1/$2") }
    ]
  ]) : pair.value => pair.tenant... }

  # Seconds since 1970, which Terraform has no function for. A year that begins with March ends with the leap day.
  # https://howardhinnant.github.io/date_algorithms.html#days_from_civil
  expiry_dates = { for hash, key in local.keys : hash => {
    for part, digits in regex("(?P<year>\\d+)-(?P<month>\\d+)-(?P<day>\\d+)T(?P<hour>\\d+):(?P<minute>\\d+):(?P<second>\\d+)", nonsensitive(key.expires_at)) : part => parseint(digits, 10)
  } if key.expires_at != null }
  expiry_years = { for hash, date in local.expiry_dates : hash => date.month > 2 ? date.year : date.year - 1 }
  expiry_days = { for hash, date in local.expiry_dates : hash => (
    365 * local.expiry_years[hash] + floor(local.expiry_years[hash] / 4) - floor(local.expiry_years[hash] / 100) + floor(local.expiry_years[hash] / 400)
    + floor((153 * (date.month > 2 ? date.month - 3 : date.month + 9) + 2) / 5) + date.day - 719469
  ) }
  expiries = { for hash, date in local.expiry_dates : hash => {
    expires_at = { N = tostring(86400 * local.expiry_days[hash] + 3600 * date.hour + 60 * date.minute + date.second) }
  } }

  # So that `llm-api` leaves alone what the next apply would bring back.
  managed_by = { S = "terraform" }

  # The items are written here, whole, and the resources only take them: what a resource refers to, Terraform walks through
  # for each of its instances, and with thousands of tenants that would be most of a plan's time.
  key_items = { for hash, key in local.keys : hash => jsonencode(merge(
    { pk = { S = "key#${hash}" }, tenant = { S = key.tenant }, managed_by = local.managed_by },
    try(local.expiries[hash], {}),
  )) }
  principal_items = { for principal, tenants in local.principals : principal => jsonencode({
    pk         = { S = "principal#${principal}" }
    tenant     = { S = tenants[0] }
    managed_by = local.managed_by
  }) }
  tenant_items = { for tenant, settings in local.tenants : tenant => jsonencode(merge(
    { pk = { S = "tenant#${tenant}" }, models = { SS = sort(settings.models) }, managed_by = local.managed_by },
    { for name in ["budgets"] : name => { M = { for budget, limit in local.budgets[tenant] : budget => { N = tostring(limit) } } } if length(local.budgets[tenant]) > 0 },
    { for limit in settings.max_output_tokens[*] : "max_output_tokens" => { N = tostring(limit) } },
    { for names in [sort(settings.workflows)] : "workflows" => { SS = names } if length(names) > 0 },
    { for enabled in [settings.enabled] : "enabled" => { BOOL = false } if !enabled },
  )) }
}

resource "aws_dynamodb_table" "this" {
  name                        = "${var.name}-tenants"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "pk"
  deletion_protection_enabled = var.deletion_protection
  tags                        = var.tags

  attribute {
    name = "pk"
    type = "S"
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }

  # Without this block DynamoDB encrypts with a key of its own.
  dynamic "server_side_encryption" {
    for_each = var.kms_key == null ? [] : [var.kms_key]

    content {
      enabled     = true
      kms_key_arn = server_side_encryption.value.arn
    }
  }

  lifecycle {
    precondition {
      condition     = length(local.shared_principals) == 0
      error_message = "A principal belongs to one tenant, once, and roles are told apart by account and name, not by path; name it for one tenant: ${join(", ", local.shared_principals)}."
    }

    precondition {
      condition     = length(local.undeclared_models) == 0
      error_message = "`tenants` name models that are not declared; declare them in `models` or remove: ${join(", ", local.undeclared_models)}."
    }

    precondition {
      condition     = length(local.undeclared_workflows) == 0
      error_message = "`tenants` name workflows that are not declared; declare them in `workflows` or remove: ${join(", ", local.undeclared_workflows)}."
    }

    precondition {
      condition     = length(local.forbidden_fallbacks) == 0
      error_message = "A model of a tenant falls back to one that the tenant may not use; add the fallback to the tenant's `models`, or take it from the model: ${join(", ", local.forbidden_fallbacks)}."
    }

    precondition {
      condition     = length(local.unmetered) == 0
      error_message = "The use of reranking and of SageMaker endpoints can't be told before a call, so no budget in tokens or dollars can hold it; declare the endpoint with format = \"openai\" if its container speaks that, give the tenant budgets in requests, or take the model from it: ${join(", ", local.unmetered)}."
    }

    precondition {
      condition     = length(local.unlimited) == 0
      error_message = "A budget in tokens or dollars is kept by what an answer may take at most; set `max_output_tokens` on the model: ${join(", ", local.unlimited)}."
    }

    precondition {
      condition     = length(local.unpriced) == 0
      error_message = "A budget in dollars takes the `price` of each model that the tenant may use; set it on the model: ${join(", ", local.unpriced)}."
    }

    precondition {
      condition     = length(local.uncounted_images) == 0
      error_message = "Making images uses no tokens, so a budget in tokens alone wouldn't hold it; add one in dollars or requests to the tenant, or take the model from it: ${join(", ", local.uncounted_images)}."
    }
  }
}

resource "aws_dynamodb_table_item" "key" {
  for_each = local.key_items

  table_name = aws_dynamodb_table.this.name
  hash_key   = aws_dynamodb_table.this.hash_key
  item       = each.value
}

resource "aws_dynamodb_table_item" "principal" {
  for_each = local.principal_items

  table_name = aws_dynamodb_table.this.name
  hash_key   = aws_dynamodb_table.this.hash_key
  item       = each.value
}

resource "aws_dynamodb_table_item" "tenant" {
  for_each = local.tenant_items

  table_name = aws_dynamodb_table.this.name
  hash_key   = aws_dynamodb_table.this.hash_key
  item       = each.value
}
