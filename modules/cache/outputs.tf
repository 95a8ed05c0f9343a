output "table_arn" {
  description = "ARN of the table."
  value       = aws_dynamodb_table.this.arn
}

output "table_name" {
  description = "Name of the table, for the function's environment (`LLM_API_CACHE_TABLE`) and its role (`cache_table` of `modules/function`)."
  value       = aws_dynamodb_table.this.name
}
