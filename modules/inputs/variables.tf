# The inputs that are objects and may leave something out, with their types, defaults and what they may hold.
# modules/names has compared their names.

variable "access_log" {
  description = "The module's input of this name."
  type = object({
    retention_days = optional(number, 30)
    kms_key        = optional(object({ arn = string }))
  })
  default = null
}

variable "auth" {
  description = "The module's input of this name."
  type = object({
    type           = optional(string, "iam")
    tenant_claim   = optional(string)
    user_pool_arns = optional(list(string), [])
    scopes         = optional(list(string), [])
    authorizer = optional(object({
      function_arn     = string
      type             = optional(string, "request")
      identity_sources = optional(list(string), ["method.request.header.Authorization"])
      cache_seconds    = optional(number, 0)
      invocation_role  = optional(object({ arn = string }))
    }))
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["iam", "api_key", "cognito", "custom"], var.auth.type)
    error_message = "`auth.type` has to be `iam`, `api_key`, `cognito` or `custom`."
  }

  validation {
    condition     = (var.auth.type == "cognito") == (length(var.auth.user_pool_arns) > 0)
    error_message = "`auth.user_pool_arns` goes with `auth.type = \"cognito\"`: name at least one user pool there, and none with another type."
  }

  validation {
    condition     = var.auth.tenant_claim == null || contains(["cognito", "custom"], var.auth.type)
    error_message = "`auth.tenant_claim` goes with `auth.type` `cognito` and `custom`, whose callers have claims. Leave it out."
  }

  validation {
    condition     = var.auth.tenant_claim == null ? true : can(regex("^[A-Za-z0-9_.:/-]{1,128}$", var.auth.tenant_claim))
    error_message = "`auth.tenant_claim` has to be the name of one claim, such as `client_id` or `custom:team`: up to 128 letters, digits, `_`, `.`, `:`, `/` or `-`."
  }

  validation {
    condition     = length(var.auth.scopes) == 0 || var.auth.type == "cognito"
    error_message = "`auth.scopes` goes with `auth.type = \"cognito\"` only. Leave it out."
  }

  validation {
    condition     = (var.auth.type == "custom") == (var.auth.authorizer != null)
    error_message = "`auth.authorizer` goes with `auth.type = \"custom\"`: give its `function_arn` there, and leave it out with another type."
  }

  validation {
    condition     = var.auth.authorizer == null || contains(["request", "token"], try(var.auth.authorizer.type, ""))
    error_message = "`auth.authorizer.type` has to be `request` or `token`."
  }

  validation {
    condition     = try(var.auth.authorizer.type, "request") != "token" || can(regex("^method\\.request\\.header\\.[A-Za-z0-9-]+$", var.auth.authorizer.identity_sources[0]))
    error_message = "A `token` authorizer reads one header: `auth.authorizer.identity_sources` has to start with one such as `method.request.header.Authorization`."
  }

  validation {
    condition     = try(var.auth.authorizer.cache_seconds, 0) >= 0 && try(var.auth.authorizer.cache_seconds, 0) <= 3600
    error_message = "`auth.authorizer.cache_seconds` has to be between 0 (no cache) and 3600."
  }

  validation {
    condition     = try(var.auth.authorizer.cache_seconds, 0) == 0 || length(try(var.auth.authorizer.identity_sources, [])) > 0
    error_message = "A decision is cached by its identity sources: give `auth.authorizer.identity_sources`, or set `cache_seconds = 0`."
  }
}

variable "domain" {
  description = "The module's input of this name."
  type = object({
    name            = string
    certificate_arn = string
    base_path       = optional(string)
    security_policy = optional(string, "TLS_1_2")
    exclusive       = optional(bool, false)
  })
  default = null

  validation {
    condition     = try(var.domain.security_policy, "TLS_1_2") != "TLS_1_0"
    error_message = "`domain.security_policy` may not be `TLS_1_0`: callers send keys. Use `TLS_1_2` or one of API Gateway's newer policies."
  }
}

variable "images" {
  description = "The module's input of this name."
  type = object({
    bucket = optional(object({
      name    = string
      kms_key = optional(object({ arn = string }))
    }))
    expiration_days = optional(number, 7)
    url_seconds     = optional(number, 3600)
  })
  default = null

  validation {
    condition     = try(var.images.bucket, null) == null ? true : can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.images.bucket.name))
    error_message = "`images.bucket.name` has to be a bucket's name, not its ARN: 3 to 63 lower-case letters, digits and inner hyphens. Names with dots don't work, because S3's certificate doesn't cover their hosts."
  }

  validation {
    condition     = try(var.images.expiration_days, 7) >= 1 && floor(try(var.images.expiration_days, 7)) == try(var.images.expiration_days, 7)
    error_message = "`images.expiration_days` has to be a whole number of days, at least 1."
  }

  validation {
    condition     = try(var.images.url_seconds, 3600) >= 60 && try(var.images.url_seconds, 3600) <= 43200 && floor(try(var.images.url_seconds, 3600)) == try(var.images.url_seconds, 3600)
    error_message = "`images.url_seconds` has to be a whole number from 60 to 43200: an address ends with the role's credentials, which last twelve hours at most."
  }
}

variable "monitoring" {
  description = "The module's input of this name."
  type = object({
    alarm_actions   = optional(list(string), [])
    ok_actions      = optional(list(string), [])
    disabled_alarms = optional(set(string), [])
    thresholds = optional(object({
      server_error_percent            = optional(number, 5)
      broken_stream_percent           = optional(number, 5)
      throttled_percent               = optional(number, 5)
      latency_p99_seconds             = optional(number, 60)
      time_to_first_token_p95_seconds = optional(number, 10)
      concurrency_percent             = optional(number, 80)
      budget_used_percent             = optional(number, 80)
    }), {})
    minimum_requests    = optional(number, 20)
    account_concurrency = optional(number, 1000)
    workflows           = optional(map(string), {})
  })
  default = null
}

variable "package" {
  description = "The module's input of this name."
  type = object({
    filename = optional(string)
    s3 = optional(object({
      bucket         = string
      key            = string
      object_version = optional(string)
    }))
    source_code_hash = optional(string)
  })
  default = null
}

variable "throttling" {
  description = "The module's input of this name."
  type = object({
    rate_limit  = optional(number, 100)
    burst_limit = optional(number, 200)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.throttling.rate_limit > 0 && var.throttling.burst_limit > 0
    error_message = "`throttling.rate_limit` and `throttling.burst_limit` have to be above 0; otherwise every request is refused."
  }
}

variable "workflows" {
  description = "The module's input of this name."
  type = map(object({
    state_machine_arn = string
    approvals         = optional(bool, false)
    kms_key           = optional(object({ arn = string }))
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.workflows) : can(regex("^[a-z][a-z0-9_-]{0,62}$", name))])
    error_message = "A workflow's name in `workflows` has to be 1 to 63 lower-case letters, digits, `-` or `_`, and to start with a letter; rename: ${join(", ", [for name in keys(var.workflows) : name if !can(regex("^[a-z][a-z0-9_-]{0,62}$", name))])}."
  }

  validation {
    condition     = alltrue([for workflow in values(var.workflows) : can(regex("^arn:aws[a-z-]*:states:[a-z0-9-]+:[0-9]{12}:stateMachine:[A-Za-z0-9_-]{1,80}$", workflow.state_machine_arn))])
    error_message = "`state_machine_arn` in `workflows` has to be a state machine's ARN, such as arn:aws:states:us-east-1:123456789012:stateMachine:advert, without a version or alias; correct: ${join(", ", [for name, workflow in var.workflows : name if !can(regex("^arn:aws[a-z-]*:states:[a-z0-9-]+:[0-9]{12}:stateMachine:[A-Za-z0-9_-]{1,80}$", workflow.state_machine_arn))])}."
  }
}
