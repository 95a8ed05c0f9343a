# Where a waiting approval is announced. Only with an approval step.

locals {
  topic_name = "${var.name}-approvals"
  topic_arn  = "arn:${local.partition}:sns:${local.region}:${local.account}:${local.topic_name}"
}

resource "aws_sns_topic" "approvals" {
  for_each = length(local.approvals) > 0 ? toset(["approvals"]) : toset([])

  name              = local.topic_name
  display_name      = "Approvals of ${var.name}"
  kms_master_key_id = var.kms_key == null ? "alias/aws/sns" : var.kms_key.arn
  tags              = var.tags
}
