# From what was declared to what it means: the kind of each target, its ARN, its family. Only inputs and where the
# provider points: no look-up of a model, no resource, so that a plan shows the exact policy.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

# Refuses names that no input has.
module "names" {
  source = "../names"

  given = { models = var.models, guardrail = var.guardrail }
  known = {
    "models.*" = [
      "id", "sagemaker", "family", "destination_regions", "source_models", "fallbacks", "guardrail", "max_output_tokens",
      "on_timeout", "betas", "price", "cache", "prompt_cache", "service_tier", "clamp_output_tokens",
    ]
    "models.*.sagemaker"    = ["endpoint", "inference_component", "format"]
    "models.*.guardrail"    = ["arn", "version", "profile_arns", "input_tags"]
    "models.*.price"        = ["input", "output", "cache_read", "cache_write", "cache_write_1h", "image"]
    "models.*.cache"        = ["ttl_seconds", "scope"]
    "models.*.prompt_cache" = ["ttl", "points"]
    "guardrail"             = ["arn", "version", "profile_arns", "input_tags"]
  }
}

# Gives inputs their types and defaults, and refuses values.
module "inputs" {
  source = "./inputs"

  models    = var.models
  guardrail = var.guardrail
  families  = local.families
}

locals {
  models    = module.inputs.models
  guardrail = module.inputs.guardrail

  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  # `region` is what provider 6 calls it, `id` is what 5.100 has and 6 still carries.
  region = lookup(data.aws_region.current, "region", lookup(data.aws_region.current, "id", null))

  bedrock         = "arn:${local.partition}:bedrock:${local.region}"
  bedrock_account = "${local.bedrock}:${local.account}"
  sagemaker       = "arn:${local.partition}:sagemaker:${local.region}:${local.account}"

  # An ID or ARN taken apart. `name` is what follows the ARN's slash, or the ID itself.
  arns = { for alias, model in local.models : alias => try(
    regex("^arn:(?P<partition>[^:]+):(?P<service>[^:]+):(?P<region>[^:]*):(?P<account>[^:]*):(?P<type>[^/]+)/(?P<name>.+)$", model.id),
    null
  ) }
  names = { for alias, model in local.models : alias => local.arns[alias] == null ? model.id : local.arns[alias].name }

  arn_types = { for alias, arn in local.arns : alias => arn == null ? "none" : arn.type }

  # A cross-Region profile's name, split into geography and foundation model; null for any other name.
  profiles = { for alias, name in local.names : alias => try(
    regex(local.profile_patterns[0], name),
    regex(local.profile_patterns[1], name),
    regex(local.arn_types[alias] == "inference-profile" ? "^(?P<geography>[^.]+)[.](?P<model>.+)$" : "an ID that is no profile", name),
    null
  ) }

  kind_by_arn_type = {
    foundation-model              = "foundation"
    application-inference-profile = "application"
    provisioned-model             = "provisioned"
    custom-model-deployment       = "custom"
    imported-model                = "imported"
    endpoint                      = "marketplace"
  }
  kinds = { for alias, model in local.models : alias =>
    model.sagemaker != null ? "sagemaker" :
    contains(keys(local.kind_by_arn_type), local.arn_types[alias]) ? local.kind_by_arn_type[local.arn_types[alias]] :
    local.profiles[alias] == null ? "foundation" :
    local.profiles[alias].geography == "global" ? "global" : "geographic"
  }

  # The foundation models that a call of this target runs on; what an opaque target runs on can't be known. An
  # application profile's sources may be named as the profiles that it was copied from.
  sources = { for source in distinct(flatten(values(local.models)[*].source_models)) : source =>
    try(regex(local.profile_patterns[0], source), regex(local.profile_patterns[1], source), { geography = "", model = source })
  }
  base_models = { for alias, kind in local.kinds : alias => (
    kind == "foundation" ? [local.names[alias]] :
    kind == "application" ? distinct([for source in local.models[alias].source_models : local.sources[source].model]) :
    contains(["geographic", "global"], kind) ? [local.profiles[alias].model] : []
  ) }
  # Those of them that a global profile stands behind.
  global_base_models = { for alias, kind in local.kinds : alias => (
    kind == "global" ? local.base_models[alias] :
    [for source in local.models[alias].source_models : local.sources[source].model if local.sources[source].geography == "global"]
  ) }

  # The target's own ARN, the same whether it was declared by ID or by ARN.
  target_arns = { for alias, model in local.models : alias =>
    local.kinds[alias] == "sagemaker" ? "${local.sagemaker}:endpoint/${model.sagemaker.endpoint}" :
    local.arns[alias] != null ? model.id :
    local.kinds[alias] == "foundation" ? "${local.bedrock}::foundation-model/${model.id}" :
    "${local.bedrock_account}:inference-profile/${model.id}"
  }

  model_families = { for alias, model in local.models : alias =>
    model.family != null ? model.family :
    local.kinds[alias] == "sagemaker" ? "sagemaker" :
    # An application profile's ARN tells nothing, and its sources are for the policy: what callers send is declared.
    contains(["foundation", "geographic", "global"], local.kinds[alias]) ? try(
      [for known in local.family_patterns : known.family if can(regex(known.pattern, local.base_models[alias][0]))][0], null
    ) : null
  }

  # No guardrail on a SageMaker endpoint: InvokeEndpoint doesn't know one. A precondition refuses the combination.
  guardrails = { for alias, model in local.models : alias => model.guardrail != null ? model.guardrail : local.guardrail }

  registry = { for alias, model in local.models : alias => {
    id        = model.id
    family    = local.model_families[alias]
    base_id   = length(local.base_models[alias]) == 1 ? local.base_models[alias][0] : null
    fallbacks = model.fallbacks
    guardrail = local.guardrails[alias] == null ? null : {
      id      = local.guardrails[alias].arn
      version = local.guardrails[alias].version
      # For the function alone: IAM doesn't see what a request marks.
      input_tags = local.guardrails[alias].input_tags
    }
    max_output_tokens   = model.max_output_tokens
    clamp_output_tokens = coalesce(model.clamp_output_tokens, var.clamp_output_tokens)
    on_timeout          = coalesce(model.on_timeout, "error")
    betas               = model.betas
    price               = model.price
    sagemaker           = model.sagemaker == null ? null : merge(model.sagemaker, { format = coalesce(model.sagemaker.format, "native") })
    cache               = model.cache
    prompt_cache        = model.prompt_cache
    service_tier        = model.service_tier
  } }

  # Absent means null, empty or the default: the environment is small.
  registry_json = jsonencode({ for alias, entry in local.registry : alias => merge(
    { for key, value in entry : key => value if value != null && !contains(["clamp_output_tokens", "fallbacks", "betas", "guardrail", "on_timeout", "price", "sagemaker", "cache", "prompt_cache"], key) },
    { for key in ["guardrail"] : key => { for name, value in entry[key] : name => value if value != false } if entry[key] != null },
    { for key in ["clamp_output_tokens"] : key => true if entry[key] },
    { for key in ["on_timeout"] : key => entry[key] if entry[key] != "error" },
    { for key in ["fallbacks", "betas"] : key => entry[key] if length(entry[key]) > 0 },
    { for key in ["price", "sagemaker", "cache", "prompt_cache"] : key => { for name, value in entry[key] : name => value if value != null && !(name == "format" && value == "native") } if entry[key] != null },
  ) })
  # Measured as Lambda does: the variables are one JSON object, so a quote inside a value counts twice.
  registry_environment = length(jsonencode(local.registry_json)) <= 3072 ? local.registry_json : base64gzip(local.registry_json)
}
