# Check, verdict, fix, and check again: after a prompt that has a schema, and as a step of its own.

locals {
  # `of`: the step whose answer is checked. `entry`: the state that the loop begins with.
  checks = merge(
    { for name, prompt in local.prompts : name => {
      of = name, entry = "${name} check", schema = prompt.schema, rules = [], fixes = prompt.fixes, tokens = prompt.max_output_tokens,
    timeout = prompt.timeout_seconds } if length(prompt.schema) > 0 },
    { for name, validate in local.validates : name => {
      of = validate.step, entry = name, schema = validate.schema, rules = validate.rules, fixes = validate.fixes, tokens = validate.max_output_tokens,
    timeout = validate.timeout_seconds } },
  )

  # From the first brace to the last, because models like to wrap JSON in words.
  json_of = { for name, check in local.checks : name => length(check.schema) == 0 ? "" : "$json := $parse($match($text, /\\{[\\s\\S]*\\}/)[0].match);" }
  problems_of = { for name, check in local.checks : name => join(", ", concat(
    [for field, type in check.schema : "$not($type($lookup($json, '${field}')) = '${type}') ? '${field} must be there, as ${type == "string" || type == "number" || type == "boolean" ? "a ${type}" : "an ${type}"}.'"],
    [for rule in check.rules : "$not(${rule.that}) ? ${jsonencode(rule.message)}"],
  )) }

  # %s: what the check found, as $found; the state's input with it in. The failure stands ready for the verdict.
  checked = { for name, check in local.checks : name => join(" ", [
    "$of := $merge([$states.input.steps.${check.of}, {'json': $found.json}]);",
    "$own := $merge([${check.of == name ? "$of" : "$states.input.steps.${name}"}, {'problems': $found.problems, 'fixes': $exists($states.input.steps.${name}.fixes) ? $states.input.steps.${name}.fixes : 0}]);",
    "$merge([$states.input, {",
    "'last': '${check.of}', 'steps': $merge([$states.input.steps, {'${check.of}': $of}, {'${name}': $own}]),",
    "'failure': {'step': '${name}', 'error': 'Invalid', 'cause': $join($found.problems, ' ')}}])",
  ]) }

  # The call that corrects an answer; see calls.tf.
  fixes = { for name, check in local.checks : name => {
    text = join("", ["{% (${local.scope} ${local.say} ",
      contains(keys(local.bodies), "${name}.context") ? "${local.bodies["${name}.context"]} & '\\n\\n' & " : "",
      "'This answer has to be corrected:\\n\\n<answer>\\n' & $steps.${check.of}.text & '\\n</answer>\\n\\nWhat is wrong with it:\\n- ' & $join($steps.${name}.problems, '\\n- ') & ",
      "'\\n\\nWrite the corrected answer, the whole of it and nothing else.' & ${jsonencode(lookup(local.shape_of, name, ""))}) %}",
    ])
    tokens  = check.tokens
    timeout = check.timeout
    output = join(" ", ["{% (${local.blocked} : (",
      "$before := $states.input.steps.${check.of};",
      "$of := $merge([$before, {'text': ${local.spoken}, 'stop_reason': $states.result.StopReason, 'usage': {",
      "'input_tokens': $before.usage.input_tokens + $states.result.Usage.InputTokens, 'output_tokens': $before.usage.output_tokens + $states.result.Usage.OutputTokens}}]);",
      "$own := $merge([${check.of == name ? "$of" : "$states.input.steps.${name}"}, {'fixes': $states.input.steps.${name}.fixes + 1}]);",
      "$merge([$states.input, {'steps': $merge([$states.input.steps, {'${check.of}': $of}, {'${name}': $own}])}]))) %}",
    ])
    next = check.entry
  } if check.fixes > 0 }

  check_states = { for name, check in local.checks : name => merge(
    {
      # A branch of its own, because only a branch's failure can be caught, and text that is no JSON fails.
      (check.entry) = jsonencode({
        Type = "Parallel"
        Branches = [{
          StartAt = "${name} read answer"
          States = {
            "${name} read answer" = {
              Type = "Pass"
              Output = join("", ["{% (${local.scope} $text := $steps.${check.of}.text; ${local.json_of[name]} ",
              "$merge([${length(check.schema) > 0 ? "{'json': $json}, " : ""}{'problems': [${local.problems_of[name]}]}])) %}"])
              End = true
            }
          }
        }]
        Catch = [{
          ErrorEquals = ["States.ALL"]
          Output      = "{% ($found := {'problems': ['The answer is not one JSON object, or can not be checked.']}; ${local.checked[name]}) %}"
          Next        = "${name} verdict"
        }]
        Output = "{% ($found := $states.result[0]; ${local.checked[name]}) %}"
        Next   = "${name} verdict"
      })
      "${name} verdict" = jsonencode({
        Type = "Choice"
        Choices = concat(
          [for worth in [lookup(local.worth_keeping, name, "")] :
            { Condition = "{% $count($states.input.steps.${name}.problems) = 0 and ${worth} %}", Next = "${name} keep" } if worth != ""
          ],
          [{ Condition = "{% $count($states.input.steps.${name}.problems) = 0 %}", Next = local.next[name] }],
          [for fixes in [check.fixes] : { Condition = "{% $states.input.steps.${name}.fixes < ${fixes} %}", Next = "${name} fix" } if fixes > 0],
        )
        Default = local.failure[name]
      })
    },
    [for fixes in [check.fixes] : local.call_states["${name} fix"] if fixes > 0]...
  ) }
}
