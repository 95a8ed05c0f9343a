# The inputs that are objects, with their types, defaults and what they may hold. modules/names has compared their names.

variable "access_log" {
  type = object({
    retention_days = optional(number, 30)
    kms_key        = optional(object({ arn = string }))
  })
  default     = null
  description = "The module's input of this name."
}

variable "auth" {
  type = object({
    type           = optional(string, "iam")
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
  default     = {}
  nullable    = false
  description = "The module's input of this name."

  validation {
    condition     = contains(["iam", "api_key", "cognito", "custom"], var.auth.type)
    error_message = "`auth.type` has to be `iam`, `api_key`, `cognito` or `custom`."
  }

  validation {
    condition     = (var.auth.type == "cognito") == (length(var.auth.user_pool_arns) > 0)
    error_message = "`auth.user_pool_arns` goes with `auth.type = \"cognito\"`: name at least one user pool there, and none with another type."
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
  type = object({
    name            = string
    certificate_arn = string
    base_path       = optional(string)
    security_policy = optional(string, "TLS_1_2")
    exclusive       = optional(bool, false)
  })
  default     = null
  description = "The module's input of this name."

  validation {
    condition     = try(var.domain.security_policy, "TLS_1_2") != "TLS_1_0"
    error_message = "`domain.security_policy` may not be `TLS_1_0`: callers send keys. Use `TLS_1_2` or one of API Gateway's newer policies."
  }
}

variable "throttling" {
  type = object({
    rate_limit  = optional(number, 100)
    burst_limit = optional(number, 200)
  })
  default     = {}
  nullable    = false
  description = "The module's input of this name."

  validation {
    condition     = var.throttling.rate_limit > 0 && var.throttling.burst_limit > 0
    error_message = "`throttling.rate_limit` and `throttling.burst_limit` have to be above 0; otherwise every request is refused."
  }
}
