"""``environments/*.toml``: what an environment must look like, as data.

A profile may start from another (``extends = "production.toml"``): tables are merged key by key, everything else is replaced.
Every key is checked; an unknown one, a missing one or a wrong type stops the run with the file, the key and what is allowed.
"""

import difflib
import re
import tomllib
import typing
from collections.abc import Mapping
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.fields import FieldInfo

from stackproof.core.verdicts import UsageError
from stackproof.judgement.exposure import Opening, merged, opening
from stackproof.judgement.images import EcrRegistry, normal_platform
from stackproof.judgement.log_names import parse

APP = "app"
"""The name of the stack that the deployment guide describes."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def __repr__(self) -> str:
        """Its name alone: a statement that fails shows every part of itself, and whole tables would drown the others."""
        return f"<{type(self).__name__}>"


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]

_OF_THIS_ACCOUNT = r"root|(user|role|saml-provider|oidc-provider)/\S+"


def _is_principal(name: str) -> str:
    if not re.fullmatch(rf"{_OF_THIS_ACCOUNT}|\d{{12}}|arn:aws[a-z-]*:(iam|sts)::\d{{12}}:\S+|[a-z0-9-]+(\.[a-z0-9-]+)+", name):
        raise ValueError(
            "is no principal: root, user/NAME, role/NAME, saml-provider/NAME or oidc-provider/NAME of this account (* in NAME is "
            "anything), or another account's number, an ARN, or the name of a service (lambda.amazonaws.com)"
        )
    return name


Principal = Annotated[str, AfterValidator(_is_principal)]


class Ingress(_Table):
    """One way in that is meant to be open."""

    port: int = Field(ge=1, le=65535)
    """TCP."""
    source: str = Field(alias="from")
    """A CIDR block, or the name of a security group."""


class SecurityGroup(_Table):
    name: str
    ingress: tuple[Ingress, ...] = ()


class TerraformStack(_Table):
    """A root module that is applied by itself."""

    directory: str
    """Where it is, from the repository's root."""
    variables: Mapping[str, str] = {}
    """Values for this environment; everything else comes from terraform.tfvars.example."""
    reviewed: tuple[str, ...]
    """The addresses that a plan from nothing adds. A reviewer signs this list; a plan that differs fails."""
    outputs: Mapping[str, Pattern]
    """Documented outputs and the shape of each, as a regular expression over the whole value."""


class Terraform(TerraformStack):
    """The app stack, and what it stands on."""

    before: Mapping[str, TerraformStack] = {}
    """Other stacks, by name, in the order in which they are applied before the app stack."""

    @property
    def stacks(self) -> dict[str, TerraformStack]:
        """All stacks in the order of their application; the app stack is called ``app``."""
        return {**self.before, APP: self}

    @property
    def documented(self) -> dict[str, str]:
        """The documented outputs of all stacks and their shapes; those of another stack than the app's as ``STACK.OUTPUT``."""
        others = {f"{name}.{output}": shape for name, stack in self.before.items() for output, shape in stack.outputs.items()}
        return {**self.outputs, **others}


class Database(_Table):
    identifier: str
    engine: str
    engine_version: str = Field(pattern=r"^\d+(\.\d+)*$")
    """Its beginning: ``17`` is every 17.x."""
    instance_class: str
    standard_support_days: int = Field(ge=1)
    """How long its major version must still be in standard support."""
    backup_days: int = Field(ge=1, le=35)
    """How long automated backups are kept, at least."""
    ca_certificate_days: int = Field(ge=1)
    """How long the certificate authority must still be valid: the clients need the next one before."""


class Storage(_Table):
    buckets: tuple[str, ...] = Field(min_length=1)


class Encryption(_Table):
    keys: tuple[str, ...] = Field(min_length=1)
    """Aliases of customer keys that must exist."""


class Secrets(_Table):
    names: tuple[str, ...] = Field(min_length=1)
    """Secrets that must exist."""
    rotated_within_days: int = Field(ge=1)
    """How long ago the last rotation may be."""


class Network(_Table):
    vpc: str
    """The VPC's Name tag."""
    cidr: str
    """Its addresses."""
    public_subnets: tuple[str, ...] = Field(min_length=2)
    """The addresses of its subnets with a way to and from the internet, as CIDR blocks."""
    private_subnets: tuple[str, ...] = Field(min_length=2)
    """Of those with a way out alone, through a NAT gateway."""
    security_groups: tuple[SecurityGroup, ...] = Field(min_length=1)

    def openings_of(self, group: str) -> frozenset[Opening]:
        """The declared ways into a security group. Raises `LookupError` for a group that is not declared."""
        declared = {one.name: one.ingress for one in self.security_groups}
        return merged(opening("tcp", way.port, way.port, way.source) for way in declared[group])


class Identity(_Table):
    roles: tuple[str, ...] = Field(min_length=1)
    """Of ECS tasks."""
    deploy_users: tuple[str, ...]
    """IAM users that deploy; none where that is done by roles."""
    administrator_until: date
    """The last day on which they may be administrators."""
    access_key_days: int = Field(ge=1)
    """Their access keys are younger."""


class Service(_Table):
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


class Registry(_Table):
    repository: str
    """The ECR repository that the services' images come from."""
    platform: Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9_]+(/v?[0-9]+)?$"), AfterValidator(normal_platform)]
    """What the images must be built for: ``linux/amd64``."""


class Emulator(_Table):
    """What ``scripts/init-localstack.sh`` makes."""

    bucket: str
    secrets: tuple[str, ...] = Field(min_length=1)


class Costs(_Table):
    monthly_budget_usd: float = Field(gt=0)
    """What the account may cost in a month, all services together."""
    alarm: str
    """The name of the billing alarm, which is in us-east-1."""
    alarm_threshold_usd: float = Field(gt=0)


class Audit(_Table):
    trail: str
    """The CloudTrail trail that records what is done in the account."""


class LogRule(_Table):
    """What the design says of a log group."""

    kind: str
    """Of log: it decides how long events are kept."""
    log_type: str
    """The group's tag LogType."""


class LogException(LogRule):
    """A log group whose name the design does not have."""

    name: str
    reason: str = Field(min_length=20)
    expires: date | None = None
    """The last day on which the name is accepted; none for a name that AWS itself gives."""

    def is_expired(self, today: date) -> bool:
        """Whether its last day is over."""
        return self.expires is not None and today > self.expires


class LogLink(_Table):
    """A service that the events of some log groups are passed on to."""

    tag: str
    """The tag that says whether it gets them: pending, enabled or disabled."""
    log_type: str
    """LogType of the groups that it is for."""
    pattern: str
    """Of the subscription filter; the empty one lets every event through."""


class LogRecipient(_Table):
    """What may get the events of log groups, beside Sentry, Langfuse and the exports that the tags tell."""

    arn: str = Field(pattern=r"^arn:aws[a-z-]*:(firehose|kinesis|lambda|logs|oam):[a-z0-9-]+:\d{12}:.+$")
    """Of a delivery stream, a stream, a function, a destination in another account, or the sink of a monitoring account. After the
    account, ``*`` stands for any text."""
    groups: tuple[str, ...] = Field(default=("*",), min_length=1)
    """Names of log groups, in which ``*`` stands for any text; every group, if it does not say."""
    reason: str = Field(min_length=20)

    def is_given(self, group: str, destination: str) -> bool:
        """Whether a destination may get the events of a log group. Raises `NotYetKnown` for one whose ARN a plan does not know."""
        return any(fnmatchcase(group, name) for name in self.groups) and (
            destination == self.arn or fnmatchcase(destination, self.arn)
        )


class LogWriter(_Table):
    """An ECS service and the log groups that it writes to."""

    service: str
    groups: tuple[str, ...] = Field(min_length=1)


class LogSample(_Table):
    """How much of what is logged is looked into."""

    hours: int = Field(ge=1, le=168)
    """How far back, ..."""
    events: int = Field(ge=1, le=10_000)
    """... and how many events of a group at most, the newest ones."""


class LogQuery(_Table):
    """A template for Logs Insights."""

    text: str
    groups: tuple[str, ...] = Field(min_length=1, max_length=50)
    """The log groups that it is for."""


class LogLines(_Table):
    """Lines that Sentry's pattern is tried on: 50 of them at most."""

    selected: tuple[str, ...] = Field(min_length=1, max_length=25)
    others: tuple[str, ...] = Field(min_length=1, max_length=25)


class LogCost(_Table):
    """Prices of CloudWatch Logs in the region, in USD, and what a month of logs may cost."""

    ingestion_per_gb: float = Field(gt=0)
    storage_per_gb_month: float = Field(gt=0)
    scanned_per_gb: float = Field(gt=0)
    """By Logs Insights."""
    key_per_month: float = Field(gt=0)
    keys: int = Field(ge=0)
    """KMS keys for logs."""
    scanned_gb: float = Field(ge=0)
    """What people's queries scan in a month, as far as it is known."""
    days: int = Field(ge=1, le=14)
    """How many days the forecast looks back."""
    monthly_budget_usd: float = Field(gt=0)


class Logs(_Table):
    """The logging design, as this environment has it."""

    retention_days: Mapping[str, int]
    """How long events of each kind of log are kept."""
    tags: Mapping[str, tuple[str, ...]]
    """The tags that every log group has, each with its legal values; none given: any but the empty one."""
    names: Mapping[str, Mapping[str, LogRule]]
    """Which log types there are in ``/aws/{service}/{resource-name}/{log-type}``, by service; ``""`` is a name without one."""
    groups: tuple[str, ...] = Field(min_length=1)
    """Log groups that must exist."""
    owned: tuple[str, ...]
    """Name prefixes: every other group that begins with one of them is the stack's too. ``/aws/`` takes in the whole account."""
    exceptions: tuple[LogException, ...] = ()
    """Groups that may have a name outside of the design. One that is expired, or that no group has, fails."""
    key: str
    """Alias of the key that encrypts the log groups."""
    other_keys: tuple[str, ...] = ()
    """Aliases of keys that it must not be."""
    sentry: LogLink
    langfuse: LogLink
    recipients: tuple[LogRecipient, ...] = ()
    """Whoever else gets events: in another account, say."""
    filter_slots: int = Field(ge=1)
    """Subscription filters that a log group can have."""
    writers: tuple[LogWriter, ...] = ()
    readers: tuple[str, ...]
    """Names of the IAM roles and users that may read what is in the log groups."""
    reader_principals: tuple[Principal, ...] = ("root", "user/*", "role/*", "saml-provider/*", "oidc-provider/*")
    """Who may assume the readers that are roles: ``user/alice`` and ``role/app-*`` of this account, ARNs, account numbers, services
    (``lambda.amazonaws.com``). Nobody else may; if it does not say, everybody in this account."""
    sample: LogSample
    llm_record: Mapping[str, Literal["text", "count", "number"]]
    """What the record of an LLM call must have, and of what form."""
    sentry_lines: LogLines
    queries: Mapping[str, LogQuery]
    """The templates by name."""
    run_queries: bool
    """Whether the templates are run, too, over the last hour. AWS charges for what they scan."""
    cost: LogCost

    @field_validator("names", "exceptions")
    @classmethod
    def _are_told_how_long(cls, value: Any, info: ValidationInfo) -> Any:
        """Each kind has its retention, and each log type is a legal one. Raises `ValueError`."""
        rules = value if isinstance(value, tuple) else [rule for types in value.values() for rule in types.values()]
        kinds, log_types = info.data.get("retention_days", ()), info.data.get("tags", {}).get("LogType", ())
        for key, allowed in (("kind", kinds), ("log_type", log_types)):
            wrong = sorted({getattr(rule, key) for rule in rules} - {*allowed})
            if allowed and wrong:
                raise ValueError(f"there is no {key} {', '.join(wrong)}; there are {', '.join(allowed)}")
        return value

    @field_validator("writers")
    @classmethod
    def _write_to_declared_groups(cls, value: tuple[LogWriter, ...], info: ValidationInfo) -> tuple[LogWriter, ...]:
        """Raises `ValueError`."""
        undeclared = {group for writer in value for group in writer.groups} - {*info.data.get("groups", ())}
        if undeclared:
            raise ValueError(f"{', '.join(sorted(undeclared))} is not among logs.groups")
        return value

    @field_validator("queries")
    @classmethod
    def _are_for_declared_groups(cls, value: Mapping[str, LogQuery], info: ValidationInfo) -> Mapping[str, LogQuery]:
        """Raises `ValueError`."""
        undeclared = {group for query in value.values() for group in query.groups} - {*info.data.get("groups", ())}
        if undeclared:
            raise ValueError(f"{', '.join(sorted(undeclared))} is not among logs.groups")
        return value

    def rule(self, name: str) -> LogRule:
        """What the design, or an exception, says of a log group. Raises `NotInDesign`."""
        excepted = [exception for exception in self.exceptions if exception.name == name]
        if excepted:
            return excepted[0]
        parsed = parse(name, self.names)
        return self.names[parsed.service][parsed.log_type]

    def retention_of(self, name: str) -> int:
        """How many days the events of a log group are kept. Raises `NotInDesign`."""
        return self.retention_days[self.rule(name).kind]

    def groups_of(self, service: str) -> tuple[str, ...]:
        """The log groups that an ECS service writes to; none for one that is not declared."""
        return tuple(group for writer in self.writers if writer.service == service for group in writer.groups)


Version = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)*$")]
"""Dotted numbers: this one or newer."""


class Extensions(_Table):
    """PostgreSQL extensions that must be installed in the database."""

    vector: Version
    uuid_ossp: Version = Field(alias="uuid-ossp")
    pg_trgm: Version
    pg_stat_statements: Version


class Workload(_Table):
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


class Tool(_Table):
    name: str = Field(pattern=r"^[A-Za-z0-9][\w.+-]*$")
    """The command."""
    at_least: Version


class Host(_Table):
    tools: tuple[Tool, ...] = Field(min_length=1)
    """What the machine that deploys must have."""

    def at_least(self, tool: str) -> str:
        """The oldest supported version of a tool. Raises `LookupError` for one that is not declared."""
        return {one.name: one.at_least for one in self.tools}[tool]


class Observability(_Table):
    log_group: str
    """What the service's tasks write to."""
    event_minutes: int = Field(ge=1, le=60)
    """How old the service's last log event may be."""
    metric_minutes: int = Field(ge=5)
    """How old the last datapoint of a metric may be."""


class LoadBalancer(_Table):
    name: str
    domain: str = ""
    """The host name of its users; empty where they use AWS's name of it."""
    access_log_bucket: str
    certificate_days: int = Field(ge=1)
    """How long its certificate must still be valid."""
    hsts_seconds: int = Field(ge=1)
    """For how long it must have browsers use HTTPS alone."""


class Destruction(_Table):
    """A resource that holds state and may be destroyed or replaced, once."""

    address: str = Field(pattern=r"^[^*?\s]+\.[^*?]+$")
    """As Terraform's plan of the stack names it: ``aws_db_instance.main``."""
    reason: str = Field(min_length=20)
    owner: str = Field(pattern=r"\S")
    """Who signs, as a role: devops."""
    expires: date
    """The last day on which the plan may do so."""
    stack: str | None = None
    """Whose plan; needed only where two stacks have the address."""


class Change(_Table):
    """What a plan may do to a stack that runs."""

    may_destroy: tuple[Destruction, ...] = ()


class Profile(_Table):
    """One environment."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """Also the name of its reports' folder."""
    target: Literal["plan", "embedded", "localstack", "aws"]
    """Judged when no ``--target`` is given."""
    account: str = Field(pattern=r"^\d{12}$")
    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
    terraform: Terraform
    database: Database
    storage: Storage
    encryption: Encryption
    secrets: Secrets
    network: Network
    identity: Identity
    service: Service
    logs: Logs
    load_balancer: LoadBalancer
    workload: Workload
    host: Host
    emulator: Emulator
    registry: Registry
    costs: Costs
    audit: Audit
    observability: Observability
    change: Change = Change()
    owned: tuple[Annotated[str, StringConstraints(min_length=1)], ...] = Field(min_length=1)
    """Name prefixes of the stack: every bucket, database, load balancer, task definition and secret that begins with one of them, and
    every role that does and that ECS tasks may assume, is judged like a declared one. So is what is in the stack's VPC, and a replica of
    its database. Log groups, whose names begin otherwise, have prefixes of their own (``logs.owned``)."""

    @field_validator("owned")
    @classmethod
    def _is_of_what_is_declared(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        """The prefixes of another environment would have that one judged. Raises `ValueError`."""
        if {"database", "load_balancer", "storage"} <= info.data.keys():  # else those are wrong themselves
            names = (info.data["database"].identifier, info.data["load_balancer"].name, *info.data["storage"].buckets)
            if not any(name.startswith(value) for name in names):
                raise ValueError(f"none of {', '.join(names)} begins so; did this come from another environment?")
        return value

    @property
    def reader_principals(self) -> tuple[str, ...]:
        """Who may assume the readers of logs that are roles, in full; ``*`` is anything."""
        return tuple(
            f"arn:aws:iam::{self.account}:{name}" if re.fullmatch(_OF_THIS_ACCOUNT, name) else name
            for name in self.logs.reader_principals
        )

    @property
    def image_repository(self) -> str:
        """The registry and the repository that the services' images come from."""
        return f"{EcrRegistry(self.account, self.region).host}/{self.registry.repository}"


def load(name_or_path: str, directory: Path) -> Profile:
    """The profile of a name (``production``) or a path (``./elsewhere/production.toml``).

    Raises `UsageError` naming the file, the key and what is allowed.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = directory / f"{name_or_path}.toml"
    if not path.is_file():
        known = sorted(found.stem for found in directory.glob("*.toml"))
        raise UsageError(f"unknown environment {name_or_path!r}: there is no {path}. Known: {', '.join(known) or 'none'}")
    try:
        return Profile.model_validate(_as_frozen(_merged(path, ())))
    except ValidationError as error:
        raise UsageError("\n".join(f"{path}: {problem}" for problem in _problems(error))) from None


def _merged(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    if path.resolve() in [one.resolve() for one in seen]:
        raise UsageError(f"{seen[0]}: extends goes in a circle: {' -> '.join(map(str, (*seen, path)))}")
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{seen[-1]}: extends names {path}, which does not exist") from None
    except ValueError as error:  # not TOML, or not UTF-8
        raise UsageError(f"{path}: not TOML: {error}") from None
    base = given.pop("extends", None)
    if base is None:
        return given
    if not isinstance(base, str):
        raise UsageError(f"{path}: extends must be the file name of another profile")
    return _overlaid(_merged(path.parent / base, (*seen, path)), given)


def _overlaid(base: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """
    >>> _overlaid({"a": {"x": 1, "y": 2}, "b": [1]}, {"a": {"y": 3}, "b": [2]})
    {'a': {'x': 1, 'y': 3}, 'b': [2]}
    """
    return base | {
        key: _overlaid(base[key], value) if isinstance(value, dict) and isinstance(base.get(key), dict) else value
        for key, value in given.items()
    }


def _as_frozen(value: Any) -> Any:
    """TOML's arrays as tuples, which is what a frozen profile holds."""
    if isinstance(value, dict):
        return {key: _as_frozen(part) for key, part in value.items()}
    return tuple(_as_frozen(part) for part in value) if isinstance(value, list) else value


def _problems(error: ValidationError) -> list[str]:
    """One line a problem: the key, what is wrong, what is allowed."""
    lines = []
    for problem in error.errors(include_url=False):
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            allowed = sorted(_allowed_keys(problem["loc"][:-1]))
            close = difflib.get_close_matches(str(problem["loc"][-1]), allowed, n=1)
            hint = f"; did you mean {close[0]}?" if close else "."
            lines.append(f"unknown key {key}{hint} Allowed here: {', '.join(allowed)}")
        elif problem["type"] == "missing":
            lines.append(f"missing key {key}")
        else:
            given = (
                "" if problem["type"] == "value_error" and _holds_tables(problem["input"]) else f" (it is {problem['input']!r})"
            )
            lines.append(f"{key}: {problem['msg']}{given}")
    return lines


def _holds_tables(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, tuple) and any(isinstance(one, dict) for one in value))


def _allowed_keys(table: tuple[int | str, ...]) -> list[str]:
    """The keys that the table at this place may hold."""
    hint: Any = Profile
    for part in table:
        if isinstance(hint, type) and issubclass(hint, BaseModel):
            hint = next(info.annotation for name, info in hint.model_fields.items() if part in (name, info.alias))
        else:  # an array of tables, or a table whose keys are free
            hint = next(one for one in typing.get_args(hint) if one not in (str, ...))
    fields: Mapping[str, FieldInfo] = hint.model_fields
    return [info.alias or name for name, info in fields.items()]
