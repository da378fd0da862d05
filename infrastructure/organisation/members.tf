# The audit role for every account, also for those that join later, once the output audit_role_command has named the organisational units.
# member.template.json is made from what the suite asks:
# python -m stackproof.organisation.member_role > infrastructure/organisation/member.template.json
resource "aws_cloudformation_stack_set" "audit_role" {
  name             = "${local.name}-audit-role"
  description      = "The read-only role that stackproof takes on in each account"
  permission_model = "SERVICE_MANAGED"
  capabilities     = ["CAPABILITY_NAMED_IAM"]
  template_body    = file("${path.module}/member.template.json")

  parameters = {
    RoleName       = var.audit_role
    ExternalId     = var.external_id
    OrganisationId = var.organisation_id
    WorkerRoleArn  = local.worker_role_arn
  }

  auto_deployment {
    enabled                          = true
    retain_stacks_on_account_removal = false
  }

  # The trust policy names the worker's role, which must be there.
  depends_on = [aws_iam_role.worker]

  lifecycle {
    # AWS fills it in for service-managed stack sets.
    ignore_changes = [administration_role_arn]
  }
}
