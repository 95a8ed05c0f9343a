# What `make clients` calls: the quickstart's models, and a tenant whose budget is used up by its first request.

provider "aws" {
  region = "us-east-1"
}

variable "api_key_sha256" {
  description = "SHA-256 of the key that clients send."
  type        = string
}

variable "spent_api_key_sha256" {
  description = "SHA-256 of the key of a tenant that has one request a day."
  type        = string
}

locals {
  claude = {
    id                  = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
    destination_regions = ["us-east-1", "us-east-2", "us-west-2"]
    max_output_tokens   = 32000
  }
}

module "llm_api" {
  source = "../../.."

  name = "llm-clients"

  models = {
    fast  = local.claude
    nova  = { id = "amazon.nova-lite-v1:0", max_output_tokens = 4096 }
    embed = { id = "amazon.titan-embed-text-v2:0" }

    # By these names Codex takes other tools: patches in a form of their own, and programs that call tools.
    "gpt-5.5"     = local.claude
    "gpt-5.6-sol" = local.claude
  }

  auth = { type = "api_key" }
  tenants = {
    clients = { models = ["fast", "nova", "embed", "gpt-5.5", "gpt-5.6-sol"], api_key_sha256 = [var.api_key_sha256] }
    spent = {
      models         = ["fast", "gpt-5.5", "gpt-5.6-sol"]
      api_key_sha256 = [var.spent_api_key_sha256]
      budgets        = { requests_per_day = 1 }
    }
  }

  deletion_protection = false
}

output "url" {
  description = "Base URL for callers."
  value       = module.llm_api.url
}
