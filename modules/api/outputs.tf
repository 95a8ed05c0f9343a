output "access_log_group_name" {
  description = "Log group with one line a request; null without `access_log`."
  value       = one(aws_cloudwatch_log_group.access[*].name)
}

output "caller_policy" {
  description = "Policy, as JSON, that a caller's role needs under IAM: attach it to the role. A role of another account has to be let in by `allowed_account_ids` or `allowed_organization_id` too."
  value = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "CallTheLlmApi"
      Effect   = "Allow"
      Action   = "execute-api:Invoke"
      Resource = [for resource in local.caller_resources : "${aws_api_gateway_rest_api.this.execution_arn}/${var.stage_name}/${resource}"]
    }]
  })
}

output "contract" {
  description = "The document that API Gateway imports, as JSON: routes, integrations, authorization, gateway responses and resource policy."
  value       = local.body
}

output "domain_target" {
  description = "What the domain's DNS alias record points at; null without `domain`."
  value = one([for domain in aws_api_gateway_domain_name.this : {
    name    = domain.regional_domain_name
    zone_id = domain.regional_zone_id
  }])
}

output "execution_arn" {
  description = "ARN that IAM policies for `execute-api:Invoke` start with; a stage, method and path follow it."
  value       = aws_api_gateway_rest_api.this.execution_arn
}

output "rest_api_id" {
  description = "ID of the API, for the AWS CLI and for metrics of the namespace `AWS/ApiGateway`."
  value       = aws_api_gateway_rest_api.this.id
}

output "stage_arn" {
  description = "ARN of the stage, which a web ACL or a log subscription attaches to."
  value       = aws_api_gateway_stage.this.arn
}

output "stage_name" {
  description = "Name of the stage."
  value       = aws_api_gateway_stage.this.stage_name
}

output "url" {
  description = "Base URL for callers: `{url}/v1` for OpenAI's SDK, `{url}` for Anthropic's and for boto3's `endpoint_url`."
  value       = module.inputs.domain == null ? aws_api_gateway_stage.this.invoke_url : join("/", compact(["https://${module.inputs.domain.name}", module.inputs.domain.base_path]))

  # Callers are told the URL when the API answers under it.
  depends_on = [aws_api_gateway_base_path_mapping.this, aws_api_gateway_method_settings.all, aws_lambda_permission.api]
}
