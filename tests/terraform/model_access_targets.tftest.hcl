# The exact policy of every kind of target: each run compares the whole document.

# The real provider, offline: nothing that is planned here is looked up.
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
  invoke = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
}

run "foundation_model" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = { nova = { id = "amazon.nova-lite-v1:0" } }
  }

  assert {
    condition = jsondecode(output.policy_documents[0]) == {
      Version = "2012-10-17"
      Statement = [
        { Sid = "InvokeFoundationModels", Effect = "Allow", Action = var.invoke, Resource = ["arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"] },
      ]
    }
    error_message = "A foundation model is its ARN in this Region: ${output.policy_documents[0]}"
  }
  assert {
    condition     = length(output.policy_documents) == 1
    error_message = "One model fits into one document."
  }
  assert {
    condition     = output.registry["nova"].family == "nova" && output.registry["nova"].base_id == "amazon.nova-lite-v1:0"
    error_message = "The ID tells family and base model."
  }
}

run "foundation_model_by_arn" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = {
      by_arn = { id = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0" }
      by_id  = { id = "amazon.nova-lite-v1:0" }
    }
  }

  assert {
    condition = jsondecode(output.policy_documents[0]).Statement == [
      { Sid = "InvokeFoundationModels", Effect = "Allow", Action = var.invoke, Resource = ["arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"] },
    ]
    error_message = "ID and ARN of one model are one target: ${output.policy_documents[0]}"
  }
}

run "geographic_profile" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = { fast = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["us-west-2", "us-east-2"] } }
  }

  assert {
    condition = jsondecode(output.policy_documents[0]).Statement == [
      { Sid = "InvokeGeographicProfiles", Effect = "Allow", Action = var.invoke, Resource = ["arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0"] },
      {
        Sid       = "FastViaProfile", Effect = "Allow", Action = var.invoke
        Condition = { StringEquals = { "bedrock:InferenceProfileArn" = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0" } }
        Resource = [
          "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0",
          "arn:aws:bedrock:us-east-2::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0",
          "arn:aws:bedrock:us-west-2::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0",
        ]
      },
    ]
    error_message = "The profile, and its model in the source and every destination Region through the profile: ${output.policy_documents[0]}"
  }
  assert {
    condition     = output.registry["fast"].family == "anthropic" && output.registry["fast"].base_id == "anthropic.claude-haiku-4-5-20251001-v1:0"
    error_message = "The base model is the profile's ID without its geography."
  }
}

run "geographic_profile_by_arn" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = { fast = { id = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/mx.newcomer.model-v1:0", family = "other", destination_regions = ["mx-central-1"] } }
  }

  assert {
    condition = jsondecode(output.policy_documents[0]).Statement[1].Resource == [
      "arn:aws:bedrock:mx-central-1::foundation-model/newcomer.model-v1:0",
      "arn:aws:bedrock:us-east-1::foundation-model/newcomer.model-v1:0",
    ]
    error_message = "An ARN says that it is a profile, whatever its geography: ${output.policy_documents[0]}"
  }
}

run "profile_of_a_geography_yet_unknown" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = { fast = { id = "mx.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["mx-central-1"] } }
  }

  assert {
    condition     = output.allowed_models["fast"] == "arn:aws:bedrock:us-east-1:123456789012:inference-profile/mx.anthropic.claude-haiku-4-5-20251001-v1:0"
    error_message = "A known provider in second place tells a profile."
  }
}

run "model_with_dots_is_no_profile" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = { deep = { id = "deepseek.v3.2" } }
  }

  assert {
    condition     = output.allowed_models["deep"] == "arn:aws:bedrock:us-east-1::foundation-model/deepseek.v3.2"
    error_message = "deepseek.v3.2 is a model."
  }
}

run "global_profile" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models                 = { world = { id = "global.anthropic.claude-sonnet-4-5-20250929-v1:0" } }
    allow_global_inference = true
  }

  assert {
    condition = jsondecode(output.policy_documents[0]).Statement == [
      {
        Sid       = "InvokeGlobalProfiles", Effect = "Allow", Action = var.invoke
        Condition = { StringEquals = { "aws:RequestedRegion" = "us-east-1" } }
        Resource  = ["arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-sonnet-4-5-20250929-v1:0"]
      },
      {
        Sid = "WorldViaProfile", Effect = "Allow", Action = var.invoke
        Condition = { StringEquals = {
          "aws:RequestedRegion"         = "us-east-1"
          "bedrock:InferenceProfileArn" = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-sonnet-4-5-20250929-v1:0"
        } }
        Resource = ["arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0"]
      },
      {
        Sid = "WorldViaGlobalProfile", Effect = "Allow", Action = var.invoke
        Condition = { StringEquals = {
          "aws:RequestedRegion"         = "unspecified"
          "bedrock:InferenceProfileArn" = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-sonnet-4-5-20250929-v1:0"
        } }
        Resource = ["arn:aws:bedrock:::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0"]
      },
    ]
    error_message = "Three statements: the profile, the model here, the model without a Region: ${output.policy_documents[0]}"
  }
}

run "application_profile" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = { costed = {
      id                  = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl"
      family              = "anthropic"
      source_models       = ["us.anthropic.claude-haiku-4-5-20251001-v1:0"]
      destination_regions = ["us-west-2"]
    } }
  }

  assert {
    condition = jsondecode(output.policy_documents[0]).Statement == [
      { Sid = "InvokeApplicationProfiles", Effect = "Allow", Action = var.invoke, Resource = ["arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl"] },
      {
        Sid       = "CostedViaProfile", Effect = "Allow", Action = var.invoke
        Condition = { StringEquals = { "bedrock:InferenceProfileArn" = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl" } }
        Resource = [
          "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0",
          "arn:aws:bedrock:us-west-2::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0",
        ]
      },
    ]
    error_message = "The application profile, and its source models under its own ARN: ${output.policy_documents[0]}"
  }
  assert {
    condition     = output.registry["costed"].base_id == "anthropic.claude-haiku-4-5-20251001-v1:0"
    error_message = "One source is the base model."
  }
}

run "application_profile_of_a_global_one" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = { costed = {
      id            = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl"
      family        = "anthropic"
      source_models = ["global.anthropic.claude-haiku-4-5-20251001-v1:0"]
    } }
    allow_global_inference = true
  }

  assert {
    condition = jsondecode(output.policy_documents[0]).Statement[2] == {
      Sid = "CostedViaGlobalProfile", Effect = "Allow", Action = var.invoke
      Condition = { StringEquals = {
        "aws:RequestedRegion"         = "unspecified"
        "bedrock:InferenceProfileArn" = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl"
      } }
      Resource = ["arn:aws:bedrock:::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0"]
    }
    error_message = "A copy of a global profile leaves the Region too: ${output.policy_documents[0]}"
  }
}

run "models_of_the_account" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = {
      bought   = { id = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl", family = "anthropic" }
      tuned    = { id = "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/abcdefghijkl", family = "nova" }
      imported = { id = "arn:aws:bedrock:us-east-1:123456789012:imported-model/abcdefghijkl", family = "llama" }
    }
  }

  assert {
    condition = jsondecode(output.policy_documents[0]).Statement == [
      { Sid = "InvokeCustomModelDeployments", Effect = "Allow", Action = var.invoke, Resource = ["arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/abcdefghijkl"] },
      { Sid = "InvokeImportedModels", Effect = "Allow", Action = var.invoke, Resource = ["arn:aws:bedrock:us-east-1:123456789012:imported-model/abcdefghijkl"] },
      { Sid = "InvokeProvisionedModels", Effect = "Allow", Action = var.invoke, Resource = ["arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl"] },
    ]
    error_message = "Each by its own ARN: ${output.policy_documents[0]}"
  }
  assert {
    condition     = output.registry["bought"].base_id == null
    error_message = "What an opaque ARN runs on is unknown."
  }
}

run "marketplace_endpoint" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = { shop = { id = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/shop", family = "other" } }
  }

  assert {
    condition = jsondecode(output.policy_documents[0]).Statement == [
      { Sid = "InvokeMarketplaceEndpoints", Effect = "Allow", Action = var.invoke, Resource = ["arn:aws:bedrock:us-east-1:123456789012:marketplace/model-endpoint/all-access"] },
      {
        Sid       = "InvokeMarketplaceEndpointsThroughBedrock", Effect = "Allow", Action = ["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"]
        Condition = { StringEquals = { "aws:CalledViaLast" = "bedrock.amazonaws.com" } }
        Resource  = ["arn:aws:sagemaker:us-east-1:123456789012:endpoint/shop"]
      },
    ]
    error_message = "Bedrock's collective resource, and the endpoint itself for calls by Bedrock: ${output.policy_documents[0]}"
  }
}

run "sagemaker_endpoint" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = { tuned = { sagemaker = { endpoint = "Acme-llama", inference_component = "copy-1" } } }
  }

  assert {
    condition = jsondecode(output.policy_documents[0]).Statement == [
      {
        Sid = "InvokeSageMakerEndpoints", Effect = "Allow", Action = ["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"]
        Resource = [
          "arn:aws:sagemaker:us-east-1:123456789012:endpoint/Acme-llama",
          "arn:aws:sagemaker:us-east-1:123456789012:endpoint/acme-llama",
          "arn:aws:sagemaker:us-east-1:123456789012:inference-component/copy-1",
        ]
      },
    ]
    error_message = "The endpoint in either case, and the component: ${output.policy_documents[0]}"
  }
  assert {
    condition     = output.registry["tuned"].family == "sagemaker" && output.registry["tuned"].id == null
    error_message = "A SageMaker endpoint has no ID."
  }
}

run "no_streaming_no_streaming_action" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = {
      fast  = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["us-west-2"] }
      nova  = { id = "amazon.nova-lite-v1:0" }
      shop  = { id = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/shop", family = "other" }
      tuned = { sagemaker = { endpoint = "acme-llama" } }
    }
    streaming = false
  }

  assert {
    condition     = toset(flatten([for statement in jsondecode(output.policy_documents[0]).Statement : statement.Action])) == toset(["bedrock:InvokeModel", "sagemaker:InvokeEndpoint"])
    error_message = "Without streaming no streaming action: ${output.policy_documents[0]}"
  }
}

run "count_tokens" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = {
      fast = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["us-west-2"] }
      nova = { id = "amazon.nova-lite-v1:0" }
    }
    count_tokens = true
  }

  assert {
    condition = [for statement in jsondecode(output.policy_documents[0]).Statement : statement if contains(statement.Action, "bedrock:CountTokens")] == [
      { Sid = "CountTokens", Effect = "Allow", Action = ["bedrock:CountTokens"], Resource = ["arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0"] },
    ]
    error_message = "Claude's base models in this Region, unconditioned: ${output.policy_documents[0]}"
  }
}

run "two_aliases_of_one_profile_share_its_statements" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = {
      cheap = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["us-west-2"] }
      fast  = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["us-east-2"] }
    }
  }

  assert {
    condition     = length(jsondecode(output.policy_documents[0]).Statement) == 2 && length(jsondecode(output.policy_documents[0]).Statement[1].Resource) == 3
    error_message = "One target, both aliases' Regions: ${output.policy_documents[0]}"
  }
}

run "two_aliases_of_one_application_profile_share_its_sources" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = {
      large = { id = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl", family = "nova", source_models = ["amazon.nova-pro-v1:0"] }
      small = { id = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl", family = "nova", source_models = ["amazon.nova-lite-v1:0"] }
    }
  }

  assert {
    condition = jsondecode(output.policy_documents[0]).Statement[1].Resource == [
      "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0",
      "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
    ]
    error_message = "One target, both aliases' sources: ${output.policy_documents[0]}"
  }
}

run "sids_stay_unique" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = {
      "a-b" = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["us-west-2"] }
      "a.b" = { id = "us.anthropic.claude-sonnet-4-5-20250929-v1:0", destination_regions = ["us-west-2"] }
      "A_B" = { id = "us.amazon.nova-pro-v1:0", destination_regions = ["us-west-2"] }
    }
  }

  assert {
    condition     = length(distinct([for statement in jsondecode(output.policy_documents[0]).Statement : lower(statement.Sid)])) == 4
    error_message = "IAM refuses a document with two equal Sids: ${output.policy_documents[0]}"
  }
  assert {
    condition     = alltrue([for statement in jsondecode(output.policy_documents[0]).Statement : can(regex("^[A-Za-z0-9]+$", statement.Sid))])
    error_message = "A Sid is letters and digits: ${output.policy_documents[0]}"
  }
}

run "registry" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    models = {
      fast  = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["us-west-2"], fallbacks = ["nova"], max_output_tokens = 4096, on_timeout = "fallback", betas = ["context-1m-2025-08-07"], clamp_output_tokens = true }
      nova  = { id = "amazon.nova-lite-v1:0", guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "2" }, cache = { ttl_seconds = 3600 } }
      tuned = { sagemaker = { endpoint = "acme-llama" } }
      chat  = { sagemaker = { endpoint = "acme-chat", inference_component = "acme-mistral", format = "openai" } }
    }
  }

  assert {
    condition = jsondecode(output.registry_environment) == {
      fast = {
        id                  = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
        family              = "anthropic"
        base_id             = "anthropic.claude-haiku-4-5-20251001-v1:0"
        fallbacks           = ["nova"]
        max_output_tokens   = 4096
        clamp_output_tokens = true
        on_timeout          = "fallback"
        betas               = ["context-1m-2025-08-07"]
      }
      nova = {
        id        = "amazon.nova-lite-v1:0"
        family    = "nova"
        base_id   = "amazon.nova-lite-v1:0"
        guardrail = { id = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "2" }
        cache     = { ttl_seconds = 3600, scope = "tenant" }
      }
      tuned = { family = "sagemaker", sagemaker = { endpoint = "acme-llama" } }
      chat  = { family = "sagemaker", sagemaker = { endpoint = "acme-chat", inference_component = "acme-mistral", format = "openai" } }
    }
    error_message = "What is null or empty is absent: ${output.registry_environment}"
  }
}

run "a_model_past_its_end_is_warned_of" {
  command = plan
  module { source = "./modules/model-access" }

  variables {
    models = { old = { id = "us.anthropic.claude-3-7-sonnet-20250219-v1:0", destination_regions = ["us-west-2"] } }
  }

  expect_failures = [check.model_lifecycle]
}

run "a_model_that_is_served_through_profiles_alone_is_told_of" {
  command = plan
  module { source = "./modules/model-access" }

  variables {
    models = {
      bare  = { id = "anthropic.claude-opus-4-7" }
      other = { id = "us.anthropic.claude-opus-4-7", destination_regions = ["us-west-2"] }
      nova  = { id = "amazon.nova-lite-v1:0" }
    }
  }

  expect_failures = [check.models_of_profiles]

  assert {
    condition     = join(",", local.without_profile) == "bare = \"us.anthropic.claude-opus-4-7\""
    error_message = "The one that is called by its own ID, and what to declare: ${join(",", local.without_profile)}"
  }
}
