output "approvals_topic_arn" {
  description = "The topic that announces waiting approvals, with the token to answer with; subscribe to it. Null without an approval step."
  value       = one([for topic in aws_sns_topic.approvals : topic.arn])
}

output "cache_table_name" {
  description = "The table of answers that may be given again. Null without a prompt that has a `cache`."
  value       = one([for cache in module.cache : cache.table_name])
}

output "definition" {
  description = "The compiled definition, in Amazon States Language."
  value       = local.definition
}

output "log_group_name" {
  description = "The log group of the executions' events. No prompt and no answer is in it."
  value       = aws_cloudwatch_log_group.this.name
}

output "model_arns" {
  description = "The resources that the role may invoke, by alias."
  value       = module.models.allowed_models
}

output "name" {
  description = "The state machine's name: what a `workflow` step of another workflow names."
  value       = aws_sfn_state_machine.this.name
}

output "payload_bucket" {
  description = "The bucket of an invoke step's requests (below `requests/`) and answers (below `answers/`). Null without one."
  value       = one([for bucket in aws_s3_bucket.payloads : bucket.bucket])
}

output "policy_documents" {
  description = "What the role may do: the models' documents, and the rest as the last one."
  value       = concat(module.models.policy_documents, [jsonencode({ Version = "2012-10-17", Statement = local.statements })])
}

output "role_arn" {
  description = "The role that executions run as."
  value       = aws_iam_role.this.arn
}

output "role_name" {
  description = "The role's name, for policies that you attach to it yourself, such as what a definition of your own needs."
  value       = aws_iam_role.this.name
}

output "state_machine_arn" {
  description = "The state machine's ARN: what a caller starts, and what `workflows` of the API takes."
  # Out of names, so that a plan shows whole policies that name it.
  value      = local.state_machine_arn
  depends_on = [aws_sfn_state_machine.this]
}
