# Where requests and answers lie that no state can hold (more than 256 KB). Only with an invoke step.

locals {
  # A bucket's name is one of all of AWS's, so it carries account and Region.
  bucket   = "${lower(replace(var.name, "_", "-"))}-${local.account}-${local.region}"
  payloads = length(local.invokes) > 0 ? toset(["payloads"]) : toset([])
}

resource "aws_s3_bucket" "payloads" {
  # checkov:skip=CKV2_AWS_61:the expiry is aws_s3_bucket_lifecycle_configuration.payloads
  # checkov:skip=CKV2_AWS_62:nobody waits for an event of it; the execution says when an answer is there
  # checkov:skip=CKV_AWS_18:where access logs go is the account's policy
  # checkov:skip=CKV_AWS_21:payloads are written once and expire
  # checkov:skip=CKV_AWS_144:payloads expire; nothing here outlives a Region
  # checkov:skip=CKV_AWS_145:S3's own encryption; a customer managed key is the input kms_key
  for_each = local.payloads

  bucket = local.bucket
  # Payloads are for the passing through: whoever removes the workflow wants them gone.
  force_destroy = true
  tags          = var.tags
}

resource "aws_s3_bucket_public_access_block" "payloads" {
  for_each = aws_s3_bucket.payloads

  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# Without a key of one's own S3 encrypts by itself. A rule that says so would change in every plan of the providers 6.22 to
# 6.39 (hashicorp/terraform-provider-aws#47320).
resource "aws_s3_bucket_server_side_encryption_configuration" "payloads" {
  for_each = var.kms_key == null ? {} : aws_s3_bucket.payloads

  bucket = each.value.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.kms_key.arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "payloads" {
  for_each = aws_s3_bucket.payloads

  bucket = each.value.id

  rule {
    id     = "expire"
    status = "Enabled"

    filter {}

    expiration {
      days = var.payload_expiration_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_s3_bucket_policy" "payloads" {
  for_each = aws_s3_bucket.payloads

  bucket = each.value.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "DenyPlainHttp"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:${local.partition}:s3:::${local.bucket}", "arn:${local.partition}:s3:::${local.bucket}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.payloads]
}
