"""One environment: what it must look like, as data (``environments/*.toml``)."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from stackproof.judgement.exposure import Opening
from stackproof.judgement.images import EcrRegistry
from stackproof.profile.account import Account, as_table
from stackproof.profile.base import OF_THIS_ACCOUNT, OneOrMore, Table, not_declared, placed, unsaid
from stackproof.profile.logs import Logs
from stackproof.profile.owners import Owners
from stackproof.profile.stack import (
    Api,
    Audit,
    Cache,
    Costs,
    Database,
    Distribution,
    DynamodbTable,
    EfsFileSystem,
    Encryption,
    EventBus,
    Function,
    Identity,
    LoadBalancer,
    MachineImages,
    Network,
    Secrets,
    SecurityGroup,
    SnsTopic,
    SqsQueue,
    StateMachine,
    Storage,
)
from stackproof.profile.tags import Tags
from stackproof.profile.terraform import Change, Gate, Terraform
from stackproof.profile.workload import Emulator, Grafana, Host, Observability, Registry, Service, Sources, Workload

EVERYTHING = "*"
"""The prefix in ``owned`` that stands for the whole account."""


@placed
class Profile(Table):
    """One environment. Every table is optional: what is not declared is judged by nothing, and whatever needs nothing is judged."""

    name: str = Field(default="unnamed", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """Also the name of its reports' folder; without it, that of its file."""
    status: Literal["", "generated, not reviewed"] = ""
    """Written by ``stackproof init``: the gate is closed until a person has replaced it by ``reviewed``."""
    reviewed: str = Field(default="", pattern=r"^(|[^,]*[^,\s][^,]*,\s*\d{4}-\d{2}-\d{2})$")
    """Who has reviewed a generated profile, and when: ``"Kim Minji, 2026-11-28"``."""
    target: Literal["plan", "embedded", "localstack", "aws"] = "plan"
    """Judged when no ``--target`` is given."""
    region: str = unsaid(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
    """The AWS region; every target but a plan needs it."""
    owned: tuple[Annotated[str, StringConstraints(min_length=1)], ...] = unsaid(min_length=1)
    """Name prefixes of the stack: every bucket, database, load balancer, task definition and secret that begins with one of them, and
    every role that does and that ECS tasks may assume, is judged like a declared one. So is what is in the stack's VPC, and a replica of
    its database. Log groups, whose names begin otherwise, have prefixes of their own (``logs.owned``). ``*`` is the whole account. Every
    target but a plan needs it: what a plan makes is the stack's."""
    absent: Mapping[str, Annotated[str, StringConstraints(min_length=10)]] = {}
    """The kinds of resources that the stack has none of, each with the reason, for the reader; found all the same, one is a FAIL. The kinds
    are called like their tables."""
    terraform: Terraform = Terraform.undeclared()
    database: Annotated[tuple[Database, ...], OneOrMore] = ()
    storage: Storage = Storage.undeclared()
    encryption: Encryption = Encryption.undeclared()
    secrets: Secrets = Secrets.undeclared()
    network: Annotated[tuple[Network, ...], OneOrMore] = ()
    identity: Identity = Identity.undeclared()
    service: Annotated[tuple[Service, ...], OneOrMore] = ()
    load_balancer: Annotated[tuple[LoadBalancer, ...], OneOrMore] = ()
    logs: Logs = Logs.undeclared()
    workload: Workload = Workload.undeclared()
    host: Host = Host.undeclared()
    emulator: Emulator = Emulator.undeclared()
    registry: Registry = Registry.undeclared()
    costs: Costs = Costs.undeclared()
    audit: Audit = Audit.undeclared()
    observability: Observability = Observability.undeclared()
    grafana: Grafana = Grafana.undeclared()
    sources: Sources = Sources.undeclared()
    function: Function = Function.undeclared()
    dynamodb_table: DynamodbTable = DynamodbTable.undeclared()
    api: Api = Api.undeclared()
    sqs_queue: SqsQueue = SqsQueue.undeclared()
    sns_topic: SnsTopic = SnsTopic.undeclared()
    efs_file_system: EfsFileSystem = EfsFileSystem.undeclared()
    event_bus: EventBus = EventBus.undeclared()
    tags: Tags = Tags.undeclared()
    cache: Cache = Cache.undeclared()
    state_machine: StateMachine = StateMachine.undeclared()
    distribution: Distribution = Distribution.undeclared()
    machine_images: MachineImages = MachineImages()
    account: Annotated[Account, BeforeValidator(as_table)] = Account()
    change: Change = Change()
    gate: Gate = Gate()
    owners: Owners = Owners()

    @property
    def account_id(self) -> str:
        """The account's number. Raises `NotDeclared` where it is not declared."""
        return self.account.id

    @property
    def told_account(self) -> str:
        """The account's number; empty where it is not declared."""
        return self.account.id if self.account.says("id") else ""

    @property
    def told_region(self) -> str:
        """The region; empty where it is not declared."""
        return self.region if self.says("region") else ""

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The prefixes of the stack's names for `str.startswith`: nothing begins with one where ``owned`` is not declared."""
        return tuple("" if one == EVERYTHING else one for one in self.owned) if self.says("owned") else ()

    def declares(self, table: str) -> bool:
        """True if the profile has a table, if only an empty list of them."""
        found: object = getattr(self, table)
        return found.is_declared if isinstance(found, Table) else table in self.model_fields_set

    @property
    def is_unreviewed(self) -> bool:
        """True for a generated profile that nobody has signed."""
        return bool(self.status) and not self.reviewed

    @property
    def is_blank(self) -> bool:
        """True for a profile that says nothing about any kind of resource: whoever gives it states no expectation at all."""
        return not self.absent and not any(self.declares(kind) for kind in KINDS)

    @field_validator("absent")
    @classmethod
    def _is_a_kind(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        """Raises `ValueError` for what is no kind of resource."""
        if unknown := sorted({*value} - {*KINDS}):
            raise ValueError(f"{', '.join(unknown)} is no kind of resource; the kinds are {', '.join(KINDS)}")
        return value

    @model_validator(mode="after")
    def _is_absent_or_declared(self) -> Self:
        """Raises `ValueError` for a kind that is both."""
        if both := sorted(kind for kind in self.absent if self.declares(kind)):
            raise ValueError(f"absent: {', '.join(both)} is declared, too: leave out the table, or the reason why there is none")
        return self

    @model_validator(mode="after")
    def _owns_what_is_declared(self) -> Self:
        """The prefixes of another environment would have that one judged. Raises `ValueError`."""
        buckets = self.storage.buckets if self.storage.is_declared else ()
        names = (*(one.identifier for one in self.database), *(one.name for one in self.load_balancer), *buckets)
        if names and self.says("owned") and not any(name.startswith(self.prefixes) for name in names):
            raise ValueError(f"owned: none of {', '.join(names)} begins so; did this come from another environment?")
        return self

    @model_validator(mode="after")
    def _has_declared_groups(self) -> Self:
        """Raises `ValueError`."""
        declared = {group.name for group in self.security_groups}
        named = {group for one in self.database for group in one.security_groups}
        named |= {group for one in self.load_balancer for group in one.security_groups}
        if undeclared := sorted(named - declared):
            raise ValueError(f"security_groups: {', '.join(undeclared)} is not among network.security_groups")
        return self

    @property
    def security_groups(self) -> tuple[SecurityGroup, ...]:
        """The declared security groups of all VPCs."""
        return tuple(group for one in self.network if one.says("security_groups") for group in one.security_groups)

    def database_of(self, identifier: str) -> Database:
        """The table of a database; an undeclared one for a database that nobody declared."""
        return next((one for one in self.database if one.identifier == identifier), Database.undeclared())

    def load_balancer_of(self, name: str) -> LoadBalancer:
        """The table of a load balancer; an undeclared one for one that nobody declared."""
        return next((one for one in self.load_balancer if one.name == name), LoadBalancer.undeclared())

    def declares_load_balancer(self, name: str) -> bool:
        """True for a load balancer that has a table."""
        return self.load_balancer_of(name).is_declared

    def access_log_buckets_of(self, load_balancer: str) -> tuple[str, ...]:
        """The buckets that the access logs of a load balancer may be in: its own, or any that is declared for one."""
        own = self.load_balancer_of(load_balancer)
        return self.access_log_buckets or (own.access_log_bucket,)

    def service_of(self, name: str) -> Service:
        """The table of a service (``cluster/service``); an undeclared one for one that nobody declared."""
        return next((one for one in self.service if name in one.full_names), Service.undeclared())

    def network_of(self, vpc: str) -> Network:
        """The table of a VPC by its Name tag; an undeclared one for one that nobody declared."""
        return next((one for one in self.network if one.vpc == vpc), Network.undeclared())

    def openings_of(self, group: str) -> frozenset[Opening]:
        """The declared ways into a security group. Raises `LookupError` for a group that is not declared."""
        own = next(
            (one for one in self.network if one.says("security_groups") and group in [each.name for each in one.security_groups]),
            None,
        )
        if own is None:
            raise LookupError(group)
        return own.openings_of(group)

    def groups_of(self, name: str) -> tuple[str, ...]:
        """The security groups that are declared for a database, load balancer or service; none where nothing is said."""
        service = self.service_of(name)
        return (
            *self.database_of(name).security_groups,
            *self.load_balancer_of(name).security_groups,
            *([service.security_group] if service.says("security_group") else []),
        )

    def log_groups_of(self, service: str) -> tuple[str, ...]:
        """The log groups that an ECS service (``cluster/service``) writes to; none for one of which nothing is said.

        Raises `NotDeclared` where nothing is said of any service.
        """
        if not self.logs.writers and not any(one.log_groups for one in self.service):
            raise not_declared(Service, "log_groups")
        writers = self.logs.groups_of(service.rpartition("/")[2])
        return tuple(dict.fromkeys((*writers, *self.service_of(service).log_groups)))

    @property
    def service_names(self) -> tuple[str, ...]:
        """The declared services with their clusters."""
        return tuple(name for one in self.service for name in one.full_names)

    @property
    def clusters(self) -> tuple[str, ...]:
        """The clusters of the declared services."""
        return tuple(dict.fromkeys(one.cluster for one in self.service))

    @property
    def access_log_buckets(self) -> tuple[str, ...]:
        """The buckets that are declared for access logs of load balancers."""
        return tuple(dict.fromkeys(one.access_log_bucket for one in self.load_balancer if one.says("access_log_bucket")))

    @property
    def log_buckets(self) -> tuple[str, ...]:
        """The buckets that logs alone are delivered to: of load balancers, and of the trail."""
        return (*self.access_log_buckets, *([self.audit.bucket] if self.audit.says("bucket") else []))

    @property
    def own_principals(self) -> tuple[str, ...]:
        """The principals of the account itself and the services of AWS, as patterns for the principals of a policy."""
        return (self.account_id, f"arn:aws*:iam::{self.account_id}:*", "*.amazonaws.com")

    def port_of(self, service: str) -> int:
        """The port of a service's tasks."""
        own = self.service_of(service)
        return own.port if own.says("port") else self.workload.port

    @property
    def workload_database(self) -> str:
        """The instance that the workload's database is on: the first one that is declared, unless ``[workload]`` names another."""
        if self.workload.says("instance"):
            return self.workload.instance
        return self.database[0].identifier if self.database else Database.undeclared().identifier

    @property
    def image_repositories(self) -> tuple[str, ...]:
        """The repositories that the services' images may come from."""
        own = [one.repository for one in self.service if one.says("repository")]
        named = self.registry.repository if self.registry.is_declared or not own else ()
        return tuple(dict.fromkeys((*named, *own)))

    @property
    def declared_repositories(self) -> tuple[str, ...]:
        """The repositories that must exist."""
        has_any = self.registry.is_declared or any(one.says("repository") for one in self.service)
        return self.image_repositories if has_any else ()

    @property
    def desired_tasks(self) -> int:
        """How many tasks the declared services run together."""
        if not self.service:
            return Service.undeclared().desired_count
        return sum(one.desired_count * len(one.names) for one in self.service)

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions of the account that are looked at."""
        return self.account.regions or (self.region,)

    @property
    def reader_principals(self) -> tuple[str, ...]:
        """The full ARNs of the principals that may assume the reader roles of logs; ``*`` is anything."""
        return tuple(
            f"arn:aws:iam::{self.account_id}:{name}" if re.fullmatch(OF_THIS_ACCOUNT, name) else name
            for name in self.logs.reader_principals
        )

    def image_repositories_of(self, service: str) -> tuple[str, ...]:
        """The registry and the repository that a service's images may come from."""
        own = self.service_of(service)
        repositories = (own.repository,) if own.says("repository") else self.registry.repository
        return tuple(f"{EcrRegistry(self.account_id, self.region).host}/{repository}" for repository in repositories)


KINDS = (
    "database",
    "load_balancer",
    "service",
    "network",
    "storage",
    "encryption",
    "secrets",
    "identity",
    "registry",
    "logs",
    "audit",
    "function",
    "dynamodb_table",
    "api",
    "sqs_queue",
    "sns_topic",
    "efs_file_system",
    "event_bus",
    "cache",
    "state_machine",
    "distribution",
)
"""The tables that are about a kind of resource, which a plan or an account shows to be there or not: those that ``absent`` may name.

A new kind takes its table in `Profile`, its name here, and its row in `stackproof.collections.inventory`.
"""
