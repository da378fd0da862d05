"""Amazon ECS."""

import copy
import json
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, absent, adds, answered, answers, compliant_plan, omits, planned, refers, says, unknown, without
from stackproof.core.verdicts import Verdict
from stackproof.redaction.redaction import HIDDEN

DESCRIBE, SERVICES = "ecs:DescribeTaskDefinition", "ecs:DescribeServices"
CONTAINERS, BACKEND = "taskDefinition.containerDefinitions", "taskDefinition.containerDefinitions.0"
DEFINITION, SERVICE = "aws_ecs_task_definition.backend", "aws_ecs_service.backend"
ARN = "arn:aws:ecs:ap-northeast-2:123456789012"
ANOTHER_REVISION = f"{ARN}:task-definition/triflow-ai-production-backend:2"
PASSWORD = "correct-horse-battery-9"
SECRET_ARN = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:triflow-ai-production/database"


def container() -> dict[str, Any]:
    """The planned container."""
    resources = compliant_plan()["planned_values"]["root_module"]["resources"]
    written = next(one["values"]["container_definitions"] for one in resources if one["address"] == DEFINITION)
    found: dict[str, Any] = copy.deepcopy(json.loads(written)[0])
    return found


def defined(*containers: dict[str, Any]) -> Edit:
    return planned(DEFINITION, container_definitions=json.dumps(containers))


def written(control: str, name: str, verdict: Verdict = FAIL, names: str = "backend", **members: Any) -> list[Case]:
    """Members of the backend's container, on a cloud and on a plan; the old value of one that is a list comes first."""
    changed = container()
    for member, value in members.items():
        changed[member] = [*changed.get(member, []), *value] if isinstance(value, list) else value
    return [
        cloud(
            control, name, verdict, *(says(DESCRIBE, f"{BACKEND}.{member}", changed[member]) for member in members), names=names
        ),
        plan(control, name, verdict, defined(changed), names=names),
    ]


def variable(name: str, value: str, member: str = "value") -> list[dict[str, str]]:
    return [{"name": name, member: value}]


SIDECAR = {"name": "sidecar", "image": "x", "user": "1000", "privileged": False, "readonlyRootFilesystem": True}
SECRETS = [
    *written("SEC-ECS-01", "DB_PASSWORD in environment", environment=variable("DB_PASSWORD", PASSWORD), names="DB_PASSWORD"),
    *written(
        "SEC-ECS-01",
        "a password inside a URL",
        environment=variable("CACHE", f"redis://app:{PASSWORD}@cache:6379"),
        names="CACHE",
    ),
    *written(
        "SEC-ECS-01",
        "a password inside a URL without a user",
        environment=variable("CACHE", f"rediss://:{PASSWORD}@cache"),
        names="CACHE",
    ),
    *written("SEC-ECS-01", "an access key", environment=variable("KEY", "AKIAIOSFODNN7EXAMPLE"), names="KEY (by its value)"),
    *written("SEC-ECS-01", "a private key", environment=variable("PEM", "-----BEGIN PRIVATE KEY-----\nx"), names="PEM"),
    *written(
        "SEC-ECS-01", "a token of a log driver", logConfiguration={"logDriver": "splunk", "options": {"splunk-token": PASSWORD}}
    ),
    *written(
        "SEC-ECS-01", "a URL in the command", command=["serve", f"--database=postgresql://app:{PASSWORD}@db/app"], names="command"
    ),
    *written(
        "SEC-ECS-01", "variables in a file", environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::b/.env"}], names=".env"
    ),
    *written("SEC-ECS-01", "a secret from a parameter", secrets=variable("TOKEN", "/app/token", "valueFrom"), names="TOKEN"),
    *written("SEC-ECS-01", "a secret in a label", dockerLabels={"api-token": PASSWORD}, names="api-token"),
    *written(
        "SEC-ECS-01",
        "a URL in the health check",
        healthCheck={"command": ["CMD-SHELL", f"pg_isready -d postgresql://app:{PASSWORD}@db/app"]},
        names="healthCheck.command",
    ),
    *(
        case
        for name, value in (
            ("DB_PASSWORD_1", PASSWORD),
            ("APP_SECRETS", PASSWORD),
            ("API_KEYS", PASSWORD),
            ("DB_PASSWORD", "arn:hunter2x9"),
        )
        for case in written("SEC-ECS-01", f"{name}={value}", environment=variable(name, value), names=name)
    ),
    *(
        case
        for name, value in (
            ("DBPASS", PASSWORD),
            ("REDISCLI_AUTH", "aB3dE6gH" * 3),
            ("AIRFLOW__CORE__FERNET_KEY", "aB3dE6gH" * 5 + "xyz="),
            ("ENCRYPTION_KEY", "0123456789abcdef" * 4),
            ("BASIC_AUTH", f"ops:{PASSWORD}"),
            ("SENTRY_DSN", f"https://{'0123456789abcdef' * 2}@o1.ingest.sentry.io/42"),
            ("DB_PASSWORD", "$aQ" + PASSWORD),
            ("DB_PASSWORD", "Qw7{eR5" + "pZx2}Lm9k"),
        )
        for case in written(
            "SEC-ECS-01", f"{name} like {value[:5]}", environment=variable(name, value), names=f"{name} (by its name)"
        )
    ),
    *(
        case
        for name, value in (
            ("npm", "npm_" + "aB3dE6gH9jKl" * 3),
            ("SendGrid", "SG." + "aB3dE6gH9jKlMnOpQrStUv." + "aB3dE6gH" * 5 + "xyz"),
            ("a deploy token", "gldt-" + "aB3dE6gH9jKlMnOpQrSt"),
            ("an unsigned web token", "eyJhbGciOiJub25lIn0." + "eyJzdWIiOiJtYWRlLXVwIn0"),
            ("Twilio", "SK" + "0123456789abcdef" * 2),
            ("OpenAI", "sk-proj-" + "aB3dE6gH" * 6),
            ("a storage account", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=" + "aB3dE6gH" * 10 + "abcdef=="),
            ("JSON", json.dumps({"db": {"password": PASSWORD}})),
            ("a URL with every sign", "postgresql://app:Qw7<eR5" + "p@db:5432/triflow"),
        )
        for case in written(
            "SEC-ECS-01", f"a value of {name}", environment=variable("SETTING", value), names="SETTING (by its value)"
        )
    ),
    *written("SEC-ECS-01", "a word after an option", command=["psql", "--password", PASSWORD], names="command (by its value)"),
    *(
        case
        for name, value in (
            ("USE_TOKEN", "enabled"),
            ("REFRESH_TOKEN", "604800"),
            ("EOS_TOKEN", "</s>"),
            ("DB_PASSWORD", "/run/secrets/db_password"),
            ("DB_PASSWORD", "${DB_PASSWORD}"),
            ("API_KEY", "<your-api-key>"),
            ("API_KEY", "{{ api_key }}"),
            ("ENCRYPTION_KEY", "alias/triflow"),
            ("DB_SECRET", "triflow-ai-production/database"),
            ("SORT_KEY", "created_at"),
            ("SMTP_AUTH", "plain"),
            ("CUSTOMER_ENDPOINT", "https://sk-telecom-enterprise-portal.example.com/"),
            ("REPORT_BUCKET_ARN", "arn:aws:s3:::sk-innovation-reports-archive"),
        )
        for case in written("SEC-ECS-01", f"{name}={value}", PASS, environment=variable(name, value), names="")
    ),
    *written("SEC-ECS-01", "a label that is none", PASS, dockerLabels={"com.example.team": "billing"}, names=""),
    *written("SEC-ECS-01", "a number of tokens", PASS, environment=variable("LLM_MAX_TOKENS", "4096"), names=""),
    *written("SEC-ECS-01", "what only names a secret", PASS, environment=variable("DB_SECRET_ARN", SECRET_ARN), names=""),
    *written("SEC-ECS-01", "a URL without a password", PASS, environment=variable("CACHE", "redis://cache:6379/0"), names=""),
    *written("SEC-ECS-01", "a user in a URL", PASS, environment=variable("SENTRY", "https://public@sentry.example/1"), names=""),
    cloud(
        "SEC-ECS-01",
        "in the second container",
        FAIL,
        adds(DESCRIBE, CONTAINERS, {**SIDECAR, "environment": variable("API_KEY", PASSWORD)}),
        names="sidecar",
    ),
    plan(
        "SEC-ECS-01",
        "in the second container",
        FAIL,
        defined(container(), {**SIDECAR, "environment": variable("API_KEY", PASSWORD)}),
    ),
    cloud(
        "SEC-ECS-01",
        "in a revision that is being rolled out",
        FAIL,
        adds(SERVICES, "services.0.deployments", {"taskDefinition": ANOTHER_REVISION}),
        answers(
            DESCRIBE,
            {"taskDefinition": {"containerDefinitions": [{**SIDECAR, "environment": variable("DB_PASSWORD", PASSWORD)}]}},
            taskDefinition=ANOTHER_REVISION,
        ),
        names="backend:2",
    ),
    cloud(
        "SEC-ECS-01",
        "in a task set",
        FAIL,
        says(SERVICES, "services.0.taskSets", [{"taskDefinition": ANOTHER_REVISION}]),
        answers(
            DESCRIBE,
            {"taskDefinition": {"containerDefinitions": [{**SIDECAR, "environment": variable("DB_PASSWORD", PASSWORD)}]}},
            taskDefinition=ANOTHER_REVISION,
        ),
        names="backend:2",
    ),
    cloud("SEC-ECS-01", "deployments not reported", ERROR, omits(SERVICES, "services.0.deployments"), names="deployments"),
    cloud(
        "SEC-ECS-01",
        "a service that is not described",
        ERROR,
        adds(SERVICES, "failures", {"arn": "arn:worker", "reason": "MISSING"}),
        names="arn:worker (MISSING)",
    ),
    cloud("SEC-ECS-01", "no container reported", ERROR, omits(DESCRIBE, CONTAINERS)),
    cloud("SEC-ECS-01", "no task definition reported", ERROR, omits(DESCRIBE, "taskDefinition")),
    cloud("SEC-ECS-01", "no such service", FAIL, says(SERVICES, "services", []), names="backend-service"),
    cloud("SEC-ECS-01", "no such cluster", FAIL, absent("ecs:ListServices"), names="backend-service"),
    plan(
        "SEC-ECS-01",
        "in other letters",
        FAIL,
        defined({"Name": "backend", "Environment": [{"Name": "DB_PASSWORD", "Value": PASSWORD}]}),
        names="DB_PASSWORD",
    ),
    plan("SEC-ECS-01", "a container without a name", ERROR, defined({"image": "x"})),
    plan("SEC-ECS-01", "a sensitive variable", FAIL, planned(DEFINITION, container_definitions=HIDDEN), names="sensitive"),
    plan("SEC-ECS-01", "containers known after apply", UNKNOWN, unknown(DEFINITION, "container_definitions")),
    plan("SEC-ECS-01", "containers that are not JSON", ERROR, planned(DEFINITION, container_definitions="{")),
    plan("SEC-ECS-01", "no such service", FAIL, without(SERVICE)),
    plan(
        "SEC-ECS-01",
        "a task definition from elsewhere",
        UNKNOWN,
        planned(SERVICE, task_definition="triflow-ai-production-backend:7"),
    ),
]

CONFINED = [
    *written("SEC-ECS-02", "privileged", privileged=True),
    *written("SEC-ECS-02", "a root file system that can be written to", readonlyRootFilesystem=False),
    *(case for user in ("root", "0", "0:1000", "root:root", "") for case in written("SEC-ECS-02", f"user {user!r}", user=user)),
    *written("SEC-ECS-02", "group root", PASS, user="1000:0", names=""),
    *(
        case
        for member, verdict in (("user", FAIL), ("readonlyRootFilesystem", FAIL), ("privileged", PASS))
        for case in (
            cloud("SEC-ECS-02", f"without {member}", verdict, omits(DESCRIBE, f"{BACKEND}.{member}")),
            plan(
                "SEC-ECS-02",
                f"without {member}",
                verdict,
                defined({name: value for name, value in container().items() if name != member}),
            ),
        )
    ),
    plan("SEC-ECS-02", "privileged in other letters", FAIL, defined({**SIDECAR, "Privileged": True})),
    *(
        case
        for member, value in (("privileged", True), ("user", "root"), ("readonlyRootFilesystem", False))
        for case in (
            cloud(
                "SEC-ECS-02",
                f"one container of two: {member}",
                FAIL,
                adds(DESCRIBE, CONTAINERS, {**SIDECAR, member: value}),
                names="sidecar",
            ),
            plan(
                "SEC-ECS-02",
                f"one container of two: {member}",
                FAIL,
                defined(container(), {**SIDECAR, member: value}),
                names="sidecar",
            ),
        )
    ),
    cloud("SEC-ECS-02", "two containers that are right", PASS, adds(DESCRIBE, CONTAINERS, SIDECAR)),
    cloud("SEC-ECS-02", "ECS Exec", FAIL, says(SERVICES, "services.0.enableExecuteCommand", True), names="backend-service"),
    cloud("SEC-ECS-02", "ECS Exec not reported", ERROR, omits(SERVICES, "services.0.enableExecuteCommand")),
    cloud(
        "SEC-ECS-02",
        "ECS Exec in another service of the cluster",
        FAIL,
        adds(SERVICES, "services", {**answered(SERVICES, "services.0"), "serviceName": "worker", "enableExecuteCommand": True}),
        names="worker",
    ),
    plan("SEC-ECS-02", "ECS Exec", FAIL, planned(SERVICE, enable_execute_command=True), names="backend-service"),
    plan("SEC-ECS-02", "ECS Exec left out", PASS, planned(SERVICE, enable_execute_command=None)),
    plan("SEC-ECS-02", "ECS Exec known after apply", UNKNOWN, unknown(SERVICE, "enable_execute_command")),
    plan(
        "SEC-ECS-02",
        "containers known after apply",
        UNKNOWN,
        refers(DEFINITION, container_definitions="aws_db_instance.main.address"),
    ),
    plan("SEC-ECS-02", "a sensitive variable", ERROR, planned(DEFINITION, container_definitions=HIDDEN), names="sensitive"),
]

CASES = [*SECRETS, *CONFINED]
