output "content_filters" {
  description = "The input, with every attribute."
  value       = var.content_filters
}

output "denied_topics" {
  description = "The input, with every attribute."
  value       = var.denied_topics
}

output "grounding" {
  description = "The input, with every attribute."
  value       = var.grounding
}

output "regexes" {
  description = "The input, with every attribute."
  value       = var.regexes
}
