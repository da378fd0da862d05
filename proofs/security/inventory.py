"""The inventory of each kind: what is declared and gone, what nobody declared, and what is said to be absent and is there."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from proofs.cases import ERROR, FAIL, UNKNOWN, Case, cloud, plan
from proofs.harness import planned, profile_for, unknown
from stackproof.profile import schema
from stackproof.profile.base import as_frozen
from stackproof.profile.schema import Profile
from stackproof.util.once import Once

GONE = "triflow-ai-production-gone"
REASON = "the stack has none of this kind"

Tables = dict[str, Any]


def one_more(table: str, key: str, **values: Any) -> Callable[[Tables], Any]:
    """A kind that has a table for each: one more."""
    return lambda tables: (*tables[table], {key: GONE, **values})


def one_name_more(table: str, key: str) -> Callable[[Tables], Any]:
    """A kind that has a list of names: one more."""
    return lambda tables: {**tables[table], key: (*tables[table][key], GONE)}


KINDS: Mapping[str, tuple[str, Callable[[Tables], Any]]] = {
    "database": ("SEC-INV-01", one_more("database", "identifier")),
    "load_balancer": ("SEC-INV-02", one_more("load_balancer", "name")),
    "service": ("SEC-INV-03", lambda tables: ({**tables["service"][0], "names": (*tables["service"][0]["names"], GONE)},)),
    "network": ("SEC-INV-04", one_more("network", "vpc")),
    "storage": ("SEC-INV-05", one_name_more("storage", "buckets")),
    "encryption": ("SEC-INV-06", one_name_more("encryption", "keys")),
    "secrets": ("SEC-INV-07", one_name_more("secrets", "names")),
    "identity": ("SEC-INV-08", one_name_more("identity", "roles")),
    "registry": ("SEC-INV-09", one_name_more("registry", "repository")),
    "audit": ("SEC-INV-10", lambda tables: {**tables["audit"], "trail": GONE}),
    "function": ("SEC-INV-11", one_name_more("function", "names")),
    "dynamodb_table": ("SEC-INV-12", one_name_more("dynamodb_table", "names")),
    "api": ("SEC-INV-13", one_name_more("api", "names")),
    "sqs_queue": ("SEC-INV-14", one_name_more("sqs_queue", "names")),
    "sns_topic": ("SEC-INV-15", one_name_more("sns_topic", "names")),
    "efs_file_system": ("SEC-INV-16", one_name_more("efs_file_system", "names")),
    "event_bus": ("SEC-INV-17", one_name_more("event_bus", "names")),
    "cache": ("SEC-INV-18", one_name_more("cache", "names")),
    "state_machine": ("SEC-INV-19", one_name_more("state_machine", "names")),
    "distribution": ("SEC-INV-20", one_name_more("distribution", "names")),
    "logs": ("LOG-02", one_name_more("logs", "groups")),
}
"""Of each kind that ``absent`` may name its control, and how its table declares one more."""

EMPTY: Mapping[str, Any] = {
    **dict.fromkeys(("database", "load_balancer", "service", "network"), ()),
    "storage": {"buckets": ()},
    "encryption": {"keys": ()},
    "secrets": {"names": ()},
    "identity": {"roles": ()},
    **{table: {"names": ()} for table in schema.KINDS[schema.KINDS.index("function") :]},
    "logs": {"groups": (), "owned": ("/aws/",)},
}
"""The tables that say that there is none of a kind by an empty list."""


NAMED: Mapping[str, tuple[str, ...]] = {
    "database": ("aws_db_instance.main", "identifier"),
    "load_balancer": ("aws_lb.main", "name"),
    "service": ("aws_ecs_service.backend", "name"),
    "network": ("aws_vpc.main", "tags", "tags_all"),
    "storage": ("aws_s3_bucket.app", "bucket"),
    "encryption": ("aws_kms_alias.main", "name"),
    "secrets": ("aws_secretsmanager_secret.database", "name"),
    "identity": ("aws_iam_role.task", "name"),
    "registry": ("aws_ecr_repository.backend", "name"),
    "audit": ("module.central_logging.aws_cloudtrail.audit", "name"),
    "function": ("module.lambda_function.aws_lambda_function.main", "function_name"),
    "dynamodb_table": ("module.dynamodb_table.aws_dynamodb_table.main", "name"),
    "api": ("module.http_api.aws_apigatewayv2_api.main", "name"),
    "sqs_queue": ("module.sqs_queue.aws_sqs_queue.main", "name"),
    "sns_topic": ("aws_sns_topic.alerts", "name"),
    "efs_file_system": ("module.efs_file_system.aws_efs_file_system.main", "tags", "tags_all"),
    "event_bus": ("module.event_bus.aws_cloudwatch_event_bus.main", "name"),
    "cache": ("module.replication_group.aws_elasticache_replication_group.main", "replication_group_id"),
    "state_machine": ("module.state_machine.aws_sfn_state_machine.main", "name"),
    "distribution": ("module.distribution.aws_cloudfront_distribution.main", "aliases"),
}
"""A declared resource of each kind, as the plan has it, and what names it."""


def tables_of(control: str) -> Tables:
    return profile_for(control).model_dump(by_alias=True)


def without_table(control: str, table: str, **more: Any) -> Profile:
    """The profile without a table, and with something instead."""
    tables = {name: value for name, value in tables_of(control).items() if name != table}
    tables["owned"] = ("triflow-ai",)  # all of it is the stack's by its name
    if table == "network":  # the groups of others are declared there
        for other in ("database", "load_balancer"):
            tables[other] = tuple({**one, "security_groups": ()} for one in tables[other])
    return Profile.model_validate(as_frozen({**tables, **more}))


def cases(table: str) -> Iterator[Case]:
    control, more = KINDS[table]
    absent = {"absent": {table: REASON}}
    if table in NAMED:
        yield plan(control, "declared, and a name known after apply", UNKNOWN, unknown(*NAMED[table]))
    for on in (cloud, plan):
        excluded = on(control, "stated absent, and there", FAIL, names="the profile says that there is none")
        yield replace(excluded, expected=Once(partial(without_table, control, table, **absent)))
        if table in EMPTY:
            none = on(control, "an empty list, and there", FAIL, names="the profile says that there is none")
            yield replace(none, expected=Once(partial(without_table, control, table, **{table: EMPTY[table]})))
        undeclared = on(control, "nobody declared it, and there", ERROR, names=f"absent.{table}")
        yield replace(undeclared, expected=Once(partial(without_table, control, table)))
        gone = on(control, "declared, and not there", FAIL, names=GONE)
        yield replace(gone, expected=Once(lambda: without_table(control, table, **{table: more(tables_of(control))})))


OF_FUNCTIONS = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}

CASES: list[Case] = [
    *(case for table in KINDS for case in cases(table)),
    replace(
        plan(
            "SEC-INV-08",
            "stated absent, and there for functions alone",
            FAIL,
            planned("aws_iam_role.task", assume_role_policy=json.dumps({"Statement": [OF_FUNCTIONS]})),
            names="triflow-ai-production-ecs-task-role: the profile says that there is none",
        ),
        expected=without_table("SEC-INV-08", "identity", absent={"identity": REASON}),
    ),
]
