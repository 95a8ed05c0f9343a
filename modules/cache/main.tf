# One table of answers that may be given again. The function alone writes into it, and can do without it: nothing in it is
# worth a backup, and its items end by themselves.

resource "aws_dynamodb_table" "this" {
  # checkov:skip=CKV_AWS_28:what is lost is answered anew
  # checkov:skip=CKV_AWS_119:DynamoDB encrypts with a key of its own; a customer managed one is the input kms_key
  name         = "${var.name}-cache"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  tags         = var.tags

  attribute {
    name = "pk"
    type = "S"
  }

  ttl {
    attribute_name = "expires_at"
    enabled        = true
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
