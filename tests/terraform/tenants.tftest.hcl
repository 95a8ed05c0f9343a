# The tenants table: each kind of item, as the function reads it.

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
      for hash in var.tenants.marketing.api_key_sha256 : hash => { pk = { S = "key#${hash}" }, tenant = { S = "marketing" }, managed_by = { S = "terraform" } }
    }
    error_message = "A key's item isn't found by its hash, or doesn't name its tenant."
  }

  assert {
    condition     = { for name, item in aws_dynamodb_table_item.tenant : name => jsondecode(item.item) } == { marketing = { pk = { S = "tenant#marketing" }, managed_by = { S = "terraform" }, models = { SS = ["fast", "nova"] } } }
    error_message = "A tenant's item doesn't list its models."
  }
}

run "a_tenant_that_is_switched_off" {
  command = plan
  module { source = "./modules/tenants" }

  variables {
    tenants = {
      marketing = { models = ["fast"], enabled = false, api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] }
    }
  }

  assert {
    condition     = jsondecode(aws_dynamodb_table_item.tenant["marketing"].item).enabled == { BOOL = false } && length(aws_dynamodb_table_item.key) == 1
    error_message = "The tenant isn't switched off, or lost its keys by it."
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

run "a_key_that_expires" {
  command = plan
  module { source = "./modules/tenants" }

  variables {
    tenants = {
      marketing = {
        models         = ["fast"]
        api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]
        api_keys = [
          { sha256 = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", expires_at = "2027-01-31T23:59:58Z" },
          { sha256 = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", expires_at = "2028-02-29T00:00:00Z" },
          { sha256 = "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd", expires_at = "2100-03-01T12:00:00Z" },
          { sha256 = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee" },
        ]
      }
    }
  }

  assert {
    condition = { for hash, item in aws_dynamodb_table_item.key : substr(hash, 0, 1) => jsondecode(item.item) } == {
      a = { pk = { S = "key#aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }, tenant = { S = "marketing" }, managed_by = { S = "terraform" } }
      b = { pk = { S = "key#bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" }, tenant = { S = "marketing" }, managed_by = { S = "terraform" }, expires_at = { N = "1801439998" } }
      c = { pk = { S = "key#cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc" }, tenant = { S = "marketing" }, managed_by = { S = "terraform" }, expires_at = { N = "1835395200" } }
      d = { pk = { S = "key#dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd" }, tenant = { S = "marketing" }, managed_by = { S = "terraform" }, expires_at = { N = "4107585600" } }
      e = { pk = { S = "key#eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee" }, tenant = { S = "marketing" }, managed_by = { S = "terraform" } }
    }
    error_message = "A key doesn't expire at the second that was declared: ${jsonencode({ for hash, item in aws_dynamodb_table_item.key : substr(hash, 0, 1) => jsondecode(item.item) })}"
  }
}

run "budgets_as_declared_and_no_others" {
  command = plan
  module { source = "./modules/tenants" }

  variables {
    tenants = {
      research = {
        models         = ["fast"]
        api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]
        budgets = {
          requests_per_minute = 60
          requests_per_hour   = 3000
          requests_per_day    = 10000
          requests_per_week   = 60000
          requests_per_month  = 200000
          tokens_per_minute   = 100000
          tokens_per_day      = 20000000
          tokens_per_month    = 1000000000000000
          usd_per_minute      = 0.000001
          usd_per_hour        = 1.5
          usd_per_day         = 12.50
          usd_per_week        = 60
          usd_per_month       = 250
        }
        max_output_tokens = 4096
      }
      support = {
        models         = ["fast"]
        api_key_sha256 = ["bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"]
        budgets        = { requests_per_minute = 5 }
      }
      marketing = {
        models         = ["fast"]
        api_key_sha256 = ["cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"]
        budgets        = {}
      }
    }
  }

  assert {
    condition = jsondecode(aws_dynamodb_table_item.tenant["research"].item) == {
      pk         = { S = "tenant#research" }
      managed_by = { S = "terraform" }
      models     = { SS = ["fast"] }
      budgets = { M = {
        requests_per_minute = { N = "60" }
        requests_per_hour   = { N = "3000" }
        requests_per_day    = { N = "10000" }
        requests_per_week   = { N = "60000" }
        requests_per_month  = { N = "200000" }
        tokens_per_minute   = { N = "100000" }
        tokens_per_day      = { N = "20000000" }
        tokens_per_month    = { N = "1000000000000000" }
        usd_per_minute      = { N = "0.000001" }
        usd_per_hour        = { N = "1.5" }
        usd_per_day         = { N = "12.5" }
        usd_per_week        = { N = "60" }
        usd_per_month       = { N = "250" }
      } }
      max_output_tokens = { N = "4096" }
    }
    error_message = "A budget isn't written as it was declared: ${aws_dynamodb_table_item.tenant["research"].item}"
  }
  assert {
    condition     = jsondecode(aws_dynamodb_table_item.tenant["support"].item) == { pk = { S = "tenant#support" }, managed_by = { S = "terraform" }, models = { SS = ["fast"] }, budgets = { M = { requests_per_minute = { N = "5" } } } }
    error_message = "A budget appears that nobody declared: ${aws_dynamodb_table_item.tenant["support"].item}"
  }
  assert {
    condition     = jsondecode(aws_dynamodb_table_item.tenant["marketing"].item) == { pk = { S = "tenant#marketing" }, managed_by = { S = "terraform" }, models = { SS = ["fast"] } }
    error_message = "No budget is no attribute: ${aws_dynamodb_table_item.tenant["marketing"].item}"
  }
  assert {
    condition     = output.has_budgets
    error_message = "The role has to write what is used."
  }
  assert {
    condition     = length([for address in concat(keys(aws_dynamodb_table_item.key), keys(aws_dynamodb_table_item.tenant), keys(aws_dynamodb_table_item.principal)) : address if startswith(address, "usage")]) == 0
    error_message = "Items of use are the function's alone: Terraform would set them back."
  }
}

run "no_budgets" {
  command = plan
  module { source = "./modules/tenants" }

  assert {
    condition     = !output.has_budgets
    error_message = "Nothing is counted without a budget."
  }
}

run "principals_by_role_without_its_path" {
  command = plan
  module { source = "./modules/tenants" }

  variables {
    auth_type = "iam"
    tenants = {
      analytics = {
        models = ["fast"]
        principals = [
          "arn:aws:iam::123456789012:role/analytics",
          "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Analyst_0123456789abcdef",
          "arn:aws-us-gov:iam::111122223333:user/team/anna",
        ]
      }
      default = { models = ["fast"], budgets = { requests_per_minute = 5 } }
    }
  }

  assert {
    condition = toset([for item in aws_dynamodb_table_item.principal : jsondecode(item.item)]) == toset([
      { pk = { S = "principal#arn:aws:iam::123456789012:role/analytics" }, tenant = { S = "analytics" }, managed_by = { S = "terraform" } },
      { pk = { S = "principal#arn:aws:iam::111122223333:role/AWSReservedSSO_Analyst_0123456789abcdef" }, tenant = { S = "analytics" }, managed_by = { S = "terraform" } },
      { pk = { S = "principal#arn:aws-us-gov:iam::111122223333:user/team/anna" }, tenant = { S = "analytics" }, managed_by = { S = "terraform" } },
    ])
    error_message = "A principal's item isn't found by what API Gateway says of the caller: ${jsonencode(keys(aws_dynamodb_table_item.principal))}"
  }
  assert {
    condition     = jsondecode(aws_dynamodb_table_item.tenant["default"].item) == { pk = { S = "tenant#default" }, managed_by = { S = "terraform" }, models = { SS = ["fast"] }, budgets = { M = { requests_per_minute = { N = "5" } } } }
    error_message = "Whoever belongs to no tenant has one of their own."
  }
}

run "principals_by_the_value_of_a_claim" {
  command = plan
  module { source = "./modules/tenants" }

  variables {
    auth_type = "cognito"
    tenants   = { analytics = { models = ["fast"], principals = ["3f1c/analytics team#1"] } }
  }

  assert {
    condition     = [for item in aws_dynamodb_table_item.principal : jsondecode(item.item)] == [{ pk = { S = "principal#3f1c/analytics team#1" }, tenant = { S = "analytics" }, managed_by = { S = "terraform" } }]
    error_message = "A claim's value is taken as it is."
  }
}

run "a_secret_hash_is_no_secret" {
  command = plan
  module { source = "./modules/tenants" }

  variables {
    tenants = { marketing = { models = ["fast"], api_key_sha256 = [sensitive("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")], api_keys = [{ sha256 = sensitive("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"), expires_at = "2027-01-31T00:00:00Z" }] } }
  }

  assert {
    condition     = length(aws_dynamodb_table_item.key) == 2
    error_message = "A hash that a variable holds as a secret can't be used."
  }
}

run "tenants_that_fit_the_models" {
  command = plan
  module { source = "./modules/tenants" }

  variables {
    models = {
      fast     = { family = "anthropic", max_output_tokens = 4096, price = { input = 1, output = 5 }, fallbacks = ["nova"] }
      nova     = { family = "nova", max_output_tokens = 4096, price = { input = 0.06, output = 0.24 } }
      embed    = { family = "titan-embed", price = { input = 0.02 } }
      pictures = { family = "nova-canvas", price = { image = 0.04 } }
      rank     = { family = "cohere-rerank" }
      plain    = { family = "nova" }
      slow     = { family = "nova", fallbacks = ["plain"] }
    }
    tenants = {
      dollars  = { models = ["fast", "nova", "embed", "pictures"], budgets = { usd_per_month = 10, tokens_per_day = 1000 }, api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] }
      tokens   = { models = ["fast", "nova", "embed"], budgets = { tokens_per_day = 1000 }, api_key_sha256 = ["bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"] }
      pictures = { models = ["nova", "pictures"], budgets = { tokens_per_day = 1000, requests_per_day = 10 }, api_key_sha256 = ["cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"] }
      requests = { models = ["fast", "nova", "pictures", "rank", "plain", "slow"], budgets = { requests_per_day = 10 }, api_key_sha256 = ["dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"] }
      free     = { models = ["rank", "plain"], api_key_sha256 = ["eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"] }
    }
  }

  assert {
    condition     = length(aws_dynamodb_table_item.tenant) == 5
    error_message = "What a budget needs is asked of the models that it holds, and of no others."
  }
}

run "a_tenant_has_workflows" {
  command = plan
  module { source = "./modules/tenants" }

  variables {
    tenants = {
      marketing = {
        models         = ["nova"]
        workflows      = ["release", "advert"]
        api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]
      }
    }
  }

  assert {
    condition     = jsondecode(aws_dynamodb_table_item.tenant["marketing"].item).workflows == { SS = ["advert", "release"] }
    error_message = "A tenant's item doesn't list its workflows."
  }
}

run "a_container_that_chats_can_be_counted" {
  command = plan
  module { source = "./modules/tenants" }
  variables {
    name    = "acme"
    models  = { chat = { family = "sagemaker", max_output_tokens = 100, price = { input = 1, output = 1 }, sagemaker = { endpoint = "tuned", format = "openai" } } }
    tenants = { tuned = { models = ["chat"], api_key_sha256 = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], budgets = { tokens_per_day = 1000, usd_per_day = 10 } } }
  }

  assert {
    condition     = output.has_budgets
    error_message = "The tenant's budgets are gone."
  }
}
