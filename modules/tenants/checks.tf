# What can only be judged beside the declared models: the pairs of tenant and model that break each rule. The table refuses
# to be planned while one of them isn't empty.

locals {
  shared_principals = [for principal, tenants in local.principals : principal if length(tenants) > 1]

  models = var.models == null ? {} : var.models

  # Declared budgets of each tenant, and the kinds among them: requests, tokens, usd.
  budgets = { for tenant, settings in local.tenants : tenant => { for budget, limit in settings.budgets : budget => limit if limit != null } }
  kinds   = { for tenant, budgets in local.budgets : tenant => toset([for budget in keys(budgets) : split("_", budget)[0]]) }

  # How use of a model is told, by what its family does. A container on SageMaker is anyone's, unless it speaks OpenAI's
  # format; and reranking is paid by the query.
  known_families = jsondecode(file("${path.module}/../model-access/families.json"))
  told_by        = { chat = "tokens", embeddings = "input", images = "images", rerank = "nothing", any = "nothing" }
  metered_by = { for alias, model in local.models : alias =>
    try(model.sagemaker.format, "") == "openai" ? "tokens" :
    model.sagemaker != null ? "nothing" : local.told_by[try(local.known_families[model.family].operation, "chat")]
  }

  # Each tenant's models, as far as they are declared.
  uses = flatten([for tenant, settings in local.tenants : [
    for model in settings.models : { tenant = tenant, model = model, declared = can(local.models[model]) }
  ] if var.models != null])
  undeclared_models = [for use in local.uses : "${use.tenant} -> ${use.model}" if !use.declared]
  known_uses        = [for use in local.uses : use if use.declared]

  undeclared_workflows = flatten([for tenant, settings in local.tenants : [
    for workflow in settings.workflows : "${tenant} -> ${workflow}" if !contains(var.workflows, workflow)
  ] if var.workflows != null])

  forbidden_fallbacks = flatten([for use in local.known_uses : [
    for fallback in local.models[use.model].fallbacks : "${use.tenant}: ${use.model} -> ${fallback}" if !contains(local.tenants[use.tenant].models, fallback)
  ]])

  # Those that a budget in tokens or dollars has to hold.
  metered_uses = [for use in local.known_uses : use if length(setintersection(local.kinds[use.tenant], ["tokens", "usd"])) > 0]
  unmetered    = [for use in local.metered_uses : "${use.tenant} -> ${use.model}" if local.metered_by[use.model] == "nothing"]
  unlimited    = [for use in local.metered_uses : "${use.tenant} -> ${use.model}" if local.metered_by[use.model] == "tokens" && local.models[use.model].max_output_tokens == null]
  unpriced = [for use in local.metered_uses : "${use.tenant} -> ${use.model}"
    if contains(local.kinds[use.tenant], "usd") && local.metered_by[use.model] != "nothing" && local.models[use.model].price == null
  ]
  uncounted_images = [for use in local.metered_uses : "${use.tenant} -> ${use.model}"
    if local.metered_by[use.model] == "images" && length(setsubtract(local.kinds[use.tenant], ["tokens"])) == 0
  ]
}
