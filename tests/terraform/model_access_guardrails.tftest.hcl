# A guardrail is part of every Allow of its target, and a Deny holds it up against any other policy.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}
variables {
  invoke        = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
  guardrail_arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl"
}

run "guardrail_of_the_deployment" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = {
      fast = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["us-west-2"] }
      nova = { id = "amazon.nova-lite-v1:0" }
    }
    guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "7" }
  }

  assert {
    condition = jsondecode(output.policy_documents[0]).Statement == [
      {
        Sid       = "DenyCallsWithoutGuardrail", Effect = "Deny", Action = var.invoke
        Condition = { StringNotEquals = { "bedrock:GuardrailIdentifier" = "${var.guardrail_arn}:7" } }
        Resource  = ["arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0"]
      },
      {
        Sid = "DenyModelsWithoutGuardrail", Effect = "Deny", Action = var.invoke
        Condition = {
          StringNotEquals = { "bedrock:GuardrailIdentifier" = "${var.guardrail_arn}:7" }
          Null            = { "bedrock:InferenceProfileArn" = "true" }
        }
        Resource = ["arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"]
      },
      { Sid = "ApplyGuardrails", Effect = "Allow", Action = ["bedrock:ApplyGuardrail"], Resource = [var.guardrail_arn] },
      {
        Sid       = "InvokeFoundationModelsWithGuardrail", Effect = "Allow", Action = var.invoke
        Condition = { StringEquals = { "bedrock:GuardrailIdentifier" = "${var.guardrail_arn}:7" } }
        Resource  = ["arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"]
      },
      {
        Sid       = "InvokeGeographicProfilesWithGuardrail", Effect = "Allow", Action = var.invoke
        Condition = { StringEquals = { "bedrock:GuardrailIdentifier" = "${var.guardrail_arn}:7" } }
        Resource  = ["arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0"]
      },
      {
        Sid       = "FastViaProfile", Effect = "Allow", Action = var.invoke
        Condition = { StringEquals = { "bedrock:InferenceProfileArn" = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0" } }
        Resource = [
          "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0",
          "arn:aws:bedrock:us-west-2::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0",
        ]
      },
    ]
    error_message = "Each target is allowed with the guardrail's version only, and denied without it: ${output.policy_documents[0]}"
  }
  assert {
    condition     = output.registry["fast"].guardrail == { id = var.guardrail_arn, version = "7", input_tags = false }
    error_message = "The handler learns what to set on each call."
  }
}

run "guardrail_of_one_model" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = {
      guarded = { id = "us.amazon.nova-lite-v1:0", destination_regions = ["us-west-2"], guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "7" } }
      open    = { id = "amazon.nova-lite-v1:0" }
    }
  }

  assert {
    condition     = flatten([for statement in jsondecode(output.policy_documents[0]).Statement : statement.Resource if statement.Effect == "Deny"]) == ["arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0"]
    error_message = "The Deny lists the guarded target alone, not the model that another alias uses unguarded: ${output.policy_documents[0]}"
  }
  assert {
    condition     = [for statement in jsondecode(output.policy_documents[0]).Statement : statement if statement.Sid == "InvokeFoundationModels"][0] == { Sid = "InvokeFoundationModels", Effect = "Allow", Action = var.invoke, Resource = ["arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"] }
    error_message = "The other alias stays without condition: ${output.policy_documents[0]}"
  }
}

run "guarded_model_beside_its_open_profile" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = {
      guarded = { id = "amazon.nova-lite-v1:0", guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "7" } }
      open    = { id = "us.amazon.nova-lite-v1:0", destination_regions = ["us-west-2"] }
    }
  }

  assert {
    condition = [for statement in jsondecode(output.policy_documents[0]).Statement : statement if statement.Effect == "Deny"] == [{
      Sid = "DenyModelsWithoutGuardrailAbcdefghijklVersion7", Effect = "Deny", Action = var.invoke
      Condition = {
        StringNotEquals = { "bedrock:GuardrailIdentifier" = "${var.guardrail_arn}:7" }
        Null            = { "bedrock:InferenceProfileArn" = "true" }
      }
      Resource = ["arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"]
    }]
    error_message = "The Deny leaves calls through the profile alone: ${output.policy_documents[0]}"
  }
}

run "a_models_own_guardrail_goes_before_the_deployments" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = {
      own    = { id = "amazon.nova-lite-v1:0", guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/zyxwvutsrqpo", version = "2" } }
      common = { id = "amazon.nova-pro-v1:0" }
    }
    guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "7" }
  }

  assert {
    condition = { for statement in jsondecode(output.policy_documents[0]).Statement : statement.Resource[0] => statement.Condition.StringEquals["bedrock:GuardrailIdentifier"] if startswith(statement.Sid, "Invoke") } == {
      "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0" = "arn:aws:bedrock:us-east-1:123456789012:guardrail/zyxwvutsrqpo:2"
      "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0"  = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl:7"
    }
    error_message = "Each stands under its own: ${output.policy_documents[0]}"
  }
}

run "streams_are_denied_even_where_streaming_is_off" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models    = { nova = { id = "amazon.nova-lite-v1:0" } }
    guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "7" }
    streaming = false
  }

  assert {
    condition     = jsondecode(output.policy_documents[0]).Statement[0].Effect == "Deny" && jsondecode(output.policy_documents[0]).Statement[0].Action == var.invoke
    error_message = "Another policy of the role may allow the stream: ${output.policy_documents[0]}"
  }
}

run "guardrail_across_regions" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = { nova = { id = "amazon.nova-lite-v1:0" } }
    guardrail = {
      arn     = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl"
      version = "7"
      profile_arns = [
        "arn:aws:bedrock:us-east-1:123456789012:guardrail-profile/us.guardrail.v1:0",
        "arn:aws:bedrock:us-west-2:123456789012:guardrail-profile/us.guardrail.v1:0",
      ]
    }
  }

  assert {
    condition = [for statement in jsondecode(output.policy_documents[0]).Statement : statement.Resource if statement.Sid == "ApplyGuardrails"][0] == [
      "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl",
      "arn:aws:bedrock:us-east-1:123456789012:guardrail-profile/us.guardrail.v1:0",
      "arn:aws:bedrock:us-west-2:123456789012:guardrail-profile/us.guardrail.v1:0",
    ]
    error_message = "A guardrail that uses cross-Region inference is applied through its profile: ${output.policy_documents[0]}"
  }
}

run "guarded_marketplace_endpoint" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models    = { shop = { id = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/shop", family = "other" } }
    guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "7" }
  }

  assert {
    condition     = jsondecode(output.policy_documents[0]).Statement[0].Resource == ["arn:aws:bedrock:us-east-1:123456789012:marketplace/model-endpoint/all-access"]
    error_message = "Bedrock's collective resource is what the Deny can name: ${output.policy_documents[0]}"
  }
}
