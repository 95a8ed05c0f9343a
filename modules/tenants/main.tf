# One table for tenants and their keys. A key's item is found by the SHA-256 of the key, so that neither Terraform's state nor
# the table ever holds a key; a tenant's item says which models it may use.

locals {
  # Each key's hash and the tenant it belongs to. Addresses in the state are hashes, so that taking one key away or changing the order
  # touches no other. A hash isn't a secret, even where a caller marks it as one.
  keys = merge([
    for tenant, settings in nonsensitive(var.tenants) : {
      for hash in settings.api_key_sha256 : nonsensitive(hash) => tenant
    }
  ]...)
}

resource "aws_dynamodb_table" "this" {
  name                        = "${var.name}-tenants"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "pk"
  deletion_protection_enabled = var.deletion_protection
  tags                        = var.tags

  attribute {
    name = "pk"
    type = "S"
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }

  # Without this block DynamoDB encrypts with a key of its own.
  dynamic "server_side_encryption" {
    for_each = var.kms_key == null ? [] : [var.kms_key]

    content {
      enabled     = true
      kms_key_arn = server_side_encryption.value.arn
    }
  }
}

resource "aws_dynamodb_table_item" "key" {
  for_each = local.keys

  table_name = aws_dynamodb_table.this.name
  hash_key   = aws_dynamodb_table.this.hash_key
  item = jsonencode({
    pk     = { S = "key#${each.key}" }
    tenant = { S = each.value }
  })
}

resource "aws_dynamodb_table_item" "tenant" {
  for_each = { for tenant, settings in nonsensitive(var.tenants) : tenant => settings.models }

  table_name = aws_dynamodb_table.this.name
  hash_key   = aws_dynamodb_table.this.hash_key
  item = jsonencode({
    pk     = { S = "tenant#${each.key}" }
    models = { SS = sort(each.value) }
  })
}
