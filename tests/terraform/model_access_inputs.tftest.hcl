# One bad input a run. `says` is what the message must contain: test_native.py reads it back.

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

run "no_models" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: models is empty
    models = {}
  }
  expect_failures = [var.models]
}

run "alias_with_a_space" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: rename: my model
    models = { "my model" = { id = "amazon.nova-lite-v1:0" } }
  }
  expect_failures = [var.models]
}

run "alias_too_long" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: rename: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    models = { xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx = { id = "amazon.nova-lite-v1:0" } }
  }
  expect_failures = [var.models]
}

run "neither_id_nor_sagemaker" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: exactly one of id and sagemaker; correct: neither
    models = { neither = { family = "nova" } }
  }
  expect_failures = [var.models]
}

run "both_id_and_sagemaker" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: exactly one of id and sagemaker; correct: both
    models = { both = { id = "amazon.nova-lite-v1:0", sagemaker = { endpoint = "tuned" } } }
  }
  expect_failures = [var.models]
}

run "id_without_provider" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: endpoint (a custom-model is called through its custom-model-deployment or provisioned-model); correct: bare
    models = { bare = { id = "nova-lite" } }
  }
  expect_failures = [var.models]
}

run "id_with_a_wildcard" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: provisioned-model); correct: greedy
    models = { greedy = { id = "amazon.nova-*" } }
  }
  expect_failures = [var.models]
}

run "id_with_dot_segments" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: provisioned-model); correct: climber
    models = { climber = { id = "amazon.nova/../titan" } }
  }
  expect_failures = [var.models]
}

run "arn_of_a_custom_model" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: provisioned-model); correct: custom
    models = { custom = { id = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0/abcdefghijkl", family = "nova" } }
  }
  expect_failures = [var.models]
}

run "id_too_long" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: provisioned-model); correct: endless
    models = { endless = { id = "us.${format("%063d", 0)}.${format("%063d", 0)}.${format("%063d", 0)}:${format("%063d", 0)}", family = "other", destination_regions = ["us-east-1"] } }
  }
  expect_failures = [var.models]
}

run "unknown_family" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: family must be one of anthropic, cohere-command,
    models = { odd = { id = "amazon.nova-lite-v1:0", family = "gpt" } }
  }
  expect_failures = [var.models]
}

run "sagemaker_by_arn" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: are names, not ARNs
    models = { tuned = { sagemaker = { endpoint = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/tuned" } } }
  }
  expect_failures = [var.models]
}

run "sagemaker_component_with_a_space" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: are names, not ARNs
    models = { tuned = { sagemaker = { endpoint = "tuned", inference_component = "copy 1" } } }
  }
  expect_failures = [var.models]
}

run "sagemaker_without_a_name" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: are names, not ARNs
    models = { tuned = { sagemaker = { endpoint = "" } } }
  }
  expect_failures = [var.models]
}

run "implausible_destination" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: Region codes such as us-east-1; correct: US East
    models = { fast = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["us-east-1", "US East"] } }
  }
  expect_failures = [var.models]
}

run "wildcard_destination" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: Region codes such as us-east-1; correct: *
    models = { fast = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["*"] } }
  }
  expect_failures = [var.models]
}

run "source_model_by_arn" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: no ARNs; correct: arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0
    models = { costed = { id = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl", family = "nova", source_models = ["arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"] } }
  }
  expect_failures = [var.models]
}

run "undeclared_fallback" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: declare or remove: lonely -> missing
    models = { lonely = { id = "amazon.nova-lite-v1:0", fallbacks = ["missing"] } }
  }
  expect_failures = [var.models]
}

run "fallback_to_itself" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: declare or remove: loop -> loop
    models = { loop = { id = "amazon.nova-lite-v1:0", fallbacks = ["loop"] } }
  }
  expect_failures = [var.models]
}

run "alias_that_is_another_id" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: rename: deepseek.v3
    models = { "deepseek.v3" = { id = "amazon.nova-lite-v1:0" }, deep = { id = "deepseek.v3" } }
  }
  expect_failures = [var.models]
}

run "guardrail_by_id" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: without a version; correct: careful
    models = { careful = { id = "amazon.nova-lite-v1:0", guardrail = { arn = "abcdefghijkl", version = "7" } } }
  }
  expect_failures = [var.models]
}

run "guardrail_draft" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: publish a version first; correct: careless
    models = { careless = { id = "amazon.nova-lite-v1:0", guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "DRAFT" } } }
  }
  expect_failures = [var.models]
}

run "guardrail_profile_by_id" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: holds guardrail profile ARNs
    models = { nova = { id = "amazon.nova-lite-v1:0", guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "7", profile_arns = ["us.guardrail.v1:0"] } } }
  }
  expect_failures = [var.models]
}

run "no_output_tokens" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: at least 1; correct: mute
    models = { mute = { id = "amazon.nova-lite-v1:0", max_output_tokens = 0 } }
  }
  expect_failures = [var.models]
}

run "half_an_output_token" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: at least 1; correct: halved
    models = { halved = { id = "amazon.nova-lite-v1:0", max_output_tokens = 1.5 } }
  }
  expect_failures = [var.models]
}

run "several_betas_in_one" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: single anthropic_beta values
    models = { fast = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["us-east-1"], betas = ["one,two"] } }
  }
  expect_failures = [var.models]
}

run "negative_price" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: to 10,000; correct: generous.output
    models = { generous = { id = "amazon.nova-lite-v1:0", price = { input = 0.06, output = -0.24 } } }
  }
  expect_failures = [var.models]
}

run "price_of_a_billion_tokens" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: to 10,000; correct: dear.input
    models = { dear = { id = "amazon.nova-lite-v1:0", price = { input = 60000, output = 0.24 } } }
  }
  expect_failures = [var.models]
}

run "price_of_a_third" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: round up: uneven.input
    models = { uneven = { id = "amazon.nova-lite-v1:0", price = { input = 1 / 3, output = 1 } } }
  }
  expect_failures = [var.models]
}

run "cache_for_no_time" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: a whole number of seconds, from 1 to 2678400 (31 days); correct: kept
    models = { kept = { id = "amazon.nova-lite-v1:0", cache = { ttl_seconds = 0 } } }
  }
  expect_failures = [var.models]
}

run "cache_for_half_a_second" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: a whole number of seconds, from 1 to 2678400 (31 days); correct: kept
    models = { kept = { id = "amazon.nova-lite-v1:0", cache = { ttl_seconds = 0.5 } } }
  }
  expect_failures = [var.models]
}

run "cache_for_a_year" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: a whole number of seconds, from 1 to 2678400 (31 days); correct: kept
    models = { kept = { id = "amazon.nova-lite-v1:0", cache = { ttl_seconds = 31536000 } } }
  }
  expect_failures = [var.models]
}

run "cache_for_whom" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: shared (everybody who may use the model is); correct: kept
    models = { kept = { id = "amazon.nova-lite-v1:0", cache = { ttl_seconds = 60, scope = "everyone" } } }
  }
  expect_failures = [var.models]
}

run "deployment_guardrail_by_id" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: guardrail.arn must be a guardrail's ARN
    models    = { nova = { id = "amazon.nova-lite-v1:0" } }
    guardrail = { arn = "abcdefghijkl", version = "7" }
  }
  expect_failures = [var.guardrail]
}

run "deployment_guardrail_draft" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: publish a version first.
    models    = { nova = { id = "amazon.nova-lite-v1:0" } }
    guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "DRAFT" }
  }
  expect_failures = [var.guardrail]
}

run "deployment_guardrail_profile_by_id" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: holds guardrail profile ARNs
    models    = { nova = { id = "amazon.nova-lite-v1:0" } }
    guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "7", profile_arns = ["us.guardrail.v1:0"] }
  }
  expect_failures = [var.guardrail]
}

run "no_documents_allowed" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: whole number from 1 to 20
    models                   = { nova = { id = "amazon.nova-lite-v1:0" } }
    maximum_policy_documents = 0
  }
  expect_failures = [var.maximum_policy_documents]
}

run "no_registry_allowed" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: between 1 and 4096
    models                 = { nova = { id = "amazon.nova-lite-v1:0" } }
    maximum_registry_bytes = 5000
  }
  expect_failures = [var.maximum_registry_bytes]
}

run "family_that_the_id_does_not_tell" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: set family (one of
    models = { video = { id = "amazon.nova-reel-v1:0" } }
  }
  expect_failures = [output.registry]
}

run "opaque_arn_without_family" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: ): provisioned
    models = { provisioned = { id = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl" } }
  }
  expect_failures = [output.registry]
}

run "application_profile_without_family" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: ): costless
    models = { costless = { id = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl", source_models = ["amazon.nova-lite-v1:0"] } }
  }
  expect_failures = [output.registry]
}

run "geographic_profile_without_destinations" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: lists them): nowhere
    models = { nowhere = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0" } }
  }
  expect_failures = [output.registry]
}

run "foundation_model_with_destinations" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: or use the profile's ID: settled
    models = { settled = { id = "amazon.nova-lite-v1:0", destination_regions = ["us-east-1"] } }
  }
  expect_failures = [output.registry]
}

run "global_profile_with_destinations" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: or use the profile's ID: everywhere
    models                 = { everywhere = { id = "global.anthropic.claude-sonnet-4-5-20250929-v1:0", destination_regions = ["us-east-1"] } }
    allow_global_inference = true
  }
  expect_failures = [output.registry]
}

run "destination_in_another_partition" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: partition, aws; remove: us-gov-west-1
    models = { fast = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["us-east-1", "us-gov-west-1"] } }
  }
  expect_failures = [output.registry]
}

run "application_profile_without_sources" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: what it was made from: sourceless
    models = { sourceless = { id = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl", family = "anthropic" } }
  }
  expect_failures = [output.registry]
}

run "foundation_model_with_sources" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: remove source_models: original
    models = { original = { id = "amazon.nova-lite-v1:0", source_models = ["amazon.nova-lite-v1:0"] } }
  }
  expect_failures = [output.registry]
}

run "global_profile_not_allowed" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: allow_global_inference = true: abroad
    models = { abroad = { id = "global.anthropic.claude-sonnet-4-5-20250929-v1:0" } }
  }
  expect_failures = [output.registry]
}

run "application_profile_of_a_global_one_not_allowed" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: allow_global_inference = true: hidden
    models = { hidden = { id = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl", family = "anthropic", source_models = ["global.anthropic.claude-sonnet-4-5-20250929-v1:0"] } }
  }
  expect_failures = [output.registry]
}

run "arn_of_another_region" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: or correct them: distant
    models = { distant = { id = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0" } }
  }
  expect_failures = [output.registry]
}

run "arn_of_another_partition" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: or correct them: walled
    models = { walled = { id = "arn:aws-us-gov:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0" } }
  }
  expect_failures = [output.registry]
}

run "profile_arn_of_another_account" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: or correct them: borrowed
    models = { borrowed = { id = "arn:aws:bedrock:us-east-1:999999999999:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["us-east-1"] } }
  }
  expect_failures = [output.registry]
}

run "betas_of_another_family" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: are Anthropic's; remove them, or set family
    models = { modern = { id = "amazon.nova-lite-v1:0", betas = ["context-1m-2025-08-07"] } }
  }
  expect_failures = [output.registry]
}

run "aliases_that_disagree_about_the_guardrail" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: the same guardrail: lenient, strict
    models = {
      lenient = { id = "amazon.nova-lite-v1:0" }
      strict  = { id = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0", guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "7" } }
    }
  }
  expect_failures = [output.registry]
}

run "marketplace_endpoints_that_disagree_about_the_guardrail" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: the same guardrail: bazaar, mall
    models = {
      bazaar = { id = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/bazaar", family = "other" }
      mall   = { id = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/mall", family = "other", guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "7" } }
    }
  }
  expect_failures = [output.registry]
}

run "guardrail_on_a_sagemaker_endpoint" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: or move to another deployment: unguardable
    models = { unguardable = { sagemaker = { endpoint = "tuned" }, guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "7" } } }
  }
  expect_failures = [output.registry]
}

run "deployment_guardrail_with_a_sagemaker_endpoint" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: or move to another deployment: exposed
    models    = { exposed = { sagemaker = { endpoint = "tuned" } } }
    guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "7" }
  }
  expect_failures = [output.registry]
}

run "unguarded_fallback" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: or remove it: shielded -> naked
    models = {
      shielded = { id = "amazon.nova-lite-v1:0", guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "7" }, fallbacks = ["naked"] }
      naked    = { id = "amazon.nova-pro-v1:0" }
    }
  }
  expect_failures = [output.registry]
}

run "price_without_output" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: would then be free; add: half.price.output
    models = { half = { id = "amazon.nova-lite-v1:0", price = { input = 0.06 } } }
  }
  expect_failures = [output.registry]
}

run "price_of_an_image_by_tokens" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: would then be free; add: canvas.price.image
    models = { canvas = { id = "amazon.nova-canvas-v1:0", price = { input = 0.06, output = 0.24 } } }
  }
  expect_failures = [output.registry]
}

run "price_of_embeddings_without_input" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: would then be free; add: embed.price.input
    models = { embed = { id = "amazon.titan-embed-text-v2:0", price = { output = 0.24 } } }
  }
  expect_failures = [output.registry]
}

run "too_many_documents" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: policy documents and a role carries 2
    models = { for index in range(60) : "claude-${index}" => {
      id                  = "us.anthropic.claude-haiku-4-5-2025${1000 + index}-v1:0"
      destination_regions = ["us-east-1", "us-east-2", "us-west-2"]
    } }
    maximum_policy_documents = 2
  }
  expect_failures = [output.policy_documents]
}

run "registry_too_large" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: bytes of environment and 1024 are allowed
    models                 = { for index in range(200) : "nova-${index}" => { id = "amazon.nova-lite-v${index}:0" } }
    maximum_registry_bytes = 1024
  }
  expect_failures = [output.registry_environment]
}

run "on_timeout_of_another_word" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: on_timeout is error, partial or fallback; correct: hasty
    models = { hasty = { id = "amazon.nova-lite-v1:0", on_timeout = "shrug" } }
  }
  expect_failures = [var.models]
}

run "fallback_on_timeout_without_one" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: needs somebody to fall back to; set fallbacks of: alone
    models = { alone = { id = "amazon.nova-lite-v1:0", on_timeout = "fallback" } }
  }
  expect_failures = [var.models]
}

run "partial_without_streaming" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: set streaming = true, or on_timeout = "error" of: patient
    models    = { patient = { id = "amazon.nova-lite-v1:0", on_timeout = "partial" } }
    streaming = false
  }
  expect_failures = [output.registry]
}

run "half_a_vector" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: remove on_timeout = "partial" of: embed, tuned
    models = {
      embed = { id = "amazon.titan-embed-text-v2:0", on_timeout = "partial" }
      tuned = { sagemaker = { endpoint = "acme-llama" }, on_timeout = "partial" }
    }
  }
  expect_failures = [output.registry]
}

run "format_of_another_word" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: sagemaker.format is native or openai; correct: tuned
    models = { tuned = { sagemaker = { endpoint = "acme-llama", format = "grpc" } } }
  }
  expect_failures = [var.models]
}

run "format_and_family" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: speaks that format whatever model it serves; remove family of: tuned
    models = { tuned = { sagemaker = { endpoint = "acme-llama", format = "openai" }, family = "llama" } }
  }
  expect_failures = [var.models]
}

run "price_of_a_chat_without_output" {
  command = plan
  module { source = "./modules/model-access" }
  variables {
    # says: which would then be free; add: tuned.price.output
    models = { tuned = { sagemaker = { endpoint = "acme-llama", format = "openai" }, price = { input = 0.2 } } }
  }
  expect_failures = [output.registry]
}
