# What can only be judged once a target's kind is known: the aliases that break each rule. The outputs refuse to be
# evaluated while one of them isn't empty.

locals {
  without_family = [for alias, family in local.model_families : alias if family == null]

  without_destinations = [for alias, model in local.models : alias if local.kinds[alias] == "geographic" && length(model.destination_regions) == 0]
  with_destinations    = [for alias, model in local.models : alias if !contains(["geographic", "application"], local.kinds[alias]) && length(model.destination_regions) > 0]
  without_sources      = [for alias, model in local.models : alias if local.kinds[alias] == "application" && length(model.source_models) == 0]
  with_sources         = [for alias, model in local.models : alias if local.kinds[alias] != "application" && length(model.source_models) > 0]
  global_targets       = [for alias, model in local.models : alias if length(local.global_base_models[alias]) > 0]
  with_betas           = [for alias, model in local.models : alias if length(model.betas) > 0 && !local.known_families[coalesce(local.model_families[alias], "other")].messages_api]

  # A part of an answer is of use where the answer is a text that the handler can read as a stream.
  with_partial  = [for alias, model in local.models : alias if coalesce(model.on_timeout, "error") == "partial"]
  operations    = { for alias, family in local.model_families : alias => local.known_families[coalesce(family, "other")].operation }
  without_parts = [for alias in local.with_partial : alias if local.operations[alias] != "chat"]

  # What a model is paid by. Free has to be said, as 0.
  paid_by = { chat = ["input", "output"], embeddings = ["input"], images = ["image"], rerank = [], any = [] }
  incomplete_prices = flatten([for alias, model in local.models : [
    for kind in try(model.sagemaker.format, null) == "openai" ? ["input", "output"] : local.paid_by[local.operations[alias]] : "${alias}.price.${kind}" if model.price[kind] == null
  ] if model.price != null])

  # An ARN of another Region or partition can't be called from here; a system-defined profile belongs to the caller.
  foreign_arns = [for alias, arn in local.arns : alias if arn == null ? false : (
    arn.partition != local.partition || arn.region != local.region || (arn.type == "inference-profile" && arn.account != local.account)
  )]
  region_prefixes = { aws-us-gov = "us-gov-", aws-eusc = "eusc-" }
  foreign_destinations = distinct(flatten([for model in values(local.models) : [
    for region in model.destination_regions : region if !(
      contains(keys(local.region_prefixes), local.partition) ? startswith(region, local.region_prefixes[local.partition]) :
      !anytrue([for prefix in values(local.region_prefixes) : startswith(region, prefix)])
    )
  ]]))

  # A guardrail is called where the model is called from.
  foreign_guardrails = [for alias, guardrail in local.guardrails : alias if guardrail == null ? false : split(":", guardrail.arn)[3] != local.region]

  guarded_sagemaker = [for alias, guardrail in local.guardrails : alias if local.kinds[alias] == "sagemaker" && guardrail != null]
  unguarded_fallbacks = flatten([for alias, model in local.models : [
    for fallback in model.fallbacks : "${alias} -> ${fallback}" if try(local.guardrails[alias] != null && local.guardrails[fallback] == null, false)
  ]])
  # All Marketplace endpoints are one resource to Bedrock, so they share what guards it.
  guarded_together = concat(
    values(local.aliases_by_target),
    [[for alias, kind in local.kinds : alias if kind == "marketplace"]],
  )
  guardrail_disagreements = distinct([
    for aliases in local.guarded_together : join(", ", aliases)
    if length(distinct([for alias in aliases : try("${local.guardrails[alias].arn}:${local.guardrails[alias].version}", "none")])) > 1
  ])
}
