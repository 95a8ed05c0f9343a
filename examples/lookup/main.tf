provider "aws" {
  region = var.region
}

variable "api_key_sha256" {
  description = "SHA-256 of the key that callers will send, as 64 lower-case hexadecimal digits."
  type        = string
  nullable    = false
}

variable "region" {
  description = "Region of the API, which the profiles' destinations follow from."
  type        = string
  default     = "us-east-1"
}

variable "profiles" {
  description = "Inference profiles, by alias."
  type        = map(string)
  default = {
    fast  = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
    smart = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
  }
}

# The module never looks a model up, so that its plan needs no Bedrock permission and changes only when its inputs do. Who prefers the look-up
# does it here: whoever plans needs bedrock:GetInferenceProfile, and a Region that AWS adds to a profile shows up as a change.
data "aws_bedrock_inference_profile" "this" {
  for_each = var.profiles

  inference_profile_id = each.value
}

module "llm_api" {
  source = "../.."

  name = "llm-lookup"

  models = {
    for alias, profile in data.aws_bedrock_inference_profile.this : alias => {
      id = profile.inference_profile_id
      # arn:aws:bedrock:REGION::foundation-model/MODEL
      destination_regions = sort(distinct([for model in profile.models : split(":", model.model_arn)[3]]))
      max_output_tokens   = 4096
    }
  }

  auth = { type = "api_key" }
  tenants = {
    everyone = { models = keys(var.profiles), api_key_sha256 = [var.api_key_sha256] }
  }

  # So that `terraform destroy` leaves nothing behind. Leave it on where people depend on the API.
  deletion_protection = false
}

output "url" {
  description = "Base URL for callers."
  value       = module.llm_api.url
}

output "destination_regions" {
  description = "Where each profile may send a request."
  value       = { for alias, profile in data.aws_bedrock_inference_profile.this : alias => sort(distinct([for model in profile.models : split(":", model.model_arn)[3]])) }
}

output "role_name" {
  description = "Name of the function's role."
  value       = module.llm_api.role_name
}
