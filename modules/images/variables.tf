variable "name" {
  type        = string
  nullable    = false
  description = "What the bucket's name starts with; `-images-` and twelve digits that stand for the account and the Region follow."

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,41}[a-z0-9])?$", var.name))
    error_message = "name is 1 to 43 lower-case letters, digits and inner hyphens, so that the bucket's name fits."
  }
}

variable "expiration_days" {
  type        = number
  default     = 7
  nullable    = false
  description = "After how many days an image is deleted."

  validation {
    condition     = var.expiration_days >= 1 && floor(var.expiration_days) == var.expiration_days
    error_message = "expiration_days is a whole number of days, at least 1."
  }
}

variable "force_destroy" {
  type        = bool
  default     = false
  nullable    = false
  description = "Whether the bucket may be destroyed while there are images in it."
}

variable "kms_key" {
  type        = object({ arn = string })
  default     = null
  description = "A customer managed key that encrypts the images. S3's own where null."
}

variable "tags" {
  type        = map(string)
  default     = {}
  nullable    = false
  description = "Tags for everything that takes them, besides the provider's `default_tags`."
}
