# Steps that hold other steps, and the whole: from the innermost level outwards.

locals {
  # How each list ends. A branch hands on what its own steps made; a map's item hands on its last result.
  end_states = { for id in keys(local.lists) : id => merge(
    { (local.ends[id]) = jsonencode({
      Type = "Succeed"
      Output = (
        id == local.root ? "{% {'result': $lookup($states.input.steps, $states.input.last), 'steps': $states.input.steps} %}" :
        contains(keys(local.map_lists), id) ? "{% $merge([$lookup($states.input.steps, $states.input.last), {'index': $states.input.index}${contains(keys(local.over_s3), id) ? ", {'key': $states.input.item.key}" : ""}]) %}" :
        "{% {'last': $states.input.last, 'steps': $merge([{}, $sift($states.input.steps, function($value, $name) { $name in ${jsonencode(local.owned[id])} })])} %}"
      )
    }) },
    [for possible in [local.may_fail[id]] : { (local.fails[id]) = jsonencode({
      Type  = "Fail"
      Error = "{% 'StepFailed.' & $states.input.failure.step %}"
      Cause = "{% $states.input.failure.error & ': ' & $states.input.failure.cause %}"
    }) } if possible]...
  ) }

  # A map over objects reads each one first.
  read_states = { for name, objects in local.over_s3 : name => { "${name} read" = jsonencode({
    Type      = "Task"
    Resource  = "arn:${local.partition}:states:::aws-sdk:s3:getObject"
    Arguments = { Bucket = objects.bucket, Key = "{% $states.input.item.Key %}" }
    Output    = "{% $merge([$states.input, {'item': {'key': $states.input.item.Key, 'text': $states.result.Body}}]) %}"
    Next      = local.lists[name][0]
  }) } }
  starts = { for id, steps in local.lists : id => contains(keys(local.over_s3), id) ? "${id} read" : try(steps[0], local.ends[id]) }

  # Without what they hold.
  parallel_shells = { for name, parallel in local.parallels : name => merge(
    {
      Type = "Parallel"
      Next = local.next[name]
      Output = join(" ", ["{% (${local.scope} ${local.say}",
        "$steps := $merge([$steps, $merge([$states.result.steps])]);",
        "$last := function($branch) { $lookup($branch.steps, $branch.last) };",
        "$branches := {${join(", ", [for index, branch in keys(parallel.branches) : "'${branch}': $last($states.result[${index}])"])}};",
        "$text := ${parallel.merge == null ? "$join([$map($states.result, function($branch) { $last($branch).text })], '\\n\\n')" : local.bodies["${name}.merge"]};",
        "$merge([$states.input, {'last': '${name}', 'steps': $merge([$steps, {'${name}': {'branches': $branches, 'text': $text}}])}])) %}",
      ])
    },
    [for target in [module.inputs.steps[name].on_failure] : { Catch = local.catch[name] } if target != null]...
  ) }

  map_shells = { for name, map in local.maps : name => merge(
    {
      Type           = "Map"
      Next           = local.next[name]
      MaxConcurrency = map.concurrency
      ItemSelector = {
        execution = "{% $states.input.execution %}"
        input     = "{% $states.input.input %}"
        steps     = "{% $states.input.steps %}"
        item      = "{% $states.context.Map.Item.Value %}"
        index     = "{% $states.context.Map.Item.Index %}"
      }
      # A failed item has no result, so each result says which item it belongs to.
      Output = join(" ", ["{% ($items := [$filter($states.result, function($one) { $type($one) = 'object' })];",
      "${format(local.put, name, name, "{'items': $items, 'text': $join([$items.text], '\\n\\n')}")}) %}"])
    },
    { for key in ["Items"] : key => "{% (${local.scope} ${map.items}) %}" if map.objects == null },
    { for key in ["ItemReader"] : key => {
      Resource  = "arn:${local.partition}:states:::s3:listObjectsV2"
      Arguments = { Bucket = map.objects.bucket, Prefix = map.objects.prefix }
    } if map.objects != null },
    { for key, value in { Label = name, ToleratedFailurePercentage = map.tolerated_failure_percentage } : key => value if contains(keys(local.distributed), name) },
    { for key in ["Catch"] : key => local.catch[name] if module.inputs.steps[name].on_failure != null || contains(keys(local.distributed), name) },
  ) }
  processors = { for name in keys(local.maps) : name => (
    contains(keys(local.distributed), name) ? { Mode = "DISTRIBUTED", ExecutionType = "STANDARD" } : { Mode = "INLINE", ExecutionType = null }
  ) }

  # Level 3 holds leaves only.
  lists_3 = { for id, steps in local.lists : id => {
    StartAt = local.starts[id]
    States = { for state, json in merge(
      merge([for name in steps : lookup(local.leaves, name, {})]...), local.end_states[id], lookup(local.read_states, id, {})
    ) : state => jsondecode(json) }
  } }
  containers_2 = merge(
    { for name, shell in local.parallel_shells : name => jsonencode(merge(shell, {
      Branches = [for branch in keys(local.parallels[name].branches) : local.lists_3["${name}.${branch}"]]
    })) },
    { for name, shell in local.map_shells : name => jsonencode(merge(shell, {
      ItemProcessor = merge({ ProcessorConfig = { for key, value in local.processors[name] : key => value if value != null } }, local.lists_3[name])
    })) },
  )

  lists_2 = { for id, steps in local.lists : id => {
    StartAt = local.starts[id]
    States = { for state, json in merge(
      merge([for name in steps : lookup(local.leaves, name, {})]...), local.end_states[id], lookup(local.read_states, id, {}),
      { for name in steps : name => local.containers_2[name] if contains(keys(local.containers_2), name) },
    ) : state => jsondecode(json) }
  } }
  containers_1 = merge(
    { for name, shell in local.parallel_shells : name => jsonencode(merge(shell, {
      Branches = [for branch in keys(local.parallels[name].branches) : local.lists_2["${name}.${branch}"]]
    })) },
    { for name, shell in local.map_shells : name => jsonencode(merge(shell, {
      ItemProcessor = merge({ ProcessorConfig = { for key, value in local.processors[name] : key => value if value != null } }, local.lists_2[name])
    })) },
  )

  compiled = merge(
    {
      Comment       = coalesce(var.description, "Prompts of ${var.name}")
      QueryLanguage = "JSONata"
      StartAt       = "Start"
      States = merge(
        { Start = {
          Type = "Pass"
          # The name says whose it is; a Distributed Map's items have others. Not what the input says: that is the caller's.
          Output = { execution = "{% $states.context.Execution.Name %}", input = "{% $states.input %}", steps = {} }
          Next   = try(module.inputs.sequence[0], "Done")
        } },
        { for state, json in merge(
          merge([for name in module.inputs.sequence : lookup(local.leaves, name, {})]...), local.end_states[local.root],
          { for name in module.inputs.sequence : name => local.containers_1[name] if contains(keys(local.containers_1), name) },
        ) : state => jsondecode(json) },
      )
    },
    [for seconds in [var.timeout_seconds] : { TimeoutSeconds = seconds } if seconds != null]...
  )
}
