# One model of each class that takes something else than the others, for the corpus of reports in tests/cases.

provider "aws" {
  region = "us-east-1"
}

variable "api_key_sha256" {
  description = "SHA-256 of the key that callers send."
  type        = string
}

locals {
  # Each is called as a foundation model.
  foundation = {
    command  = { id = "cohere.command-r-plus-v1:0" }
    deepseek = { id = "deepseek.v3.2" }
    embed    = { id = "amazon.titan-embed-text-v2:0" }
    glm      = { id = "zai.glm-5" }
    jamba    = { id = "ai21.jamba-1-5-large-v1:0" }
    kept     = { id = "qwen.qwen3-32b-v1:0", cache = { ttl_seconds = 60 } }
    kimi     = { id = "moonshot.kimi-k2-thinking" }
    micro    = { id = "amazon.nova-micro-v1:0" }
    mistral  = { id = "mistral.mistral-large-3-675b-instruct" }
    nova     = { id = "amazon.nova-lite-v1:0" }
    oss      = { id = "openai.gpt-oss-120b-1:0" }
    qwen     = { id = "qwen.qwen3-235b-a22b-2507-v1:0" }
    titan    = { id = "amazon.titan-text-express-v1" }
    tiered   = { id = "amazon.nova-pro-v1:0", service_tier = "flex" }
  }

  # Each is called through a profile of the United States.
  profiles = {
    clamped  = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0", clamp_output_tokens = true }
    cached   = { id = "us.anthropic.claude-sonnet-4-5-20250929-v1:0", prompt_cache = { points = ["system", "messages"] } }
    gpt      = { id = "us.openai.gpt-6-luna" }
    haiku45  = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0" }
    llama    = { id = "us.meta.llama3-3-70b-instruct-v1:0" }
    nova2    = { id = "us.amazon.nova-2-lite-v1:0" }
    opus41   = { id = "us.anthropic.claude-opus-4-1-20250805-v1:0" }
    opus47   = { id = "us.anthropic.claude-opus-4-7" }
    opus5    = { id = "us.anthropic.claude-opus-5" }
    opus55   = { id = "us.anthropic.claude-opus-5-5" }
    palmyra  = { id = "us.writer.palmyra-x5-v1:0" }
    pixtral  = { id = "us.mistral.pixtral-large-2502-v1:0" }
    r1       = { id = "us.deepseek.r1-v1:0" }
    sonnet4  = { id = "us.anthropic.claude-sonnet-4-20250514-v1:0", betas = ["context-1m-2025-08-07"] }
    sonnet46 = { id = "us.anthropic.claude-sonnet-4-6" }
  }

  models = merge(
    { for alias, model in local.foundation : alias => merge(model, { destination_regions = [] }) },
    { for alias, model in local.profiles : alias => merge(model, { destination_regions = ["us-east-1", "us-east-2", "us-west-2"] }) },
  )
}

module "llm_api" {
  source = "../../../.."

  name                = "cases"
  deletion_protection = false
  models = { for alias, model in local.models : alias => merge(model, {
    max_output_tokens = startswith(alias, "embed") ? null : 3000
  }) }

  auth = { type = "api_key" }
  tenants = {
    everyone = { models = keys(local.models), api_key_sha256 = [var.api_key_sha256] }
  }
}

output "url" {
  description = "Base URL for callers."
  value       = module.llm_api.url
}
