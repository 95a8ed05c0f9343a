provider "aws" {
  region = var.region
}

variable "region" {
  description = "A Region of the `us.` inference profiles."
  type        = string
  default     = "us-east-1"
}

variable "api_key_sha256" {
  description = "SHA-256 of the research team's key, as 64 lower-case hexadecimal digits."
  type        = string
  nullable    = false
}

variable "more_api_keys_sha256" {
  description = "SHA-256 hashes of the other teams' keys, by team. A team without a key can't call yet."
  type        = map(list(string))
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.more_api_keys_sha256), ["research", "marketing", "support"])) == 0
    error_message = "`more_api_keys_sha256` may hold `research`, `marketing` and `support`. Add another team to `local.teams` first."
  }
}

locals {
  us = ["us-east-1", "us-east-2", "us-west-2"]

  # What a team may use. A model's fallbacks have to be among them.
  teams = {
    research  = ["smart", "fast", "nova", "llama", "embed"]
    marketing = ["fast", "nova"]
    support   = ["nova", "embed"]
  }

  # Two keys of one team are both good, which is how a key is replaced.
  keys = merge(var.more_api_keys_sha256, {
    research = concat([var.api_key_sha256], lookup(var.more_api_keys_sha256, "research", []))
  })
}

module "llm_api" {
  source = "../.."

  name = "llm-teams"

  models = {
    smart = {
      id                  = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
      destination_regions = local.us
      fallbacks           = ["fast"]
      max_output_tokens   = 16384
      betas               = ["context-1m-2025-08-07"]
    }
    fast = {
      id                  = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
      destination_regions = local.us
      fallbacks           = ["nova"]
      max_output_tokens   = 8192
    }
    llama = {
      id                  = "us.meta.llama3-3-70b-instruct-v1:0"
      destination_regions = local.us
      max_output_tokens   = 4096
    }
    nova  = { id = "amazon.nova-lite-v1:0", max_output_tokens = 4096 }
    embed = { id = "amazon.titan-embed-text-v2:0" }
  }

  auth = { type = "api_key" }
  tenants = {
    for team, hashes in local.keys : team => {
      models         = local.teams[team]
      api_key_sha256 = hashes
    }
  }

  throttling = { rate_limit = 50, burst_limit = 100 }
  tags       = { service = "llm-teams" }

  # So that `terraform destroy` leaves nothing behind. Leave it on where people depend on the API.
  deletion_protection = false
}

output "url" {
  description = "Base URL for callers."
  value       = module.llm_api.url
}

output "role_name" {
  description = "Name of the function's role."
  value       = module.llm_api.role_name
}

output "table_name" {
  description = "Name of the tenants table."
  value       = module.llm_api.table_name
}
