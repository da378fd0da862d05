"""Tables about what runs in the stack, where its images come from, and the machine that deploys it."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from stackproof.judgement.images import normal_platform
from stackproof.profile.base import OneOrMore, Table, Version, unsaid


class Service(Table):
    """Services of Amazon ECS in one cluster; write one table for those that are alike (``[[service]]``)."""

    cluster: str
    names: tuple[str, ...]
    """Services that must run in the cluster; every other that does is judged too."""
    execute_command: bool = False
    """Whether ECS Exec may be on."""
    desired_count: int = unsaid(ge=1)
    """How many tasks each service runs."""
    security_group: str = unsaid()
    """The only security group of the tasks."""
    repository: str = unsaid()
    """The ECR repository of their images; without it, any of ``[registry]``."""
    log_groups: tuple[str, ...] = ()
    """The log groups that they write to, beside those of ``[[logs.writers]]``."""
    port: int = unsaid(ge=1, le=65535)
    """The port of each task; without it, that of ``[workload]``."""
    samples: int = Field(default=7, ge=2)
    """How often a service is looked at, to see whether it is steady, ..."""
    steady_seconds: int = Field(default=60, ge=1, le=600)
    """... from the first look to the last one."""

    @property
    def full_names(self) -> tuple[str, ...]:
        """The services with their cluster, as the resources are named: ``cluster/service``."""
        return tuple(f"{self.cluster}/{name}" for name in self.names)


class Registry(Table):
    """Repositories of Amazon ECR."""

    repository: Annotated[tuple[str, ...], OneOrMore]
    """The ECR repository that the services' images come from, or a list of them."""
    platform: Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9_]+(/v?[0-9]+)?$"), AfterValidator(normal_platform)] = (
        "linux/amd64"
    )
    """What the images must be built for: ``linux/amd64``."""


class Emulator(Table):
    """The resources of a local emulator that ``scripts/init-localstack.sh`` makes."""

    bucket: str
    secrets: tuple[str, ...] = Field(min_length=1)


class Health(Table):
    """The health that the application tells of itself, over HTTPS at the first load balancer that is declared."""

    path: str = Field(pattern=r"^/\S*$")
    """Where it is asked: ``/health``."""
    status: int = Field(default=200, ge=100, le=599)
    """The status of HTTP when it is well."""
    content: Mapping[str, str | int | bool] = {}
    """Members of the JSON object that it answers when it is well, each with its value, ``database.status`` for one inside another."""
    timestamp: str = ""
    """The member that tells when that was found; empty where none does."""
    seconds: int = Field(default=60, ge=1, le=300)
    """How old the timestamp may be."""


class Workload(Table):
    """The application in the services, and its database."""

    instance: str = unsaid()
    """The instance that the database is on; without it, the first that is declared."""
    database: str = unsaid()
    """The database on the instance."""
    user: str = unsaid()
    """Who asks it: reading is enough."""
    owner: str = unsaid()
    """Whose the tables are."""
    tables: tuple[str, ...] = unsaid()
    """Tables that must exist, as ``schema.table``."""
    extensions: Mapping[str, Version] = unsaid()
    """PostgreSQL extensions that must be installed in the database, each in this version or a newer one."""
    migration_tool: Literal["alembic", "none"] = "alembic"
    """What changes its tables. ``none`` is for a database that nothing migrates, and for another tool (Flyway, Liquibase, Django, ...),
    whose state takes a control of your own; alembic's version table in such a database is a FAIL."""
    migrations: str = unsaid()
    """The folder of alembic's scripts, from the repository's root."""
    port: int = unsaid(ge=1, le=65535)
    """Of each task."""
    health: Health = Health.undeclared()
    answers: Mapping[Annotated[str, StringConstraints(pattern=r"^/\S*$")], Annotated[int, Field(ge=100, le=599)]] = unsaid()
    """Other paths that are there, over HTTPS at the first load balancer that is declared, each with its status of HTTP."""


class Tool(Table):
    name: str = Field(pattern=r"^[A-Za-z0-9][\w.+-]*$")
    """The command."""
    at_least: Version


class Host(Table):
    """The machine that deploys."""

    tools: tuple[Tool, ...] = Field(min_length=1)
    """What the machine that deploys must have."""

    def at_least(self, tool: str) -> str:
        """The oldest supported version of a tool. Raises `LookupError` for one that is not declared."""
        return {one.name: one.at_least for one in self.tools}[tool]


class Sources(Table):
    """Files of the repository beside the Terraform sources, from the profile's home."""

    compose_file: str = unsaid()
    """The compose file that starts a local emulator."""
    deployment_script: str = unsaid()
    """The script that deploys, rolls back, and tells what it would do."""
    deployment_summary: str = Field(default="Running Tasks: 2/2", min_length=1)
    """What the script prints after a deployment of two tasks, both of which run."""
    environment_example: str = unsaid()
    """The example of the application's environment, without values."""
    environment_output: str = "env_variables"
    """The output of the app stack that has the application's environment, a line ``KEY=value`` for each, ..."""
    environment_secrets: tuple[str, ...] = ("RDS_PASSWORD",)
    """... but for these, which no output shows."""
    workflows: str = ".github/workflows"
    """The folder of the workflows of GitHub Actions."""


class Observability(Table):
    """Signs of life."""

    log_group: str = unsaid()
    """What the service's tasks write to."""
    event_minutes: int = Field(default=15, ge=1, le=60)
    """How old the service's last log event may be."""
    metric_minutes: int = Field(default=60, ge=5)
    """How old the last datapoint of a metric may be."""


class Grafana(Table):
    """The Grafana that shows the stack."""

    directory: str = unsaid()
    """The folder with ``provisioning/datasources``, ``provisioning/dashboards`` and ``dashboards``, from the profile's home."""
    url: str = unsaid(pattern=r"^(https://[^/\s]+|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?)(/\S*)?$")
    """Where it is; the token of its service account is in ``GRAFANA_TOKEN``, and is sent over HTTPS or to this machine alone."""
