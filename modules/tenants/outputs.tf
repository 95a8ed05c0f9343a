output "table_arn" {
  description = "ARN of the table, for the policy of the role that reads it."
  value       = aws_dynamodb_table.this.arn
}

output "table_name" {
  description = "Name of the table, for the function's environment. It is known as soon as every key and tenant is in it."
  value       = aws_dynamodb_table.this.name
  depends_on  = [aws_dynamodb_table_item.key, aws_dynamodb_table_item.tenant]
}
