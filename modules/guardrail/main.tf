# A guardrail and the version of it that calls carry. A version never changes: another policy is another version, and the
# draft, which does change, is nothing that IAM lets a call through with.

# Refuses names that no input has.
module "names" {
  source = "../names"

  given = { content_filters = var.content_filters, denied_topics = var.denied_topics, grounding = var.grounding, regexes = var.regexes }
  known = {
    "content_filters.*" = ["input", "output"]
    "denied_topics.*"   = ["definition", "examples"]
    "grounding"         = ["grounding", "relevance"]
    "regexes.*"         = ["pattern", "action", "description"]
  }
}

# Gives inputs their types and defaults, and refuses values.
module "inputs" {
  source = "./inputs"

  content_filters = var.content_filters
  denied_topics   = var.denied_topics
  grounding       = var.grounding
  regexes         = var.regexes
}

locals {
  # Of every policy, so that a change of one is a change of the description as well. A provider may not see that an
  # entry of a list is gone: https://github.com/hashicorp/terraform-provider-aws/issues/41505
  policies = sha1(jsonencode([
    var.blocked_input_message, var.blocked_output_message, module.inputs.content_filters, module.inputs.denied_topics, module.inputs.grounding,
    var.profanity, module.inputs.regexes, var.sensitive_information, var.words,
  ]))

  policy_count = (
    length(module.inputs.content_filters) + length(module.inputs.denied_topics) + length(local.grounding) + length(module.inputs.regexes) +
    length(var.sensitive_information) + length(var.words) + (var.profanity ? 1 : 0)
  )

  grounding = { for type, threshold in coalesce(module.inputs.grounding, {}) : type => threshold if threshold != null }
}

resource "aws_bedrock_guardrail" "this" {
  name                      = var.name
  description               = "Policies with SHA-1 ${local.policies}"
  blocked_input_messaging   = var.blocked_input_message
  blocked_outputs_messaging = var.blocked_output_message
  kms_key_arn               = try(var.kms_key.arn, null)
  tags                      = var.tags

  dynamic "content_policy_config" {
    for_each = length(module.inputs.content_filters) > 0 ? [module.inputs.content_filters] : []

    content {
      dynamic "filters_config" {
        for_each = content_policy_config.value

        content {
          type           = upper(filters_config.key)
          input_strength = filters_config.value.input
          # An attack on the prompt is something that only an input can be.
          output_strength = filters_config.key == "prompt_attack" ? "NONE" : coalesce(filters_config.value.output, "HIGH")
        }
      }
    }
  }

  dynamic "topic_policy_config" {
    for_each = length(module.inputs.denied_topics) > 0 ? [module.inputs.denied_topics] : []

    content {
      dynamic "topics_config" {
        for_each = topic_policy_config.value

        content {
          name       = topics_config.key
          type       = "DENY"
          definition = topics_config.value.definition
          examples   = topics_config.value.examples
        }
      }
    }
  }

  dynamic "word_policy_config" {
    for_each = length(var.words) > 0 || var.profanity ? [var.words] : []

    content {
      dynamic "words_config" {
        for_each = sort(word_policy_config.value)

        content {
          text = words_config.value
        }
      }

      dynamic "managed_word_lists_config" {
        for_each = [for wanted in [var.profanity] : "PROFANITY" if wanted]

        content {
          type = managed_word_lists_config.value
        }
      }
    }
  }

  dynamic "sensitive_information_policy_config" {
    for_each = length(var.sensitive_information) + length(module.inputs.regexes) > 0 ? [var.sensitive_information] : []

    content {
      dynamic "pii_entities_config" {
        for_each = sensitive_information_policy_config.value

        content {
          type   = upper(pii_entities_config.key)
          action = pii_entities_config.value
        }
      }

      dynamic "regexes_config" {
        for_each = module.inputs.regexes

        content {
          name        = regexes_config.key
          description = coalesce(regexes_config.value.description, regexes_config.key)
          pattern     = regexes_config.value.pattern
          action      = regexes_config.value.action
        }
      }
    }
  }

  dynamic "contextual_grounding_policy_config" {
    for_each = length(local.grounding) > 0 ? [local.grounding] : []

    content {
      dynamic "filters_config" {
        for_each = contextual_grounding_policy_config.value

        content {
          type      = upper(filters_config.key)
          threshold = filters_config.value
        }
      }
    }
  }

  lifecycle {
    precondition {
      condition     = local.policy_count > 0
      error_message = "A guardrail has to do something: declare at least one of `content_filters`, `denied_topics`, `words`, `profanity`, `sensitive_information`, `regexes` or `grounding`."
    }
  }
}

resource "aws_bedrock_guardrail_version" "this" {
  guardrail_arn = aws_bedrock_guardrail.this.guardrail_arn
  # Another description is another version, which is there before the last one goes.
  description = "Policies with SHA-1 ${local.policies}"

  lifecycle {
    create_before_destroy = true
  }
}
