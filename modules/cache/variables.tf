variable "name" {
  description = "Name of the deployment; the table is called `{name}-cache`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]{1,249}$", var.name))
    error_message = "`name` has to be 1 to 249 letters, digits, `_`, `.` or `-`, as a table's name is."
  }
}

variable "kms_key" {
  description = <<-EOT
    Key that encrypts the table, where it isn't to be DynamoDB's own.

    - `arn`: the key's ARN.
  EOT
  type        = object({ arn = string })
  default     = null
}

variable "tags" {
  description = "Tags for the table."
  type        = map(string)
  default     = {}
  nullable    = false
}
