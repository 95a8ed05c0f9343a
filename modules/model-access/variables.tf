variable "models" {
  type = map(object({
    id = optional(string)
    sagemaker = optional(object({
      endpoint            = string
      inference_component = optional(string)
      format              = optional(string, "native")
    }))
    family              = optional(string)
    destination_regions = optional(list(string), [])
    source_models       = optional(list(string), [])
    fallbacks           = optional(list(string), [])
    guardrail = optional(object({
      arn          = string
      version      = string
      profile_arns = optional(list(string), [])
      input_tags   = optional(bool, false)
    }))
    max_output_tokens = optional(number)
    on_timeout        = optional(string, "error")
    betas             = optional(list(string), [])
    price = optional(object({
      input          = optional(number)
      output         = optional(number)
      cache_read     = optional(number)
      cache_write    = optional(number)
      cache_write_1h = optional(number)
      image          = optional(number)
    }))
    cache = optional(object({
      ttl_seconds = number
      scope       = optional(string, "tenant")
    }))
  }))
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
  EOT

  validation {
    condition     = length(var.models) > 0
    error_message = "models is empty: declare at least one model, such as { nova = { id = \"amazon.nova-lite-v1:0\" } }."
  }

  validation {
    condition     = alltrue([for alias in keys(var.models) : can(regex(local.alias_pattern, alias))])
    error_message = "An alias holds 1 to 64 letters, digits, dots, hyphens or underscores; rename: ${join(", ", [for alias in keys(var.models) : alias if !can(regex(local.alias_pattern, alias))])}."
  }

  validation {
    condition     = alltrue([for model in values(var.models) : (model.id == null) != (model.sagemaker == null)])
    error_message = "A model has exactly one of id and sagemaker; correct: ${join(", ", [for alias, model in var.models : alias if(model.id == null) == (model.sagemaker == null)])}."
  }

  validation {
    condition     = alltrue([for model in values(var.models) : model.id == null ? true : can(regex(local.target_pattern, model.id)) && length(model.id) <= 256])
    error_message = "id must be a foundation model ID, a cross-Region profile ID, or the ARN of a foundation-model, inference-profile, application-inference-profile, provisioned-model, custom-model-deployment, imported-model or SageMaker endpoint (a custom-model is called through its custom-model-deployment or provisioned-model); correct: ${join(", ", [for alias, model in var.models : alias if model.id == null ? false : !can(regex(local.target_pattern, model.id)) || length(model.id) > 256])}."
  }

  validation {
    condition     = alltrue([for model in values(var.models) : model.family == null ? true : contains(local.families, model.family)])
    error_message = "family must be one of ${join(", ", local.families)}; correct: ${join(", ", [for alias, model in var.models : alias if model.family == null ? false : !contains(local.families, model.family)])}."
  }

  validation {
    condition = alltrue([
      for model in values(var.models) : model.sagemaker == null ? true : alltrue([
        for name in compact([model.sagemaker.endpoint, model.sagemaker.inference_component]) : can(regex(local.sagemaker_pattern, name))
      ]) && length(model.sagemaker.endpoint) > 0
    ])
    error_message = "sagemaker.endpoint and sagemaker.inference_component are names, not ARNs: up to 63 letters, digits and inner hyphens."
  }

  validation {
    condition     = alltrue([for model in values(var.models) : contains(["native", "openai"], coalesce(try(model.sagemaker.format, null), "native"))])
    error_message = "sagemaker.format is native or openai; correct: ${join(", ", [for alias, model in var.models : alias if !contains(["native", "openai"], coalesce(try(model.sagemaker.format, null), "native"))])}."
  }

  validation {
    condition     = alltrue([for model in values(var.models) : coalesce(try(model.sagemaker.format, null), "native") != "openai" || coalesce(model.family, "sagemaker") == "sagemaker"])
    error_message = "A container with sagemaker.format = \"openai\" speaks that format whatever model it serves; remove family of: ${join(", ", [for alias, model in var.models : alias if coalesce(try(model.sagemaker.format, null), "native") == "openai" && coalesce(model.family, "sagemaker") != "sagemaker"])}."
  }

  validation {
    condition     = alltrue(flatten([for model in values(var.models) : [for region in model.destination_regions : can(regex(local.region_pattern, region))]]))
    error_message = "destination_regions holds Region codes such as us-east-1; correct: ${join(", ", distinct(flatten([for model in values(var.models) : [for region in model.destination_regions : region if !can(regex(local.region_pattern, region))]])))}."
  }

  validation {
    condition     = alltrue(flatten([for model in values(var.models) : [for source in model.source_models : can(regex("^${local.model_pattern}$", source)) && length(source) <= 128]]))
    error_message = "source_models holds model or profile IDs such as anthropic.claude-haiku-4-5-20251001-v1:0, no ARNs; correct: ${join(", ", distinct(flatten([for model in values(var.models) : [for source in model.source_models : source if !can(regex("^${local.model_pattern}$", source)) || length(source) > 128]])))}."
  }

  validation {
    condition     = alltrue(flatten([for alias, model in var.models : [for fallback in model.fallbacks : contains(keys(var.models), fallback) && fallback != alias]]))
    error_message = "fallbacks names other declared aliases; declare or remove: ${join(", ", flatten([for alias, model in var.models : [for fallback in model.fallbacks : "${alias} -> ${fallback}" if !contains(keys(var.models), fallback) || fallback == alias]]))}."
  }

  validation {
    condition     = alltrue([for alias in keys(var.models) : alltrue([for other, model in var.models : other == alias || model.id != alias])])
    error_message = "An alias may not be the id of another model, because a caller could then mean either; rename: ${join(", ", [for alias in keys(var.models) : alias if anytrue([for other, model in var.models : other != alias && model.id == alias])])}."
  }

  validation {
    condition     = alltrue([for model in values(var.models) : model.guardrail == null ? true : can(regex(local.guardrail_pattern, model.guardrail.arn))])
    error_message = "guardrail.arn must be a guardrail's ARN (arn:aws:bedrock:REGION:ACCOUNT:guardrail/ID), without a version; correct: ${join(", ", [for alias, model in var.models : alias if model.guardrail == null ? false : !can(regex(local.guardrail_pattern, model.guardrail.arn))])}."
  }

  validation {
    condition     = alltrue([for model in values(var.models) : model.guardrail == null ? true : can(regex(local.guardrail_version_pattern, model.guardrail.version))])
    error_message = "guardrail.version must be a published version's number: DRAFT can be changed under a running deployment, so publish a version first; correct: ${join(", ", [for alias, model in var.models : alias if model.guardrail == null ? false : !can(regex(local.guardrail_version_pattern, model.guardrail.version))])}."
  }

  validation {
    condition     = alltrue(flatten([for model in values(var.models) : [for arn in try(model.guardrail.profile_arns, []) : can(regex(local.guardrail_profile_pattern, arn))]]))
    error_message = "guardrail.profile_arns holds guardrail profile ARNs (arn:aws:bedrock:REGION:ACCOUNT:guardrail-profile/us.guardrail.v1:0), one for each destination Region."
  }

  validation {
    condition     = alltrue([for model in values(var.models) : model.max_output_tokens == null ? true : model.max_output_tokens >= 1 && floor(model.max_output_tokens) == model.max_output_tokens])
    error_message = "max_output_tokens is a whole number of tokens, at least 1; correct: ${join(", ", [for alias, model in var.models : alias if model.max_output_tokens == null ? false : model.max_output_tokens < 1 || floor(model.max_output_tokens) != model.max_output_tokens])}."
  }

  validation {
    condition     = alltrue([for model in values(var.models) : contains(["error", "partial", "fallback"], coalesce(model.on_timeout, "error"))])
    error_message = "on_timeout is error, partial or fallback; correct: ${join(", ", [for alias, model in var.models : alias if !contains(["error", "partial", "fallback"], coalesce(model.on_timeout, "error"))])}."
  }

  validation {
    condition     = alltrue([for model in values(var.models) : coalesce(model.on_timeout, "error") != "fallback" || length(model.fallbacks) > 0])
    error_message = "on_timeout = \"fallback\" needs somebody to fall back to; set fallbacks of: ${join(", ", [for alias, model in var.models : alias if coalesce(model.on_timeout, "error") == "fallback" && length(model.fallbacks) == 0])}."
  }

  validation {
    condition     = alltrue(flatten([for model in values(var.models) : [for beta in model.betas : can(regex("^[A-Za-z0-9._-]{1,128}$", beta))]]))
    error_message = "betas holds single anthropic_beta values such as context-1m-2025-08-07: letters, digits, dots, hyphens and underscores."
  }

  validation {
    condition = alltrue(flatten([for model in values(var.models) : [for price in model.price[*] : [
      for usd in values(price) : usd == null ? true : usd >= 0 && usd <= 10000
    ]]]))
    error_message = "price is in US dollars a million tokens (image: each), from 0 to 10,000; correct: ${join(", ", flatten([for alias, model in var.models : [for price in model.price[*] : [
      for kind, usd in price : "${alias}.${kind}" if usd == null ? false : usd < 0 || usd > 10000
    ]]]))}."
  }

  validation {
    condition = alltrue(flatten([for model in values(var.models) : [for price in model.price[*] : [
      for usd in values(price) : usd == null ? true : can(regex("^-?[0-9]+([.][0-9]{1,6})?$", tostring(usd)))
    ]]]))
    error_message = "price has at most 6 decimals, so that sums stay exact; round up: ${join(", ", flatten([for alias, model in var.models : [for price in model.price[*] : [
      for kind, usd in price : "${alias}.${kind}" if usd == null ? false : !can(regex("^-?[0-9]+([.][0-9]{1,6})?$", tostring(usd)))
    ]]]))}."
  }

  validation {
    condition     = alltrue([for model in values(var.models) : model.cache == null ? true : model.cache.ttl_seconds >= 1 && model.cache.ttl_seconds <= 2678400 && floor(model.cache.ttl_seconds) == model.cache.ttl_seconds])
    error_message = "cache.ttl_seconds is a whole number of seconds, from 1 to 2678400 (31 days); correct: ${join(", ", [for alias, model in var.models : alias if model.cache == null ? false : !(model.cache.ttl_seconds >= 1 && model.cache.ttl_seconds <= 2678400 && floor(model.cache.ttl_seconds) == model.cache.ttl_seconds)])}."
  }

  validation {
    condition     = alltrue([for model in values(var.models) : model.cache == null ? true : contains(["tenant", "shared"], model.cache.scope)])
    error_message = "cache.scope is tenant (nobody is given another tenant's answers) or shared (everybody who may use the model is); correct: ${join(", ", [for alias, model in var.models : alias if model.cache == null ? false : !contains(["tenant", "shared"], model.cache.scope)])}."
  }
}

variable "allow_global_inference" {
  type        = bool
  default     = false
  nullable    = false
  description = "Allow `global.` profiles, which may process a request in any commercial Region of AWS."
}

variable "count_tokens" {
  type        = bool
  default     = false
  nullable    = false
  description = "Grant `bedrock:CountTokens` on the foundation models, in this Region, of the declared models that support it."
}

variable "guardrail" {
  type = object({
    arn          = string
    version      = string
    profile_arns = optional(list(string), [])
    input_tags   = optional(bool, false)
  })
  default     = null
  description = "The guardrail that every Bedrock model carries unless it names its own. `version` is a published number. `profile_arns` lists the guardrail's profile in every destination Region, where it uses cross-Region inference. `input_tags` lets callers mark the parts of the input that it checks, which exempts all others. The ARN may belong to a guardrail that is created in the same plan."

  validation {
    condition     = var.guardrail == null ? true : can(regex(local.guardrail_pattern, var.guardrail.arn))
    error_message = "guardrail.arn must be a guardrail's ARN (arn:aws:bedrock:REGION:ACCOUNT:guardrail/ID), without a version."
  }

  validation {
    condition     = var.guardrail == null ? true : can(regex(local.guardrail_version_pattern, var.guardrail.version))
    error_message = "guardrail.version must be a published version's number: DRAFT can be changed under a running deployment, so publish a version first."
  }

  validation {
    condition     = alltrue([for arn in try(var.guardrail.profile_arns, []) : can(regex(local.guardrail_profile_pattern, arn))])
    error_message = "guardrail.profile_arns holds guardrail profile ARNs (arn:aws:bedrock:REGION:ACCOUNT:guardrail-profile/us.guardrail.v1:0), one for each destination Region."
  }
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
