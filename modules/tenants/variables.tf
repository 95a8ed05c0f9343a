variable "name" {
  description = "Name of the deployment; the table is called `{name}-tenants`."
  type        = string
  nullable    = false
}

variable "tenants" {
  description = <<-EOT
    Who may call, by tenant name.

    - `models`: aliases of the models that the tenant may use.
    - `api_key_sha256`: SHA-256 hashes of the tenant's keys, as 64 lower-case hexadecimal digits; two while a key is being
      replaced. `printf %s "$KEY" | sha256sum` prints one. The key itself is never given to Terraform.
  EOT
  type = map(object({
    models         = set(string)
    api_key_sha256 = list(string)
  }))
  nullable = false

  validation {
    condition     = alltrue([for tenant in keys(var.tenants) : can(regex("^[a-z0-9][a-z0-9_-]{0,62}$", tenant))])
    error_message = "A tenant's name in `tenants` has to be 1 to 63 lower-case letters, digits, `-` or `_`, and to start with a letter or digit."
  }

  validation {
    condition     = alltrue([for tenant in values(var.tenants) : length(tenant.models) > 0])
    error_message = "Each tenant in `tenants` needs at least one alias in `models`. Remove the tenant that may use nothing."
  }

  validation {
    condition     = alltrue([for tenant in values(var.tenants) : length(tenant.api_key_sha256) > 0])
    error_message = "Each tenant in `tenants` needs at least one hash in `api_key_sha256`. Remove the tenant that has no key."
  }

  validation {
    condition     = alltrue(flatten([for tenant in values(var.tenants) : [for hash in tenant.api_key_sha256 : can(regex("^[0-9a-f]{64}$", hash))]]))
    error_message = "Each `api_key_sha256` has to be the key's SHA-256 as 64 lower-case hexadecimal digits, never the key itself: printf %s \"$KEY\" | sha256sum"
  }

  validation {
    condition     = length(flatten([for tenant in values(var.tenants) : tenant.api_key_sha256])) == length(distinct(flatten([for tenant in values(var.tenants) : tenant.api_key_sha256])))
    error_message = "A key belongs to one tenant, once: the same hash is in `api_key_sha256` more than one time. Give each tenant keys of its own."
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
