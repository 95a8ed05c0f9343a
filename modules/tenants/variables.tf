variable "name" {
  description = "Name of the deployment; the table is called `{name}-tenants`."
  type        = string
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
    - `workflows`: names of the deployment's workflows that the tenant may use; none without.
    - `enabled`: `false` refuses all of its requests, and keeps its keys and what it has used.
  EOT
  type        = any
  nullable    = false
}

variable "auth_type" {
  description = "How callers show who they are: `api_key`, by which a tenant is found, or `iam`, `cognito` or `custom`, where it is found by the principal."
  type        = string
  default     = "api_key"
  nullable    = false

  validation {
    condition     = contains(["iam", "api_key", "cognito", "custom"], var.auth_type)
    error_message = "`auth_type` has to be `iam`, `api_key`, `cognito` or `custom`."
  }
}

variable "deletion_protection" {
  description = "Whether DynamoDB refuses to delete the table. Switch it off, apply, and then destroy."
  type        = bool
  default     = true
  nullable    = false
}

variable "kms_key" {
  description = <<-EOT
    Key that encrypts the table, where it isn't to be DynamoDB's own.

    - `arn`: the key's ARN.
  EOT
  type        = object({ arn = string })
  default     = null
}

variable "models" {
  description = "The declared models, which is the output `registry` of `modules/model-access`: tenants and budgets are held against it. Unchecked without."
  type = map(object({
    family            = string
    fallbacks         = optional(list(string), [])
    max_output_tokens = optional(number)
    price             = optional(object({}))
    sagemaker         = optional(object({ format = optional(string, "native") }))
  }))
  default = null
}

variable "point_in_time_recovery" {
  description = "Whether the table can be restored to any second of the last 35 days."
  type        = bool
  default     = true
  nullable    = false
}

variable "tags" {
  description = "Tags for the table."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "workflows" {
  description = "Names of the deployment's workflows, which tenants are held against. Unchecked without."
  type        = set(string)
  default     = null
}
