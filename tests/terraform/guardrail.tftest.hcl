# Everything that a guardrail may hold.

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
