# The quickstart without streaming: the same zip under the managed runtime client, buffered proxy answers. And models of
# Amazon's that make pictures, as accounts have them that bought their throughput, with a bucket that is somebody else's.

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

variable "api_key_sha256" {
  description = "SHA-256 of the key that callers send."
  type        = string
}

data "aws_caller_identity" "current" {}

locals {
  account = "arn:aws:bedrock:us-east-1:${data.aws_caller_identity.current.account_id}"
}

resource "aws_s3_bucket" "pictures" {
  bucket        = "buffered-pictures"
  force_destroy = true
}

module "llm_api" {
  source = "../../../.."

  name                = "buffered"
  streaming           = false
  deletion_protection = false

  models = {
    fast = {
      id                  = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
      destination_regions = ["us-east-1", "us-east-2", "us-west-2"]
      fallbacks           = ["nova"]
      max_output_tokens   = 4096
    }
    nova  = { id = "amazon.nova-lite-v1:0", max_output_tokens = 4096 }
    embed = { id = "amazon.titan-embed-text-v2:0" }

    canvas = { id = "${local.account}:provisioned-model/canv1a2b3c4d", family = "nova-canvas" }
    titan  = { id = "${local.account}:custom-model-deployment/titn1a2b3c4d", family = "titan-image" }

    # Bytes in and out, which buffered answers carry in base64.
    vision = { sagemaker = { endpoint = "acme-echo" } }
  }

  images = { bucket = { name = aws_s3_bucket.pictures.bucket } }

  auth = { type = "api_key" }
  tenants = {
    buffered = {
      models         = ["fast", "nova", "embed", "canvas", "titan"]
      api_key_sha256 = [var.api_key_sha256]
    }
    camera = {
      models         = ["vision"]
      api_key_sha256 = ["8bd4d2f7ced2fe5e085c0e58322aefeb05a9404645865e2ed232f87f1a53ecb2"]
    }
  }
}

output "function_name" {
  description = "The function."
  value       = module.llm_api.function_name
}

output "log_group_name" {
  description = "The function's log group."
  value       = module.llm_api.log_group_name
}

output "role_name" {
  description = "The function's role."
  value       = module.llm_api.role_name
}

output "url" {
  description = "Base URL for callers."
  value       = module.llm_api.url
}
