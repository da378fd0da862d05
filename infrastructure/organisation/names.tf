locals {
  name        = "stackproof-organisation"
  account_arn = "arn:aws:iam::${var.aws_account_id}:root"

  # Names, and not references, where a policy names what is made beside it: a plan knows them.
  bucket_arn         = "arn:aws:s3:::${var.store_bucket}"
  worker_role_arn    = "arn:aws:iam::${var.aws_account_id}:role/${local.name}-worker"
  scheduler_role_arn = "arn:aws:iam::${var.aws_account_id}:role/${local.name}-scheduler"
  log_group          = "/aws/ecs/${local.name}"
  log_group_arn      = "arn:aws:logs:${var.region}:${var.aws_account_id}:log-group:${local.log_group}"

  scheduler_port = 8786
  worker_ports   = { worker = 8790, nanny = 8791 }

  # Whoever reaches a Dask scheduler runs code on its workers: each end shows a certificate of the same authority.
  certificates = [
    { name = "DASK_TLS_CA", valueFrom = "${var.certificates_secret_arn}:ca::" },
    { name = "DASK_TLS_CERTIFICATE", valueFrom = "${var.certificates_secret_arn}:certificate::" },
    { name = "DASK_TLS_KEY", valueFrom = "${var.certificates_secret_arn}:key::" },
  ]
  tls = {
    environment = [
      { name = "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION", value = "true" },
      { name = "HOME", value = "/tmp" },
    ]
    write = "umask 077; for name in CA CERTIFICATE KEY; do printenv DASK_TLS_$name > /tmp/$name.pem; unset DASK_TLS_$name; done"
    flags = "--tls-ca-file /tmp/CA.pem --tls-cert /tmp/CERTIFICATE.pem --tls-key /tmp/KEY.pem"
  }
}
