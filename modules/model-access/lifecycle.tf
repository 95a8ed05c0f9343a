# Models near or past their end, by a dated table that comes with the module: the plan looks nothing up. It warns and never
# refuses, because the table may be behind, and who destroys or mends a deployment must be able to plan it.

locals {
  lifecycle           = jsondecode(file("${path.module}/lifecycle.json"))
  lifecycle_notice    = "2160h" # 90 days: about half of the notice that AWS gives.
  lifecycle_reference = "By the module's table as of ${local.lifecycle.as_of}; ${local.lifecycle.source} has the present dates."

  # Each alias's own foundation models whose end is known. One that is behind an opaque ARN isn't.
  ends = merge([for alias, models in local.base_models : {
    for model in models : "${alias} (${model}, ${local.lifecycle.ends[model]})" => "${local.lifecycle.ends[model]}T00:00:00Z" if can(local.lifecycle.ends[model])
  }]...)
}

# The time is read only here: nothing that is created depends on it, so that a plan doesn't change by the day.
check "model_lifecycle" {
  assert {
    condition     = alltrue([for end in values(local.ends) : timecmp(plantimestamp(), end) < 0])
    error_message = "Past their end of life at Bedrock, where calls of them fail; declare their successors: ${join(", ", [for model, end in local.ends : model if timecmp(plantimestamp(), end) >= 0])}. ${local.lifecycle_reference}"
  }

  assert {
    condition     = alltrue([for end in values(local.ends) : timecmp(plantimestamp(), end) >= 0 || timecmp(timeadd(plantimestamp(), local.lifecycle_notice), end) < 0])
    error_message = "Within 90 days of their end of life at Bedrock; try their successors now: ${join(", ", [for model, end in local.ends : model if timecmp(plantimestamp(), end) < 0 && timecmp(timeadd(plantimestamp(), local.lifecycle_notice), end) >= 0])}. ${local.lifecycle_reference}"
  }
}
