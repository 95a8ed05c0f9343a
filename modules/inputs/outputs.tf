output "access_log" {
  description = "`access_log`, with every attribute."
  value       = var.access_log
}

output "auth" {
  description = "`auth`, with every attribute."
  value       = var.auth
}

output "domain" {
  description = "`domain`, with every attribute."
  value       = var.domain
}

output "images" {
  description = "`images`, with every attribute."
  value       = var.images
}

output "monitoring" {
  description = "`monitoring`, with every attribute."
  value       = var.monitoring
}

output "package" {
  description = "`package`, with every attribute."
  value       = var.package
}

output "throttling" {
  description = "`throttling`, with every attribute."
  value       = var.throttling
}

output "workflows" {
  description = "`workflows`, with every attribute."
  value       = var.workflows
}
