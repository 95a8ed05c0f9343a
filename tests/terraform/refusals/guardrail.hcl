# Bad inputs, and what must be said of each; test_refusals.py plans them.

refused "nothing" {
  says = "A guardrail has to do something"

  name = "acme"
}

refused "name" {
  says = "1 to 50 letters, digits"

  name  = "acme guardrail"
  words = ["x"]
}

refused "input_message" {
  says = "`blocked_input_message` has to be"

  name                  = "acme"
  words                 = ["x"]
  blocked_input_message = ""
}

refused "output_message" {
  says = "`blocked_output_message` has to be"

  name                   = "acme"
  words                  = ["x"]
  blocked_output_message = ""
}

refused "filter_kind" {
  says = "and `violence`. Rename: rudeness"

  name            = "acme"
  content_filters = { rudeness = {} }
}

refused "filter_strength" {
  says = "The strength of each of `content_filters`"

  name            = "acme"
  content_filters = { hate = { output = "STRONG" } }
}

refused "prompt_attack_in_an_answer" {
  says = "Only a request can be a prompt attack"

  name            = "acme"
  content_filters = { prompt_attack = { output = "HIGH" } }
}

refused "topic_name" {
  says = "takes up to 30 topics"

  name          = "acme"
  denied_topics = { "Löhne" = { definition = "What people earn." } }
}

refused "topic_definition" {
  says = "up to five examples. Correct: Wages"

  name          = "acme"
  denied_topics = { Wages = { definition = "" } }
}

refused "threshold" {
  says = "thresholds of `grounding`"

  name      = "acme"
  grounding = { relevance = 1 }
}

refused "regex_action" {
  says = "`action` in `regexes`"

  name    = "acme"
  regexes = { a = { pattern = "a", action = "MASK" } }
}

refused "regex_lookaround" {
  says = "may not look ahead or behind"

  name    = "acme"
  regexes = { a = { pattern = "a(?=b)" } }
}

refused "sensitive_action" {
  says = "kind of `sensitive_information` has to be `BLOCK`"

  name                  = "acme"
  sensitive_information = { email = "MASK" }
}

refused "sensitive_kind" {
  says = "Bedrock's name for it in small letters"

  name                  = "acme"
  sensitive_information = { EMAIL = "BLOCK" }
}

refused "long_phrase" {
  says = "up to three words"

  name  = "acme"
  words = ["this phrase is long"]
}

refused "misspelt_filter_and_action" {
  says = "content_filters.hate.inputs (did you mean `input`?); regexes.order.actions (did you mean `action`?)"

  name            = "acme"
  content_filters = { hate = { inputs = "LOW" } }
  regexes         = { order = { pattern = "[0-9]+", actions = "ANONYMIZE" } }
}
