# A bucket for what models make and no answer can hold: encrypted, closed, and emptied by itself.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  # `region` is what provider 6 calls it, `id` is what 5.100 has and 6 still carries.
  region = lookup(data.aws_region.current, "region", lookup(data.aws_region.current, "id", null))

  # A bucket's name is one of all of AWS's, and stands in each address that a caller gets: so account and Region are in
  # it, and can't be read out of it.
  bucket     = "${var.name}-images-${substr(sha256("${local.account}/${local.region}"), 0, 12)}"
  bucket_arn = "arn:${local.partition}:s3:::${local.bucket}"

  # What the role of a function that writes images and signs their addresses needs.
  writer_statements = concat(
    [{
      Sid      = "WriteAndSignImages"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:PutObject"]
      Resource = ["${local.bucket_arn}/images/*"]
      # A bucket that is gone could be made again by somebody else.
      Condition = { StringEquals = { "aws:ResourceAccount" = local.account } }
    }],
    [for key in var.kms_key[*] : {
      Sid       = "UseImagesKey"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = [key.arn]
      Condition = { StringEquals = { "kms:ViaService" = "s3.${local.region}.${data.aws_partition.current.dns_suffix}" } }
    }],
  )
}

resource "aws_s3_bucket" "this" {
  # checkov:skip=CKV2_AWS_61:the expiry is aws_s3_bucket_lifecycle_configuration.this
  # checkov:skip=CKV2_AWS_62:nobody waits for an event of it; the caller has the address
  # checkov:skip=CKV_AWS_18:where access logs go is the account's policy
  # checkov:skip=CKV_AWS_21:images are written once and expire
  # checkov:skip=CKV_AWS_144:images expire; nothing here outlives a Region
  # checkov:skip=CKV_AWS_145:S3's own encryption; a customer managed key is the input kms_key
  bucket        = local.bucket
  force_destroy = var.force_destroy
  tags          = var.tags
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# Without a key of one's own S3 encrypts by itself. A rule that says so would change in every plan of the providers 6.22 to
# 6.39 (hashicorp/terraform-provider-aws#47320).
resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = { for key in var.kms_key[*] : "kms" => key }

  bucket = aws_s3_bucket.this.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = each.value.arn
    }
  }
}

moved {
  from = aws_s3_bucket_server_side_encryption_configuration.this
  to   = aws_s3_bucket_server_side_encryption_configuration.this["kms"]
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "expire"
    status = "Enabled"

    filter {}

    expiration {
      days = var.expiration_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "DenyPlainHttp"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}
