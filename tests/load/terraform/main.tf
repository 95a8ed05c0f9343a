# What the load generator applies: models that answer, models that fail in one way each, and a table that it writes the
# tenants into itself.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

variable "models" {
  description = "The models, as the root module takes them."
  type        = any
}

variable "workflows" {
  description = "Workflows, as the root module takes them."
  type        = any
  default     = {}
}

module "llm_api" {
  source = "../../.."

  name                = "load"
  models              = var.models
  auth                = { type = "api_key" }
  external_tenants    = true
  timeout_seconds     = 12
  throttling          = { rate_limit = 10000, burst_limit = 5000 }
  deletion_protection = false
  workflows           = var.workflows
}

output "cache_table_name" {
  description = "Name of the table of answers."
  value       = module.llm_api.cache_table_name
}

output "log_group_name" {
  description = "Log group with one line a request."
  value       = module.llm_api.log_group_name
}

output "role_arn" {
  description = "ARN of the function's role."
  value       = module.llm_api.role_arn
}

output "table_name" {
  description = "Name of the tenants table."
  value       = module.llm_api.table_name
}

output "url" {
  description = "Base URL for callers."
  value       = module.llm_api.url
}
