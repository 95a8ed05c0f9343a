# Answers that may be given again, of prompts that have a `cache`. Before the call, a task looks for the answer; after it,
# another keeps the one that came. The table is the workflow's own: whoever may change a definition can choose what is kept,
# so an API's callers are never answered out of it.

locals {
  cached      = { for name, prompt in local.prompts : name => prompt.cache if prompt.cache != null }
  cache_name  = "${var.name}-workflow"
  cache_table = "${local.cache_name}-cache"
  cache_arn   = "arn:${local.partition}:dynamodb:${local.region}:${local.account}:table/${local.cache_table}"
  kept_ends   = "['end_turn', 'stop_sequence', 'max_tokens']"

  # What is asked. Evaluated once for the call and for what is kept, since an expression may give something else each time.
  asked = { for name in keys(local.cached) : name => join("", [
    "{'text': ${local.bodies["${name}.text"]}",
    contains(keys(local.shape_of), name) ? " & ${jsonencode(local.shape_of[name])}" : "",
    local.prompts[name].system == null ? "" : ", 'system': ${local.bodies["${name}.system"]}",
    "}",
  ]) }

  # Everything about the call that the definition fixes. The first number is this format's.
  cache_seeds = { for name, cache in local.cached : name => sha256(jsonencode([
    1, name, local.step_model_arns[name], local.guardrail_arguments[name], local.prompts[name].max_output_tokens,
    local.prompts[name].temperature, local.prompts[name].schema, cache.scope,
  ])) }

  # The tenant in the execution's name, as the API's function reads it; nobody's executions share one place.
  tenant = join(" ", [
    "($length($states.input.execution) > 17 and $substring($states.input.execution, $length($states.input.execution) - 17, 1) = '-'",
    "? $substring($states.input.execution, 0, $length($states.input.execution) - 17) : '')",
  ])

  # Where an answer to $asked lies. In pieces, because States.Hash takes 10,000 characters, and nothing says that $hash,
  # which AWS calls its equivalent, takes more. https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
  cache_keys = { for name, cache in local.cached : name => join(" ", [
    "$question := $string(['${local.cache_seeds[name]}', ${cache.scope == "shared" ? "''" : local.tenant}, $asked.text, $asked.system]);",
    "$hash($join([$map([0..$floor(($length($question) - 1) / 9000)],",
    "function($piece) { $hash($substring($question, $piece * 9000, 9000), 'SHA-256') })]), 'SHA-256')",
  ]) }

  # An entry is believed if it is what the keeping task writes, and not older than answers may be by now. Each test comes
  # before what would fail without it.
  believed = { for name, cache in local.cached : name => join(" ", [
    "$entry := $states.result.Item; $now := $floor($millis() / 1000);",
    "$whole := function($number) { $type($number) = 'string' ? $contains($number, /^[0-9]{1,10}$/) : false };",
    "$believed := $type($entry.text.S) = 'string' and $entry.stop_reason.S in ${local.kept_ends}",
    "and $whole($entry.input_tokens.N) and $whole($entry.output_tokens.N) and $whole($entry.expires_at.N)",
    "? $number($entry.expires_at.N) > $now and $number($entry.expires_at.N) <= $now + ${cache.ttl_seconds} : false;",
  ]) }
  hit = { for name in keys(local.cached) : name => format(local.put, name, name, join("", [
    "{'text': $entry.text.S, 'model': '${local.prompts[name].model}', 'stop_reason': $entry.stop_reason.S, ",
    "'usage': {'input_tokens': $number($entry.input_tokens.N), 'output_tokens': $number($entry.output_tokens.N)}, 'cache': 'hit'}",
  ])) }

  # What comes after an answer, whether it was there or is new.
  after_answer = { for name in keys(local.prompts) : name => contains(keys(local.shape_of), name) ? "${name} check" : local.next[name] }

  # A new answer that came to an end of its own, and one that was there and had to be corrected.
  worth_keeping = { for name in keys(local.cached) : name => join(" ", [
    "$states.input.steps.${name}.stop_reason in ${local.kept_ends}",
    contains(keys(local.shape_of), name) ? "and ($states.input.found = false or $states.input.steps.${name}.fixes > 0)" : "",
  ]) }

  cache_states = { for name, cache in local.cached : name => merge(
    {
      (name) = jsonencode({
        Type     = "Task"
        Resource = "arn:${local.partition}:states:::dynamodb:getItem"
        Arguments = {
          TableName = local.cache_table
          Key       = { pk = { S = "{% (${local.scope} ${local.say} $asked := ${local.asked[name]}; ${local.cache_keys[name]}) %}" } }
        }
        TimeoutSeconds = 5
        Assign         = { "asked_${name}" = "{% (${local.scope} ${local.say} ${local.asked[name]}) %}" }
        Catch = concat(
          # A text with a hole fails the step, as it does without a cache.
          [for rule in local.catch[name] : merge(rule, { ErrorEquals = ["States.QueryEvaluationError"] })],
          # A table in trouble is an empty one.
          [{
            ErrorEquals = ["States.ALL"]
            Assign      = { "asked_${name}" = "{% (${local.scope} ${local.say} ${local.asked[name]}) %}" }
            Output      = "{% $merge([$states.input, {'found': false}]) %}"
            Next        = local.after_lookup[name]
          }],
        )
        Output = "{% (${local.believed[name]} $merge([$believed ? ${local.hit[name]} : $states.input, {'found': $believed}])) %}"
        Next   = local.after_lookup[name]
      })
      "${name} keep" = jsonencode({
        Type     = "Task"
        Resource = "arn:${local.partition}:states:::dynamodb:putItem"
        Arguments = {
          TableName = local.cache_table
          Item = {
            pk            = { S = "{% ($asked := $asked_${name}; ${local.cache_keys[name]}) %}" }
            text          = { S = "{% $states.input.steps.${name}.text %}" }
            stop_reason   = { S = "{% $states.input.steps.${name}.stop_reason %}" }
            input_tokens  = { N = "{% $string($states.input.steps.${name}.usage.input_tokens) %}" }
            output_tokens = { N = "{% $string($states.input.steps.${name}.usage.output_tokens) %}" }
            expires_at    = { N = "{% $string($floor($millis() / 1000) + ${cache.ttl_seconds}) %}" }
          }
        }
        TimeoutSeconds = 5
        Catch          = [{ ErrorEquals = ["States.ALL"], Output = "{% $states.input %}", Next = local.next[name] }]
        Output         = "{% $states.input %}"
        Next           = local.next[name]
      })
    },
    # With metering, the Choice after the reservation decides; with a schema, the one after the check.
    { for state in ["${name} found"] : state => jsonencode({
      Type    = "Choice"
      Choices = [{ Condition = "{% $states.input.found %}", Next = local.after_answer[name] }]
      Default = local.call_entries[name]
    }) if module.inputs.metering == null },
    { for state in ["${name} answered"] : state => jsonencode({
      Type    = "Choice"
      Choices = [{ Condition = "{% ${local.worth_keeping[name]} %}", Next = "${name} keep" }]
      Default = local.next[name]
    }) if !contains(keys(local.shape_of), name) },
  ) }
  after_lookup = { for name in keys(local.cached) : name => module.inputs.metering == null ? "${name} found" : local.call_entries[name] }
}

module "cache" {
  source = "../cache"
  count  = length(local.cached) > 0 ? 1 : 0

  name    = local.cache_name
  kms_key = var.kms_key
  tags    = var.tags
}
