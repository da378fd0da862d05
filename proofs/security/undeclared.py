"""What is the stack's and nobody declared is judged like what is declared; what others have in the account is not."""

import json
from collections.abc import Mapping
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, absent, adds, answered, answers, fails, omits, planned, unknown, with_resource
from proofs.security.database import CLUSTERS, INSTANCES, NAME, PARAMETERS, PUBLIC_SUBNET, subnet_group
from proofs.security.identity import ADMINISTRATOR, DETAILS, ECS, EVERYTHING, TASK, allow, aws_policy, policy
from proofs.security.load_balancer import AUDIT, FORWARD, PLANNED_FORWARD
from proofs.security.service import DESCRIBE, PASSWORD, SERVICE, SIDECAR, variable
from proofs.security.storage import DENY, EVERYONE
from proofs.security.storage import NAME as APP
from stackproof.core.verdicts import AccessDenied

# Databases: by name, by their VPC, and as replicas

ELSEWHERE = {"DBSubnetGroup": {**answered(INSTANCES, "DBInstances.0.DBSubnetGroup"), "VpcId": "vpc-0other"}}
OURS, THEIRS = "triflow-ai-production-copy", "billing-db"


def database(name: str, **changes: Any) -> Edit:
    """One more instance, like the declared one but for this."""
    return adds(INSTANCES, "DBInstances", {**answered(INSTANCES, "DBInstances.0"), "DBInstanceIdentifier": name, **changes})


OPEN = {"PubliclyAccessible": True}
IN_PUBLIC = {"DBSubnetGroup": {**ELSEWHERE["DBSubnetGroup"], "Subnets": [{"SubnetIdentifier": PUBLIC_SUBNET}]}}
CLUSTER_PARAMETERS = "rds:DescribeDBClusterParameters"
CLUSTER_SNAPSHOTS, CLUSTER_SHARING = "rds:DescribeDBClusterSnapshots", "rds:DescribeDBClusterSnapshotAttributes"
VPC_GROUP = answered(INSTANCES, "DBInstances.0.VpcSecurityGroups.0.VpcSecurityGroupId")
IN_VPC, ELSEWHERE_GROUP = ([{"VpcSecurityGroupId": group, "Status": "active"}] for group in (VPC_GROUP, "sg-0elsewhere"))
FOREIGN = adds(
    "ec2:DescribeSecurityGroups", "SecurityGroups", {"GroupId": "sg-0elsewhere", "GroupName": "x", "VpcId": "vpc-0other"}
)


def shared_by_cluster(*accounts: str, name: str = "by-hand", of: str = OURS, encrypted: bool = True) -> list[Edit]:
    """A snapshot of a cluster, which may be there no more, and whom it is shared with."""
    snapshot = {
        "DBClusterSnapshotIdentifier": name,
        "DBClusterIdentifier": of,
        "VpcId": "vpc-0other",
        "SnapshotType": "manual",
        "StorageEncrypted": encrypted,
    }
    attributes = [{"AttributeName": "restore", "AttributeValues": [*accounts]}]
    result = {"DBClusterSnapshotAttributesResult": {"DBClusterSnapshotAttributes": attributes}}
    return [
        answers(CLUSTER_SNAPSHOTS, {"DBClusterSnapshots": [snapshot]}),
        answers(CLUSTER_SHARING, result, DBClusterSnapshotIdentifier=name),
    ]


def cluster(
    value: str,
    *,
    engine: str = "aurora-postgresql",
    parameter: str = "rds.force_ssl",
    members: tuple[str, ...] = (OURS,),
    status: str = "in-sync",
    name: str = "c",
    **changes: Any,
) -> list[Edit]:
    """A cluster with its instances, and what its parameter group says."""
    described = {
        "DBClusterIdentifier": name,
        "Engine": engine,
        "EngineVersion": "1.0.3.0",
        "StorageEncrypted": True,
        "DBClusterParameterGroup": "strict",
        "DBClusterMembers": [{"DBInstanceIdentifier": one, "DBClusterParameterGroupStatus": status} for one in members],
        "VpcSecurityGroups": IN_VPC,
        **changes,
    }
    said = {"ParameterName": parameter, "ParameterValue": value}
    return [
        *(database(one, DBClusterIdentifier=name, Engine=engine, EngineVersion="1.0.3.0") for one in members),
        answers(CLUSTERS, {"DBClusters": [described]}),
        answers(CLUSTER_PARAMETERS, {"Parameters": [said]}, DBClusterParameterGroupName="strict"),
    ]


def planned_cluster(engine: str, parameter: str, value: str) -> list[Edit]:
    """A cluster of an engine on a plan, and what its parameter group says."""
    family = {"docdb": "docdb", "neptune": "neptune"}.get(engine, "rds")
    group = {"neptune": "neptune_cluster_parameter_group_name"}.get(engine, "db_cluster_parameter_group_name")
    version = {"engine_version": "1.0.3.0"} if engine == "neptune" else {"engine": engine}
    described: dict[str, Any] = {group: "strict", **version}
    parameters = [{"name": parameter, "value": value}]
    return [
        with_resource(f"aws_{family}_cluster.more", cluster_identifier="more", **described),
        with_resource(f"aws_{family}_cluster_parameter_group.strict", name="strict", parameter=parameters),
    ]


PLAIN_GROUP = {"DBParameterGroups": [{"DBParameterGroupName": "plain", "ParameterApplyStatus": "in-sync"}]}
PLAIN = answers(
    PARAMETERS, {"Parameters": [{"ParameterName": "rds.force_ssl", "ParameterValue": "0"}]}, DBParameterGroupName="plain"
)
REPLICA = with_resource("aws_db_instance.more", identifier="other", replicate_source_db=NAME, publicly_accessible=False)
PUBLIC_GROUP = with_resource("aws_db_subnet_group.more", refers={"subnet_ids": "aws_subnet.public_a.id"}, name="more")
OF_A_CLUSTER = with_resource("aws_rds_cluster_instance.more", identifier="other", cluster_identifier="elsewhere")
DATABASES = [
    cloud("SEC-RDS-01", "another of the stack's by its name", FAIL, database(OURS, **OPEN, **ELSEWHERE), names=OURS),
    cloud("SEC-RDS-01", "another in the VPC", FAIL, database(THEIRS, **OPEN), names=THEIRS),
    cloud(
        "SEC-RDS-01",
        "a replica in another VPC",
        FAIL,
        database(THEIRS, **OPEN, **ELSEWHERE, ReadReplicaSourceDBInstanceIdentifier=NAME),
        names=THEIRS,
    ),
    cloud("SEC-RDS-01", "one of a cluster", FAIL, database(OURS, **OPEN, **ELSEWHERE, DBClusterIdentifier="c"), names=OURS),
    cloud("SEC-RDS-01", "another of the stack's that is closed", PASS, database(OURS)),
    cloud("SEC-RDS-01", "another team's", PASS, database(THEIRS, **OPEN, **ELSEWHERE)),
    cloud(
        "SEC-RDS-01",
        "another of which nobody can tell whose VPC it is in",
        ERROR,
        database(THEIRS, **OPEN, **ELSEWHERE),
        fails("ec2:DescribeVpcs", AccessDenied("denied")),
    ),
    cloud("SEC-RDS-02", "another in a public subnet", FAIL, database(OURS, **IN_PUBLIC), names=f"{OURS} {PUBLIC_SUBNET}"),
    cloud("SEC-RDS-02", "another team's in a public subnet", PASS, database(THEIRS, **IN_PUBLIC)),
    cloud(
        "SEC-RDS-03",
        "another without encryption",
        FAIL,
        database(OURS, StorageEncrypted=False),
        names=OURS,
    ),
    cloud("SEC-RDS-03", "another team's without encryption", PASS, database(THEIRS, StorageEncrypted=False, **ELSEWHERE)),
    cloud(
        "SEC-RDS-04",
        "another without TLS",
        FAIL,
        database(OURS, **PLAIN_GROUP),
        PLAIN,
        names=f"{OURS} plain",
    ),
    cloud("SEC-RDS-04", "another team's without TLS", PASS, database(THEIRS, **ELSEWHERE, **PLAIN_GROUP), PLAIN),
    cloud("SEC-RDS-03", "a cluster's snapshot for everyone", FAIL, *shared_by_cluster("all"), names="by-hand"),
    cloud("SEC-RDS-03", "a cluster's snapshot for nobody", PASS, *shared_by_cluster()),
    cloud("SEC-RDS-03", "a cluster's snapshot without encryption", FAIL, *shared_by_cluster(encrypted=False), names="by-hand"),
    cloud(
        "SEC-RDS-03", "a cluster's snapshot by its own name", FAIL, *shared_by_cluster("all", name=OURS, of="gone"), names=OURS
    ),
    cloud("SEC-RDS-03", "another team's cluster's snapshot", PASS, *shared_by_cluster("all", of=THEIRS, encrypted=False)),
    cloud("SEC-RDS-03", "a cluster without an instance", PASS, *cluster("1", members=())),
    cloud("SEC-RDS-03", "a cluster without encryption", FAIL, *cluster("1", members=(), StorageEncrypted=False), names="c"),
    cloud(
        "SEC-RDS-03",
        "another team's cluster without encryption",
        PASS,
        *cluster("1", members=(), StorageEncrypted=False, VpcSecurityGroups=ELSEWHERE_GROUP),
        FOREIGN,
    ),
    cloud(
        "SEC-RDS-03",
        "a cluster in another VPC by its name",
        FAIL,
        *cluster("1", members=(), StorageEncrypted=False, VpcSecurityGroups=ELSEWHERE_GROUP, name=OURS),
        names=OURS,
    ),
    cloud(
        "SEC-RDS-03",
        "a cluster with a group that EC2 does not show",
        ERROR,
        *cluster("1", members=(), VpcSecurityGroups=ELSEWHERE_GROUP),
        names="sg-0elsewhere",
    ),
    cloud("SEC-RDS-01", "a Multi-AZ cluster that is open", FAIL, *cluster("1", members=(), PubliclyAccessible=True), names="c"),
    cloud("SEC-RDS-01", "a cluster whose instances say so", PASS, *cluster("1")),
    cloud(
        "SEC-RDS-02",
        "a cluster without an instance in a public subnet",
        FAIL,
        *cluster("1", members=(), DBSubnetGroup="public"),
        subnet_group("public", PUBLIC_SUBNET),
        names=f"c {PUBLIC_SUBNET}",
    ),
    cloud("SEC-RDS-02", "a cluster that does not say where it is", ERROR, *cluster("1", members=())),
    *(
        cloud(
            "SEC-RDS-04",
            f"{engine} {name}: {parameter} = {value}",
            verdict,
            *cluster(value, engine=engine, parameter=parameter, members=members),
            names=names,
        )
        for engine, parameter, value, verdict, names in (
            ("aurora-postgresql", "rds.force_ssl", "1", PASS, ""),
            ("aurora-postgresql", "rds.force_ssl", "0", FAIL, "strict"),
            ("aurora-mysql", "require_secure_transport", "ON", PASS, ""),
            ("aurora-mysql", "require_secure_transport", "OFF", FAIL, "strict"),
            ("mysql", "require_secure_transport", "1", PASS, ""),
            ("docdb", "tls", "enabled", PASS, ""),
            ("docdb", "tls", "tls1.2+", PASS, ""),
            ("docdb", "tls", "disabled", FAIL, "strict"),
            ("docdb", "tls", "perhaps", ERROR, "perhaps"),
            ("neptune", "neptune_enforce_ssl", "1", PASS, ""),
            ("neptune", "neptune_enforce_ssl", "0", FAIL, "strict"),
            ("aurora", "rds.force_ssl", "1", ERROR, "aurora"),
        )
        for name, members in (("with an instance", (OURS,)), ("without an instance", ()))
    ),
    cloud(
        "SEC-RDS-04",
        "Neptune of today, whatever its parameters say",
        PASS,
        *cluster("0", engine="neptune", parameter="neptune_enforce_ssl", members=(), EngineVersion="1.4.5.1"),
    ),
    cloud(
        "SEC-RDS-04", "one of a cluster, not in force yet", FAIL, *cluster("1", status="pending-reboot"), names="pending-reboot"
    ),
    cloud("SEC-RDS-04", "one that its cluster does not have", ERROR, *cluster("1"), database("more", DBClusterIdentifier="c")),
    *(
        plan("SEC-RDS-04", f"{engine}: {parameter} = {value}", verdict, *planned_cluster(engine, parameter, value), names=names)
        for engine, parameter, value, verdict, names in (
            ("aurora-postgresql", "rds.force_ssl", "1", PASS, ""),
            ("aurora-postgresql", "rds.force_ssl", "0", FAIL, "strict"),
            ("aurora-mysql", "require_secure_transport", "ON", PASS, ""),
            ("aurora-mysql", "require_secure_transport", "OFF", FAIL, "strict"),
            ("docdb", "tls", "enabled", PASS, ""),
            ("docdb", "tls", "disabled", FAIL, "strict"),
            ("neptune", "neptune_enforce_ssl", "0", FAIL, "strict"),
            ("dynamite", "tls", "enabled", ERROR, "dynamite"),
        )
    ),
    plan("SEC-RDS-04", "Neptune of today", PASS, with_resource("aws_neptune_cluster.more", cluster_identifier="more")),
    plan(
        "SEC-RDS-04",
        "one of a cluster without TLS",
        FAIL,
        *planned_cluster("aurora-mysql", "require_secure_transport", "0"),
        with_resource("aws_rds_cluster_instance.more", identifier="other", engine="aurora-mysql", cluster_identifier="more"),
        names="other strict",
    ),
    plan(
        "SEC-RDS-01",
        "another that it makes",
        FAIL,
        with_resource("aws_db_instance.more", identifier="other", publicly_accessible=True),
        names="other",
    ),
    plan("SEC-RDS-01", "another that is closed", PASS, with_resource("aws_db_instance.more", publicly_accessible=False)),
    plan(
        "SEC-RDS-01",
        "one of a cluster",
        FAIL,
        with_resource("aws_rds_cluster_instance.more", identifier="other", publicly_accessible=True),
        names="other",
    ),
    plan(
        "SEC-RDS-02",
        "another in a public subnet",
        FAIL,
        PUBLIC_GROUP,
        with_resource("aws_db_instance.more", identifier="other", db_subnet_group_name="more"),
        names="other aws_subnet.public_a",
    ),
    *(
        plan(
            "SEC-RDS-03",
            f"one of a cluster, {name}",
            verdict,
            with_resource("aws_rds_cluster.more", cluster_identifier="more", storage_encrypted=encrypted),
            with_resource("aws_rds_cluster_instance.more", identifier="other", cluster_identifier="more"),
            names="other" if verdict is FAIL else "",
        )
        for name, verdict, encrypted in (("encrypted", PASS, True), ("not encrypted", FAIL, False))
    ),
    *(
        plan(control, "a replica, which is like what it copies", PASS, REPLICA)
        for control in ("SEC-RDS-01", "SEC-RDS-02", "SEC-RDS-03")
    ),
    plan(
        "SEC-RDS-01",
        "a replica that is open",
        FAIL,
        REPLICA,
        planned("aws_db_instance.more", publicly_accessible=True),
        names="other",
    ),
    plan("SEC-RDS-02", "one of a cluster that is not in the plan", UNKNOWN, OF_A_CLUSTER),
    plan("SEC-RDS-04", "one of a cluster", UNKNOWN, OF_A_CLUSTER),
    plan(
        "SEC-RDS-02",
        "another in a public subnet, after one that nobody can tell of",
        FAIL,
        OF_A_CLUSTER,
        PUBLIC_GROUP,
        with_resource("aws_rds_cluster.more", cluster_identifier="more", db_subnet_group_name="more"),
        with_resource("aws_rds_cluster_instance.again", identifier="again", cluster_identifier="more"),
        names="again aws_subnet.public_a",
    ),
]

# Buckets: by name

BLOCK, GRANTS = "s3:GetPublicAccessBlock", "s3:GetBucketAcl"
EXPORTS = "triflow-ai-prod-exports"


def bucket(name: str) -> Edit:
    return adds("s3:ListBuckets", "Buckets", {"Name": name})


def settings(name: str, *, grantee: dict[str, str] | None = None) -> list[Edit]:
    """A bucket that is as it must be, but for a grantee of its ACL."""
    arn = f"arn:aws:s3:::{name}"
    deny = json.dumps({"Version": "2012-10-17", "Statement": [{**DENY, "Resource": [arn, f"{arn}/*"]}]})
    grants = [*answered(GRANTS, "Grants"), *([{"Grantee": grantee, "Permission": "READ"}] if grantee else [])]
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    return [
        bucket(name),
        answers("s3:GetBucketEncryption", {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}, Bucket=name),
        answers("s3:GetBucketVersioning", {"Status": "Enabled"}, Bucket=name),
        answers("s3:GetBucketPolicy", {"Policy": deny}, Bucket=name),
        answers("s3:GetBucketPolicyStatus", {"PolicyStatus": {"IsPublic": False}}, Bucket=name),
        answers(GRANTS, {"Grants": grants}, Bucket=name),
    ]


ANYBODY = {"Type": "Group", "URI": EVERYONE}
BUCKETS = [
    cloud(
        "SEC-S3-01",
        "another of the stack's without a block",
        FAIL,
        bucket(EXPORTS),
        answers(BLOCK, {}, Bucket=EXPORTS),
        absent(BLOCK, Bucket=EXPORTS),
        names=EXPORTS,
    ),
    cloud("SEC-S3-01", "another team's", PASS, bucket("triflow-ai-product-images")),
    cloud("SEC-S3-02", "another of the stack's, as it must be", PASS, *settings(EXPORTS)),
    cloud("SEC-S3-02", "another of the stack's for everyone", FAIL, *settings(EXPORTS, grantee=ANYBODY), names=EXPORTS),
    cloud("SEC-S3-02", "another team's", PASS, bucket("billing")),
    plan("SEC-S3-01", "another that it makes", FAIL, with_resource("aws_s3_bucket.more", bucket="more"), names="more"),
    plan("SEC-S3-02", "another for everyone", FAIL, with_resource("aws_s3_bucket.more", acl="public-read"), names="more"),
]

# Roles: by name, if ECS tasks may assume them

WORKER = "triflow-ai-production-worker"
PEOPLE = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}
FUNCTIONS = {**ECS, "Principal": {"Service": "lambda.amazonaws.com"}}
ANYONE = {**ECS, "Principal": "*"}
EVERYBODY = {**PEOPLE, "Principal": {"AWS": "*"}}
STRANGERS = {**PEOPLE, "Principal": {"AWS": "arn:aws:iam::999999999999:root"}}
NARROW = policy(allow("s3:GetObject", f"arn:aws:s3:::{APP}/*"))
RUNS_TASKS = policy(allow(["iam:PassRole", "ecs:RunTask"], "*"))
WIDE = {"SEC-IAM-01": EVERYTHING, "SEC-IAM-04": RUNS_TASKS}


def role(name: str, trust: Mapping[str, object], granted: Mapping[str, object] = NARROW, attached: str = "") -> Edit:
    """One more role of the account."""
    described = {
        "RoleName": name,
        "Arn": f"arn:aws:iam::123456789012:role/{name}",
        "Path": "/",
        "AssumeRolePolicyDocument": policy(trust),
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": granted}],
        "AttachedManagedPolicies": [{"PolicyName": "attached", "PolicyArn": attached}] if attached else [],
    }
    return adds(DETAILS, "RoleDetailList", described)


def planned_role(trust: Mapping[str, object], granted: Mapping[str, object] = NARROW, **values: Any) -> list[Edit]:
    return [
        with_resource("aws_iam_role.more", name="more", assume_role_policy=json.dumps(policy(trust)), **values),
        with_resource("aws_iam_role_policy.more", role="more", policy=json.dumps(granted)),
    ]


ROLES = [
    *(
        case
        for control, granted in WIDE.items()
        for case in (
            cloud(control, "another of the stack's that may do too much", FAIL, role(WORKER, ECS, granted), names=WORKER),
            cloud(control, "one that anyone may assume", FAIL, role(WORKER, ANYONE, granted), names=WORKER),
            cloud(control, "another team's that may do too much", PASS, role("billing", ECS, granted)),
            cloud(control, "one that functions assume", FAIL, role(WORKER, FUNCTIONS, granted), names=WORKER),
            cloud(control, "one that people assume", FAIL, role(WORKER, PEOPLE, granted), names=WORKER),
            plan(control, "another that may do too much", FAIL, *planned_role(ECS, granted), names="more"),
            plan(control, "one that functions assume", FAIL, *planned_role(FUNCTIONS, granted), names="more"),
        )
    ),
    *(
        case
        for name, verdict, trust in (
            ("as it must be", PASS, ECS),
            ("that functions assume", PASS, FUNCTIONS),
            ("that people assume", PASS, PEOPLE),
            ("that anyone may assume", FAIL, ANYONE),
            ("that everybody may assume", FAIL, EVERYBODY),
            ("that another account may assume", FAIL, STRANGERS),
        )
        for case in (
            cloud("SEC-IAM-03", f"another {name}", verdict, role(WORKER, trust), names=WORKER if verdict is FAIL else ""),
            plan("SEC-IAM-03", f"another {name}", verdict, *planned_role(trust), names="more" if verdict is FAIL else ""),
        )
    ),
    cloud(
        "SEC-IAM-02",
        "another with AdministratorAccess",
        FAIL,
        role(WORKER, ECS, attached=ADMINISTRATOR),
        *aws_policy(ADMINISTRATOR, EVERYTHING),
        names=WORKER,
    ),
    cloud("SEC-IAM-02", "another team's with it", PASS, role("billing", ECS, attached=ADMINISTRATOR)),
    plan("SEC-IAM-02", "another with it", FAIL, *planned_role(ECS, managed_policy_arns=[ADMINISTRATOR]), names="more"),
    cloud(
        "SEC-IAM-01",
        "another of which nobody tells where it lies",
        ERROR,
        role(WORKER, ECS),
        omits(DETAILS, f"RoleDetailList.RoleName={WORKER}.Path"),
        names=WORKER,
    ),
    plan(
        "SEC-IAM-01",
        "one of which who may assume it is known after apply",
        FAIL,
        *planned_role(ECS, EVERYTHING),
        unknown("aws_iam_role.more", "assume_role_policy"),
        names="more",
    ),
    plan(
        "SEC-IAM-01",
        "such a one beside a declared one that may do too much",
        FAIL,
        *planned_role(ECS),
        unknown("aws_iam_role.more", "assume_role_policy"),
        planned("aws_iam_role_policy.task", policy=json.dumps(EVERYTHING)),
        names=TASK,
    ),
]

# Policies that nobody has: by name or path

LOOSE = "triflow-ai-production-jobs"
WIDE = {"SEC-IAM-01": policy(allow("s3:*", "*")), "SEC-IAM-04": policy(allow("iam:CreatePolicyVersion", "*"))}
FINE = policy(allow("s3:GetObject", "arn:aws:s3:::triflow-ai-prod/*"))


def loose(document: dict[str, object], name: str = LOOSE, **members: object) -> Edit:
    """A policy of the account, which nobody has unless the members say so; None takes a member away."""
    versions = [{"VersionId": "v1", "Document": EVERYTHING}, {"VersionId": "v2", "Document": document}]
    arn = f"arn:aws:iam::123456789012:policy/{name}"
    reported = {"Arn": arn, "Path": "/", "AttachmentCount": 0, "DefaultVersionId": "v2", **members}
    listed = {**reported, "PolicyVersionList": versions}
    return adds(DETAILS, "Policies", {name: value for name, value in listed.items() if value is not None})


def planned_loose(
    document: dict[str, object], *, used_by: str = "", attribute: str = "policy_arn", **values: object
) -> list[Edit]:
    """A policy of the plan, and what gives it to somebody."""
    made = with_resource("aws_iam_policy.loose", name="loose", policy=json.dumps(document))
    using = with_resource(f"{used_by}.loose", refers={attribute: "aws_iam_policy.loose.arn"}, **values)
    return [made, *([using] if used_by else [])]


POLICIES = [
    *(
        case
        for control, wide in WIDE.items()
        for case in (
            cloud(control, "one that nobody has", FAIL, loose(wide), names=LOOSE),
            cloud(
                control,
                "one that nobody has, by its path",
                FAIL,
                loose(wide, "jobs", Path="/triflow-ai-production/"),
                names="jobs",
            ),
            cloud(control, "one that nobody has, as it must be", PASS, loose(FINE)),
            cloud(control, "another team's that nobody has", PASS, loose(wide, "billing-jobs")),
            cloud(control, "one that somebody has who is judged elsewhere", PASS, loose(wide, AttachmentCount=1)),
            cloud(control, "one that bounds somebody", PASS, loose(wide, PermissionsBoundaryUsageCount=1)),
            cloud(control, "one of which nobody tells who has it", ERROR, loose(wide, AttachmentCount=None), names=LOOSE),
            cloud(control, "one of which nobody tells what it grants", ERROR, loose(wide, DefaultVersionId="v3"), names=LOOSE),
            plan(control, "one that nobody has", FAIL, *planned_loose(wide), names="loose"),
            plan(control, "one that nobody has, as it must be", PASS, *planned_loose(FINE)),
            plan(
                control,
                "one that is attached to a user",
                PASS,
                *planned_loose(wide, used_by="aws_iam_user_policy_attachment", user="terraform-deploy"),
            ),
            plan(
                control,
                "one that is attached to several",
                PASS,
                *planned_loose(wide, used_by="aws_iam_policy_attachment", groups=["deployers"]),
            ),
            plan(
                control,
                "one that bounds a user",
                PASS,
                *planned_loose(wide, used_by="aws_iam_user", attribute="permissions_boundary", name="more"),
            ),
            plan(
                control,
                "one of two of which the attachment is known after apply",
                UNKNOWN,
                *planned_loose(wide),
                with_resource("aws_iam_policy.other", name="other", policy=json.dumps(FINE)),
                with_resource("aws_iam_user_policy_attachment.loose", user="terraform-deploy"),
                unknown("aws_iam_user_policy_attachment.loose", "policy_arn"),
                names="loose",
            ),
            plan(
                control,
                "one that is known after apply",
                UNKNOWN,
                *planned_loose(FINE),
                unknown("aws_iam_policy.loose", "policy"),
                names="loose",
            ),
        )
    ),
    cloud("SEC-IAM-01", "policies of the account are not reported", ERROR, omits(DETAILS, "Policies")),
]

# Task definitions: by family, every active revision

ACTIVE, RUN = "ecs:ListTaskDefinitions", answered(DESCRIBE, "taskDefinition")
BACKEND, MIGRATION = RUN["family"], "triflow-ai-production-migration"


def listed(family: str, revision: int = 7) -> Edit:
    """One more active revision."""
    return adds(ACTIVE, "taskDefinitionArns", revision_arn(family, revision))


def revision_arn(family: str, revision: int) -> str:
    return f"arn:aws:ecs:ap-northeast-2:123456789012:task-definition/{family}:{revision}"


def active(family: str, *containers: dict[str, Any], revision: int = 7, **members: Any) -> list[Edit]:
    """An active revision of a family: like the one that runs, but for this."""
    changed = {"family": family, "revision": revision, **members}
    described = {**RUN, **changed, "containerDefinitions": [*containers] or RUN["containerDefinitions"]}
    asked = {"taskDefinition": revision_arn(family, revision)}
    return [listed(family, revision), answers(DESCRIBE, {"taskDefinition": described}, **asked)]


def planned_family(family: str, *containers: dict[str, Any], **values: Any) -> Edit:
    return with_resource("aws_ecs_task_definition.more", family=family, container_definitions=json.dumps(containers), **values)


DEFINITIONS = [
    *(
        case
        for control, bad in (
            ("SEC-ECS-01", {**SIDECAR, "environment": variable("DB_PASSWORD", PASSWORD)}),
            ("SEC-ECS-02", {**SIDECAR, "privileged": True}),
        )
        for case in (
            cloud(control, "a family that no service runs", FAIL, *active(MIGRATION, bad), names=MIGRATION),
            cloud(control, "a revision that no service runs yet", FAIL, *active(BACKEND, bad), names=f"{BACKEND}:7"),
            cloud(
                control,
                "a revision that no service runs any more, under a newer one",
                FAIL,
                *active(BACKEND, bad, revision=7),
                *active(BACKEND, revision=8),
                names=f"{BACKEND}:7",
            ),
            cloud(control, "a family that is as it must be", PASS, *active(MIGRATION)),
            cloud(control, "a family that is not described", ERROR, listed(MIGRATION), names=f"{MIGRATION}:7"),
            cloud(control, "one that is not described, beside a bad one", FAIL, listed(MIGRATION), *active(BACKEND, bad)),
            cloud(control, "a family of another team", PASS, listed("triflow-ai-product-images")),
            plan(control, "one that no service runs", FAIL, planned_family("more", bad), names="more"),
            plan(control, "a second one of the family", FAIL, planned_family(BACKEND, bad), names="aws_ecs_task_definition.more"),
        )
    ),
    cloud("SEC-ECS-01", "active revisions not reported", ERROR, omits(ACTIVE, "taskDefinitionArns")),
    plan(
        "SEC-ECS-01",
        "one that no service runs, beside one that is not in the plan",
        FAIL,
        planned(SERVICE, task_definition="elsewhere:7"),
        planned_family("more", {**SIDECAR, "environment": variable("DB_PASSWORD", PASSWORD)}),
        names="more",
    ),
    cloud(
        "SEC-IAM-03",
        "a family with one role for both",
        FAIL,
        *active(MIGRATION, taskRoleArn=RUN["executionRoleArn"]),
        names=MIGRATION,
    ),
    plan(
        "SEC-IAM-03",
        "a family with a role that nobody declared",
        FAIL,
        planned_family("more", task_role_arn="arn:aws:iam::123456789012:role/other", execution_role_arn=None),
        names="more",
    ),
]

# Load balancers: by name, and in the VPC, if they face the internet

BALANCERS, LISTENERS, ATTRIBUTES = (
    "elbv2:DescribeLoadBalancers",
    "elbv2:DescribeListeners",
    "elbv2:DescribeLoadBalancerAttributes",
)
SIDE_DOOR = "triflow-ai-production-side-door"


def balancer(name: str, *listeners: Mapping[str, object], attributes: bool = True, **changes: Any) -> list[Edit]:
    """One more load balancer in the VPC, with its listeners, and the declared one's attributes or none."""
    arn = {"LoadBalancerArn": f"arn:{name}"}
    return [
        adds(BALANCERS, "LoadBalancers", {**answered(BALANCERS, "LoadBalancers.0"), "LoadBalancerName": name, **arn, **changes}),
        answers(LISTENERS, {"Listeners": list(listeners)}, **arn),
        answers("elbv2:DescribeRules", {"Rules": [{"Priority": "default", "Actions": FORWARD}]}, ListenerArn="arn:more"),
        answers(ATTRIBUTES, {"Attributes": answered(ATTRIBUTES, "Attributes") if attributes else []}, **arn),
    ]


def planned_balancer(**values: Any) -> list[Edit]:
    return [
        with_resource("aws_lb.more", name="more", **values),
        with_resource(
            "aws_lb_listener.more",
            refers={"load_balancer_arn": "aws_lb.more.arn"},
            port=80,
            protocol="HTTP",
            default_action=PLANNED_FORWARD,
        ),
    ]


PLAIN_HTTP = {"ListenerArn": "arn:more", "Port": 80, "Protocol": "HTTP", "DefaultActions": FORWARD}
OLD_TLS = {"ListenerArn": "arn:more", "Port": 443, "Protocol": "HTTPS", "SslPolicy": "old", "DefaultActions": FORWARD}
OLD_POLICY = answers("elbv2:DescribeSSLPolicies", {"SslPolicies": [{"Name": "old", "SslProtocols": ["TLSv1"]}]}, Names=["old"])
INTERNAL: dict[str, Any] = {"Scheme": "internal"}
IN_THEIRS: dict[str, Any] = {"VpcId": "vpc-0other"}
CAREFUL: dict[str, Any] = {
    "drop_invalid_header_fields": True,
    "enable_deletion_protection": True,
    "access_logs": [{"bucket": AUDIT, "enabled": True}],
}
BALANCED = [
    *(
        case
        for control, listener in (("SEC-ALB-01", PLAIN_HTTP), ("SEC-ALB-02", OLD_TLS))
        for case in (
            cloud(control, "another in the VPC", FAIL, *balancer("other", listener), OLD_POLICY, names="other HTTP"),
            cloud(control, "another by its name", FAIL, *balancer(SIDE_DOOR, listener, **IN_THEIRS), OLD_POLICY, names=SIDE_DOOR),
            cloud(control, "an internal one", PASS, *balancer(SIDE_DOOR, listener, **INTERNAL), OLD_POLICY),
            cloud(control, "another team's", PASS, *balancer("other", listener, **IN_THEIRS), OLD_POLICY),
            cloud(control, "one that does not say where it is", ERROR, *balancer(SIDE_DOOR, listener, Scheme=None), OLD_POLICY),
        )
    ),
    cloud("SEC-ALB-01", "a gateway load balancer", PASS, *balancer("other", PLAIN_HTTP, Type="gateway", Scheme=None)),
    cloud("SEC-ALB-01", "one of TCP", FAIL, *balancer("other", {**PLAIN_HTTP, "Protocol": "TCP"}, Type="network"), names="other"),
    cloud("SEC-ALB-05", "another in the VPC, as it must be", PASS, *balancer("other")),
    cloud("SEC-ALB-05", "another of which nothing is told", ERROR, *balancer("other", attributes=False)),
    cloud("SEC-ALB-05", "another team's", PASS, *balancer("other", attributes=False, **IN_THEIRS)),
    plan("SEC-ALB-01", "another that it makes", FAIL, *planned_balancer(), names="more HTTP:80"),
    plan("SEC-ALB-01", "another, unless it is internal", FAIL, *planned_balancer(), unknown("aws_lb.more", "internal")),
    plan("SEC-ALB-01", "an internal one", PASS, *planned_balancer(internal=True)),
    plan("SEC-ALB-05", "another, as it must be", PASS, with_resource("aws_lb.more", name="more", **CAREFUL)),
    plan(
        "SEC-ALB-05",
        "another without access logs",
        FAIL,
        with_resource("aws_lb.more", name="more", **{**CAREFUL, "access_logs": []}),
        names="more",
    ),
    plan(
        "SEC-ALB-02",
        "another with an old policy",
        FAIL,
        *planned_balancer(),
        planned("aws_lb_listener.more", protocol="HTTPS", ssl_policy="ELBSecurityPolicy-2016-08"),
        names="more HTTPS:80",
    ),
]

# Secrets: by name

SECRETS = [plan("SEC-SM-01", "another that it makes", FAIL, with_resource("aws_secretsmanager_secret.more", name="x"), names="x")]

CASES: list[Case] = [*DATABASES, *BUCKETS, *ROLES, *POLICIES, *DEFINITIONS, *BALANCED, *SECRETS]
