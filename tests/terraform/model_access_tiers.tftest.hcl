# Service tiers and prompt caches: what the handler is told, and what IAM refuses.

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

run "a_tier_is_all_that_its_model_is_called_in" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = {
      fast  = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["us-west-2"], service_tier = "flex" }
      nova  = { id = "amazon.nova-lite-v1:0", service_tier = "priority" }
      plain = { id = "amazon.nova-micro-v1:0" }
    }
  }

  assert {
    condition = [for statement in jsondecode(output.policy_documents[0]).Statement : [statement.Sid, statement.Condition, statement.Resource] if statement.Effect == "Deny"] == [
      [
        "DenyCallsOutsideTierFlex",
        { StringNotEquals = { "bedrock:ServiceTier" = "flex" } },
        ["arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0"],
      ],
      [
        "DenyModelsOutsideTierPriority",
        { Null = { "bedrock:InferenceProfileArn" = "true" }, StringNotEquals = { "bedrock:ServiceTier" = "priority" } },
        ["arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"],
      ],
      [
        "DenyModelsInDearerTiers",
        { Null = { "bedrock:InferenceProfileArn" = "true" }, StringEquals = { "bedrock:ServiceTier" = ["priority", "flex", "reserved"] } },
        ["arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0"],
      ],
    ]
    error_message = "Each model is held to its tier: ${output.policy_documents[0]}"
  }
  assert {
    condition     = output.registry["fast"].service_tier == "flex" && output.registry["plain"].service_tier == null
    error_message = "The registry tells the tier."
  }
}

run "without_tiers_nothing_is_said_of_them" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = { nova = { id = "amazon.nova-lite-v1:0" } }
  }

  assert {
    condition     = !strcontains(join("", output.policy_documents), "ServiceTier")
    error_message = "The policy of those who declare none stays as it was."
  }
}

run "a_prompt_cache_is_told_to_the_handler" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = {
      fast = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["us-west-2"], prompt_cache = { ttl = "1h", points = ["system"] } }
      nova = { id = "amazon.nova-lite-v1:0", prompt_cache = {}, price = { input = 1, output = 1, cache_write = 0 } }
    }
  }

  assert {
    condition     = output.registry["fast"].prompt_cache == { ttl = "1h", points = tolist(["system"]) } && output.registry["nova"].prompt_cache.ttl == "5m"
    error_message = "The registry tells time and places."
  }
}
