output "allowed_models" {
  description = "The resources that the documents allow to be invoked, by alias: model, profile or endpoint ARNs."
  value       = local.target_arns
}

output "models" {
  description = "The declared models with all their attributes, null or the default where one wasn't given."
  value       = local.models
}

output "policy_documents" {
  description = "The permissions to call exactly the declared models, as IAM policy documents of at most 6,144 characters each. Attach all of them to the role that calls the models: `for_each = { for index, document in module.x.policy_documents : index => document }`."
  value       = local.policy_documents

  precondition {
    condition     = local.partition != "aws-cn"
    error_message = "Amazon Bedrock isn't in the partition aws-cn: use a provider for a Region of aws, aws-us-gov or aws-eusc."
  }

  precondition {
    condition     = length(local.documents) <= var.maximum_policy_documents
    error_message = "The models need ${length(local.documents)} policy documents and a role carries ${var.maximum_policy_documents}: declare fewer models or destination Regions, or have the quota \"Managed policies per role\" raised and set maximum_policy_documents."
  }
}

output "registry" {
  description = "What the handler knows of each alias: `id`, `family`, `base_id`, `fallbacks`, `guardrail` (`id`, `version`, `input_tags`), `max_output_tokens`, `on_timeout`, `betas`, `price`, `sagemaker`, `cache`, `prompt_cache`, `service_tier`, `clamp_output_tokens`."
  value       = local.registry

  precondition {
    condition     = length(local.without_family) == 0
    error_message = "The ID doesn't tell what format these models speak; set family (one of ${join(", ", local.families)}): ${join(", ", local.without_family)}."
  }

  precondition {
    condition     = length(local.without_destinations) == 0
    error_message = "A geographic profile sends requests to other Regions, and IAM needs each of them; set destination_regions (aws bedrock get-inference-profile lists them): ${join(", ", local.without_destinations)}."
  }

  precondition {
    condition     = length(local.with_destinations) == 0
    error_message = "Only geographic and application profiles have destination Regions; remove destination_regions, or use the profile's ID: ${join(", ", local.with_destinations)}."
  }

  precondition {
    condition     = length(local.foreign_destinations) == 0
    error_message = "destination_regions must be in the provider's partition, ${local.partition}; remove: ${join(", ", local.foreign_destinations)}."
  }

  precondition {
    condition     = length(local.without_sources) == 0
    error_message = "IAM needs the foundation models behind an application profile; set source_models to what it was made from: ${join(", ", local.without_sources)}."
  }

  precondition {
    condition     = length(local.with_sources) == 0
    error_message = "Only application profiles have source models; remove source_models: ${join(", ", local.with_sources)}."
  }

  precondition {
    condition     = var.allow_global_inference || length(local.global_targets) == 0
    error_message = "A global profile may process requests in any commercial Region; use a geographic profile, or set allow_global_inference = true: ${join(", ", local.global_targets)}."
  }

  precondition {
    condition     = length(local.foreign_arns) == 0
    error_message = "These ARNs can't be called from account ${local.account}, Region ${local.region}, partition ${local.partition}; declare them in a deployment where they live, or correct them: ${join(", ", local.foreign_arns)}."
  }

  precondition {
    condition     = length(local.odd_tiers) == 0
    error_message = "service_tier is priority, flex or reserved, and of a Bedrock model; correct: ${join(", ", local.odd_tiers)}."
  }

  precondition {
    condition     = length(local.tier_disagreements) == 0
    error_message = "IAM holds a target to one tier, so all its aliases have the same service_tier; make these agree: ${join("; ", local.tier_disagreements)}."
  }

  precondition {
    condition     = length(local.odd_prompt_caches) == 0
    error_message = "prompt_cache has a ttl of 5m or 1h, and points among tools, system and messages, at least one; correct: ${join(", ", local.odd_prompt_caches)}."
  }

  precondition {
    condition     = length(local.uncached_families) == 0
    error_message = "No model of this family has a prompt cache; remove prompt_cache of: ${join(", ", local.uncached_families)}."
  }

  precondition {
    condition     = length(local.unpriced_prompt_caches) == 0
    error_message = "What prompt_cache writes has a price of its own; set price.cache_write (cache_write_1h with ttl = \"1h\") of: ${join(", ", local.unpriced_prompt_caches)}."
  }

  precondition {
    condition     = length(local.with_betas) == 0
    error_message = "betas are Anthropic's; remove them, or set family = \"anthropic\" if that is what the model speaks: ${join(", ", local.with_betas)}."
  }

  precondition {
    condition     = var.streaming || length(local.with_partial) == 0
    error_message = "on_timeout = \"partial\" reads the model as a stream, which the role may do with streaming alone; set streaming = true, or on_timeout = \"error\" of: ${join(", ", local.with_partial)}."
  }

  precondition {
    condition     = length(local.without_parts) == 0
    error_message = "Embeddings, scores and images have no part that is of use, and SageMaker endpoints none that can be put together; remove on_timeout = \"partial\" of: ${join(", ", local.without_parts)}."
  }

  precondition {
    condition     = length(local.incomplete_prices) == 0
    error_message = "price leaves out what these models are paid by, which would then be free; add: ${join(", ", local.incomplete_prices)}."
  }

  precondition {
    condition     = length(local.guardrail_disagreements) == 0
    error_message = "Aliases of one target (all Marketplace endpoints are one to IAM) must have the same guardrail, or the more lenient alias would be refused; give them the same guardrail: ${join("; ", local.guardrail_disagreements)}."
  }

  precondition {
    condition     = length(local.foreign_guardrails) == 0
    error_message = "A guardrail has to be in the provider's Region, ${local.region}; name one that is, for: ${join(", ", local.foreign_guardrails)}."
  }

  precondition {
    condition     = length(local.guarded_sagemaker) == 0
    error_message = "Bedrock's guardrails don't apply to SageMaker endpoints; set guardrail on each Bedrock model instead of the deployment, or move to another deployment: ${join(", ", local.guarded_sagemaker)}."
  }

  precondition {
    condition     = length(local.unguarded_fallbacks) == 0
    error_message = "A fallback would answer without the guardrail of the model that was asked for; give it a guardrail or remove it: ${join(", ", local.unguarded_fallbacks)}."
  }
}

output "registry_environment" {
  description = "The registry for an environment variable: JSON up to 3,072 bytes as Lambda counts them, above that base64 of gzip. Absent means null or empty."
  value       = local.registry_environment

  precondition {
    condition     = length(jsonencode(local.registry_environment)) <= var.maximum_registry_bytes
    error_message = "The registry of ${length(local.models)} models takes ${length(jsonencode(local.registry_environment))} bytes of environment and ${var.maximum_registry_bytes} are allowed: declare fewer models, or divide them between two deployments."
  }
}
