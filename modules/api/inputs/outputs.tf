output "access_log" {
  description = "The input, with every attribute."
  value       = var.access_log
}

output "auth" {
  description = "The input, with every attribute."
  value       = var.auth
}

output "domain" {
  description = "The input, with every attribute."
  value       = var.domain
}

output "throttling" {
  description = "The input, with every attribute."
  value       = var.throttling
}
