"""Caches of Amazon ElastiCache."""

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, adds, answers, fails, omits, planned, says, unknown, unset, with_resource
from stackproof.core.verdicts import AccessDenied

GROUPS, CLUSTERS, SERVERLESS = (
    "elasticache:DescribeReplicationGroups",
    "elasticache:DescribeCacheClusters",
    "elasticache:DescribeServerlessCaches",
)
USER_GROUPS, USERS = "elasticache:DescribeUserGroups", "elasticache:DescribeUsers"
NAME, MEMCACHED, WITHOUT_NODES = (f"triflow-ai-production-{name}" for name in ("cache", "memcached", "serverless"))
STACK = "module.replication_group"
MAIN, CLUSTER = f"{STACK}.aws_elasticache_replication_group.main", f"{STACK}.aws_elasticache_cluster.main"
USER_GROUP, USER = f"{STACK}.aws_elasticache_user_group.more", f"{STACK}.aws_elasticache_user.more"
OTHER, OTHER_CLUSTER, OTHER_SERVERLESS = (
    f"{STACK}.aws_elasticache_{kind}.more" for kind in ("replication_group", "cluster", "serverless_cache")
)


def of_group(member: str, value: object) -> Edit:
    return says(GROUPS, f"ReplicationGroups.0.{member}", value)


def of_cluster(member: str, value: object) -> Edit:
    return says(CLUSTERS, f"CacheClusters.1.{member}", value)


def serverless(**members: object) -> Edit:
    """Let there be a serverless cache."""
    cache = {
        "ServerlessCacheName": WITHOUT_NODES,
        "Engine": "valkey",
        "UserGroupId": "triflow-ai-production-users",
        "SnapshotRetentionLimit": 7,
    }
    return answers(SERVERLESS, {"ServerlessCaches": [{**cache, "SecurityGroupIds": ["sg-0cac4e00000000001"], **members}]})


def of_user(member: str, value: object) -> Edit:
    return says(USERS, f"Users.0.{member}", value)


def users(*ids: str, **values: object) -> tuple[Edit, ...]:
    """Let the cache have a group of these users, and the plan a user called ``somebody``."""
    said = {"access_string": "on ~* +@all", **values}
    return (
        planned(MAIN, **{TOKEN: None}, user_group_ids=["users"]),
        with_resource(USER_GROUP, refers=None, user_group_id="users", user_ids=[*(ids or ["somebody"])]),
        with_resource(USER, refers=None, user_id="somebody", user_name="default", **said),
    )


def untold(member: str) -> Edit:
    return omits(GROUPS, f"ReplicationGroups.0.{member}")


def one_node(engine: str) -> tuple[Edit, Edit]:
    """The cluster runs another engine."""
    return of_cluster("Engine", engine), of_cluster("SnapshotRetentionLimit", 7)


ON_DISKS, IN_TRANSIT, CALLERS, REACH, SNAPSHOTS = (f"SEC-CACHE-0{number}" for number in range(1, 6))
REST, TRANSIT, MODE = "at_rest_encryption_enabled", "transit_encryption_enabled", "transit_encryption_mode"
DAYS, TOKEN = "snapshot_retention_limit", "auth_token"
WORLD = {"IpProtocol": "tcp", "FromPort": 6379, "ToPort": 6379, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}

CASES: list[Case] = [
    cloud(ON_DISKS, "not encrypted", FAIL, of_group("AtRestEncryptionEnabled", False), names=NAME),
    cloud(ON_DISKS, "encryption not reported", ERROR, untold("AtRestEncryptionEnabled"), names="not reported"),
    cloud(ON_DISKS, "one node of Valkey, not encrypted", FAIL, *one_node("valkey"), names=MEMCACHED),
    cloud(ON_DISKS, "an engine that nobody knows", ERROR, of_cluster("Engine", "dragonfly"), names="dragonfly"),
    cloud(ON_DISKS, "another team's", PASS, adds(GROUPS, "ReplicationGroups", {"ReplicationGroupId": "other"})),
    cloud(ON_DISKS, "the nodes cannot be listed", ERROR, fails(CLUSTERS, AccessDenied("no")), names="no"),
    cloud(ON_DISKS, "serverless caches cannot be listed", ERROR, fails(SERVERLESS, AccessDenied("no")), names="no"),
    cloud(ON_DISKS, "a serverless one", PASS, serverless()),
    plan(ON_DISKS, "not encrypted", FAIL, planned(MAIN, **{REST: False}), names=NAME),
    plan(ON_DISKS, "not encrypted, as today's provider has it", FAIL, planned(MAIN, **{REST: "false"}), names=NAME),
    plan(ON_DISKS, "perhaps encrypted", ERROR, planned(MAIN, **{REST: "maybe"}), names="neither true nor false"),
    plan(ON_DISKS, "encrypted, as today's provider has it", PASS, planned(MAIN, **{REST: "true"})),
    plan(ON_DISKS, "nothing said of encryption", FAIL, unset(MAIN, REST), names=NAME),
    plan(ON_DISKS, "nothing said of Valkey's", PASS, planned(MAIN, engine="valkey"), unset(MAIN, REST)),
    plan(ON_DISKS, "known after apply", UNKNOWN, unknown(MAIN, REST)),
    plan(ON_DISKS, "one node of Redis", FAIL, planned(CLUSTER, engine="redis"), names=MEMCACHED),
    plan(ON_DISKS, "an engine that nobody knows", ERROR, planned(CLUSTER, engine="dragonfly"), names="dragonfly"),
    plan(
        ON_DISKS,
        "a node of a replication group",
        PASS,
        with_resource(OTHER_CLUSTER, cluster_id="more", replication_group_id=NAME, engine="redis"),
    ),
    plan(
        ON_DISKS,
        "a secondary group of a global one",
        UNKNOWN,
        with_resource(OTHER, refers={"global_replication_group_id": "var.primary"}, replication_group_id="more"),
        unset(OTHER, REST),
    ),
    cloud(IN_TRANSIT, "not encrypted", FAIL, of_group("TransitEncryptionEnabled", False), names=NAME),
    cloud(IN_TRANSIT, "encryption that is preferred", FAIL, of_group("TransitEncryptionMode", "preferred"), names=NAME),
    cloud(IN_TRANSIT, "a mode that nobody knows", ERROR, of_group("TransitEncryptionMode", "relaxed"), names="relaxed"),
    cloud(IN_TRANSIT, "no mode, as of old", PASS, untold("TransitEncryptionMode")),
    cloud(IN_TRANSIT, "encryption not reported", ERROR, untold("TransitEncryptionEnabled"), names="not reported"),
    cloud(IN_TRANSIT, "Memcached without", FAIL, of_cluster("TransitEncryptionEnabled", False), names=MEMCACHED),
    cloud(IN_TRANSIT, "a serverless one", PASS, serverless()),
    plan(IN_TRANSIT, "not encrypted", FAIL, planned(MAIN, **{TRANSIT: False}), names=NAME),
    plan(IN_TRANSIT, "nothing said of encryption", FAIL, unset(MAIN, TRANSIT, MODE), names=NAME),
    plan(IN_TRANSIT, "encryption that is preferred", FAIL, planned(MAIN, **{MODE: "preferred"}), names=NAME),
    plan(IN_TRANSIT, "a mode that nobody knows", ERROR, planned(MAIN, **{MODE: "relaxed"}), names="relaxed"),
    plan(IN_TRANSIT, "no mode", PASS, unset(MAIN, MODE)),
    plan(IN_TRANSIT, "known after apply", UNKNOWN, unknown(MAIN, TRANSIT)),
    plan(IN_TRANSIT, "Memcached without", FAIL, planned(CLUSTER, **{TRANSIT: None}), names=MEMCACHED),
    plan(IN_TRANSIT, "a serverless one", PASS, with_resource(OTHER_SERVERLESS, name="more", engine="valkey")),
    cloud(CALLERS, "nobody is asked", FAIL, of_group("UserGroupIds", []), names=NAME),
    cloud(CALLERS, "a token", PASS, of_group("UserGroupIds", []), of_group("AuthTokenEnabled", True)),
    cloud(CALLERS, "neither reported", ERROR, untold("UserGroupIds"), untold("AuthTokenEnabled"), names="not reported"),
    cloud(CALLERS, "one node of Valkey that asks nobody", FAIL, *one_node("valkey"), names=MEMCACHED),
    cloud(CALLERS, "an engine that nobody knows", ERROR, of_cluster("Engine", "dragonfly"), names="dragonfly"),
    cloud(CALLERS, "a serverless one without users", FAIL, serverless(UserGroupId=""), names=WITHOUT_NODES),
    cloud(CALLERS, "a serverless one", PASS, serverless()),
    plan(CALLERS, "nobody is asked", FAIL, planned(MAIN, **{TOKEN: None}), names=NAME),
    plan(CALLERS, "a token", PASS, planned(MAIN, **{TOKEN: "x" * 16})),
    plan(CALLERS, "a token known after apply", PASS, unknown(MAIN, TOKEN)),
    *(
        cloud(CALLERS, f"users, {name}", verdict, *edits, names=names)
        for name, verdict, edits, names in (
            ("one without a password", FAIL, (of_user("Authentication.Type", "no-password"),), NAME),
            (
                "one without a password, turned off",
                PASS,
                (of_user("Authentication.Type", "no-password"), of_user("AccessString", "off ~* -@all")),
                "",
            ),
            ("one of IAM", PASS, (of_user("Authentication.Type", "iam"),), ""),
            ("one that shows it nobody knows how", ERROR, (of_user("Authentication.Type", "passkey"),), "passkey"),
            ("one that does not tell", ERROR, (omits(USERS, "Users.0.Authentication"),), "not reported"),
            ("one that is not listed", ERROR, (of_user("UserId", "other"),), "not reported"),
            ("a group that is not listed", ERROR, (says(USER_GROUPS, "UserGroups.0.UserGroupId", "other"),), "not reported"),
            ("they may not be asked for", ERROR, (fails(USERS, AccessDenied("no")),), "no"),
            ("groups may not be asked for", ERROR, (fails(USER_GROUPS, AccessDenied("no")),), "no"),
            (
                "they are asked for where there is a group alone",
                PASS,
                (of_group("UserGroupIds", []), of_group("AuthTokenEnabled", True), fails(USERS, AccessDenied("no"))),
                "",
            ),
            (
                "one of a serverless cache without a password",
                FAIL,
                (serverless(), of_user("Authentication.Type", "no-password")),
                WITHOUT_NODES,
            ),
        )
    ),
    *(
        plan(CALLERS, f"users, {name}", verdict, *edits, names=NAME if verdict is FAIL else "")
        for name, verdict, edits in (
            ("one with a password", PASS, users(passwords=["x" * 16])),
            ("one without a password", FAIL, users(no_password_required=True)),
            ("one without a password, turned off", PASS, users(no_password_required=True, access_string="off -@all")),
            ("one whose mode asks for no password", FAIL, users(authentication_mode=[{"type": "no-password-required"}])),
            ("one of IAM", PASS, users(authentication_mode=[{"type": "iam"}])),
            ("one that shows it nobody knows how", ERROR, users(authentication_mode=[{"type": "passkey"}])),
            ("one where a text says so", FAIL, users(no_password_required="true")),
            ("the one that everybody has", FAIL, users("default")),
            ("one that is not in the plan", UNKNOWN, users("older")),
            ("of a group that is not in the plan", UNKNOWN, (planned(MAIN, **{TOKEN: None}, user_group_ids=["older"]),)),
            ("nobody knows yet whether it has a password", UNKNOWN, (*users(), unknown(USER, "no_password_required"))),
            ("nobody knows yet which", UNKNOWN, (*users(), unknown(USER_GROUP, "user_ids"))),
            ("nobody knows yet of which group", UNKNOWN, (*users(), unknown(MAIN, "user_group_ids"))),
            (
                "one without a password, put into the group by a resource beside it",
                FAIL,
                (
                    *users("older", no_password_required=True),
                    with_resource(
                        f"{STACK}.aws_elasticache_user_group_association.more", user_group_id="users", user_id="somebody"
                    ),
                ),
            ),
        )
    ),
    plan(CALLERS, "one node of Redis", FAIL, planned(CLUSTER, engine="redis"), names=MEMCACHED),
    plan(CALLERS, "an engine that nobody knows", ERROR, planned(CLUSTER, engine="dragonfly"), names="dragonfly"),
    plan(CALLERS, "an engine known after apply", UNKNOWN, unknown(CLUSTER, "engine")),
    plan(CALLERS, "a serverless one", FAIL, with_resource(OTHER_SERVERLESS, name="more", engine="valkey"), names="more"),
    cloud(
        REACH,
        "open to the world",
        FAIL,
        says("ec2:DescribeSecurityGroups", "SecurityGroups.0.IpPermissions", [WORLD]),
        names=NAME,
    ),
    cloud(
        REACH,
        "nodes that are not told",
        ERROR,
        omits(CLUSTERS, "CacheClusters.0.ReplicationGroupId"),
        of_cluster("ReplicationGroupId", "x"),
    ),
    cloud(
        REACH,
        "a group of another account",
        ERROR,
        serverless(SecurityGroupIds=["sg-0cac4e00000000002"]),
        names="sg-0cac4e00000000002",
    ),
    plan(
        REACH,
        "open to the world",
        FAIL,
        with_resource(
            f"{STACK}.aws_security_group_rule.world",
            refers={"security_group_id": "aws_security_group.main.id"},
            type="ingress",
            protocol="tcp",
            from_port=6379,
            to_port=6379,
            cidr_blocks=["0.0.0.0/0"],
        ),
        names=NAME,
    ),
    cloud(REACH, "a serverless one", PASS, serverless()),
    plan(REACH, "the default group of its VPC", UNKNOWN, unset(MAIN, "security_group_ids"), names="default one"),
    cloud(REACH, "groups that are not told", ERROR, serverless(SecurityGroupIds=[]), names="not reported"),
    plan(REACH, "groups known after apply", UNKNOWN, unknown(MAIN, "security_group_ids")),
    cloud(SNAPSHOTS, "none", FAIL, of_group("SnapshotRetentionLimit", 0), names=NAME),
    cloud(SNAPSHOTS, "a day less", FAIL, serverless(SnapshotRetentionLimit=6), names=WITHOUT_NODES),
    cloud(SNAPSHOTS, "not reported", ERROR, untold("SnapshotRetentionLimit"), names="not reported"),
    cloud(SNAPSHOTS, "one node of Valkey that keeps them", PASS, *one_node("valkey")),
    cloud(SNAPSHOTS, "an engine that nobody knows", ERROR, of_cluster("Engine", "dragonfly"), names="dragonfly"),
    cloud(SNAPSHOTS, "a serverless one", PASS, serverless()),
    plan(SNAPSHOTS, "none", FAIL, planned(MAIN, **{DAYS: None}), names=NAME),
    plan(SNAPSHOTS, "a day less", FAIL, planned(MAIN, **{DAYS: 6}), names=NAME),
    plan(SNAPSHOTS, "known after apply", UNKNOWN, unknown(MAIN, DAYS)),
    plan(SNAPSHOTS, "one node of Redis", FAIL, planned(CLUSTER, engine="redis"), names=MEMCACHED),
    plan(SNAPSHOTS, "an engine that nobody knows", ERROR, planned(CLUSTER, engine="dragonfly"), names="dragonfly"),
]
