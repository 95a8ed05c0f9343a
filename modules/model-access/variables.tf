variable "models" {
  type        = any
  nullable    = false
  description = <<-EOT
    The models that may be called, by alias. Must be known at plan: the policies are built from it.

    - `id`: a foundation model ID, a cross-Region profile ID (`us.…`, `global.…`), or the ARN of a foundation model, inference profile, application inference profile, provisioned model, custom model deployment, imported model or Marketplace endpoint.
    - `sagemaker`: a SageMaker endpoint instead of `id`, by name; optionally one inference component on it.
      - `format`: `openai` where its container speaks OpenAI's chat completions (TGI, vLLM, LMI); `native` for any other.
    - `family`: the request format; needed where the ID doesn't tell it. One of `anthropic`, `nova`, `titan-text`, `titan-embed`, `titan-image`, `nova-canvas`, `llama`, `mistral`, `cohere-command`, `cohere-embed`, `cohere-rerank`, `jamba`, `deepseek`, `stability`, `openai`, `qwen`, `writer`, `moonshot`, `minimax`, `glm`, `nvidia`, `gemma`, `xai`, `sagemaker`, `other`.
    - `destination_regions`: where a geographic or application profile may send a request.
    - `source_models`: the foundation model IDs (or profile IDs) that an application profile was made from.
    - `fallbacks`: aliases to try in order when this model can't answer.
    - `guardrail`: a guardrail for this model instead of the deployment's. `profile_arns` lists its guardrail profile in every destination Region, where it uses cross-Region inference.
    - `max_output_tokens`: the most output tokens that one request may ask for.
    - `clamp_output_tokens`: whether a request for more than `max_output_tokens` gets that, with a `warning` header, in place of a refusal; the variable of this name where null.
    - `on_timeout`: what becomes of a request that isn't streamed when its time runs out: `error`, `partial` (what the model has said so far; needs `streaming`), or `fallback` (the `fallbacks` are asked while there is time for it).
    - `betas`: the `anthropic_beta` values that callers may ask for.
    - `price`: what the model costs, in US dollars a million tokens; what isn't used may be left out. Budgets in dollars take it.
      - `input`, `output`: tokens read and written.
      - `cache_read`: tokens out of the prompt cache; as `input` without.
      - `cache_write`, `cache_write_1h`: tokens into the cache that lasts five minutes, and into the one that lasts an hour.
        With a budget in dollars a cache without a price is refused.
      - `image`: one image that is made or embedded, in US dollars.
    - `cache`: answers that may be given again to the same request; `docs/cache.md` says to which.
      - `ttl_seconds`: for how long.
      - `scope`: to whom: the same `tenant` (without tenants the same principal), or everybody who may use the model (`shared`).
    - `prompt_cache`: points up to which the model caches prompts that set none themselves. What it writes costs `price.cache_write`.
      - `ttl`: for how long: `5m`, or `1h` where the model knows it (`price.cache_write_1h`).
      - `points`: behind the `tools`, the `system` prompt, and the last two `messages` of the user's; all three unless said otherwise.
    - `service_tier`: the tier that each call asks for, instead of the default one: `priority`, `flex` or `reserved`. `price` is that tier's; IAM refuses the model in any other.
  EOT
}

variable "allow_global_inference" {
  type        = bool
  default     = false
  nullable    = false
  description = "Allow `global.` profiles, which may process a request in any commercial Region of AWS."
}

variable "clamp_output_tokens" {
  type        = bool
  default     = false
  nullable    = false
  description = "Whether models lower a request for more output tokens than they may produce, with a `warning` header, unless they say otherwise themselves. Refused otherwise."
}

variable "count_tokens" {
  type        = bool
  default     = false
  nullable    = false
  description = "Grant `bedrock:CountTokens` on the foundation models, in this Region, of the declared models that support it."
}

variable "guardrail" {
  type        = any
  default     = null
  description = "The guardrail that every Bedrock model carries unless it names its own. `version` is a published number. `profile_arns` lists the guardrail's profile in every destination Region, where it uses cross-Region inference. `input_tags` lets callers mark the parts of the input that it checks, which exempts all others. The ARN may belong to a guardrail that is created in the same plan."
}

variable "maximum_policy_documents" {
  type        = number
  default     = 10
  nullable    = false
  description = "The most managed policies that the role may carry: AWS's quota \"Managed policies per role\" (10, on request up to 20), less what else is attached to it."

  validation {
    condition     = var.maximum_policy_documents >= 1 && var.maximum_policy_documents <= 20 && floor(var.maximum_policy_documents) == var.maximum_policy_documents
    error_message = "maximum_policy_documents is a whole number from 1 to 20, AWS's highest quota of managed policies per role."
  }
}

variable "maximum_registry_bytes" {
  type        = number
  default     = 3584
  nullable    = false
  description = "The most bytes that `registry_environment` may take. Lambda's whole environment holds 4,096, names included."

  validation {
    condition     = var.maximum_registry_bytes >= 1 && var.maximum_registry_bytes <= 4096
    error_message = "maximum_registry_bytes is between 1 and 4096, which is all that Lambda's environment holds."
  }
}

variable "streaming" {
  type        = bool
  default     = true
  nullable    = false
  description = "Grant the streaming actions as well."
}
