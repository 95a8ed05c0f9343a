# The inputs that are objects, with their types, defaults and what they may hold. modules/names has compared their names.

variable "families" {
  type        = list(string)
  description = "The families that a model may declare."
}

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
    max_output_tokens   = optional(number)
    clamp_output_tokens = optional(bool)
    on_timeout          = optional(string, "error")
    betas               = optional(list(string), [])
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
    prompt_cache = optional(object({
      ttl    = optional(string, "5m")
      points = optional(list(string), ["tools", "system", "messages"])
    }))
    service_tier = optional(string)
  }))
  nullable    = false
  description = "The module's input of this name."

  validation {
    condition     = length(var.models) > 0
    error_message = "models is empty: declare at least one model, such as { nova = { id = \"amazon.nova-lite-v1:0\" } }."
  }

  validation {
    condition     = alltrue([for alias in keys(var.models) : can(regex(local.alias_pattern, alias))])
    error_message = "An alias holds 1 to 64 letters, digits, dots, hyphens or underscores; rename: ${join(", ", [for alias in keys(var.models) : alias if !can(regex(local.alias_pattern, alias))])}."
  }

  validation {
    condition     = length(distinct([for alias in keys(var.models) : lower(alias)])) == length(var.models)
    error_message = "Aliases that differ only in case are taken for each other by callers and people; rename: ${join(", ", [for alias in keys(var.models) : alias if length([for other in keys(var.models) : other if lower(other) == lower(alias)]) > 1])}."
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
    condition     = alltrue([for model in values(var.models) : model.family == null ? true : contains(var.families, model.family)])
    error_message = "family must be one of ${join(", ", var.families)}; correct: ${join(", ", [for alias, model in var.models : alias if model.family == null ? false : !contains(var.families, model.family)])}."
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

variable "guardrail" {
  type = object({
    arn          = string
    version      = string
    profile_arns = optional(list(string), [])
    input_tags   = optional(bool, false)
  })
  default     = null
  description = "The module's input of this name."

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
