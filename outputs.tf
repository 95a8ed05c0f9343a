output "access_log_group_name" {
  description = "Log group with one line a request from API Gateway; null without `access_log`."
  value       = module.api.access_log_group_name
}

output "alarm_arns" {
  description = "ARNs of the alarms, by name; empty without `monitoring`."
  value       = merge({}, module.monitoring[*].alarm_arns...)
}

output "alias_arn" {
  description = "ARN of the function's alias, which API Gateway invokes. `pinned_version` points it at an earlier version."
  value       = module.function.alias_arn
}

output "cache_table_name" {
  description = "Name of the table of answers; null where no model declares a `cache`. Delete its items to have every model answer anew."
  value       = one(module.cache[*].table_name)
}

output "caller_policy" {
  description = "Policy, as JSON, that a caller's role needs under IAM: attach it to the role."
  value       = module.api.caller_policy
}

output "dashboard_name" {
  description = "Name of the dashboard in CloudWatch; null without `monitoring`."
  value       = one(module.monitoring[*].dashboard_name)
}

output "domain_target" {
  description = "What the domain's DNS alias record points at (`name`, `zone_id`); null without `domain`."
  value       = module.api.domain_target
}

output "execution_arn" {
  description = "ARN that IAM policies for `execute-api:Invoke` start with."
  value       = module.api.execution_arn
}

output "function_name" {
  description = "Name of the function, for its metrics and its configuration."
  value       = module.function.function_name
}

output "images_bucket" {
  description = "Bucket that pictures are put into; null without `images`."
  value       = one(local.images_buckets[*].name)
}

output "live_version" {
  description = "Number of the published version that answers callers. Note it before you upgrade: `pinned_version` brings it back."
  value       = module.function.function_version
}

output "log_group_name" {
  description = "Log group with the function's line for each request. Search it for a caller's `x-request-id`."
  value       = module.function.log_group_name
}

output "policy_documents" {
  description = "What the function's role may call, as IAM policy documents. Read them before you apply: they name the declared models and nothing else."
  value       = module.model_access.policy_documents
}

output "registry" {
  description = "What the function knows of each alias."
  value       = module.model_access.registry
}

output "rest_api_id" {
  description = "ID of the API, for the AWS CLI and for metrics of the namespace `AWS/ApiGateway`."
  value       = module.api.rest_api_id
}

output "role_arn" {
  description = "ARN of the function's role: name it where an account's guardrails or key policies have to let it in."
  value       = module.function.role_arn
}

output "role_name" {
  description = "Name of the function's role. Attach nothing to it: what it may call follows from `models`."
  value       = module.function.role_name
}

output "stage_arn" {
  description = "ARN of the API's stage, which a log subscription attaches to."
  value       = module.api.stage_arn
}

output "table_name" {
  description = "Name of the tenants table; null without `tenants`."
  value       = one(module.tenants[*].table_name)
}

output "url" {
  description = "Base URL for callers: `{url}/v1` for OpenAI's SDK, `{url}` for Anthropic's and for boto3's `endpoint_url`."
  value       = module.api.url
}
