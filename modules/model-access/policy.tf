# The statements, and how they are packed into documents.
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
  guardrail_slots = { for alias, model in var.models : alias =>
    local.kinds[alias] == "sagemaker" ? "none" :
    model.guardrail != null ? "${model.guardrail.arn}:${model.guardrail.version}" :
    var.guardrail != null ? "default" : "none"
  }
  slots = { for slot in distinct(values(local.guardrail_slots)) : slot => {
    equals = { for key in ["bedrock:GuardrailIdentifier"] : key => slot == "default" ? local.guardrail_placeholder : slot if slot != "none" }
    name = (
      slot == "none" ? "" : slot == "default" ? "Guardrail" :
      "Guardrail${title(regex("/([a-z0-9]+):", slot)[0])}Version${regex("[0-9]+$", slot)}"
    )
  } }
  guardrail_arns = distinct(concat(
    [for alias, slot in local.guardrail_slots : slot == "default" ? local.guardrail_arn_placeholder : var.models[alias].guardrail.arn if slot != "none"],
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
    base_models        = local.base_models[aliases[0]]
    global_base_models = local.global_base_models[aliases[0]]
    # A profile is called in the source Region and may be served there too.
    regions = sort(distinct(concat([local.region], flatten([for alias in aliases : var.models[alias].destination_regions]))))
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

  # Everything that shares action and condition is one group. The order is the documents' order: what guards comes
  # first, what grows with every profile comes last, so that a new model moves as little as possible.
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
        resources = distinct(flatten([for model in values(var.models) : [
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
        ] if var.count_tokens && local.model_families[alias] == "anthropic"]))
      },
    ],
    # The models behind the profiles: only through the profile, and only in its Regions. The guardrail isn't repeated
    # here: IAM asks for the profile as well, and allows that with the guardrail alone. Sixty profiles would not fit.
    flatten([for target in local.targets : [
      {
        sid     = "${target.name}ViaProfile"
        effect  = "Allow"
        actions = local.invoke_actions
        equals = merge(
          { "bedrock:InferenceProfileArn" = target.arn },
          { for key in ["aws:RequestedRegion"] : key => local.region if target.kind == "global" },
        )
        not_equals = {}
        absent     = {}
        resources = flatten([for region in target.regions : [
          for model in target.base_models : "arn:${local.partition}:bedrock:${region}::foundation-model/${model}"
        ]])
      },
      {
        # A request that leaves the Region carries no Region: that is what the model without one stands for.
        sid        = "${target.name}ViaGlobalProfile"
        effect     = "Allow"
        actions    = local.invoke_actions
        equals     = { "bedrock:InferenceProfileArn" = target.arn, "aws:RequestedRegion" = "unspecified" }
        not_equals = {}
        absent     = {}
        resources  = [for model in target.global_base_models : "arn:${local.partition}:bedrock:::foundation-model/${model}"]
      },
    ] if contains(["geographic", "global", "application"], target.kind)]),
  )

  # No statement lists more than eight resources, so that the documents can be filled evenly.
  parts = flatten([for group in local.groups : [
    for index, resources in chunklist(group.resources, 8) : merge(group, {
      sid       = index == 0 ? group.sid : "${group.sid}Part${index + 1}"
      resources = resources
    })
  ]])
  statements = [for part in local.parts : jsonencode(merge(
    { Sid = part.sid, Effect = part.effect, Action = part.actions, Resource = part.resources },
    { for key, operators in {
      Condition = { for operator, keys in { StringEquals = part.equals, StringNotEquals = part.not_equals, Null = part.absent } : operator => keys if length(keys) > 0 }
    } : key => operators if length(operators) > 0 },
  ))]

  # Greedy packing in one expression. Each statement becomes a run of zeros, one for every 8 characters, closed by a
  # line break; the expression then takes as many whole runs as a managed policy's 6,144 characters hold. 760 * 8
  # characters leave room for the envelope around the statements.
  runs  = join("", [for statement in local.statements : format("%0${ceil(length(statement) / 8)}d\n", 0)])
  sizes = [for bin in regexall("(?:0|\n){1,760}\n", local.runs) : length(regexall("\n", bin))]
  documents = [for index, size in local.sizes : format("{\"Version\":\"2012-10-17\",\"Statement\":[%s]}", join(",", slice(
    local.statements,
    sum(concat([0], slice(local.sizes, 0, index))),
    sum(concat([0], slice(local.sizes, 0, index + 1))),
  )))]

  policy_documents = [for document in local.documents : replace(
    replace(document, local.guardrail_placeholder, try("${var.guardrail.arn}:${var.guardrail.version}", "")),
    local.guardrail_arn_placeholder, try(var.guardrail.arn, "")
  )]
}
