variable "function" {
  description = <<-EOT
    The function behind the API, as `modules/function` returns it.

    - `function_name`, `alias_name`: what API Gateway gets the permission to invoke.
    - `invoke_arn`: the alias as a buffered integration's URI.
    - `streaming_invoke_arn`: the alias as a streaming integration's URI.
  EOT
  type = object({
    function_name        = string
    alias_name           = string
    invoke_arn           = string
    streaming_invoke_arn = string
  })
  nullable = false
}

variable "name" {
  description = "Name of the API, and prefix of what belongs to it."
  type        = string
  nullable    = false
}

variable "access_log" {
  description = <<-EOT
    Write one line a request to a log group of the API's own. Needs API Gateway's CloudWatch role, which exists once an
    account and Region and is not created here: see `examples/account-setup`.

    - `retention_days`: how long lines are kept.
    - `kms_key`: the key that encrypts them, where it isn't to be AWS's own.
  EOT
  type        = any
  default     = null
}

variable "allowed_account_ids" {
  description = "Other accounts whose roles may call the API under IAM. Each role needs the `caller_policy` as well."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for account in var.allowed_account_ids : can(regex("^[0-9]{12}$", account))])
    error_message = "Each of `allowed_account_ids` has to be an account's ID of 12 digits."
  }

  validation {
    condition     = length(var.allowed_account_ids) == 0 || module.inputs.auth.type == "iam"
    error_message = "`allowed_account_ids` works with `auth = { type = \"iam\" }` only: with another type API Gateway doesn't learn the caller's account. Leave it out."
  }
}

variable "allowed_organization_id" {
  description = "AWS organization whose accounts' roles may call the API under IAM. Each role needs the `caller_policy` as well."
  type        = string
  default     = null

  validation {
    condition     = var.allowed_organization_id == null || can(regex("^o-[a-z0-9]{10,32}$", var.allowed_organization_id))
    error_message = "`allowed_organization_id` has to look like `o-a1b2c3d4e5`."
  }

  validation {
    condition     = var.allowed_organization_id == null || module.inputs.auth.type == "iam"
    error_message = "`allowed_organization_id` works with `auth = { type = \"iam\" }` only: with another type API Gateway doesn't learn the caller's organization. Leave it out."
  }
}

variable "auth" {
  description = <<-EOT
    How callers show who they are.

    - `type`: `iam` (signed requests), `api_key` (the function checks a tenant's key), `cognito` (a token of a user pool) or
      `custom` (an authorizer of your own).
    - `user_pool_arns`: for `cognito`, the user pools whose tokens count.
    - `scopes`: for `cognito`, the scopes of which an access token needs one; without any, ID tokens count.
    - `authorizer`: for `custom`, the Lambda authorizer.
      - `function_arn`: its ARN.
      - `type`: `request` or `token`.
      - `identity_sources`: where the caller's proof is, such as `method.request.header.Authorization`; a token authorizer
        reads the first.
      - `cache_seconds`: how long a decision holds for the same identity sources.
      - `invocation_role`: the role that API Gateway invokes the authorizer with; without one the authorizer's own
        policy is extended, which takes an authorizer in this account.
  EOT
  type        = any
  default     = {}
  nullable    = false
}

variable "binary_media_types" {
  description = "Content types of requests whose bodies aren't text, such as `application/x-npy`. API Gateway hands on every other body as text."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for type in var.binary_media_types : can(regex("^[a-z0-9.+-]+/[a-z0-9.+-]+$", type)) && type != "application/json"])
    error_message = "`binary_media_types` has to name single types in lower case, such as `application/x-npy`, and not `application/json`, which is text. Correct: ${join(", ", [for type in var.binary_media_types : type if !can(regex("^[a-z0-9.+-]+/[a-z0-9.+-]+$", type)) || type == "application/json"])}."
  }
}

variable "domain" {
  description = <<-EOT
    A domain of your own for the API. Point its DNS record at the `domain_target` output.

    - `name`: the domain's name.
    - `certificate_arn`: a certificate for it in the API's Region.
    - `base_path`: the path under which the API is found; the root without one.
    - `security_policy`: the least TLS version and its ciphers, by API Gateway's name for them.
    - `exclusive`: whether the API's own `execute-api` address is switched off.
  EOT
  type        = any
  default     = null

  validation {
    condition     = var.domain == null || var.private == null
    error_message = "`domain` is a Regional domain and can't front a private API. Leave out `domain` or `private`."
  }
}

variable "private" {
  description = <<-EOT
    Make the API reachable from these VPC endpoints only, and not from the internet.

    - `vpc_endpoint_ids`: interface endpoints for `execute-api`.
  EOT
  type = object({
    vpc_endpoint_ids = list(string)
  })
  default = null

  validation {
    condition     = var.private == null || length(try(var.private.vpc_endpoint_ids, [])) > 0
    error_message = "`private.vpc_endpoint_ids` has to name at least one VPC endpoint; otherwise nobody could reach the API."
  }
}

variable "stage_name" {
  description = "Name of the stage, which is the first part of the URL's path."
  type        = string
  default     = "live"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,128}$", var.stage_name))
    error_message = "`stage_name` has to be 1 to 128 letters, digits, `_` or `-`."
  }
}

variable "streaming" {
  description = "Whether the function's answers reach the caller as they are produced."
  type        = bool
  default     = true
  nullable    = false
}

variable "tags" {
  description = "Tags for every resource that takes them."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "throttling" {
  description = <<-EOT
    What one method of the API takes, best effort, from all callers together; beyond it callers get 429.

    - `rate_limit`: requests a second.
    - `burst_limit`: requests at once.
  EOT
  type        = any
  default     = {}
  nullable    = false
}

variable "timeout_seconds" {
  description = "How long API Gateway waits for the function: up to 900 with streaming; without, up to 29, or up to 300 where the account's quota was raised."
  type        = number
  default     = 29
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= (var.streaming ? 900 : 300)
    error_message = "`timeout_seconds` has to be between 1 and ${var.streaming ? 900 : 300}, which is the most that API Gateway waits ${var.streaming ? "for a stream" : "for a buffered answer, by a raised quota"}."
  }
}

variable "tracing" {
  description = "Whether API Gateway sends traces to X-Ray."
  type        = bool
  default     = false
  nullable    = false
}

variable "web_acl" {
  description = <<-EOT
    A Regional web ACL in front of the API. AWS's common rule set refuses bodies beyond 8 KB, which prompts are: take
    its rule `SizeRestrictions_BODY` out, or let it count only.

    - `arn`: the web ACL's ARN.
  EOT
  type = object({
    arn = string
  })
  default = null

  validation {
    condition     = var.web_acl == null ? true : !strcontains(var.web_acl.arn, ":global/")
    error_message = "`web_acl.arn` has to be a Regional web ACL's: one of scope CLOUDFRONT can't stand in front of an API."
  }
}
