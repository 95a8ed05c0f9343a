# The tenants table, and what modules/tenants refuses to be given.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

variables {
  name = "acme"
  tenants = {
    marketing = {
      models         = ["nova", "fast"]
      api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"]
    }
  }
}

run "items_are_keys_by_hash_and_tenants_by_name" {
  command = plan
  module { source = "./modules/tenants" }

  assert {
    condition = { for hash, item in aws_dynamodb_table_item.key : hash => jsondecode(item.item) } == {
      for hash in var.tenants.marketing.api_key_sha256 : hash => { pk = { S = "key#${hash}" }, tenant = { S = "marketing" } }
    }
    error_message = "A key's item isn't found by its hash, or doesn't name its tenant."
  }

  assert {
    condition     = { for name, item in aws_dynamodb_table_item.tenant : name => jsondecode(item.item) } == { marketing = { pk = { S = "tenant#marketing" }, models = { SS = ["fast", "nova"] } } }
    error_message = "A tenant's item doesn't list its models."
  }
}

run "the_table_is_protected_by_default" {
  command = plan
  module { source = "./modules/tenants" }

  assert {
    condition     = aws_dynamodb_table.this.deletion_protection_enabled && aws_dynamodb_table.this.point_in_time_recovery[0].enabled && aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST"
    error_message = "The table can be deleted or not be restored, or costs money while nobody calls."
  }
}

run "a_key_encrypts_the_table" {
  command = plan
  module { source = "./modules/tenants" }

  variables {
    kms_key = { arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  }

  assert {
    condition     = aws_dynamodb_table.this.server_side_encryption[0].enabled && aws_dynamodb_table.this.server_side_encryption[0].kms_key_arn == "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    error_message = "The table isn't encrypted with the key."
  }
}

run "refuses_a_tenant_name_with_a_hash_sign" {
  command = plan
  module { source = "./modules/tenants" }

  variables {
    tenants = { "tenant#1" = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] } }
  }

  expect_failures = [var.tenants]
}

run "refuses_a_tenant_without_models" {
  command = plan
  module { source = "./modules/tenants" }

  variables {
    tenants = { marketing = { models = [], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] } }
  }

  expect_failures = [var.tenants]
}

run "refuses_a_tenant_without_keys" {
  command = plan
  module { source = "./modules/tenants" }

  variables {
    tenants = { marketing = { models = ["fast"], api_key_sha256 = [] } }
  }

  expect_failures = [var.tenants]
}

run "refuses_a_key_instead_of_its_hash" {
  command = plan
  module { source = "./modules/tenants" }

  variables {
    tenants = { marketing = { models = ["fast"], api_key_sha256 = ["sk-live-1234"] } }
  }

  expect_failures = [var.tenants]
}

run "refuses_an_upper_case_hash" {
  command = plan
  module { source = "./modules/tenants" }

  variables {
    tenants = { marketing = { models = ["fast"], api_key_sha256 = ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] } }
  }

  expect_failures = [var.tenants]
}

run "refuses_one_key_of_two_tenants" {
  command = plan
  module { source = "./modules/tenants" }

  variables {
    tenants = { marketing = { models = ["fast"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] }, sales = { models = ["fast"], api_key_sha256 = ["bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] } }
  }

  expect_failures = [var.tenants]
}

