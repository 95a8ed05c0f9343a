provider "aws" {
  region = var.region
}

variable "api_key_sha256" {
  description = "SHA-256 of the key that callers will send, as 64 lower-case hexadecimal digits. The README says how to make both; the key itself stays with you."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.api_key_sha256))
    error_message = "`api_key_sha256` has to be 64 lower-case hexadecimal digits: printf %s \"$KEY\" | sha256sum | cut -d' ' -f1"
  }
}

variable "support_api_key_sha256" {
  description = "SHA-256 of a second key, whose tenant has a budget. Without one there is no such tenant."
  type        = string
  default     = null
}

variable "region" {
  description = "A Region of the `us.` inference profiles. For another geography change the models in main.tf too."
  type        = string
  default     = "us-east-1"
}

module "llm_api" {
  source = "../.."

  name = "llm-quickstart"

  models = {
    fast = {
      id                  = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
      destination_regions = ["us-east-1", "us-east-2", "us-west-2"]
      fallbacks           = ["nova"]
      max_output_tokens   = 32000
    }
    nova  = { id = "amazon.nova-lite-v1:0", max_output_tokens = 4096 }
    embed = { id = "amazon.titan-embed-text-v2:0" }
  }

  auth = { type = "api_key" }
  tenants = merge(
    {
      quickstart = {
        models         = ["fast", "nova", "embed"]
        api_key_sha256 = [var.api_key_sha256]
      }
    },
    { for hash in var.support_api_key_sha256[*] : "support" => {
      models         = ["nova"]
      api_key_sha256 = [hash]
      budgets        = { requests_per_minute = 10, tokens_per_minute = 10000 }
    } },
  )

  # So that `terraform destroy` leaves nothing behind. Leave it on where people depend on the API.
  deletion_protection = false
}

output "url" {
  description = "Base URL for callers."
  value       = module.llm_api.url
}

output "function_name" {
  description = "Name of the function."
  value       = module.llm_api.function_name
}

output "log_group_name" {
  description = "Log group with one line a request."
  value       = module.llm_api.log_group_name
}

output "policy_documents" {
  description = "What the function may call: the declared models and nothing else."
  value       = module.llm_api.policy_documents
}

output "role_name" {
  description = "Name of the function's role."
  value       = module.llm_api.role_name
}

output "table_name" {
  description = "Name of the tenants table."
  value       = module.llm_api.table_name
}
