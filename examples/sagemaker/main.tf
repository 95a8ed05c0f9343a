provider "aws" {
  region = var.region
}

variable "region" {
  description = "The endpoint's Region."
  type        = string
  default     = "us-east-1"
}

variable "api_key_sha256" {
  description = "SHA-256 of the key that callers will send, as 64 lower-case hexadecimal digits."
  type        = string
  nullable    = false
}

variable "endpoint_name" {
  description = "Name of a SageMaker endpoint whose container speaks OpenAI's chat completions, such as vLLM, TGI or LMI."
  type        = string
  default     = "acme-vllm"
}

variable "inference_component_name" {
  description = "Name of the inference component on the endpoint that serves the model, where the endpoint serves several."
  type        = string
  default     = null
}

module "llm_api" {
  source = "../.."

  name = "llm-sagemaker"

  models = {
    tuned = {
      sagemaker = {
        endpoint            = var.endpoint_name
        inference_component = var.inference_component_name
        format              = "openai"
      }
      max_output_tokens = 2048
      # While the endpoint is down or overwhelmed, or hasn't answered after three fifths of the time.
      fallbacks  = ["nova"]
      on_timeout = "fallback"
    }
    nova = { id = "amazon.nova-lite-v1:0", max_output_tokens = 2048 }
  }

  # SageMaker gives a container 60 seconds for an answer; what is left is the fallback's.
  timeout_seconds = 120

  auth = { type = "api_key" }
  tenants = {
    assistants = {
      models         = ["tuned", "nova"]
      api_key_sha256 = [var.api_key_sha256]
      budgets        = { requests_per_minute = 60, tokens_per_day = 1000000 }
    }
  }

  # So that `terraform destroy` leaves nothing behind. Leave it on where people depend on the API.
  deletion_protection = false
}

output "url" {
  description = "Base URL for callers."
  value       = module.llm_api.url
}

output "policy_documents" {
  description = "What the function may call: the endpoint, its component and the fallback, and nothing else."
  value       = module.llm_api.policy_documents
}
