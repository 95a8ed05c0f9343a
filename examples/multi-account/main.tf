# One configuration, several accounts and Regions: one provider for each place, one module call for each provider. What all deployments
# share is written once.

variable "deployer_role_arns" {
  description = <<-EOT
    The role that Terraform assumes in the account of each place; without one the place is in the account whose credentials
    Terraform was started with.

    - `production_us`, `production_eu`: such as `arn:aws:iam::111122223333:role/deployer`.
  EOT
  type = object({
    production_us = optional(string)
    production_eu = optional(string)
  })
  default  = {}
  nullable = false
}

variable "deployer_external_id" {
  description = "The external ID that the deployer roles ask for, where they do."
  type        = string
  default     = null
}

provider "aws" {
  alias  = "production_us"
  region = "us-east-1"

  dynamic "assume_role" {
    for_each = var.deployer_role_arns.production_us[*]

    content {
      role_arn    = assume_role.value
      external_id = var.deployer_external_id
    }
  }
}

provider "aws" {
  alias  = "production_eu"
  region = "eu-central-1"

  dynamic "assume_role" {
    for_each = var.deployer_role_arns.production_eu[*]

    content {
      role_arn    = assume_role.value
      external_id = var.deployer_external_id
    }
  }
}

locals {
  name = "llm-multi"

  # A profile's destinations follow from where it is called, so models are declared for a place.
  models = {
    production_us = {
      fast = {
        id                  = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
        destination_regions = ["us-east-1", "us-east-2", "us-west-2"]
        max_output_tokens   = 4096
      }
    }
    production_eu = {
      fast = {
        id                  = "eu.anthropic.claude-haiku-4-5-20251001-v1:0"
        destination_regions = ["eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"]
        max_output_tokens   = 4096
      }
    }
  }
  throttling = { rate_limit = 50, burst_limit = 100 }
}

# A provider can't be chosen by for_each, so there is a block for each place.

module "production_us" {
  source    = "../.."
  providers = { aws = aws.production_us }

  name       = local.name
  models     = local.models.production_us
  throttling = local.throttling

  # So that `terraform destroy` leaves nothing behind. Leave it on where people depend on the API.
  deletion_protection = false
}

module "production_eu" {
  source    = "../.."
  providers = { aws = aws.production_eu }

  name       = local.name
  models     = local.models.production_eu
  throttling = local.throttling

  # So that `terraform destroy` leaves nothing behind. Leave it on where people depend on the API.
  deletion_protection = false
}

output "urls" {
  description = "Base URL of each place."
  value       = { production_us = module.production_us.url, production_eu = module.production_eu.url }
}

output "caller_policies" {
  description = "What a caller's role needs in each place."
  value       = { production_us = module.production_us.caller_policy, production_eu = module.production_eu.caller_policy }
}
