# What IDs of models tell.

locals {
  # What is known of each family, generated from the handler's own pages: lambda_src/llm_api/families/.
  known_families = jsondecode(file("${path.module}/families.json"))
  families       = keys(local.known_families)

  # The family that a foundation model's ID tells. A model that takes part in none of these formats (video, speech) has
  # none, so it must be declared.
  family_patterns = flatten([for family, known in local.known_families : [for pattern in known.ids : { pattern = pattern, family = family }]])

  # us.anthropic.claude-… is a profile, deepseek.v3.2 is a model. Known geographies tell it, and so does a known
  # provider in second place, so that a geography which AWS adds tomorrow is recognised too.
  profile_patterns = [
    "^(?P<geography>apac|au|ca|eu|global|jp|us|us-gov)[.](?P<model>[^.]+[.].+)$",
    "^(?P<geography>[a-z]+(?:-[a-z]+)*)[.](?P<model>(?:ai21|amazon|anthropic|cohere|deepseek|google|meta|minimax|mistral|moonshotai|nvidia|openai|qwen|stability|twelvelabs|writer|xai|zai)[.].+)$",
  ]
}
