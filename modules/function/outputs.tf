output "alias_arn" {
  description = "The alias's ARN: what a caller invokes."
  value       = aws_lambda_alias.live.arn
}

output "alias_name" {
  description = "The alias's name."
  value       = aws_lambda_alias.live.name
}

output "environment_variables" {
  description = "The function's environment, as Lambda holds it."
  value       = local.environment
}

output "function_arn" {
  description = "The function's ARN, without a version."
  value       = aws_lambda_function.this.arn
}

output "function_name" {
  description = "The function's name."
  value       = aws_lambda_function.this.function_name
}

output "function_version" {
  description = "The published version that the alias points at."
  value       = aws_lambda_alias.live.function_version
}

output "invoke_arn" {
  description = "The alias as the URI of a buffered API Gateway integration."
  value       = aws_lambda_alias.live.invoke_arn
}

output "log_group_arn" {
  description = "The log group's ARN."
  value       = aws_cloudwatch_log_group.this.arn
}

output "log_group_name" {
  description = "The log group's name."
  value       = aws_cloudwatch_log_group.this.name
}

output "role_arn" {
  description = "The role that the function runs as."
  value       = aws_iam_role.this.arn
}

output "role_name" {
  description = "The role's name, for policies that you attach to it yourself."
  value       = aws_iam_role.this.name
}

output "streaming_invoke_arn" {
  description = "The alias as the URI of an API Gateway integration whose response transfer mode is STREAM."
  value       = "arn:${local.partition}:apigateway:${local.region}:lambda:path/2021-11-15/functions/${aws_lambda_alias.live.arn}/response-streaming-invocations"
}
