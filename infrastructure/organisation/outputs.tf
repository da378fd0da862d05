output "scheduler" {
  description = "For --scheduler"
  value       = "tls://scheduler.${local.name}.internal:${local.scheduler_port}"
}

output "store" {
  description = "For --store"
  value       = "s3://${var.store_bucket}/results"
}

output "worker_role_arn" {
  description = "The role that the audit role of each account trusts"
  value       = local.worker_role_arn
}

output "audit_role_command" {
  description = "Brings the audit role into the accounts of the organisational units, once: later ones get it as they join"
  value = join(" ", [
    "aws cloudformation create-stack-instances --call-as DELEGATED_ADMIN --stack-set-name ${aws_cloudformation_stack_set.audit_role.name}",
    "--region ${var.region} --regions ${var.region}",
    "--deployment-targets OrganizationalUnitIds=${join(",", var.organisational_units)}",
  ])
}
