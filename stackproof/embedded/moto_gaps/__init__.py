"""The operations that moto lacks, or answers otherwise than AWS, put right: one small handler each, with its reason.

A gap is *supplied* (an operation moto does not have), *corrected* (a method of moto's wrapped) or *reported* (an
attribute that moto leaves out of its answers). Each handler is written against moto's own classes, so that it could be
offered upstream as it stands; a supplied operation steps aside when moto has it. How often each was used is counted and
shown by the server's status.
"""

from stackproof.embedded.moto_gaps import (
    accessanalyzer,
    apigatewayv2,
    awslambda,
    config,
    ec2,
    ecs,
    efs,
    elasticache,
    elbv2,
    guardduty,
    iam,
    kms,
    logs,
    oam,
    rds,
    registry,
    s3,
    secretsmanager,
    sns,
)
from stackproof.embedded.moto_gaps.registry import install, installed

__all__ = [
    "accessanalyzer",
    "apigatewayv2",
    "awslambda",
    "config",
    "ec2",
    "ecs",
    "efs",
    "elasticache",
    "elbv2",
    "guardduty",
    "iam",
    "install",
    "installed",
    "kms",
    "logs",
    "oam",
    "rds",
    "registry",
    "s3",
    "secretsmanager",
    "sns",
]
