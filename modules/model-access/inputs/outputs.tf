output "models" {
  description = "The models, with every attribute."
  value       = var.models
}

output "guardrail" {
  description = "The guardrail, with every attribute, or null."
  value       = var.guardrail
}
