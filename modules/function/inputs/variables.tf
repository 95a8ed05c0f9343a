# The inputs that are objects, with their types, defaults and what they may hold. modules/names has compared their names.

variable "package" {
  type = object({
    filename = optional(string)
    s3 = optional(object({
      bucket         = string
      key            = string
      object_version = optional(string)
    }))
    source_code_hash = optional(string)
  })
  default     = null
  description = "The module's input of this name."

  validation {
    condition     = var.package == null ? true : (var.package.filename == null) != (var.package.s3 == null)
    error_message = "package has exactly one of filename and s3; leave package out for the zip that comes with the module."
  }
}
