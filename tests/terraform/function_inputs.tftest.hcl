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

run "environment_name_with_a_hyphen" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: rename: MY-NAME
    name                  = "acme"
    environment_variables = { MY-NAME = "x" }
    policy_documents      = ["{\"Statement\":[]}"]
  }
  expect_failures = [var.environment_variables]
}

run "environment_name_of_lambda" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: remove: AWS_REGION
    name                  = "acme"
    environment_variables = { AWS_REGION = "x" }
    policy_documents      = ["{\"Statement\":[]}"]
  }
  expect_failures = [var.environment_variables]
}

run "bedrock_key_beside_the_role" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: remove AWS_BEARER_TOKEN_BEDROCK
    name                  = "acme"
    environment_variables = { AWS_BEARER_TOKEN_BEDROCK = "x" }
    policy_documents      = ["{\"Statement\":[]}"]
  }
  expect_failures = [var.environment_variables]
}

run "name_with_a_space" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: name is 1 to 48
    name                  = "my api"
    environment_variables = {}
    policy_documents      = ["{\"Statement\":[]}"]
  }
  expect_failures = [var.name]
}

run "name_too_long" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: name is 1 to 48
    name                  = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    environment_variables = {}
    policy_documents      = ["{\"Statement\":[]}"]
  }
  expect_failures = [var.name]
}

run "no_policies" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: holds 1 to 20 documents
    name                  = "acme"
    environment_variables = {}
    policy_documents      = []
  }
  expect_failures = [var.policy_documents]
}

run "too_many_policies" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: holds 1 to 20 documents
    name                  = "acme"
    environment_variables = {}
    policy_documents      = [for index in range(21) : "{\"Statement\":[]}"]
  }
  expect_failures = [var.policy_documents]
}

run "policy_that_is_no_json" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: must be an IAM policy in JSON
    name                  = "acme"
    environment_variables = {}
    policy_documents      = ["allow all"]
  }
  expect_failures = [var.policy_documents]
}

run "policy_too_long" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: must be an IAM policy in JSON
    name                  = "acme"
    environment_variables = {}
    policy_documents      = ["{\"Statement\":\"${format("%06200d", 0)}\"}"]
  }
  expect_failures = [var.policy_documents]
}

run "unknown_architecture" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: architecture is arm64 or x86_64
    name                  = "acme"
    environment_variables = {}
    policy_documents      = ["{\"Statement\":[]}"]
    architecture          = "arm"
  }
  expect_failures = [var.architecture]
}

run "kms_alias" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: kms_key.arn is a key's ARN
    name                  = "acme"
    environment_variables = {}
    policy_documents      = ["{\"Statement\":[]}"]
    kms_key               = { arn = "arn:aws:kms:us-east-1:123456789012:alias/logs" }
  }
  expect_failures = [var.kms_key]
}

run "retention_that_is_not_offered" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: log_retention_days is one of the periods
    name                  = "acme"
    environment_variables = {}
    policy_documents      = ["{\"Statement\":[]}"]
    log_retention_days    = 10
  }
  expect_failures = [var.log_retention_days]
}

run "too_little_memory" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: memory_size_mb is a whole number
    name                  = "acme"
    environment_variables = {}
    policy_documents      = ["{\"Statement\":[]}"]
    memory_size_mb        = 64
  }
  expect_failures = [var.memory_size_mb]
}

run "empty_package" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: package has exactly one of filename and s3
    name                  = "acme"
    environment_variables = {}
    policy_documents      = ["{\"Statement\":[]}"]
    package               = {}
  }
  expect_failures = [var.package]
}

run "two_packages" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: package has exactly one of filename and s3
    name                  = "acme"
    environment_variables = {}
    policy_documents      = ["{\"Statement\":[]}"]
    package               = { filename = "a.zip", s3 = { bucket = "b", key = "k" } }
  }
  expect_failures = [var.package]
}

run "boundary_by_name" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: permissions_boundary_arn is a managed policy's ARN
    name                     = "acme"
    environment_variables    = {}
    policy_documents         = ["{\"Statement\":[]}"]
    permissions_boundary_arn = "boundary"
  }
  expect_failures = [var.permissions_boundary_arn]
}

run "pinned_to_no_version" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: pinned_version is the number of a published version
    name                  = "acme"
    environment_variables = {}
    policy_documents      = ["{\"Statement\":[]}"]
    pinned_version        = 0
  }
  expect_failures = [var.pinned_version]
}

run "negative_concurrency" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: reserved_concurrency is a whole number
    name                  = "acme"
    environment_variables = {}
    policy_documents      = ["{\"Statement\":[]}"]
    reserved_concurrency  = -1
  }
  expect_failures = [var.reserved_concurrency]
}

run "old_runtime" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: from python3.12 on
    name                  = "acme"
    environment_variables = {}
    policy_documents      = ["{\"Statement\":[]}"]
    runtime               = "python3.11"
  }
  expect_failures = [var.runtime]
}

run "snap_start_and_streaming" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: snap_start needs streaming = false
    name                  = "acme"
    environment_variables = {}
    policy_documents      = ["{\"Statement\":[]}"]
    snap_start            = true
  }
  expect_failures = [var.snap_start]
}

run "table_by_name" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: tenants_table.arn is a table's ARN
    name                  = "acme"
    environment_variables = {}
    policy_documents      = ["{\"Statement\":[]}"]
    tenants_table         = { arn = "tenants" }
  }
  expect_failures = [var.tenants_table]
}

run "cache_table_by_arn" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: cache_table.name is a table's name, not its ARN
    name                  = "acme"
    environment_variables = {}
    policy_documents      = ["{\"Statement\":[]}"]
    cache_table           = { name = "arn:aws:dynamodb:us-east-1:123456789012:table/acme-cache" }
  }
  expect_failures = [var.cache_table]
}

run "timeout_too_long" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: timeout_seconds is a whole number
    name                  = "acme"
    environment_variables = {}
    policy_documents      = ["{\"Statement\":[]}"]
    timeout_seconds       = 901
  }
  expect_failures = [var.timeout_seconds]
}

run "no_subnets" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: vpc_config needs at least one subnet
    name                  = "acme"
    environment_variables = {}
    policy_documents      = ["{\"Statement\":[]}"]
    vpc_config            = { subnet_ids = [], security_group_ids = ["sg-1"] }
  }
  expect_failures = [var.vpc_config]
}

run "images_bucket_by_its_arn" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: a bucket's name, not its ARN
    name                  = "acme"
    environment_variables = {}
    policy_documents      = ["{\"Statement\":[]}"]
    images_bucket         = { name = "arn:aws:s3:::acme-images" }
  }
  expect_failures = [var.images_bucket]
}

run "environment_too_large" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: The function's environment takes 5069 bytes
    name                  = "acme"
    environment_variables = { LLM_API_MODELS = format("%05000d", 0) }
    policy_documents      = ["{\"Statement\":[]}"]
  }
  expect_failures = [aws_lambda_function.this]
}

run "environment_counted_with_its_quotes" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: The function's environment takes 4269 bytes
    name                  = "acme"
    environment_variables = { LLM_API_MODELS = replace(format("%02100d", 0), "0", "\"") }
    policy_documents      = ["{\"Statement\":[]}"]
  }
  expect_failures = [aws_lambda_function.this]
}

run "workflow_by_version" {
  command = plan
  module { source = "./modules/function" }
  variables {
    # says: without a version or alias
    name                  = "acme"
    environment_variables = {}
    policy_documents      = ["{\"Statement\":[]}"]
    workflows             = [{ state_machine_arn = "arn:aws:states:us-east-1:123456789012:stateMachine:advert:1" }]
  }
  expect_failures = [var.workflows]
}
