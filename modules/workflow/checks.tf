# What can only be judged across steps, models and lists: the names that break each rule. The state machine refuses to be
# planned while one of them isn't empty.

locals {
  known_families = jsondecode(file("${path.module}/../model-access/families.json"))

  foreign_targets = flatten([for name, step in module.inputs.steps : [
    for target in concat(step.next[*], step.on_failure[*], try(step.choice.rules[*].next, [])) : "${name} -> ${target}"
    if target != "end" && !contains(local.lists[local.list_of[name]], target)
  ]])
  foreign_validations = [for name, validate in local.validates : "${name} -> ${validate.step}"
  if !contains(keys(local.prompts), validate.step) || !contains(local.lists[local.list_of[name]], validate.step)]

  known_models    = { for name, alias in local.step_models : name => alias if contains(keys(module.models.registry), alias) }
  unknown_models  = [for name, alias in local.step_models : "${name} -> ${alias}" if !contains(keys(module.models.registry), alias)]
  sagemaker_steps = [for name, alias in local.known_models : name if module.models.registry[alias].sagemaker != null]
  silent_models = [for name, alias in local.known_models : "${name} -> ${alias}"
  if !contains(keys(local.invokes), name) && !contains(local.sagemaker_steps, name) && local.known_families[coalesce(module.models.registry[alias].family, "other")].operation != "chat"]

  step_tokens = merge(
    { for name, prompt in local.prompts : name => prompt.max_output_tokens },
    { for name, validate in local.validates : name => validate.max_output_tokens },
    { for name, invoke in local.invokes : name => invoke.reserve.output_tokens if invoke.reserve != null },
  )
  over_limit = [for name, tokens in local.step_tokens : name
  if try(tokens > coalesce(module.models.registry[local.step_models[name]].max_output_tokens, tokens), false)]

  # The integration that reads from S3 has no argument for a tier.
  tiered_invokes = [for name in keys(local.invokes) : name if local.step_tiers[name] != null]

  # Under metering.
  unbounded_invokes = [for name, invoke in local.invokes : name if invoke.reserve == null]
  tokenless_invokes = [for name, alias in local.known_models : "${name} -> ${alias}"
  if contains(keys(local.invokes), name) && contains(["images", "rerank"], local.known_families[coalesce(module.models.registry[alias].family, "other")].operation)]

  guardrail_conflicts = [for name, prompt in local.prompts : name
  if prompt.guardrail != null && try(module.models.registry[prompt.model].guardrail != null, false)]

  used_results = { for key, text in merge({ for key, body in local.bodies : key => join(" ", [for piece in local.pieces[key] : piece if startswith(piece, "$say(")]) }, local.expressions) :
    key => distinct(flatten(regexall("\\$steps[.]([A-Za-z_][A-Za-z0-9_]*)", text)))
  }
  unknown_results = flatten([for key, names in local.used_results : [for name in names : "${key}: ${name}" if !contains(keys(module.inputs.steps), name)]])

  unknown_own_models = [for part in slice(local.own_parts, 1, length(local.own_parts)) : split(" }}", part)[0] if !contains(keys(module.models.registry), split(" }}", part)[0])]
}
