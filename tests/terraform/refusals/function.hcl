# Bad inputs, and what must be said of each; test_refusals.py plans them.

refused "environment_name_with_a_hyphen" {
  says = "rename: MY-NAME"

  name                  = "acme"
  environment_variables = { MY-NAME = "x" }
  policy_documents      = ["{\"Statement\":[]}"]
}

refused "environment_name_of_lambda" {
  says = "remove: AWS_REGION"

  name                  = "acme"
  environment_variables = { AWS_REGION = "x" }
  policy_documents      = ["{\"Statement\":[]}"]
}

refused "name_with_a_space" {
  says = "name is 1 to 48"

  name                  = "my api"
  environment_variables = {}
  policy_documents      = ["{\"Statement\":[]}"]
}

refused "name_too_long" {
  says = "name is 1 to 48"

  name                  = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
  environment_variables = {}
  policy_documents      = ["{\"Statement\":[]}"]
}

refused "no_policies" {
  says = "holds 1 to 20 documents"

  name                  = "acme"
  environment_variables = {}
  policy_documents      = []
}

refused "too_many_policies" {
  says = "holds 1 to 20 documents"

  name                  = "acme"
  environment_variables = {}
  policy_documents      = [for index in range(21) : "{\"Statement\":[]}"]
}

refused "policy_that_is_no_json" {
  says = "must be an IAM policy in JSON"

  name                  = "acme"
  environment_variables = {}
  policy_documents      = ["allow all"]
}

refused "policy_too_long" {
  says = "must be an IAM policy in JSON"

  name                  = "acme"
  environment_variables = {}
  policy_documents      = ["{\"Statement\":\"${format("%06200d", 0)}\"}"]
}

refused "unknown_architecture" {
  says = "architecture is arm64 or x86_64"

  name                  = "acme"
  environment_variables = {}
  policy_documents      = ["{\"Statement\":[]}"]
  architecture          = "arm"
}

refused "kms_alias" {
  says = "kms_key.arn is a key's ARN"

  name                  = "acme"
  environment_variables = {}
  policy_documents      = ["{\"Statement\":[]}"]
  kms_key               = { arn = "arn:aws:kms:us-east-1:123456789012:alias/logs" }
}

refused "retention_that_is_not_offered" {
  says = "log_retention_days is one of the periods"

  name                  = "acme"
  environment_variables = {}
  policy_documents      = ["{\"Statement\":[]}"]
  log_retention_days    = 10
}

refused "too_little_memory" {
  says = "memory_size_mb is a whole number"

  name                  = "acme"
  environment_variables = {}
  policy_documents      = ["{\"Statement\":[]}"]
  memory_size_mb        = 64
}

refused "empty_package" {
  says = "package has exactly one of filename and s3"

  name                  = "acme"
  environment_variables = {}
  policy_documents      = ["{\"Statement\":[]}"]
  package               = {}
}

refused "two_packages" {
  says = "package has exactly one of filename and s3"

  name                  = "acme"
  environment_variables = {}
  policy_documents      = ["{\"Statement\":[]}"]
  package               = { filename = "a.zip", s3 = { bucket = "b", key = "k" } }
}

refused "boundary_by_name" {
  says = "permissions_boundary_arn is a managed policy's ARN"

  name                     = "acme"
  environment_variables    = {}
  policy_documents         = ["{\"Statement\":[]}"]
  permissions_boundary_arn = "boundary"
}

refused "pinned_to_no_version" {
  says = "pinned_version is the number of a published version"

  name                  = "acme"
  environment_variables = {}
  policy_documents      = ["{\"Statement\":[]}"]
  pinned_version        = 0
}

refused "negative_concurrency" {
  says = "reserved_concurrency is a whole number"

  name                  = "acme"
  environment_variables = {}
  policy_documents      = ["{\"Statement\":[]}"]
  reserved_concurrency  = -1
}

refused "old_runtime" {
  says = "from python3.12 on"

  name                  = "acme"
  environment_variables = {}
  policy_documents      = ["{\"Statement\":[]}"]
  runtime               = "python3.11"
}

refused "snap_start_and_streaming" {
  says = "snap_start needs streaming = false"

  name                  = "acme"
  environment_variables = {}
  policy_documents      = ["{\"Statement\":[]}"]
  snap_start            = true
}

refused "table_by_name" {
  says = "tenants_table.arn is a table's ARN"

  name                  = "acme"
  environment_variables = {}
  policy_documents      = ["{\"Statement\":[]}"]
  tenants_table         = { arn = "tenants" }
}

refused "cache_table_by_arn" {
  says = "cache_table.name is a table's name, not its ARN"

  name                  = "acme"
  environment_variables = {}
  policy_documents      = ["{\"Statement\":[]}"]
  cache_table           = { name = "arn:aws:dynamodb:us-east-1:123456789012:table/acme-cache" }
}

refused "timeout_too_long" {
  says = "timeout_seconds is a whole number"

  name                  = "acme"
  environment_variables = {}
  policy_documents      = ["{\"Statement\":[]}"]
  timeout_seconds       = 901
}

refused "no_subnets" {
  says = "vpc_config needs at least one subnet"

  name                  = "acme"
  environment_variables = {}
  policy_documents      = ["{\"Statement\":[]}"]
  vpc_config            = { subnet_ids = [], security_group_ids = ["sg-1"] }
}

refused "images_bucket_by_its_arn" {
  says = "a bucket's name, not its ARN"

  name                  = "acme"
  environment_variables = {}
  policy_documents      = ["{\"Statement\":[]}"]
  images_bucket         = { name = "arn:aws:s3:::acme-images" }
}

refused "environment_too_large" {
  says = "The function's environment takes 5069 bytes"

  name                  = "acme"
  environment_variables = { LLM_API_MODELS = format("%05000d", 0) }
  policy_documents      = ["{\"Statement\":[]}"]
}

refused "environment_counted_with_its_quotes" {
  says = "The function's environment takes 4269 bytes"

  name                  = "acme"
  environment_variables = { LLM_API_MODELS = replace(format("%02100d", 0), "0", "\"") }
  policy_documents      = ["{\"Statement\":[]}"]
}

refused "workflow_by_version" {
  says = "without a version or alias"

  name                  = "acme"
  environment_variables = {}
  policy_documents      = ["{\"Statement\":[]}"]
  workflows             = [{ state_machine_arn = "arn:aws:states:us-east-1:123456789012:stateMachine:advert:1" }]
}

refused "bedrock_key_beside_the_role" {
  says = "remove AWS_BEARER_TOKEN_BEDROCK"

  name                  = "acme"
  environment_variables = { AWS_BEARER_TOKEN_BEDROCK = "x" }
  policy_documents      = ["{\"Statement\":[]}"]
}

refused "misspelt_package" {
  says = "package.file_name (did you mean `filename`?)"

  name                  = "acme"
  environment_variables = {}
  policy_documents      = ["{\"Statement\":[]}"]
  package               = { file_name = "llm_api.zip" }
}
