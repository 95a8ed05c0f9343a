# One bad input a run. `says` is what the message must contain: test_native.py reads it back.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

run "everything" {
  command = plan
  module { source = "./modules/guardrail" }
  variables {
    name                  = "acme"
    content_filters       = { hate = {}, prompt_attack = {}, violence = { input = "LOW", output = "NONE" } }
    denied_topics         = { "Wages" = { definition = "What people earn.", examples = ["What do you earn?"] } }
    words                 = ["crown jewels"]
    profanity             = true
    sensitive_information = { email = "ANONYMIZE" }
    regexes               = { number = { pattern = "(?:S|T)-[0-9]{6}" } }
    grounding             = { grounding = 0.7 }
    kms_key               = { arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  }

  assert {
    condition = tolist([for filter in tolist(aws_bedrock_guardrail.this.content_policy_config[0].filters_config) : [filter.type, filter.input_strength, filter.output_strength]]) == tolist([
      ["HATE", "HIGH", "HIGH"], ["PROMPT_ATTACK", "HIGH", "NONE"], ["VIOLENCE", "LOW", "NONE"],
    ])
    error_message = "The filters are other ones."
  }

  assert {
    condition     = aws_bedrock_guardrail.this.contextual_grounding_policy_config[0].filters_config[*].type == tolist(["GROUNDING"])
    error_message = "A threshold that isn't given is a filter."
  }

  assert {
    condition     = length(aws_bedrock_guardrail.this.word_policy_config[0].managed_word_lists_config) == 1 && aws_bedrock_guardrail.this.sensitive_information_policy_config[0].pii_entities_config[0].type == "EMAIL"
    error_message = "Words or sensitive information are missing."
  }
}

run "nothing" {
  command = plan
  module { source = "./modules/guardrail" }
  variables {
    # says: A guardrail has to do something
    name = "acme"
  }
  expect_failures = [aws_bedrock_guardrail.this]
}

run "name" {
  command = plan
  module { source = "./modules/guardrail" }
  variables {
    # says: 1 to 50 letters, digits
    name  = "acme guardrail"
    words = ["x"]
  }
  expect_failures = [var.name]
}

run "input_message" {
  command = plan
  module { source = "./modules/guardrail" }
  variables {
    # says: `blocked_input_message` has to be
    name                  = "acme"
    words                 = ["x"]
    blocked_input_message = ""
  }
  expect_failures = [var.blocked_input_message]
}

run "output_message" {
  command = plan
  module { source = "./modules/guardrail" }
  variables {
    # says: `blocked_output_message` has to be
    name                   = "acme"
    words                  = ["x"]
    blocked_output_message = ""
  }
  expect_failures = [var.blocked_output_message]
}

run "filter_kind" {
  command = plan
  module { source = "./modules/guardrail" }
  variables {
    # says: and `violence`. Rename: rudeness
    name            = "acme"
    content_filters = { rudeness = {} }
  }
  expect_failures = [var.content_filters]
}

run "filter_strength" {
  command = plan
  module { source = "./modules/guardrail" }
  variables {
    # says: The strength of each of `content_filters`
    name            = "acme"
    content_filters = { hate = { output = "STRONG" } }
  }
  expect_failures = [var.content_filters]
}

run "prompt_attack_in_an_answer" {
  command = plan
  module { source = "./modules/guardrail" }
  variables {
    # says: Only a request can be a prompt attack
    name            = "acme"
    content_filters = { prompt_attack = { output = "HIGH" } }
  }
  expect_failures = [var.content_filters]
}

run "topic_name" {
  command = plan
  module { source = "./modules/guardrail" }
  variables {
    # says: takes up to 30 topics
    name          = "acme"
    denied_topics = { "Löhne" = { definition = "What people earn." } }
  }
  expect_failures = [var.denied_topics]
}

run "topic_definition" {
  command = plan
  module { source = "./modules/guardrail" }
  variables {
    # says: up to five examples. Correct: Wages
    name          = "acme"
    denied_topics = { Wages = { definition = "" } }
  }
  expect_failures = [var.denied_topics]
}

run "threshold" {
  command = plan
  module { source = "./modules/guardrail" }
  variables {
    # says: thresholds of `grounding`
    name      = "acme"
    grounding = { relevance = 1 }
  }
  expect_failures = [var.grounding]
}

run "regex_action" {
  command = plan
  module { source = "./modules/guardrail" }
  variables {
    # says: `action` in `regexes`
    name    = "acme"
    regexes = { a = { pattern = "a", action = "MASK" } }
  }
  expect_failures = [var.regexes]
}

run "regex_lookaround" {
  command = plan
  module { source = "./modules/guardrail" }
  variables {
    # says: may not look ahead or behind
    name    = "acme"
    regexes = { a = { pattern = "a(?=b)" } }
  }
  expect_failures = [var.regexes]
}

run "sensitive_action" {
  command = plan
  module { source = "./modules/guardrail" }
  variables {
    # says: kind of `sensitive_information` has to be `BLOCK`
    name                  = "acme"
    sensitive_information = { email = "MASK" }
  }
  expect_failures = [var.sensitive_information]
}

run "sensitive_kind" {
  command = plan
  module { source = "./modules/guardrail" }
  variables {
    # says: Bedrock's name for it in small letters
    name                  = "acme"
    sensitive_information = { EMAIL = "BLOCK" }
  }
  expect_failures = [var.sensitive_information]
}

run "long_phrase" {
  command = plan
  module { source = "./modules/guardrail" }
  variables {
    # says: up to three words
    name  = "acme"
    words = ["this phrase is long"]
  }
  expect_failures = [var.words]
}
