# Bad inputs, and what must be said of each; test_refusals.py plans them.

refused "no_models" {
  says = "models is empty"

  models = {}
}

refused "alias_with_a_space" {
  says = "rename: my model"

  models = { "my model" = { id = "amazon.nova-lite-v1:0" } }
}

refused "alias_too_long" {
  says = "rename: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

  models = { xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx = { id = "amazon.nova-lite-v1:0" } }
}

refused "neither_id_nor_sagemaker" {
  says = "exactly one of id and sagemaker; correct: neither"

  models = { neither = { family = "nova" } }
}

refused "both_id_and_sagemaker" {
  says = "exactly one of id and sagemaker; correct: both"

  models = { both = { id = "amazon.nova-lite-v1:0", sagemaker = { endpoint = "tuned" } } }
}

refused "id_without_provider" {
  says = "endpoint (a custom-model is called through its custom-model-deployment or provisioned-model); correct: bare"

  models = { bare = { id = "nova-lite" } }
}

refused "id_with_a_wildcard" {
  says = "provisioned-model); correct: greedy"

  models = { greedy = { id = "amazon.nova-*" } }
}

refused "id_with_dot_segments" {
  says = "provisioned-model); correct: climber"

  models = { climber = { id = "amazon.nova/../titan" } }
}

refused "arn_of_a_custom_model" {
  says = "provisioned-model); correct: custom"

  models = { custom = { id = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0/abcdefghijkl", family = "nova" } }
}

refused "id_too_long" {
  says = "provisioned-model); correct: endless"

  models = { endless = { id = "us.${format("%063d", 0)}.${format("%063d", 0)}.${format("%063d", 0)}:${format("%063d", 0)}", family = "other", destination_regions = ["us-east-1"] } }
}

refused "unknown_family" {
  says = "family must be one of anthropic, cohere-command,"

  models = { odd = { id = "amazon.nova-lite-v1:0", family = "gpt" } }
}

refused "sagemaker_by_arn" {
  says = "are names, not ARNs"

  models = { tuned = { sagemaker = { endpoint = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/tuned" } } }
}

refused "sagemaker_component_with_a_space" {
  says = "are names, not ARNs"

  models = { tuned = { sagemaker = { endpoint = "tuned", inference_component = "copy 1" } } }
}

refused "sagemaker_without_a_name" {
  says = "are names, not ARNs"

  models = { tuned = { sagemaker = { endpoint = "" } } }
}

refused "implausible_destination" {
  says = "Region codes such as us-east-1; correct: US East"

  models = { fast = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["us-east-1", "US East"] } }
}

refused "wildcard_destination" {
  says = "Region codes such as us-east-1; correct: *"

  models = { fast = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["*"] } }
}

refused "source_model_by_arn" {
  says = "no ARNs; correct: arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"

  models = { costed = { id = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl", family = "nova", source_models = ["arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"] } }
}

refused "undeclared_fallback" {
  says = "declare or remove: lonely -> missing"

  models = { lonely = { id = "amazon.nova-lite-v1:0", fallbacks = ["missing"] } }
}

refused "fallback_to_itself" {
  says = "declare or remove: loop -> loop"

  models = { loop = { id = "amazon.nova-lite-v1:0", fallbacks = ["loop"] } }
}

refused "alias_that_is_another_id" {
  says = "rename: deepseek.v3"

  models = { "deepseek.v3" = { id = "amazon.nova-lite-v1:0" }, deep = { id = "deepseek.v3" } }
}

refused "guardrail_by_id" {
  says = "without a version; correct: careful"

  models = { careful = { id = "amazon.nova-lite-v1:0", guardrail = { arn = "abcdefghijkl", version = "7" } } }
}

refused "guardrail_draft" {
  says = "publish a version first; correct: careless"

  models = { careless = { id = "amazon.nova-lite-v1:0", guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "DRAFT" } } }
}

refused "guardrail_profile_by_id" {
  says = "holds guardrail profile ARNs"

  models = { nova = { id = "amazon.nova-lite-v1:0", guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "7", profile_arns = ["us.guardrail.v1:0"] } } }
}

refused "no_output_tokens" {
  says = "at least 1; correct: mute"

  models = { mute = { id = "amazon.nova-lite-v1:0", max_output_tokens = 0 } }
}

refused "half_an_output_token" {
  says = "at least 1; correct: halved"

  models = { halved = { id = "amazon.nova-lite-v1:0", max_output_tokens = 1.5 } }
}

refused "several_betas_in_one" {
  says = "single anthropic_beta values"

  models = { fast = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["us-east-1"], betas = ["one,two"] } }
}

refused "negative_price" {
  says = "to 10,000; correct: generous.output"

  models = { generous = { id = "amazon.nova-lite-v1:0", price = { input = 0.06, output = -0.24 } } }
}

refused "price_of_a_billion_tokens" {
  says = "to 10,000; correct: dear.input"

  models = { dear = { id = "amazon.nova-lite-v1:0", price = { input = 60000, output = 0.24 } } }
}

refused "price_of_a_third" {
  says = "round up: uneven.input"

  models = { uneven = { id = "amazon.nova-lite-v1:0", price = { input = 1 / 3, output = 1 } } }
}

refused "cache_for_no_time" {
  says = "a whole number of seconds, from 1 to 2678400 (31 days); correct: kept"

  models = { kept = { id = "amazon.nova-lite-v1:0", cache = { ttl_seconds = 0 } } }
}

refused "cache_for_half_a_second" {
  says = "a whole number of seconds, from 1 to 2678400 (31 days); correct: kept"

  models = { kept = { id = "amazon.nova-lite-v1:0", cache = { ttl_seconds = 0.5 } } }
}

refused "cache_for_a_year" {
  says = "a whole number of seconds, from 1 to 2678400 (31 days); correct: kept"

  models = { kept = { id = "amazon.nova-lite-v1:0", cache = { ttl_seconds = 31536000 } } }
}

refused "cache_for_whom" {
  says = "shared (everybody who may use the model is); correct: kept"

  models = { kept = { id = "amazon.nova-lite-v1:0", cache = { ttl_seconds = 60, scope = "everyone" } } }
}

refused "deployment_guardrail_by_id" {
  says = "guardrail.arn must be a guardrail's ARN"

  models    = { nova = { id = "amazon.nova-lite-v1:0" } }
  guardrail = { arn = "abcdefghijkl", version = "7" }
}

refused "deployment_guardrail_draft" {
  says = "publish a version first."

  models    = { nova = { id = "amazon.nova-lite-v1:0" } }
  guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "DRAFT" }
}

refused "deployment_guardrail_profile_by_id" {
  says = "holds guardrail profile ARNs"

  models    = { nova = { id = "amazon.nova-lite-v1:0" } }
  guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "7", profile_arns = ["us.guardrail.v1:0"] }
}

refused "no_documents_allowed" {
  says = "whole number from 1 to 20"

  models                   = { nova = { id = "amazon.nova-lite-v1:0" } }
  maximum_policy_documents = 0
}

refused "no_registry_allowed" {
  says = "between 1 and 4096"

  models                 = { nova = { id = "amazon.nova-lite-v1:0" } }
  maximum_registry_bytes = 5000
}

refused "family_that_the_id_does_not_tell" {
  says = "set family (one of"

  models = { video = { id = "amazon.nova-reel-v1:0" } }
}

refused "opaque_arn_without_family" {
  says = "): provisioned"

  models = { provisioned = { id = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl" } }
}

refused "application_profile_without_family" {
  says = "): costless"

  models = { costless = { id = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl", source_models = ["amazon.nova-lite-v1:0"] } }
}

refused "geographic_profile_without_destinations" {
  says = "lists them): nowhere"

  models = { nowhere = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0" } }
}

refused "foundation_model_with_destinations" {
  says = "or use the profile's ID: settled"

  models = { settled = { id = "amazon.nova-lite-v1:0", destination_regions = ["us-east-1"] } }
}

refused "global_profile_with_destinations" {
  says = "or use the profile's ID: everywhere"

  models                 = { everywhere = { id = "global.anthropic.claude-sonnet-4-5-20250929-v1:0", destination_regions = ["us-east-1"] } }
  allow_global_inference = true
}

refused "destination_in_another_partition" {
  says = "partition, aws; remove: us-gov-west-1"

  models = { fast = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["us-east-1", "us-gov-west-1"] } }
}

refused "application_profile_without_sources" {
  says = "what it was made from: sourceless"

  models = { sourceless = { id = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl", family = "anthropic" } }
}

refused "foundation_model_with_sources" {
  says = "remove source_models: original"

  models = { original = { id = "amazon.nova-lite-v1:0", source_models = ["amazon.nova-lite-v1:0"] } }
}

refused "global_profile_not_allowed" {
  says = "allow_global_inference = true: abroad"

  models = { abroad = { id = "global.anthropic.claude-sonnet-4-5-20250929-v1:0" } }
}

refused "application_profile_of_a_global_one_not_allowed" {
  says = "allow_global_inference = true: hidden"

  models = { hidden = { id = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl", family = "anthropic", source_models = ["global.anthropic.claude-sonnet-4-5-20250929-v1:0"] } }
}

refused "arn_of_another_region" {
  says = "or correct them: distant"

  models = { distant = { id = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0" } }
}

refused "arn_of_another_partition" {
  says = "or correct them: walled"

  models = { walled = { id = "arn:aws-us-gov:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0" } }
}

refused "profile_arn_of_another_account" {
  says = "or correct them: borrowed"

  models = { borrowed = { id = "arn:aws:bedrock:us-east-1:999999999999:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["us-east-1"] } }
}

refused "betas_of_another_family" {
  says = "are Anthropic's; remove them, or set family"

  models = { modern = { id = "amazon.nova-lite-v1:0", betas = ["context-1m-2025-08-07"] } }
}

refused "aliases_that_disagree_about_the_guardrail" {
  says = "the same guardrail: lenient, strict"

  models = {
    lenient = { id = "amazon.nova-lite-v1:0" }
    strict  = { id = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0", guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "7" } }
  }
}

refused "marketplace_endpoints_that_disagree_about_the_guardrail" {
  says = "the same guardrail: bazaar, mall"

  models = {
    bazaar = { id = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/bazaar", family = "other" }
    mall   = { id = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/mall", family = "other", guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "7" } }
  }
}

refused "guardrail_on_a_sagemaker_endpoint" {
  says = "or move to another deployment: unguardable"

  models = { unguardable = { sagemaker = { endpoint = "tuned" }, guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "7" } } }
}

refused "deployment_guardrail_with_a_sagemaker_endpoint" {
  says = "or move to another deployment: exposed"

  models    = { exposed = { sagemaker = { endpoint = "tuned" } } }
  guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "7" }
}

refused "unguarded_fallback" {
  says = "or remove it: shielded -> naked"

  models = {
    shielded = { id = "amazon.nova-lite-v1:0", guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "7" }, fallbacks = ["naked"] }
    naked    = { id = "amazon.nova-pro-v1:0" }
  }
}

refused "price_without_output" {
  says = "would then be free; add: half.price.output"

  models = { half = { id = "amazon.nova-lite-v1:0", price = { input = 0.06 } } }
}

refused "price_of_an_image_by_tokens" {
  says = "would then be free; add: canvas.price.image"

  models = { canvas = { id = "amazon.nova-canvas-v1:0", price = { input = 0.06, output = 0.24 } } }
}

refused "price_of_embeddings_without_input" {
  says = "would then be free; add: embed.price.input"

  models = { embed = { id = "amazon.titan-embed-text-v2:0", price = { output = 0.24 } } }
}

refused "too_many_documents" {
  says = "policy documents and a role carries 2"

  models = { for index in range(60) : "claude-${index}" => {
    id                  = "us.anthropic.claude-haiku-4-5-2025${1000 + index}-v1:0"
    destination_regions = ["us-east-1", "us-east-2", "us-west-2"]
  } }
  maximum_policy_documents = 2
}

refused "registry_too_large" {
  says = "bytes of environment and 1024 are allowed"

  models                 = { for index in range(200) : "nova-${index}" => { id = "amazon.nova-lite-v${index}:0" } }
  maximum_registry_bytes = 1024
}

refused "on_timeout_of_another_word" {
  says = "on_timeout is error, partial or fallback; correct: hasty"

  models = { hasty = { id = "amazon.nova-lite-v1:0", on_timeout = "shrug" } }
}

refused "fallback_on_timeout_without_one" {
  says = "needs somebody to fall back to; set fallbacks of: alone"

  models = { alone = { id = "amazon.nova-lite-v1:0", on_timeout = "fallback" } }
}

refused "partial_without_streaming" {
  says = "set streaming = true, or on_timeout = \"error\" of: patient"

  models    = { patient = { id = "amazon.nova-lite-v1:0", on_timeout = "partial" } }
  streaming = false
}

refused "half_a_vector" {
  says = "remove on_timeout = \"partial\" of: embed, tuned"

  models = {
    embed = { id = "amazon.titan-embed-text-v2:0", on_timeout = "partial" }
    tuned = { sagemaker = { endpoint = "acme-llama" }, on_timeout = "partial" }
  }
}

refused "format_of_another_word" {
  says = "sagemaker.format is native or openai; correct: tuned"

  models = { tuned = { sagemaker = { endpoint = "acme-llama", format = "grpc" } } }
}

refused "format_and_family" {
  says = "speaks that format whatever model it serves; remove family of: tuned"

  models = { tuned = { sagemaker = { endpoint = "acme-llama", format = "openai" }, family = "llama" } }
}

refused "price_of_a_chat_without_output" {
  says = "which would then be free; add: tuned.price.output"

  models = { tuned = { sagemaker = { endpoint = "acme-llama", format = "openai" }, price = { input = 0.2 } } }
}

refused "govcloud_keeps_to_its_partition" {
  providers = { aws = aws.gov }
  says      = "in the provider's partition, aws-us-gov; remove: us-east-1"

  models = { fast = { id = "us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0", destination_regions = ["us-gov-east-1", "us-east-1"] } }
}

refused "china" {
  providers = { aws = aws.china }
  says      = "Amazon Bedrock isn't in the partition aws-cn"

  models = { nova = { id = "amazon.nova-lite-v1:0" } }
}

refused "misspelt_fallback" {
  says = "models.fast.fallback (did you mean `fallbacks`?)"

  models = { fast = { id = "amazon.nova-lite-v1:0", fallback = ["nova"] } }
}

refused "misspelt_output_limit" {
  says = "models.fast.max_output_token (did you mean `max_output_tokens`?)"

  models = { fast = { id = "amazon.nova-lite-v1:0", max_output_token = 100 } }
}

refused "misspelt_output_limit_in_camels" {
  says = "models.fast.maxOutputTokens (did you mean `max_output_tokens`?)"

  models = { fast = { id = "amazon.nova-lite-v1:0", maxOutputTokens = 100 } }
}

refused "misspelt_price_turned_round" {
  says = "models.fast.pirce (did you mean `price`?)"

  models = { fast = { id = "amazon.nova-lite-v1:0", pirce = { input = 1 } } }
}

refused "misspelt_prices" {
  says = "models.fast.prices (did you mean `price`?)"

  models = { fast = { id = "amazon.nova-lite-v1:0", prices = { input = 1 } } }
}

refused "misspelt_beta" {
  says = "models.fast.beta (did you mean `betas`?)"

  models = { fast = { id = "amazon.nova-lite-v1:0", beta = ["x"] } }
}

refused "misspelt_timeout" {
  says = "models.fast.on_time_out (did you mean `on_timeout`?)"

  models = { fast = { id = "amazon.nova-lite-v1:0", on_time_out = "partial" } }
}

refused "misspelt_regions" {
  says = "models.fast.destination_region (did you mean `destination_regions`?)"

  models = { fast = { id = "amazon.nova-lite-v1:0", destination_region = ["us-east-1"] } }
}

refused "misspelt_guardrail" {
  says = "models.fast.gardrail (did you mean `guardrail`?)"

  models = { fast = { id = "amazon.nova-lite-v1:0", gardrail = null } }
}

refused "misspelt_cache" {
  says = "models.fast.caches (did you mean `cache`?)"

  models = { fast = { id = "amazon.nova-lite-v1:0", caches = { ttl_seconds = 60 } } }
}

refused "misspelt_price_of_input" {
  says = "models.fast.price.inputs (did you mean `input`?)"

  models = { fast = { id = "amazon.nova-lite-v1:0", price = { input = 1, output = 1, inputs = 1 } } }
}

refused "misspelt_price_of_output" {
  says = "models.fast.price.ouput (did you mean `output`?)"

  models = { fast = { id = "amazon.nova-lite-v1:0", price = { input = 1, output = 1, ouput = 1 } } }
}

refused "misspelt_price_of_a_cache" {
  says = "models.fast.price.cache_writes (did you mean `cache_write`?)"

  models = { fast = { id = "amazon.nova-lite-v1:0", price = { input = 1, output = 1, cache_writes = 1 } } }
}

refused "misspelt_price_of_an_hour" {
  says = "models.fast.price.cache_write_1hr (did you mean `cache_write_1h`?)"

  models = { fast = { id = "amazon.nova-lite-v1:0", price = { input = 1, output = 1, cache_write_1hr = 1 } } }
}

refused "misspelt_price_of_images" {
  says = "models.fast.price.images (did you mean `image`?)"

  models = { fast = { id = "amazon.nova-lite-v1:0", price = { input = 1, output = 1, images = 1 } } }
}

refused "misspelt_scope" {
  says = "models.fast.cache.scop (did you mean `scope`?)"

  models = { fast = { id = "amazon.nova-lite-v1:0", cache = { ttl_seconds = 60, scop = "shared" } } }
}

refused "misspelt_profiles" {
  says = "models.fast.guardrail.profile_arn (did you mean `profile_arns`?)"

  models = { fast = { id = "amazon.nova-lite-v1:0", guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "1", profile_arn = [] } } }
}

refused "misspelt_tags" {
  says = "models.fast.guardrail.input_tag (did you mean `input_tags`?)"

  models = { fast = { id = "amazon.nova-lite-v1:0", guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "1", input_tag = true } } }
}

refused "a_name_like_no_other" {
  says = "models.fast.owner (there are id, sagemaker, family, destination_regions"

  models = { fast = { id = "amazon.nova-lite-v1:0", owner = "me" } }
}

refused "misspelt_format" {
  says = "models.tuned.sagemaker.formats (did you mean `format`?)"

  models = { tuned = { sagemaker = { endpoint = "e", formats = "openai" } } }
}

refused "misspelt_component" {
  says = "models.tuned.sagemaker.inference_components (did you mean `inference_component`?)"

  models = { tuned = { sagemaker = { endpoint = "e", inference_components = "c" } } }
}

refused "misspelt_tags_of_the_deployments_guardrail" {
  says = "guardrail.input_tag (did you mean `input_tags`?)"

  models    = { nova = { id = "amazon.nova-lite-v1:0" } }
  guardrail = { arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl", version = "1", input_tag = true }
}

refused "aliases_that_differ_in_case_alone" {
  says = "only in case are taken for each other by callers and people; rename: Nova, nova."

  models = { nova = { id = "amazon.nova-lite-v1:0" }, Nova = { id = "amazon.nova-pro-v1:0" } }
}

refused "guardrail_of_another_region" {
  says = "in the provider's Region, us-east-1; name one that is, for: abroad."

  models = { abroad = { id = "amazon.nova-lite-v1:0", guardrail = { arn = "arn:aws:bedrock:eu-west-1:123456789012:guardrail/abcdefghijkl", version = "1" } } }
}

refused "tier_of_tomorrow" {
  says = "service_tier is priority, flex or reserved"

  models = { nova = { id = "amazon.nova-lite-v1:0", service_tier = "turbo" } }
}

refused "tiers_that_disagree" {
  says = "make these agree: one, two"

  models = {
    one = { id = "amazon.nova-lite-v1:0", service_tier = "flex" }
    two = { id = "amazon.nova-lite-v1:0" }
  }
}

refused "prompt_cache_at_an_odd_place" {
  says = "at least one; correct: nova"

  models = { nova = { id = "amazon.nova-lite-v1:0", prompt_cache = { points = ["images"] } } }
}

refused "prompt_cache_of_a_family_without_one" {
  says = "No model of this family has a prompt cache"

  models = { llama = { id = "meta.llama3-1-8b-instruct-v1:0", prompt_cache = {} } }
}

refused "prompt_cache_without_a_price" {
  says = "set price.cache_write"

  models = { nova = { id = "amazon.nova-lite-v1:0", prompt_cache = {}, price = { input = 1, output = 1 } } }
}
