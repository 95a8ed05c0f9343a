# A deployment whose models and tenants a test changes while it is called.

provider "aws" {
  region = "us-east-1"
}

variable "models" {
  description = "The models, as the root module takes them."
  type        = any
}

variable "tenants" {
  description = "The tenants, as the root module takes them."
  type        = any
}

variable "protected" {
  description = "Whether the deployment is protected against its removal."
  type        = bool
  default     = false
}

module "llm_api" {
  source = "../../../.."

  name                = "changes"
  models              = var.models
  tenants             = var.tenants
  auth                = { type = "api_key" }
  deletion_protection = var.protected
}

output "url" {
  description = "The API's base URL."
  value       = module.llm_api.url
}
