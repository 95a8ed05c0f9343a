output "has_budgets" {
  description = "Whether a tenant has a budget, so that the role has to write what is used: `tenants_table.budgets` of `modules/function`."
  value       = anytrue([for budgets in values(local.budgets) : length(budgets) > 0])
}

output "table_arn" {
  description = "ARN of the table, for the policy of the role that reads it."
  value       = aws_dynamodb_table.this.arn
}

output "table_name" {
  description = "Name of the table, for the function's environment. It is known as soon as every item is in it."
  value       = aws_dynamodb_table.this.name
  depends_on  = [aws_dynamodb_table_item.key, aws_dynamodb_table_item.principal, aws_dynamodb_table_item.tenant]
}
