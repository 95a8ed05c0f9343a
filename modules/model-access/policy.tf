# The statements. How they are packed into documents is in packing.tf.
#
# What is granted, and under which condition, follows
# https://docs.aws.amazon.com/bedrock/latest/userguide/geographic-cross-region-inference.html,
# .../global-cross-region-inference.html, .../guardrails-permissions-id.html and .../guardrail-profiles-permissions.html.

locals {
  invoke_actions    = concat(["bedrock:InvokeModel"], [for action in ["bedrock:InvokeModelWithResponseStream"] : action if var.streaming])
  sagemaker_actions = concat(["sagemaker:InvokeEndpoint"], [for action in ["sagemaker:InvokeEndpointWithResponseStream"] : action if var.streaming])

  # Which guardrail a target stands under: "none", "default" (the deployment's), or a model's own ARN:VERSION.
  # The deployment's guardrail may be created in the same plan. Its ARN is unknown then, and yet the number of documents
  # has to be known, or nobody could attach them with for_each: so the documents are packed with a placeholder that is as
  # long as an ARN:VERSION can be, and the ARN is put in at the very end.
  guardrail_placeholder     = format("%-96s", "{deployment guardrail and version}")
  guardrail_arn_placeholder = format("%-96s", "{deployment guardrail}")
  guardrail_slots = { for alias, model in local.models : alias =>
    local.kinds[alias] == "sagemaker" ? "none" :
    model.guardrail != null ? "${model.guardrail.arn}:${model.guardrail.version}" :
    local.guardrail != null ? "default" : "none"
  }
  slots = { for slot in distinct(values(local.guardrail_slots)) : slot => {
    equals = { for key in ["bedrock:GuardrailIdentifier"] : key => slot == "default" ? local.guardrail_placeholder : slot if slot != "none" }
    name = (
      slot == "none" ? "" : slot == "default" ? "Guardrail" :
      "Guardrail${title(regex("/([a-z0-9]+):", slot)[0])}Version${regex("[0-9]+$", slot)}"
    )
  } }
  guardrail_arns = distinct(concat(
    [for alias, slot in local.guardrail_slots : slot == "default" ? local.guardrail_arn_placeholder : local.models[alias].guardrail.arn if slot != "none"],
    flatten([for alias, slot in local.guardrail_slots : local.guardrails[alias].profile_arns if slot != "none"]),
  ))

  # One entry for each Bedrock target, whatever number of aliases it has; named after the first of them.
  aliases_by_target = { for alias, kind in local.kinds : local.target_arns[alias] => alias... if kind != "sagemaker" }
  short_names       = { for arn, aliases in local.aliases_by_target : arn => join("", [for word in regexall("[A-Za-z0-9]+", aliases[0]) : title(word)]) }
  # A Sid is letters and digits, and unique: "a-b" and "a.b" need more than that.
  target_names = { for arn, name in local.short_names : arn => (
    length([for other in values(local.short_names) : other if lower(other) == lower(name)]) == 1 ? name : "${name}${substr(sha1(arn), 0, 6)}"
  ) }
  targets = [for arn, aliases in local.aliases_by_target : {
    arn  = arn
    kind = local.kinds[aliases[0]]
    name = local.target_names[arn]
    slot = local.guardrail_slots[aliases[0]]
    # Bedrock asks for one resource that stands for every Marketplace endpoint; the endpoint itself is named to SageMaker.
    resource           = local.kinds[aliases[0]] == "marketplace" ? "${local.bedrock_account}:marketplace/model-endpoint/all-access" : arn
    base_models        = distinct(flatten([for alias in aliases : local.base_models[alias]]))
    global_base_models = distinct(flatten([for alias in aliases : local.global_base_models[alias]]))
    # A profile is called in the source Region and may be served there too.
    regions = sort(distinct(concat([local.region], flatten([for alias in aliases : local.models[alias].destination_regions]))))
  }]

  plurals = {
    foundation  = "FoundationModels"
    geographic  = "GeographicProfiles"
    global      = "GlobalProfiles"
    application = "ApplicationProfiles"
    provisioned = "ProvisionedModels"
    custom      = "CustomModelDeployments"
    imported    = "ImportedModels"
    marketplace = "MarketplaceEndpoints"
  }

  # Everything that shares action and condition is one group. The order is the documents' order: what guards comes first.
  groups = concat(
    # A guarded target without its guardrail is refused whatever else the role is allowed. StringNotEquals is also true
    # where the caller names no guardrail at all.
    flatten([for slot, guard in local.slots : [
      {
        sid        = "DenyCallsWithout${guard.name}"
        effect     = "Deny"
        actions    = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
        equals     = {}
        not_equals = guard.equals
        absent     = {}
        resources  = distinct([for target in local.targets : target.resource if target.slot == slot && target.kind != "foundation"])
      },
      {
        # Null: only calls of the model itself. A call through a profile names the model too, and that profile
        # may be declared without a guardrail.
        sid        = "DenyModelsWithout${guard.name}"
        effect     = "Deny"
        actions    = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
        equals     = {}
        not_equals = guard.equals
        absent     = { "bedrock:InferenceProfileArn" = "true" }
        resources  = [for target in local.targets : target.resource if target.slot == slot && target.kind == "foundation"]
      },
    ] if slot != "none"]),
    local.service_tier_groups,
    [{
      sid        = "ApplyGuardrails"
      effect     = "Allow"
      actions    = ["bedrock:ApplyGuardrail"]
      equals     = {}
      not_equals = {}
      absent     = {}
      resources  = local.guardrail_arns
    }],
    # The targets themselves.
    flatten([for slot, guard in local.slots : [for kind, plural in local.plurals : {
      sid        = "Invoke${plural}${slot == "none" ? "" : "With${guard.name}"}"
      effect     = "Allow"
      actions    = local.invoke_actions
      equals     = merge(guard.equals, { for key in ["aws:RequestedRegion"] : key => local.region if kind == "global" })
      not_equals = {}
      absent     = {}
      resources  = distinct([for target in local.targets : target.resource if target.slot == slot && target.kind == kind])
    }]]),
    [
      {
        sid        = "InvokeMarketplaceEndpointsThroughBedrock"
        effect     = "Allow"
        actions    = local.sagemaker_actions
        equals     = { "aws:CalledViaLast" = "bedrock.amazonaws.com" }
        not_equals = {}
        absent     = {}
        resources  = [for target in local.targets : target.arn if target.kind == "marketplace"]
      },
      {
        # SageMaker keeps the case of a name and yet compares it without: the ARN may carry either.
        sid        = "InvokeSageMakerEndpoints"
        effect     = "Allow"
        actions    = local.sagemaker_actions
        equals     = {}
        not_equals = {}
        absent     = {}
        resources = distinct(flatten([for model in values(local.models) : [
          for resource in concat(
            ["endpoint/${model.sagemaker.endpoint}"],
            [for component in compact([model.sagemaker.inference_component]) : "inference-component/${component}"],
          ) : ["${local.sagemaker}:${resource}", "${local.sagemaker}:${lower(resource)}"]
        ] if model.sagemaker != null]))
      },
      {
        # Takes base models only, no profiles; Claude alone answers it.
        # https://docs.aws.amazon.com/bedrock/latest/userguide/count-tokens.html
        sid        = "CountTokens"
        effect     = "Allow"
        actions    = ["bedrock:CountTokens"]
        equals     = {}
        not_equals = {}
        absent     = {}
        resources = distinct(flatten([for alias, models in local.base_models : [
          for model in models : "${local.bedrock}::foundation-model/${model}"
        ] if var.count_tokens && local.known_families[coalesce(local.model_families[alias], "other")].messages_api]))
      },
    ],
  )
}
