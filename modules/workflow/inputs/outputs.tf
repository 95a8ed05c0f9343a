output "metering" {
  description = "`metering`, with every attribute."
  value       = var.metering
}

output "retry" {
  description = "`retry`, with every attribute."
  value       = var.retry
}

output "sequence" {
  description = "`sequence`, with every attribute."
  value       = var.sequence
}

output "steps" {
  description = "`steps`, with every attribute."
  value       = var.steps
}
