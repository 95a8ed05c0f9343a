# Texts with {{ expressions }} in them, as JSONata. A text is cut at its braces: what stands between them is JSONata, the
# rest is a string.

locals {
  templates = merge(
    { for name, prompt in local.prompts : "${name}.text" => prompt.text },
    { for name, prompt in local.prompts : "${name}.system" => prompt.system if prompt.system != null },
    { for name, invoke in local.invokes : "${name}.request" => invoke.request },
    { for name, invoke in local.invokes : "${name}.answer" => invoke.answer },
    { for name, parallel in local.parallels : "${name}.merge" => parallel.merge if parallel.merge != null },
    { for name, validate in local.validates : "${name}.context" => validate.context if validate.context != null },
    { for name, approval in local.approvals : "${name}.message" => approval.message },
  )
  # An expression as written, without braces.
  expressions = merge(
    { for name, map in local.maps : "${name}.items" => map.items if map.items != null },
    { for name, workflow in local.nested : "${name}.input" => workflow.input },
    merge([for name, choice in local.choices : { for index, rule in choice.rules : "${name}.rules[${index}]" => rule.when }]...),
    merge([for name, validate in local.validates : { for index, rule in validate.rules : "${name}.rules[${index}]" => rule.that }]...),
  )

  cut = { for key, text in local.templates : key => split("{{", text) }
  pieces = { for key, parts in local.cut : key => concat([jsonencode(parts[0])], flatten([
    for part in slice(parts, 1, length(parts)) : [
      "$say(${trimspace(split("}}", part)[0])}, ${jsonencode(trimspace(split("}}", part)[0]))})",
      jsonencode(join("}}", slice(split("}}", part), min(1, length(split("}}", part)) - 1), length(split("}}", part))))),
    ]
  ])) }
  # Joined from a list: `a & b & c` nests with each piece, and Step Functions gives up at a depth of about 100.
  bodies = { for key, pieces in local.pieces : key => (
    length(pieces) == 1 ? pieces[0] : "$join([${join(", ", [for piece in pieces : piece if piece != "\"\""])}])"
  ) }

  # What an expression may use. A name that holds nothing is an error that says so, instead of a hole in the prompt.
  scope = "$input := $states.input.input; $steps := $states.input.steps; $item := $states.input.item; $index := $states.input.index;"
  say   = "$say := function($value, $name) { $exists($value) ? ($type($value) = 'string' ? $value : $string($value)) : $error($name & ' holds nothing') };"

  texts = { for key, body in local.bodies : key => (
    length(local.pieces[key]) == 1 ? local.templates[key] : "{% (${local.scope} ${local.say} ${body}) %}"
  ) }

  # The result of each step is kept in `steps` under its name. %s: the step, twice, and its result.
  put = "$merge([$states.input, {'last': '%s', 'steps': $merge([$states.input.steps, {'%s': %s}])}])"
}
