# Service tiers: a model is called in the tier that was declared for it, and in no other.
# https://docs.aws.amazon.com/bedrock/latest/userguide/service-tiers-inference.html
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html, bedrock:ServiceTier

locals {
  service_tiers = ["priority", "flex", "reserved"]

  target_tiers = { for arn, aliases in local.aliases_by_target : arn => coalesce(local.models[aliases[0]].service_tier, "default") }

  # Without any declared tier nothing is said about them: the handler lets none through. With one, each target is held
  # to its own. As with guardrails, calls of a model itself are told apart from those through a profile.
  service_tier_groups = flatten([for tier in distinct(values(local.target_tiers)) : [for itself in [false, true] : {
    sid        = "Deny${itself ? "Models" : "Calls"}${tier == "default" ? "InDearerTiers" : "OutsideTier${title(tier)}"}"
    effect     = "Deny"
    actions    = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
    equals     = { for key in ["bedrock:ServiceTier"] : key => local.service_tiers if tier == "default" }
    not_equals = { for key in ["bedrock:ServiceTier"] : key => tier if tier != "default" }
    absent     = { for key in ["bedrock:InferenceProfileArn"] : key => "true" if itself }
    resources = distinct([for target in local.targets : target.resource
    if local.target_tiers[target.arn] == tier && (target.kind == "foundation") == itself])
  }] if anytrue([for other in values(local.target_tiers) : other != "default"])])

  odd_tiers = [for alias, model in local.models : alias
  if model.service_tier == null ? false : model.sagemaker != null || !contains(local.service_tiers, model.service_tier)]
  tier_disagreements = [for aliases in values(local.aliases_by_target) : join(", ", aliases)
  if length(distinct([for alias in aliases : coalesce(local.models[alias].service_tier, "default")])) > 1]

  # What a model is asked to cache has to be known, and what that costs.
  odd_prompt_caches = [for alias, model in local.models : alias if model.prompt_cache == null ? false : (
    !contains(["5m", "1h"], model.prompt_cache.ttl) ||
    length(model.prompt_cache.points) == 0 ||
    length(setsubtract(model.prompt_cache.points, ["tools", "system", "messages"])) > 0
  )]
  uncached_families = [for alias, model in local.models : alias
  if model.prompt_cache != null && !local.known_families[coalesce(local.model_families[alias], "other")].prompt_cache]
  unpriced_prompt_caches = [for alias, model in local.models : alias if model.prompt_cache == null || model.price == null ? false : (
    model.prompt_cache.ttl == "1h" ? model.price.cache_write_1h == null : model.price.cache_write == null
  )]
}
