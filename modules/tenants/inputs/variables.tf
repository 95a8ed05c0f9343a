# The input that is objects, with its type, defaults and what it may hold. modules/names has compared its names.

variable "auth_type" {
  description = "The module's input of this name."
  type        = string
}

variable "tenants" {
  description = "The module's input of this name."
  type = map(object({
    models         = set(string)
    api_key_sha256 = optional(list(string), [])
    api_keys = optional(list(object({
      sha256     = string
      expires_at = optional(string)
    })), [])
    principals = optional(list(string), [])
    budgets = optional(object({
      requests_per_minute = optional(number)
      requests_per_hour   = optional(number)
      requests_per_day    = optional(number)
      requests_per_week   = optional(number)
      requests_per_month  = optional(number)
      tokens_per_minute   = optional(number)
      tokens_per_hour     = optional(number)
      tokens_per_day      = optional(number)
      tokens_per_week     = optional(number)
      tokens_per_month    = optional(number)
      usd_per_minute      = optional(number)
      usd_per_hour        = optional(number)
      usd_per_day         = optional(number)
      usd_per_week        = optional(number)
      usd_per_month       = optional(number)
    }), {})
    max_output_tokens = optional(number)
    workflows         = optional(set(string), [])
    enabled           = optional(bool, true)
  }))
  nullable = false

  # Terraform's time and memory grow faster than the tenants: some 10 s and 0.7 GB for 1,000 items, 50 s and 1.2 GB for 4,000, minutes for 10,000.
  validation {
    condition     = length(var.tenants) + length(flatten([for tenant in values(var.tenants) : concat(tenant.api_key_sha256, tenant.api_keys[*].sha256, tenant.principals)])) <= 2500
    error_message = "`tenants`, their keys and principals are more than the 2,500 items that Terraform plans in good time and memory. Set external_tenants = true, write them with the command line, `llm-api tenants import FILE`, and leave here those that are to be reviewed."
  }

  validation {
    condition     = alltrue([for tenant in keys(var.tenants) : can(regex("^[a-z0-9][a-z0-9_-]{0,62}$", tenant))])
    error_message = "A tenant's name in `tenants` has to be 1 to 63 lower-case letters, digits, `-` or `_`, and to start with a letter or digit; rename: ${join(", ", [for tenant in keys(var.tenants) : tenant if !can(regex("^[a-z0-9][a-z0-9_-]{0,62}$", tenant))])}."
  }

  validation {
    condition     = alltrue([for tenant in values(var.tenants) : length(tenant.models) > 0])
    error_message = "Each tenant in `tenants` needs at least one alias in `models`. Remove the tenant that may use nothing: ${join(", ", [for name, tenant in var.tenants : name if length(tenant.models) == 0])}."
  }

  validation {
    condition     = alltrue(flatten([for tenant in values(var.tenants) : [for hash in concat(tenant.api_key_sha256, tenant.api_keys[*].sha256) : can(regex("^[0-9a-f]{64}$", hash))]]))
    error_message = "A key's hash in `api_key_sha256` or `api_keys` has to be its SHA-256 as 64 lower-case hexadecimal digits, never the key itself: printf %s \"$KEY\" | sha256sum"
  }

  validation {
    condition = length(flatten([for tenant in values(var.tenants) : concat(tenant.api_key_sha256, tenant.api_keys[*].sha256)])) == length(toset(flatten([
      for tenant in values(var.tenants) : concat(tenant.api_key_sha256, tenant.api_keys[*].sha256)
    ])))
    error_message = "A key belongs to one tenant, once: the same hash is in `api_key_sha256` or `api_keys` more than one time. Give each tenant keys of its own."
  }

  validation {
    condition = alltrue(flatten([for tenant in values(var.tenants) : [
      for key in tenant.api_keys : key.expires_at == null ? true : can(regex("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$", key.expires_at)) && can(formatdate("YYYY", key.expires_at))
    ]]))
    error_message = "`expires_at` has to be a time in UTC such as 2027-01-31T00:00:00Z; correct it in the `api_keys` of: ${join(", ", [for name, tenant in var.tenants : name if !alltrue([
      for key in tenant.api_keys : key.expires_at == null ? true : can(regex("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$", key.expires_at)) && can(formatdate("YYYY", key.expires_at))
    ])])}."
  }

  validation {
    condition     = var.auth_type == "api_key" || alltrue([for tenant in values(var.tenants) : length(tenant.api_key_sha256) + length(tenant.api_keys) == 0])
    error_message = "Keys are for `auth.type = \"api_key\"`, and it is \"${var.auth_type}\": a tenant is found by its `principals`. Name those instead of keys for: ${join(", ", [for name, tenant in var.tenants : name if length(tenant.api_key_sha256) + length(tenant.api_keys) > 0])}."
  }

  validation {
    condition     = var.auth_type != "api_key" || alltrue([for tenant in values(var.tenants) : length(tenant.principals) == 0])
    error_message = "`principals` are for `auth.type` `iam`, `cognito` and `custom`: with API keys a tenant is found by its key. Remove the `principals` of: ${join(", ", [for name, tenant in var.tenants : name if length(tenant.principals) > 0])}."
  }

  validation {
    condition     = var.auth_type != "api_key" || !contains(keys(var.tenants), "default")
    error_message = "The tenant `default` is for callers without a tenant of their own, whom API Gateway has authenticated; nobody gets in without a key here. Rename it, or use another `auth.type`."
  }

  validation {
    condition = alltrue([for name, tenant in var.tenants : name == "default" || length(
      var.auth_type == "api_key" ? concat(tenant.api_key_sha256, tenant.api_keys[*].sha256) : tenant.principals
    ) > 0])
    error_message = "Each tenant needs at least one ${var.auth_type == "api_key" ? "hash in `api_key_sha256` or `api_keys`" : "of `principals`"}, or nobody belongs to it. Add one, or remove: ${join(", ", [for name, tenant in var.tenants : name if name != "default" && length(
      var.auth_type == "api_key" ? concat(tenant.api_key_sha256, tenant.api_keys[*].sha256) : tenant.principals
    ) == 0])}."
  }

  validation {
    condition     = try(length(var.tenants["default"].principals), 0) == 0
    error_message = "The tenant `default` has no `principals`: it is for whoever is named by no other tenant. Remove them, or give those callers a tenant with another name."
  }

  validation {
    condition = var.auth_type != "iam" || alltrue(flatten([for tenant in values(var.tenants) : [
      for principal in tenant.principals : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[A-Za-z0-9_+=,.@/-]+$", principal))
    ]]))
    error_message = "Under IAM `principals` are ARNs of roles (arn:aws:iam::ACCOUNT:role/NAME) or users, without `*`; for an assumed role name the role. Correct: ${join(", ", flatten([for tenant in values(var.tenants) : [
      for principal in tenant.principals : principal if !can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[A-Za-z0-9_+=,.@/-]+$", principal))
    ]]))}."
  }

  validation {
    condition     = alltrue(flatten([for tenant in values(var.tenants) : [for principal in tenant.principals : trimspace(principal) != "" && length(principal) <= 1024]]))
    error_message = "`principals` have 1 to 1,024 characters; correct them for: ${join(", ", [for name, tenant in var.tenants : name if !alltrue([for principal in tenant.principals : trimspace(principal) != "" && length(principal) <= 1024])])}."
  }

  validation {
    condition = alltrue(flatten([for tenant in values(var.tenants) : [
      for budget, limit in tenant.budgets : limit == null || startswith(budget, "usd_") ? true : limit >= 1 && limit <= pow(10, 15) && floor(limit) == limit
    ]]))
    error_message = "A budget in requests or tokens is a whole number from 1 to 10^15; to allow nothing, remove the tenant. Correct: ${join(", ", flatten([for name, tenant in var.tenants : [
      for budget, limit in tenant.budgets : "${name}: ${budget}" if limit == null || startswith(budget, "usd_") ? false : !(limit >= 1 && limit <= pow(10, 15) && floor(limit) == limit)
    ]]))}."
  }

  validation {
    condition = alltrue(flatten([for tenant in values(var.tenants) : [
      for budget, limit in tenant.budgets : limit == null || !startswith(budget, "usd_") ? true : limit > 0 && can(regex("^[0-9]{1,9}([.][0-9]{1,6})?$", tostring(limit)))
    ]]))
    error_message = "A budget in US dollars is above 0 and below 10^9, with at most 6 decimals; correct: ${join(", ", flatten([for name, tenant in var.tenants : [
      for budget, limit in tenant.budgets : "${name}: ${budget}" if limit == null || !startswith(budget, "usd_") ? false : !(limit > 0 && can(regex("^[0-9]{1,9}([.][0-9]{1,6})?$", tostring(limit))))
    ]]))}."
  }

  validation {
    condition     = alltrue([for tenant in values(var.tenants) : tenant.max_output_tokens == null ? true : tenant.max_output_tokens >= 1 && tenant.max_output_tokens <= pow(10, 9) && floor(tenant.max_output_tokens) == tenant.max_output_tokens])
    error_message = "`max_output_tokens` of a tenant is a whole number of tokens, at least 1; correct: ${join(", ", [for name, tenant in var.tenants : name if tenant.max_output_tokens == null ? false : !(tenant.max_output_tokens >= 1 && tenant.max_output_tokens <= pow(10, 9) && floor(tenant.max_output_tokens) == tenant.max_output_tokens)])}."
  }
}
