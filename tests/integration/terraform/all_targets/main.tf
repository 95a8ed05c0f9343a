# One model of every kind of target, for the proof that the deployed role may call exactly these.

provider "aws" {
  region = "us-east-1"
}

variable "api_key_sha256" {
  type = string
}

variable "streaming" {
  type    = bool
  default = true
}

data "aws_caller_identity" "current" {}

locals {
  bedrock   = "arn:aws:bedrock:us-east-1:${data.aws_caller_identity.current.account_id}"
  guardrail = { arn = "${local.bedrock}:guardrail/gr1a2b3c4d5e", version = "3" }

  models = {
    foundation  = { id = "amazon.nova-lite-v1:0" }
    embed       = { id = "amazon.titan-embed-text-v2:0" }
    geographic  = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["us-east-1", "us-east-2", "us-west-2"] }
    global      = { id = "global.anthropic.claude-sonnet-4-5-20250929-v1:0" }
    application = { id = "${local.bedrock}:application-inference-profile/novacopy0001", family = "nova", source_models = ["amazon.nova-lite-v1:0"] }
    provisioned = { id = "${local.bedrock}:provisioned-model/prov1a2b3c4d", family = "titan-text" }
    custom      = { id = "${local.bedrock}:custom-model-deployment/cust1a2b3c4d", family = "nova" }
    imported    = { id = "${local.bedrock}:imported-model/impo1a2b3c4d", family = "mistral" }
    marketplace = { id = "arn:aws:sagemaker:us-east-1:${data.aws_caller_identity.current.account_id}:endpoint/market-place", family = "other" }
    endpoint    = { sagemaker = { endpoint = "acme-llama" } }
    component   = { sagemaker = { endpoint = "acme-shared", inference_component = "acme-mistral" } }
    guarded     = { id = "us.amazon.nova-pro-v1:0", destination_regions = ["us-east-1", "us-east-2", "us-west-2"], guardrail = local.guardrail }
  }
}

module "llm_api" {
  source = "../../../.."

  name                   = "llm-all-targets"
  models                 = local.models
  allow_global_inference = true
  streaming              = var.streaming
  count_tokens           = true

  auth = { type = "api_key" }
  tenants = {
    everyone = { models = keys(local.models), api_key_sha256 = [var.api_key_sha256] }
  }
  deletion_protection = false
}

output "url" {
  value = module.llm_api.url
}

output "role_name" {
  value = module.llm_api.role_name
}

output "policy_documents" {
  value = module.llm_api.policy_documents
}

output "registry" {
  value = module.llm_api.registry
}
