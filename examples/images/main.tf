provider "aws" {
  region = var.region
}

variable "api_key_sha256" {
  description = "SHA-256 of the key that callers will send, as 64 lower-case hexadecimal digits."
  type        = string
  nullable    = false
}

variable "region" {
  description = "A Region that has both models. Stability's are in us-west-2 alone."
  type        = string
  default     = "us-west-2"
}

module "llm_api" {
  source = "../.."

  name = "llm-images"

  # Prices change: take yours from https://aws.amazon.com/bedrock/pricing/.
  models = {
    writer = {
      id                  = "us.amazon.nova-lite-v1:0"
      destination_regions = ["us-east-1", "us-east-2", "us-west-2"]
      max_output_tokens   = 1024
      price               = { input = 0.06, output = 0.24, cache_read = 0.015 }
    }
    picture = {
      id    = "stability.stable-image-core-v1:1"
      price = { image = 0.04 }
    }
  }

  # A bucket, and answers with signed addresses for callers who ask for them. Pictures are deleted after a day.
  images = { expiration_days = 1, url_seconds = 900 }

  auth = { type = "api_key" }
  tenants = {
    adverts = {
      models         = ["writer", "picture"]
      api_key_sha256 = [var.api_key_sha256]
      budgets        = { usd_per_day = 20 }
    }
  }

  # So that `terraform destroy` leaves nothing behind, pictures included. Leave it on where people depend on the API.
  deletion_protection = false
}

output "url" {
  description = "Base URL for callers."
  value       = module.llm_api.url
}

output "images_bucket" {
  description = "Where the pictures are."
  value       = module.llm_api.images_bucket
}

output "log_group_name" {
  description = "Log group with one line a request."
  value       = module.llm_api.log_group_name
}

output "role_arn" {
  description = "ARN of the function's role."
  value       = module.llm_api.role_arn
}
