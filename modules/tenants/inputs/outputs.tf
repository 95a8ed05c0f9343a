output "tenants" {
  description = "The tenants, with every attribute."
  value       = var.tenants
}
