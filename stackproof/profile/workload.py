"""Tables about what runs in the stack, where its images come from, and the machine that deploys it."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from stackproof.judgement.images import normal_platform
from stackproof.profile.base import Table, Version


class Service(Table):
    cluster: str
    names: tuple[str, ...] = Field(min_length=1)
    """Services that must run in the cluster; every other that does is judged too."""
    execute_command: bool
    """Whether ECS Exec may be on."""
    desired_count: int = Field(ge=1)
    """How many tasks each service runs."""
    security_group: str
    """The only security group of the tasks."""
    samples: int = Field(ge=2)
    """How often a service is looked at, to see whether it is steady, ..."""
    steady_seconds: int = Field(ge=1, le=600)
    """... from the first look to the last one."""


class Registry(Table):
    repository: str
    """The ECR repository that the services' images come from."""
    platform: Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9_]+(/v?[0-9]+)?$"), AfterValidator(normal_platform)]
    """What the images must be built for: ``linux/amd64``."""


class Emulator(Table):
    """The resources that ``scripts/init-localstack.sh`` makes."""

    bucket: str
    secrets: tuple[str, ...] = Field(min_length=1)


class Extensions(Table):
    """PostgreSQL extensions that must be installed in the database."""

    vector: Version
    uuid_ossp: Version = Field(alias="uuid-ossp")
    pg_trgm: Version
    pg_stat_statements: Version


class Workload(Table):
    database: str
    """The database on the instance."""
    user: str
    """Who asks it: reading is enough."""
    owner: str
    """Whose the tables are."""
    tables: tuple[str, ...] = Field(min_length=1)
    """Tables that must exist, as ``schema.table``."""
    extensions: Extensions
    migrations: str
    """The folder of alembic's scripts, from the repository's root."""
    port: int = Field(ge=1, le=65535)
    """Of each task."""
    health_seconds: int = Field(ge=1, le=300)
    """How old the timestamp in a health answer may be."""


class Tool(Table):
    name: str = Field(pattern=r"^[A-Za-z0-9][\w.+-]*$")
    """The command."""
    at_least: Version


class Host(Table):
    tools: tuple[Tool, ...] = Field(min_length=1)
    """What the machine that deploys must have."""

    def at_least(self, tool: str) -> str:
        """The oldest supported version of a tool. Raises `LookupError` for one that is not declared."""
        return {one.name: one.at_least for one in self.tools}[tool]


class Observability(Table):
    log_group: str
    """What the service's tasks write to."""
    event_minutes: int = Field(ge=1, le=60)
    """How old the service's last log event may be."""
    metric_minutes: int = Field(ge=5)
    """How old the last datapoint of a metric may be."""
