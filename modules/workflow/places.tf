# Where each step stands. A list is the sequence, a parallel's branch or a map's steps; its ID is what its end states are
# named after. Terraform types can't hold themselves, so the lists are three levels at most, and each level is written out.

locals {
  prompts   = { for name, step in module.inputs.steps : name => step.prompt if step.prompt != null }
  invokes   = { for name, step in module.inputs.steps : name => step.invoke if step.invoke != null }
  parallels = { for name, step in module.inputs.steps : name => step.parallel if step.parallel != null }
  maps      = { for name, step in module.inputs.steps : name => step.map if step.map != null }
  choices   = { for name, step in module.inputs.steps : name => step.choice if step.choice != null }
  validates = { for name, step in module.inputs.steps : name => step.validate if step.validate != null }
  approvals = { for name, step in module.inputs.steps : name => step.approval if step.approval != null }
  nested    = { for name, step in module.inputs.steps : name => step.workflow if step.workflow != null }

  # A Distributed Map where an inline one doesn't do: items out of S3, tolerated failures, more than 40 at a time.
  distributed = { for name, map in local.maps : name => map if map.objects != null || map.tolerated_failure_percentage > 0 || map.concurrency > 40 }
  over_s3     = { for name, map in local.maps : name => map.objects if map.objects != null }

  root = "workflow"
  branch_lists = merge([for name, parallel in local.parallels : {
    for branch, steps in parallel.branches : "${name}.${branch}" => { holder = name, steps = steps }
  }]...)
  map_lists = { for name, map in local.maps : name => { holder = name, steps = map.steps } }
  lists = merge(
    { (local.root) = module.inputs.sequence },
    { for id, list in local.branch_lists : id => list.steps },
    { for id, list in local.map_lists : id => list.steps },
  )
  holders = { for id, list in merge(local.branch_lists, local.map_lists) : id => list.holder }

  level_2  = [for id, holder in local.holders : id if contains(local.lists[local.root], holder)]
  level_3  = [for id, holder in local.holders : id if anytrue([for outer in local.level_2 : contains(local.lists[outer], holder)])]
  too_deep = distinct([for id, holder in local.holders : holder if !contains(concat(local.level_2, local.level_3), id)])

  # Validations see to it that every step is in exactly one list; the first one stands for those that aren't yet.
  list_of = { for name in keys(module.inputs.steps) : name => concat([for id, steps in local.lists : id if contains(steps, name)], [local.root])[0] }
  after = merge([for id, steps in local.lists : {
    for index, name in steps : name => index + 1 < length(steps) ? steps[index + 1] : "end"
  }]...)

  ends  = { for id in keys(local.lists) : id => id == local.root ? "Done" : "${id} done" }
  fails = { for id in keys(local.lists) : id => id == local.root ? "Failed" : "${id} failed" }

  # What runs next, as a state's name.
  next = { for name, step in module.inputs.steps : name => (
    coalesce(step.next, lookup(local.after, name, "end")) == "end" ? local.ends[local.list_of[name]] : coalesce(step.next, lookup(local.after, name, "end"))
  ) }
  failure = { for name, step in module.inputs.steps : name => (
    step.on_failure == null ? local.fails[local.list_of[name]] :
    step.on_failure == "end" ? local.ends[local.list_of[name]] : step.on_failure
  ) }

  # The results that a branch hands to what comes after it. A map's inner results stay in the map.
  owned = { for id, steps in local.lists : id => concat(steps, flatten([
    for inner, list in local.branch_lists : list.steps if contains(steps, list.holder)
  ])) }

  # A list has a state to fail in where one of its steps may end there.
  may_fail = { for id, steps in local.lists : id => anytrue([for name in steps :
    try(module.inputs.steps[name].on_failure, null) == null && !contains(concat(keys(local.parallels), keys(local.choices), [for map in keys(local.maps) : map if !contains(keys(local.distributed), map)]), name)
  ]) }
}
