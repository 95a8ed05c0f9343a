# One target of every kind, planned with the real provider: unguarded, guarded, without streams, and a function with
# everything switched on.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

locals {
  bedrock = "arn:aws:bedrock:us-east-1:123456789012"
  models = {
    foundation  = { id = "amazon.nova-lite-v1:0", max_output_tokens = 4096, price = { input = 0.06, output = 0.24, cache_read = 0.015 }, cache = { ttl_seconds = 60, scope = "shared" } }
    geographic  = { id = "us.anthropic.claude-haiku-4-5-20251001-v1:0", destination_regions = ["us-east-1", "us-east-2", "us-west-2"] }
    worldwide   = { id = "global.anthropic.claude-sonnet-4-5-20250929-v1:0" }
    application = { id = "${local.bedrock}:application-inference-profile/claudecopy01", family = "anthropic", source_models = ["anthropic.claude-haiku-4-5-20251001-v1:0"], destination_regions = ["us-east-1", "us-east-2", "us-west-2"] }
    provisioned = { id = "${local.bedrock}:provisioned-model/abcdefghijkl", family = "anthropic" }
    custom      = { id = "${local.bedrock}:custom-model-deployment/abcdefghijkl", family = "nova" }
    imported    = { id = "${local.bedrock}:imported-model/abcdefghijkl", family = "llama" }
    marketplace = { id = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/shop", family = "other" }
  }
  sagemaker = {
    endpoint  = { sagemaker = { endpoint = "tuned" } }
    component = { sagemaker = { endpoint = "shared", inference_component = "copy-1" } }
  }
  guardrail = { arn = "${local.bedrock}:guardrail/abcdefghijkl", version = "7" }
}

module "open" {
  source = "./modules/model-access"

  models                 = merge(local.models, local.sagemaker)
  allow_global_inference = true
  count_tokens           = true
}

module "guarded" {
  source = "./modules/model-access"

  models                 = local.models
  guardrail              = local.guardrail
  allow_global_inference = true
}

module "buffered" {
  source = "./modules/model-access"

  models                 = merge(local.models, local.sagemaker)
  allow_global_inference = true
  streaming              = false
}

# So many profiles that they share statements.
module "crowded" {
  source = "./modules/model-access"

  models = merge(local.models, { for index in range(12) : "other-${index}" => {
    id                  = "us.anthropic.claude-${index}-v1:0"
    destination_regions = ["us-east-1", "us-east-2", "us-west-2"]
    } }, { for index in range(6) : "world-${index}" => {
    id = "global.anthropic.claude-${index}-v1:0"
  } })
  allow_global_inference   = true
  maximum_policy_documents = 2
}

# The same model guarded by one alias and open by another.
module "beside" {
  source = "./modules/model-access"

  models = {
    guarded_model   = { id = "amazon.nova-lite-v1:0", guardrail = local.guardrail }
    open_profile    = { id = "us.amazon.nova-lite-v1:0", destination_regions = ["us-east-1", "us-east-2", "us-west-2"] }
    open_model      = { id = "amazon.nova-pro-v1:0" }
    guarded_profile = { id = "us.amazon.nova-pro-v1:0", destination_regions = ["us-east-1", "us-east-2", "us-west-2"], guardrail = local.guardrail }
  }
}

module "function" {
  source = "./modules/function"

  name                  = "everything"
  environment_variables = { LLM_API_MODELS = module.open.registry_environment }
  policy_documents      = module.open.policy_documents
  package               = { s3 = { bucket = "packages", key = "llm_api.zip" } }
  kms_key               = { arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  tracing               = true
  vpc_config            = { subnet_ids = ["subnet-0123456789abcdef0"], security_group_ids = ["sg-0123456789abcdef0"] }
  images_bucket         = { name = "everything-images", kms_key = { arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555" } }
  tenants_table = {
    arn     = "arn:aws:dynamodb:us-east-1:123456789012:table/everything"
    budgets = true
    kms_key = { arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  }
  cache_table = {
    name    = "everything-cache"
    kms_key = { arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  }
}

module "tenants" {
  source = "./modules/tenants"

  name   = "everything"
  models = module.open.registry
  tenants = {
    research = {
      models            = ["foundation"]
      api_keys          = [{ sha256 = sha256("research"), expires_at = "2027-01-31T00:00:00Z" }]
      budgets           = { requests_per_minute = 10, tokens_per_day = 2000000, usd_per_month = 12.5 }
      max_output_tokens = 1000
    }
    support = { models = ["foundation", "geographic"], api_key_sha256 = [sha256("support")] }
  }
}

module "roles" {
  source = "./modules/tenants"

  name      = "roles"
  auth_type = "iam"
  tenants   = { analytics = { models = ["foundation"], principals = ["arn:aws:iam::123456789012:role/teams/analytics"] } }
}

output "documents" {
  value = {
    open     = module.open.policy_documents
    guarded  = module.guarded.policy_documents
    buffered = module.buffered.policy_documents
    beside   = module.beside.policy_documents
    crowded  = module.crowded.policy_documents
  }
}

output "registries" {
  value = {
    open    = module.open.registry_environment
    guarded = module.guarded.registry_environment
  }
}
