output "package" {
  description = "The input, with every attribute."
  value       = var.package
}
