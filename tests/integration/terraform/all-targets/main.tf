# Every kind of target in one deployment, for the proof that its role may call them and nothing beside them.

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

data "aws_caller_identity" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  bedrock = "arn:aws:bedrock:us-east-1:${local.account}"
}

module "llm_api" {
  source = "../../../.."

  name                   = "all-targets"
  allow_global_inference = true
  count_tokens           = true

  models = {
    foundation  = { id = "amazon.nova-lite-v1:0" }
    geographic  = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["us-east-1", "us-east-2", "us-west-2"] }
    global      = { id = "global.anthropic.claude-sonnet-4-5-20250929-v1:0" }
    application = { id = "${local.bedrock}:application-inference-profile/novacopy0001", family = "nova", source_models = ["amazon.nova-lite-v1:0"] }
    provisioned = { id = "${local.bedrock}:provisioned-model/provisioned1", family = "llama" }
    custom      = { id = "${local.bedrock}:custom-model-deployment/customdeploy", family = "nova" }
    imported    = { id = "${local.bedrock}:imported-model/importedmod1", family = "llama" }
    marketplace = { id = "arn:aws:sagemaker:us-east-1:${local.account}:endpoint/marketplace-model", family = "other" }
    sagemaker   = { sagemaker = { endpoint = "acme-llama" } }
    component   = { sagemaker = { endpoint = "acme-shared", inference_component = "acme-adapter" } }
    guarded = {
      id        = "amazon.nova-micro-v1:0"
      guardrail = { arn = "${local.bedrock}:guardrail/guard1234567", version = "3" }
    }
  }
}

output "role_name" {
  description = "The role that is put to the proof."
  value       = module.llm_api.role_name
}

output "url" {
  description = "Base URL for callers."
  value       = module.llm_api.url
}
