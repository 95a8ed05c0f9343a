variable "models" {
  description = <<-EOT
    Models that may be called, by alias. Callers name the alias or the full ID; anything else is refused by the function and by IAM.

    - `id`: a foundation model ID, a cross-Region profile ID (`us.…`, `global.…`), or the ARN of a foundation model, inference
      profile, application inference profile, provisioned model, custom model deployment, imported model or Marketplace endpoint.
    - `sagemaker`: a SageMaker endpoint instead of `id`, by name; optionally one inference component on it.
      - `format`: `openai` where its container speaks OpenAI's chat completions (TGI, vLLM, LMI), which then work on
        `/v1/chat/completions` and under budgets; `native` for any other.
    - `family`: the request format; needed where the ID doesn't tell it.
    - `destination_regions`: where a geographic or application profile may send a request.
    - `source_models`: the foundation model IDs that an application profile was made from.
    - `fallbacks`: aliases to try in order when this model can't answer.
    - `guardrail`: a guardrail for this model instead of the deployment's.
    - `max_output_tokens`: the most output tokens that one request may ask for.
    - `clamp_output_tokens`: whether a request for more than `max_output_tokens` gets that, with a `warning` header, in place of a refusal; the variable of this name where null.
    - `on_timeout`: what becomes of a request that isn't streamed when its time runs out: `error`, `partial` (what the model
      has said so far), or `fallback` (the `fallbacks` are asked while there is time for it).
    - `betas`: the `anthropic_beta` values that callers may ask for.
    - `price`: what the model costs, in US dollars a million tokens; what isn't used may be left out. Budgets in dollars take it.
      - `input`, `output`: tokens read and written.
      - `cache_read`: tokens out of the prompt cache; as `input` without.
      - `cache_write`, `cache_write_1h`: tokens into the cache that lasts five minutes, and into the one that lasts an hour.
        With a budget in dollars a cache without a price is refused.
      - `image`: one image that is made or embedded, in US dollars.
    - `cache`: answers that may be given again to the same request; `docs/cache.md` says to which.
      - `ttl_seconds`: for how long.
      - `scope`: to whom: the same `tenant` (without tenants the same principal), or everybody who may use the model (`shared`).
    - `prompt_cache`: points up to which the model caches prompts that set none themselves. What it writes costs `price.cache_write`.
      - `ttl`: for how long: `5m`, or `1h` where the model knows it (`price.cache_write_1h`).
      - `points`: behind the `tools`, the `system` prompt, and the last two `messages` of the user's; all three unless said otherwise.
    - `service_tier`: the tier that each call asks for, instead of the default one: `priority`, `flex` or `reserved`. `price` is that tier's; IAM refuses the model in any other.
  EOT
  type        = any
  nullable    = false
}

variable "name" {
  description = "Name of the deployment, which the names of its resources start with. It may be used once in each Region of an account."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name)) && !strcontains(var.name, "--")
    error_message = "`name` has to be 3 to 40 lower-case letters, digits and single hyphens, to start with a letter and to end with a letter or digit, so that the names of roles, tables and log groups fit."
  }
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

variable "allow_global_inference" {
  description = "Whether `global.` profiles may be declared, which process a request in any commercial Region of AWS."
  type        = bool
  default     = false
  nullable    = false
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

variable "architecture" {
  description = "The function's processor: `arm64` or `x86_64`."
  type        = string
  default     = "arm64"
  nullable    = false
}

variable "auth" {
  description = <<-EOT
    How callers show who they are.

    - `type`: `iam` (signed requests), `api_key` (the function checks a tenant's key), `cognito` (a token of a user pool) or
      `custom` (an authorizer of your own).
    - `tenant_claim`: for `cognito` and `custom`, the claim of the token or the field of the authorizer's context that a
      tenant's `principals` are values of, such as `client_id`; the subject (`sub`, or `principalId`) without one.
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

variable "clamp_output_tokens" {
  description = "Whether a request for more output tokens than a model's `max_output_tokens` is lowered to it, with a `warning` header, in place of a refusal. Agents take their limit from the model's name: Claude Code asks for 32,000."
  type        = bool
  default     = false
  nullable    = false
}

variable "count_tokens" {
  description = "Whether `/v1/messages/count_tokens` asks Bedrock, which takes a permission on the foundation models themselves; without it the count is an estimate, marked as one."
  type        = bool
  default     = false
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether `terraform destroy` fails before anything is removed, DynamoDB refuses to delete the tenants table, and the bucket of `images` stays as long as there are pictures in it. Switch it off, apply, and then destroy."
  type        = bool
  default     = true
  nullable    = false
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
}

variable "external_tenants" {
  description = "Whether tenants are written to the table by something else than this module, besides or instead of `tenants`: the table is there then, and budgets are kept. `modules/tenants` says what it has to write."
  type        = bool
  default     = false
  nullable    = false
}

variable "gateway_timeout_seconds" {
  description = "How long API Gateway waits for the function. By default its limit: 900 with streaming, else 29. Without streaming, more than 29 takes a raised quota of the account (\"Maximum integration timeout in milliseconds\")."
  type        = number
  default     = null

  validation {
    condition     = var.gateway_timeout_seconds == null ? true : var.gateway_timeout_seconds >= 4 && var.gateway_timeout_seconds <= (var.streaming ? 900 : 300)
    error_message = "`gateway_timeout_seconds` has to be between 4 and ${var.streaming ? 900 : 300}${var.streaming ? "" : "; for more, set `streaming = true`"}."
  }
}

variable "guardrail" {
  description = <<-EOT
    Guardrail that every Bedrock model carries unless it names its own. IAM refuses a call without it.

    - `arn`: the guardrail's ARN.
    - `version`: a published version's number.
    - `profile_arns`: the guardrail's profile in every destination Region, where it uses cross-Region inference.
    - `input_tags`: whether callers may mark the parts of the input that it checks, which exempts all others. Without it such
      requests are refused.
  EOT
  type        = any
  default     = null
}

variable "images" {
  description = <<-EOT
    Give callers pictures by URL: they are put into a bucket, and the answer holds a signed address of each. Without it
    `response_format: url` is refused, and pictures come in the answer.

    - `bucket`: a bucket of your own, in the deployment's account and Region, instead of one that is created.
      - `name`: its name.
      - `kms_key`: the key that encrypts it, where that is a customer managed one.
    - `expiration_days`: after how many days a picture is deleted; in a bucket of your own that is yours to do.
    - `url_seconds`: how long an address holds. It ends with the credentials of the function that signed it, at the latest.
  EOT
  type        = any
  default     = null
}

variable "keep_logs" {
  description = "Whether the function's log group stays in the account when the deployment is destroyed: it is the only history. Null is as `deletion_protection`."
  type        = bool
  default     = null
}

variable "kms_key" {
  description = <<-EOT
    Key that encrypts the tables, the bucket of `images`, the function's environment and its logs, where it isn't to be AWS's own. Its key
    policy has to let CloudWatch Logs use it; `examples/same-plan` holds one that does.

    - `arn`: the key's ARN.
  EOT
  type        = object({ arn = string })
  default     = null
}

variable "log_retention_days" {
  description = "How long the function's log lines are kept, in days; 0 keeps them for ever."
  type        = number
  default     = 90
  nullable    = false
}

variable "maximum_policy_documents" {
  description = "The most managed policies that the function's role may carry: AWS's quota \"Managed policies per role\", which can be raised to 20."
  type        = number
  default     = 10
  nullable    = false
}

variable "memory_size_mb" {
  description = "The function's memory, which its share of processor time grows with."
  type        = number
  default     = 512
  nullable    = false
}

variable "metrics_by_tenant" {
  description = "Whether each tenant has metrics of its own besides those of each model. CloudWatch bills every one of them."
  type        = bool
  default     = false
  nullable    = false
}

variable "metrics_namespace" {
  description = "CloudWatch namespace of the function's metrics. The dimension `service` is the deployment's `name`."
  type        = string
  default     = "LlmApi"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_./#-]{1,255}$", var.metrics_namespace)) && !startswith(var.metrics_namespace, "AWS/")
    error_message = "`metrics_namespace` has to be 1 to 255 letters, digits, `_`, `.`, `/`, `#` or `-`, and may not start with `AWS/`."
  }
}

variable "monitoring" {
  description = <<-EOT
    A dashboard, alarms and saved queries in CloudWatch, which it bills: `docs/cost.md` tells what. `modules/monitoring` has
    each alarm and threshold.

    - `alarm_actions`, `ok_actions`: ARNs of what is told when an alarm goes off, and when it is over: SNS topics, as a rule.
    - `disabled_alarms`: alarms to do without, by name.
    - `thresholds`: where the alarms go off: `server_error_percent`, `broken_stream_percent`, `throttled_percent`,
      `latency_p99_seconds`, `time_to_first_token_p95_seconds`, `concurrency_percent`, `budget_used_percent`.
    - `minimum_requests`: how many requests five minutes must have for a rate of them to count.
    - `account_concurrency`: the account's limit of concurrent executions, which counts without `reserved_concurrency`.
    - `workflows`: state machines to watch besides those that callers may start: ARNs, by a name of your choice.
  EOT
  type        = any
  default     = null
}

variable "package" {
  description = <<-EOT
    Package of the function, where it isn't to be the one that comes with the module.

    - `filename`: path of a zip.
    - `s3`: a zip in S3 instead, in the function's Region: `bucket`, `key`, `object_version`.
    - `source_code_hash`: base64 of the object's SHA-256, so that a plan sees a change of it; a file is hashed here.
  EOT
  type        = any
  default     = null
}

variable "permissions_boundary_arn" {
  description = "Policy that bounds every role that is created here."
  type        = string
  default     = null
}

variable "pinned_version" {
  description = "Number of a version that was published before, for callers to be answered by: the way back from a broken one, in one apply. The newest where null; the output `live_version` says which."
  type        = number
  default     = null
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

  validation {
    condition     = var.domain == null || var.private == null
    error_message = "`domain` is a Regional domain and can't front a private API. Leave out `domain` or `private`."
  }
}

variable "reserved_concurrency" {
  description = "How many requests the function works on at once, taken out of the account's own limit; unreserved without."
  type        = number
  default     = null
}

variable "runtime" {
  description = "The function's managed Python runtime."
  type        = string
  default     = "python3.13"
  nullable    = false
}

variable "snap_start" {
  description = "Whether the function starts from a snapshot of itself. Not together with `streaming`, whose loop starts after the snapshot is taken."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !(var.snap_start && var.streaming)
    error_message = "`snap_start` and `streaming` exclude each other: the streaming loop replaces the runtime client that snapshots are made with. Set one of them to false."
  }
}

variable "streaming" {
  description = "Whether answers reach the caller as they are produced. Without it every answer is buffered, a request for a stream gets 400, and the role may not stream."
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

variable "tenants" {
  description = <<-EOT
    Who may call, by tenant name. `default` is reserved: callers who were authenticated and belong to no other tenant.

    - `models`: aliases of the models that the tenant may use.
    - `api_key_sha256`: with API keys, SHA-256 hashes of the tenant's keys, as 64 lower-case hexadecimal digits; two while a
      key is being replaced. `printf %s "$KEY" | sha256sum` prints one. The key itself is never given to Terraform.
    - `api_keys`: keys that expire.
      - `sha256`: the key's hash.
      - `expires_at`: when it ceases to be good, in UTC, such as `2027-01-31T00:00:00Z`; never without.
    - `principals`: with other authentication, who belongs to the tenant. Under IAM ARNs of roles, which stand for everybody who
      assumes them, or of users; else values of the token's subject or of the claim that was chosen.
    - `budgets`: the most that the tenant may use, any of them: each of `requests`, `tokens` and `usd`
      with each of `_per_minute`, `_per_hour`, `_per_day`, `_per_week` and `_per_month`, such as `tokens_per_day`. Windows are of the calendar, in UTC; weeks
      begin on Monday.
      Minutes, days and months are those of the calendar, in UTC. Without any, `{}` included, the tenant has no limit.
    - `max_output_tokens`: the most output tokens that one request of the tenant may ask for.
    - `workflows`: names of the `workflows` that the tenant may use; none without.
  EOT
  type        = any
  default     = {}
  nullable    = false

  validation {
    condition     = module.inputs.auth.type != "api_key" || length(var.tenants) > 0 || var.external_tenants
    error_message = "With `auth = { type = \"api_key\" }` nobody could call: declare at least one tenant with a key's hash in `tenants`."
  }
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
  description = "How long the function works on one request, the model's time included. By default 600 with streaming, else 28. Has to be below `gateway_timeout_seconds`."
  type        = number
  default     = null

  validation {
    condition     = var.timeout_seconds == null ? true : var.timeout_seconds >= 3 && var.timeout_seconds < coalesce(var.gateway_timeout_seconds, var.streaming ? 900 : 29)
    error_message = "`timeout_seconds` has to be at least 3 and below what API Gateway waits, ${coalesce(var.gateway_timeout_seconds, var.streaming ? 900 : 29)} seconds, so that the function answers before API Gateway gives up. ${var.streaming ? "Lower it." : "Lower it, set `streaming = true`, or raise `gateway_timeout_seconds` where the account's quota was raised."}"
  }
}

variable "tracing" {
  description = "Whether API Gateway and the function send traces to X-Ray."
  type        = bool
  default     = false
  nullable    = false
}

variable "vpc_config" {
  description = <<-EOT
    Subnets and security groups for the function, from where it has to reach Bedrock, DynamoDB, SageMaker, CloudWatch Logs and, with `images`, S3.

    - `subnet_ids`: subnets, in two zones or more.
    - `security_group_ids`: security groups.
  EOT
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null
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
}

variable "workflows" {
  description = <<-EOT
    Workflows that callers may start by `POST /v1/workflows/NAME`, by name. Each is a state machine of Step Functions, such as one of
    `modules/workflow`. With tenants, each tenant names those that it may use in its `workflows`.

    - `state_machine_arn`: a Standard state machine in the deployment's Region, without a version or alias.
    - `approvals`: whether the API answers its approvals, so that whoever may start it may approve too. Takes a permission that
      IAM can't narrow to it, `states:SendTaskSuccess`.
    - `kms_key`: the customer managed key that encrypts its executions.
  EOT
  type        = any
  default     = {}
  nullable    = false
}
