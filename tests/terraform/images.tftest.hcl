# The bucket for images, and what its writer may do.

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

variables {
  name = "acme"
}

run "the_bucket_is_closed_encrypted_and_emptied" {
  command = plan
  module { source = "./modules/images" }

  assert {
    condition     = can(regex("^acme-images-[0-9a-f]{12}$", output.bucket_name)) && aws_s3_bucket.this.bucket == output.bucket_name && !strcontains(output.bucket_name, "123456789012")
    error_message = "The name isn't one for this account and Region alone, or tells the account: ${output.bucket_name}"
  }

  assert {
    condition     = aws_s3_bucket_public_access_block.this.block_public_acls && aws_s3_bucket_public_access_block.this.block_public_policy && aws_s3_bucket_public_access_block.this.ignore_public_acls && aws_s3_bucket_public_access_block.this.restrict_public_buckets
    error_message = "The bucket can be opened to the public."
  }

  assert {
    condition     = length(aws_s3_bucket_server_side_encryption_configuration.this) == 0
    error_message = "S3's own encryption is the default; a rule that repeats it changes in each plan of some providers."
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration[0].days == 7 && aws_s3_bucket_lifecycle_configuration.this.rule[0].status == "Enabled"
    error_message = "Images don't expire after a week."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.this.policy).Statement == [{
      Sid       = "DenyPlainHttp"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::${output.bucket_name}", "arn:aws:s3:::${output.bucket_name}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "The bucket is reached without TLS."
  }

  assert {
    condition     = !aws_s3_bucket.this.force_destroy
    error_message = "The bucket is destroyed with images in it unasked."
  }

  assert {
    condition = jsondecode(output.writer_policy).Statement == [{
      Sid       = "WriteAndSignImages"
      Effect    = "Allow"
      Action    = ["s3:GetObject", "s3:PutObject"]
      Resource  = ["arn:aws:s3:::${output.bucket_name}/images/*"]
      Condition = { StringEquals = { "aws:ResourceAccount" = "123456789012" } }
    }]
    error_message = "A writer may do more or less than write and sign: ${output.writer_policy}"
  }
}

run "a_key_encrypts_the_images" {
  command = plan
  module { source = "./modules/images" }

  variables {
    kms_key         = { arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
    expiration_days = 1
    force_destroy   = true
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this["kms"].rule).apply_server_side_encryption_by_default).kms_master_key_id == var.kms_key.arn && one(aws_s3_bucket_server_side_encryption_configuration.this["kms"].rule).bucket_key_enabled
    error_message = "Images aren't encrypted by the key, or each by a request to KMS of its own."
  }

  assert {
    condition = jsondecode(output.writer_policy).Statement[1] == {
      Sid       = "UseImagesKey"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = [var.kms_key.arn]
      Condition = { StringEquals = { "kms:ViaService" = "s3.us-east-1.amazonaws.com" } }
    }
    error_message = "A writer may not use the key through S3, or otherwise too."
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration[0].days == 1 && aws_s3_bucket.this.force_destroy
    error_message = "The inputs have no effect."
  }
}
