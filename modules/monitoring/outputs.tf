output "alarm_arns" {
  description = "ARNs of the alarms, by name: `server_errors`, `workflows/NAME` and so on. For a composite alarm of your own, or a rollback's."
  value       = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => alarm.arn }
}

output "alarm_names" {
  description = "Names of the alarms."
  value       = sort([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name])
}

output "dashboard_body" {
  description = "The dashboard, as JSON."
  value       = aws_cloudwatch_dashboard.this.dashboard_body
}

output "dashboard_name" {
  description = "Name of the dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "log_group_name" {
  description = "The log group that the dashboard and the queries read."
  value       = local.log_group_name
}

output "queries" {
  description = "The saved queries, by the question that each answers. They stand in Logs Insights under the deployment's name."
  value       = { for question, query in local.queries : question => query }
}
