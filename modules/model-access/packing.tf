# The models behind the profiles, and how all statements are packed into documents of a managed policy's size.

locals {
  targets_by_arn = { for target in local.targets : target.arn => target }
  profile_arns   = [for target in local.targets : target.arn if contains(["geographic", "global", "application"], target.kind)]

  # A statement for each profile reads best and is what is written while the documents are few enough. Where they aren't,
  # system-defined profiles with the same Regions share statements. That allows no other call: AWS names the profile in
  # the request, and a system-defined profile leads to the model of its own name alone. An application profile leads
  # where its owner points it, so it always stays by itself.
  shareable = { for arn in local.profile_arns : join(" ", local.targets_by_arn[arn].kind == "application" ? [arn] : concat(
    [local.targets_by_arn[arn].kind], local.targets_by_arn[arn].regions
  )) => arn... }
  bundles = {
    single = [for arn in local.profile_arns : [arn]]
    shared = concat(concat([[]], [for arns in values(local.shareable) : chunklist(arns, local.profiles_per_statement[arns[0]])])...)
  }
  # As many as fill a document, by the longest of them: its own ARN and its models' ARNs, with quotes and comma. 5,700
  # characters leave room for the rest of the statement.
  model_arn_length = length("arn:${local.partition}:bedrock:::foundation-model/") + 3
  profiles_per_statement = { for arns in values(local.shareable) : arns[0] => max(1, floor(5700 / max([for arn in arns :
    length(arn) + 3 + sum(concat([0], flatten([for region in local.targets_by_arn[arn].regions : [
      for model in local.targets_by_arn[arn].base_models : local.model_arn_length + length(region) + length(model)
    ]])))
  ]...))) }

  # Only through the profile, and only in its Regions. The guardrail isn't repeated here: IAM asks for the profile as
  # well, and allows that with the guardrail alone.
  profile_groups = { for layout, bundles in local.bundles : layout => flatten([for arns in bundles : [
    for statement in [
      {
        sid     = length(arns) == 1 ? "ViaProfile" : "AndOthersViaProfiles"
        equals  = { for key in ["aws:RequestedRegion"] : key => local.region if local.targets_by_arn[arns[0]].kind == "global" }
        regions = local.targets_by_arn[arns[0]].regions
        models  = flatten([for arn in arns : local.targets_by_arn[arn].base_models])
      },
      {
        # A request that leaves the Region carries no Region: that is what the model without one stands for.
        sid     = length(arns) == 1 ? "ViaGlobalProfile" : "AndOthersViaGlobalProfiles"
        equals  = { "aws:RequestedRegion" = "unspecified" }
        regions = [""]
        models  = flatten([for arn in arns : local.targets_by_arn[arn].global_base_models])
      },
      ] : {
      sid     = "${local.targets_by_arn[arns[0]].name}${statement.sid}"
      effect  = "Allow"
      actions = local.invoke_actions
      # One profile is written as a string, several as a list.
      equals     = merge(statement.equals, { "bedrock:InferenceProfileArn" = [arns[0], arns][min(length(arns) - 1, 1)] })
      not_equals = {}
      absent     = {}
      resources = flatten([for region in statement.regions : [
        for model in statement.models : "arn:${local.partition}:bedrock:${region}::foundation-model/${model}"
      ]])
      whole = length(arns) > 1
    }
  ]]) }

  # Eight resources a statement, so that the documents fill evenly. What was bundled to fill one stays whole, and comes
  # first: the others fill the room that the last of it leaves.
  ordered = {
    single = concat(local.groups, local.profile_groups.single)
    shared = concat(local.profile_groups.shared, local.groups)
  }
  parts = { for layout, groups in local.ordered : layout => flatten([for group in groups : [
    for index, resources in chunklist(group.resources, try(group.whole, false) ? 1000 : 8) : merge(group, {
      sid       = index == 0 ? group.sid : "${group.sid}Part${index + 1}"
      resources = resources
    })
  ]]) }
  statements = { for layout, parts in local.parts : layout => [for part in parts : jsonencode(merge(
    { Sid = part.sid, Effect = part.effect, Action = part.actions, Resource = part.resources },
    { for key, operators in {
      Condition = { for operator, keys in { StringEquals = part.equals, StringNotEquals = part.not_equals, Null = part.absent } : operator => keys if length(keys) > 0 }
    } : key => operators if length(operators) > 0 },
  ))] }

  # Greedy packing in one expression. Each statement becomes a run of zeros, one for every 8 characters, closed by a
  # line break; the expression then takes as many whole runs as a managed policy's 6,144 characters hold. 760 * 8
  # characters leave room for the envelope around the statements.
  runs  = { for layout, statements in local.statements : layout => join("", [for statement in statements : format("%0${ceil(length(statement) / 8)}d\n", 0)]) }
  sizes = { for layout, runs in local.runs : layout => [for bin in regexall("(?:0|\n){1,760}\n", runs) : length(regexall("\n", bin))] }

  # Fewer than half of what a role carries, so that it can carry those before and after a change (modules/function).
  layout = 2 * length(local.sizes["single"]) < var.maximum_policy_documents ? "single" : "shared"
  documents = [for index, size in local.sizes[local.layout] : format("{\"Version\":\"2012-10-17\",\"Statement\":[%s]}", join(",", slice(
    local.statements[local.layout],
    sum(concat([0], slice(local.sizes[local.layout], 0, index))),
    sum(concat([0], slice(local.sizes[local.layout], 0, index + 1))),
  )))]

  policy_documents = [for document in local.documents : replace(
    replace(document, local.guardrail_placeholder, try("${local.guardrail.arn}:${local.guardrail.version}", "")),
    local.guardrail_arn_placeholder, try(local.guardrail.arn, "")
  )]
}
