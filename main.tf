# The whole deployment on one page. Each module stands alone; here they only meet.

locals {
  # Function < gateway, so that a request that runs out of time is answered by the function, which knows what to say.
  gateway_timeout_seconds = coalesce(var.gateway_timeout_seconds, var.streaming ? 900 : 29)
  timeout_seconds         = coalesce(var.timeout_seconds, var.streaming ? 600 : 28)

  # What containers on SageMaker take that is no text. Models of Bedrock take JSON.
  binary_media_types = [
    "application/octet-stream", "application/pdf", "application/x-npy", "application/x-npz", "application/x-parquet",
    "application/x-protobuf", "application/x-recordio-protobuf", "application/zip", "audio/flac", "audio/mpeg", "audio/ogg",
    "audio/wav", "audio/x-audio", "image/gif", "image/jpeg", "image/png", "image/tiff", "image/webp", "image/x-image", "video/mp4",
  ]
  has_endpoints = anytrue([for model in values(module.model_access.models) : model.sagemaker != null])

  has_tenants = length(var.tenants) > 0 || var.external_tenants
  has_cache   = anytrue([for model in values(module.model_access.models) : model.cache != null])
}

# Refuses names that no input has; what `models`, `tenants` and `guardrail` may hold, the modules that they are for say.
module "names" {
  source = "./modules/names"

  given = {
    access_log = var.access_log
    auth       = var.auth
    domain     = var.domain
    images     = var.images
    monitoring = var.monitoring
    package    = var.package
    throttling = var.throttling
    workflows  = var.workflows
  }
  known = {
    "access_log"      = ["retention_days", "kms_key"]
    "auth"            = ["type", "tenant_claim", "user_pool_arns", "scopes", "authorizer"]
    "auth.authorizer" = ["function_arn", "type", "identity_sources", "cache_seconds", "invocation_role"]
    "domain"          = ["name", "certificate_arn", "base_path", "security_policy", "exclusive"]
    "images"          = ["bucket", "expiration_days", "url_seconds"]
    "images.bucket"   = ["name", "kms_key"]
    "monitoring" = [
      "alarm_actions", "ok_actions", "disabled_alarms", "thresholds", "minimum_requests", "account_concurrency", "workflows",
    ]
    "monitoring.thresholds" = [
      "server_error_percent", "broken_stream_percent", "throttled_percent", "latency_p99_seconds",
      "time_to_first_token_p95_seconds", "concurrency_percent", "budget_used_percent",
    ]
    "package"     = ["filename", "s3", "source_code_hash"]
    "package.s3"  = ["bucket", "key", "object_version"]
    "throttling"  = ["rate_limit", "burst_limit"]
    "workflows.*" = ["state_machine_arn", "approvals", "kms_key"]
  }
}

# Gives these inputs their types and defaults, and refuses values.
module "inputs" {
  source = "./modules/inputs"

  access_log = var.access_log
  auth       = var.auth
  domain     = var.domain
  images     = var.images
  monitoring = var.monitoring
  package    = var.package
  throttling = var.throttling
  workflows  = var.workflows
}

# Models in; a registry and exact policy documents out. Creates nothing.
module "model_access" {
  source = "./modules/model-access"

  models                   = var.models
  guardrail                = var.guardrail
  allow_global_inference   = var.allow_global_inference
  clamp_output_tokens      = var.clamp_output_tokens
  streaming                = var.streaming
  count_tokens             = var.count_tokens
  maximum_policy_documents = var.maximum_policy_documents
}

# Who may call, what, and how much of it.
module "tenants" {
  source = "./modules/tenants"
  count  = local.has_tenants ? 1 : 0

  name                = var.name
  tenants             = var.tenants
  auth_type           = module.inputs.auth.type
  models              = module.model_access.registry
  workflows           = keys(module.inputs.workflows)
  kms_key             = var.kms_key
  deletion_protection = var.deletion_protection
  tags                = var.tags
}

locals {
  # None or one. Where others write tenants too, some may have budgets.
  tenants_tables = [for tenants in module.tenants : {
    arn     = tenants.table_arn
    budgets = tenants.has_budgets || var.external_tenants
    kms_key = var.kms_key
  }]
}

# Answers that may be given again, of the models that say so.
module "cache" {
  source = "./modules/cache"
  count  = local.has_cache ? 1 : 0

  name    = var.name
  kms_key = var.kms_key
  tags    = var.tags
}

# Where pictures are put that callers fetch by URL, unless they are put into a bucket of one's own.
module "images" {
  source = "./modules/images"
  count  = length([for images in module.inputs.images[*] : images if images.bucket == null])

  name            = var.name
  kms_key         = var.kms_key
  expiration_days = module.inputs.images.expiration_days
  force_destroy   = !var.deletion_protection
  tags            = var.tags
}

locals {
  # None or one.
  images_buckets = concat(
    [for images in module.images : { name = images.bucket_name, kms_key = var.kms_key }],
    [for bucket in try(module.inputs.images.bucket[*], []) : bucket],
  )
}

# The function behind every route, and the role that may do what it does and nothing else.
module "function" {
  source = "./modules/function"

  name                     = var.name
  policy_documents         = module.model_access.policy_documents
  maximum_policy_documents = var.maximum_policy_documents
  tenants_table            = one(local.tenants_tables)
  images_bucket            = one(local.images_buckets)
  cache_table              = one([for cache in module.cache : { name = cache.table_name, kms_key = var.kms_key }])
  package                  = module.inputs.package
  runtime                  = var.runtime
  architecture             = var.architecture
  memory_size_mb           = var.memory_size_mb
  timeout_seconds          = local.timeout_seconds
  streaming                = var.streaming
  snap_start               = var.snap_start
  reserved_concurrency     = var.reserved_concurrency
  kms_key                  = var.kms_key
  vpc_config               = var.vpc_config
  tracing                  = var.tracing
  permissions_boundary_arn = var.permissions_boundary_arn
  pinned_version           = var.pinned_version
  keep_logs                = coalesce(var.keep_logs, var.deletion_protection)
  log_retention_days       = var.log_retention_days
  tags                     = var.tags
  # By name, so that the policy doesn't change with the order.
  workflows = [for name in sort(keys(module.inputs.workflows)) : module.inputs.workflows[name]]

  environment_variables = merge(
    {
      LLM_API_MODELS            = module.model_access.registry_environment
      LLM_API_AUTH              = module.inputs.auth.type
      LLM_API_STREAMING         = tostring(var.streaming)
      LLM_API_METRICS_NAMESPACE = var.metrics_namespace
      POWERTOOLS_SERVICE_NAME   = var.name
    },
    { for tenants in module.tenants : "LLM_API_TENANTS_TABLE" => tenants.table_name },
    { for cache in module.cache : "LLM_API_CACHE_TABLE" => cache.table_name },
    { for claim in module.inputs.auth.tenant_claim[*] : "LLM_API_TENANT_CLAIM" => claim },
    merge([for bucket in local.images_buckets : {
      LLM_API_IMAGES_BUCKET      = bucket.name
      LLM_API_IMAGES_URL_SECONDS = tostring(module.inputs.images.url_seconds)
    }]...),
    { for metrics in [var.metrics_by_tenant] : "LLM_API_METRICS_BY_TENANT" => "true" if metrics },
    { for names in [keys(module.inputs.workflows)] : "LLM_API_WORKFLOWS" => jsonencode({
      for name in names : name => merge(
        { arn = module.inputs.workflows[name].state_machine_arn },
        { for key in ["approvals"] : key => true if module.inputs.workflows[name].approvals },
      )
    }) if length(names) > 0 },
  )
}

# The routes of modules/api/openapi.yaml, in front of the function.
module "api" {
  source = "./modules/api"

  name = var.name
  function = {
    function_name        = module.function.function_name
    alias_name           = module.function.alias_name
    invoke_arn           = module.function.invoke_arn
    streaming_invoke_arn = module.function.streaming_invoke_arn
  }
  auth                    = { for name, value in module.inputs.auth : name => value if name != "tenant_claim" } # the function's
  binary_media_types      = [for type in local.binary_media_types : type if local.has_endpoints]
  streaming               = var.streaming
  timeout_seconds         = local.gateway_timeout_seconds
  throttling              = module.inputs.throttling
  allowed_account_ids     = var.allowed_account_ids
  allowed_organization_id = var.allowed_organization_id
  private                 = var.private
  domain                  = module.inputs.domain
  web_acl                 = var.web_acl
  access_log              = module.inputs.access_log
  tracing                 = var.tracing
  tags                    = var.tags
}

# A dashboard, alarms and saved queries, where they are asked for.
module "monitoring" {
  source = "./modules/monitoring"
  count  = module.inputs.monitoring == null ? 0 : 1

  name                 = var.name
  metrics_namespace    = var.metrics_namespace
  models               = keys(var.models)
  reserved_concurrency = var.reserved_concurrency
  alarm_actions        = module.inputs.monitoring.alarm_actions
  ok_actions           = module.inputs.monitoring.ok_actions
  disabled_alarms      = module.inputs.monitoring.disabled_alarms
  thresholds           = module.inputs.monitoring.thresholds
  minimum_requests     = module.inputs.monitoring.minimum_requests
  account_concurrency  = module.inputs.monitoring.account_concurrency
  workflows            = merge({ for name, workflow in module.inputs.workflows : name => workflow.state_machine_arn }, module.inputs.monitoring.workflows)
  tags                 = var.tags
}

# What is protected fails first. A destroy begins with what nothing else needs, so with the API and its keys, and would
# fail only at the table, at its end. This resource needs everything: it goes before everything, and while protection is on
# it doesn't go. The command is the only one that this module ever runs, and only at a destroy: `prevent_destroy` can't be
# switched off by an input, and a precondition isn't looked at when something is destroyed.
resource "terraform_data" "deletion_protection" {
  input = var.deletion_protection

  provisioner "local-exec" {
    when    = destroy
    command = self.input ? "echo Deletion protection is on: set deletion_protection to false, apply, and destroy then. && exit 1" : "exit 0"
  }

  depends_on = [
    module.api,
    module.cache,
    module.function,
    module.images,
    module.monitoring,
    module.tenants,
  ]
}
