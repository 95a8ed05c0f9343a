# The table of answers.

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
}

run "answers_end_and_cost_nothing_while_nobody_calls" {
  command = plan
  module { source = "./modules/cache" }

  assert {
    condition     = aws_dynamodb_table.this.name == "acme-cache" && aws_dynamodb_table.this.hash_key == "pk" && aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST"
    error_message = "The table isn't what the function looks for, or costs money while nobody calls."
  }

  assert {
    condition     = aws_dynamodb_table.this.ttl[0].enabled && aws_dynamodb_table.this.ttl[0].attribute_name == "expires_at"
    error_message = "Answers would stay for ever."
  }

  assert {
    condition     = !coalesce(aws_dynamodb_table.this.deletion_protection_enabled, false)
    error_message = "What can be lost is protected."
  }
}

run "a_key_encrypts_the_answers" {
  command = plan
  module { source = "./modules/cache" }

  variables {
    kms_key = { arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  }

  assert {
    condition     = aws_dynamodb_table.this.server_side_encryption[0].enabled && aws_dynamodb_table.this.server_side_encryption[0].kms_key_arn == "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    error_message = "The key isn't used."
  }
}
