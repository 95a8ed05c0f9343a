output "bucket_arn" {
  description = "ARN of the bucket."
  value       = local.bucket_arn
}

output "bucket_name" {
  description = "Name of the bucket. It is known as soon as the bucket is closed to the public, encrypted and emptied by itself."
  value       = local.bucket
  depends_on = [
    aws_s3_bucket_lifecycle_configuration.this,
    aws_s3_bucket_policy.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
  ]
}

output "writer_policy" {
  description = "Policy, as JSON, of a role that writes images and signs their addresses: objects below `images/`, and nothing else."
  value       = jsonencode({ Version = "2012-10-17", Statement = local.writer_statements })
}
