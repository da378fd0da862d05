"""Tables about what the stack is made of: network, database, storage, keys, secrets, identities, load balancer, cost, audit."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from stackproof.judgement.exposure import CIDR, GROUP, PREFIX_LIST, Opening, Source, merged, opening
from stackproof.profile.base import Names, RoleElsewhere, Table, unsaid

_ORGANIZATIONAL = r"arn:aws[a-z-]*:organizations::\d{12}:(organization|ou)/\S+"
"""A regular expression for the ARN of an organization or of a unit of it."""


class TypedSource(Table):
    """The source of a way in, of a kind that its name does not show: exactly one of a CIDR, a group and a prefix list."""

    cidr: str | None = None
    group: str | None = None
    prefix_list: str | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        """Raises `ValueError`."""
        if len(self.model_fields_set) != 1:
            raise ValueError("has one of cidr, group and prefix_list")
        return self

    @property
    def source(self) -> Source:
        kinds = {CIDR: self.cidr, GROUP: self.group, PREFIX_LIST: self.prefix_list}
        return next(Source(kind, id) for kind, id in kinds.items() if id is not None)


class Ingress(Table):
    """One way in that is meant to be open."""

    port: int = Field(ge=1, le=65535)
    """TCP."""
    source: str | TypedSource = Field(alias="from")
    """A CIDR block, the id of a prefix list, or the name of a security group; ``{ group = "10.0.0.0/8" }`` for one that is called so."""


class SecurityGroup(Table):
    name: str
    ingress: tuple[Ingress, ...] = ()


class Database(Table):
    """A database instance of Amazon RDS; write one table for each (``[[database]]``)."""

    identifier: str
    engine: str = unsaid()
    """Its engine, as RDS calls it: ``postgres``."""
    engine_version: str = unsaid(pattern=r"^\d+(\.\d+)*$")
    """The beginning of its engine's version: ``17`` is every 17.x."""
    instance_class: str = unsaid()
    """Its class: ``db.t4g.medium``."""
    multi_zone: bool = True
    """Whether it has a standby in another zone."""
    standard_support_days: int = Field(default=30, ge=1)
    """How long its major version must still be in standard support."""
    backup_days: int = Field(default=7, ge=1, le=35)
    """How long automated backups are kept, at least."""
    log_exports: tuple[str, ...] = unsaid()
    """The logs that it must export to CloudWatch; without it, all that its engine has and that hold no data."""
    iam_authentication: bool = False
    """Whether users must be able to log in with a token of IAM."""
    backup_plan_days: int = Field(default=8, ge=1)
    """How long ago a plan of AWS Backup may have backed it up last."""
    restore_test_days: int = Field(default=90, ge=1)
    """How long ago AWS Backup may have restored it last."""
    ca_certificate_days: int = Field(default=90, ge=1)
    """How long the certificate authority must still be valid: the clients need the next one before."""
    security_groups: tuple[str, ...] = ()
    """The groups that it has, among those of the network; if it does not say, any of them."""


class Storage(Table):
    """Buckets of Amazon S3."""

    buckets: tuple[str, ...]
    """Buckets that must exist; an empty list says that there is none."""
    shared_with: tuple[Annotated[str, StringConstraints(pattern=r"^\d{12}$")], ...] = ()
    """Other accounts that their policies may let in."""


class Encryption(Table):
    """Customer keys of AWS KMS."""

    keys: tuple[str, ...]
    """Aliases of customer keys that must exist; an empty list says that there is none."""
    rotation_days: int = Field(default=365, ge=90, le=2560)
    """How long a customer key may be used before KMS rotates it; KMS itself takes 90 to 2,560 days, 365 if nobody says otherwise."""
    grantees: tuple[str, ...] = ()
    """Principals that grants may let use the keys, as ARNs in which ``*`` stands for anything, beside services of AWS in this account."""


class Secrets(Names):
    """Secrets of AWS Secrets Manager."""

    rotated_within_days: int = Field(default=31, ge=1)
    """How long ago the last rotation may be."""
    read_within_days: int = Field(default=90, ge=1)
    """How long ago somebody read a secret last, at most."""
    reserves: tuple[str, ...] = ()
    """Secrets that nobody reads until something has happened, by name, in which ``*`` stands for anything."""


class Network(Table):
    """A VPC; write one table for each (``[[network]]``)."""

    vpc: str
    """The VPC's Name tag."""
    cidr: str = unsaid()
    """Its addresses."""
    public_subnets: tuple[str, ...] = unsaid(min_length=2)
    """The addresses of its subnets with a way to and from the internet, as CIDR blocks."""
    private_subnets: tuple[str, ...] = unsaid(min_length=2)
    """Of those with a way out alone, through a NAT gateway."""
    security_groups: tuple[SecurityGroup, ...] = unsaid()
    """Every way in: what is not listed fails, and so does what is listed and missing."""
    endpoints: tuple[str, ...] = unsaid()
    """Services of AWS that are reached by endpoints: ``s3``, ``ecr.api``, ``ecr.dkr``, ``logs``, ``secretsmanager``."""

    def openings_of(self, group: str) -> frozenset[Opening]:
        """The declared ways into a security group. Raises `LookupError` for a group that is not declared."""
        declared = {one.name: one.ingress for one in self.security_groups}
        sources = [(way.port, way.source) for way in declared[group]]
        return merged(opening("tcp", port, port, one if isinstance(one, str) else one.source) for port, one in sources)


class Identity(Table):
    """Roles and users of AWS IAM."""

    roles: tuple[str, ...] = unsaid()
    """Roles that must exist, in whose names ``*`` stands for any text; an empty list says that there is none."""
    deploy_users: tuple[str, ...] = ()
    """IAM users that deploy; none where that is done by roles."""
    administrator_until: date = unsaid()
    """The last day on which they may be administrators."""
    access_key_days: int = Field(default=90, ge=1)
    """Their access keys are younger."""
    assumed_roles: tuple[RoleElsewhere, ...] = ()
    """Roles of other accounts that ECS tasks are meant to assume, as ARNs in which ``*`` stands for anything."""


class Costs(Table):
    """The limit of what the account may cost, and the alarm on it."""

    monthly_budget_usd: float = Field(gt=0)
    """What the account may cost in a month, all services together."""
    alarm: str
    """The name of the billing alarm, which is in us-east-1."""
    alarm_threshold_usd: float = Field(gt=0)
    """What the alarm goes off at, in a month."""
    usage: Mapping[str, Annotated[float, Field(ge=0)]] = {}
    """How much is used in a month, by the units of the price table: ``nat_gateway_gb = 100``. Nothing else that goes by use is counted."""
    prices: Mapping[str, Annotated[float, Field(ge=0)]] = {}
    """USD an hour of what the price table lacks or the account pays otherwise: ``"aws_db_instance db.m7g.large" = 0.25``."""


class Audit(Table):
    """AWS CloudTrail, and accounts that are judged by themselves."""

    trail: str = unsaid()
    """The CloudTrail trail that records what is done in the account."""
    bucket: str = unsaid()
    """The bucket that the trail alone writes to, which is judged with the trail."""
    keep_days: int = Field(default=365, ge=1)
    """How long its files are kept, at least, and locked."""
    shared_accounts: tuple[Annotated[str, StringConstraints(pattern=r"^\d{12}$")], ...] = ()
    """Other accounts that keep keys, trails and logs of this one, and are judged by themselves."""
    shared_buckets: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")], ...] = ()
    """Buckets in such accounts."""

    @property
    def shared(self) -> frozenset[str]:
        """Accounts and buckets together."""
        return frozenset((*self.shared_accounts, *self.shared_buckets))


class MachineImages(Table):
    shared_with: tuple[Annotated[str, StringConstraints(pattern=rf"^(\d{{12}}|{_ORGANIZATIONAL})$")], ...] = ()
    """Accounts, and ARNs of organizations and their units, that may launch the stack's machine images."""


class LoadBalancer(Table):
    """A load balancer; write one table for each (``[[load_balancer]]``)."""

    name: str
    domain: str = ""
    """The host name of its users; empty where they use AWS's name of it."""
    access_log_bucket: str = unsaid()
    """The bucket of its access logs."""
    certificate_days: int = Field(default=30, ge=1)
    """How long its certificate must still be valid."""
    hsts_seconds: int = Field(default=31_536_000, ge=1)
    """For how long it must have browsers use HTTPS alone."""
    security_groups: tuple[str, ...] = ()
    """The groups that it has, among those of the network; if it does not say, any of them."""


class Function(Names):
    """Functions of AWS Lambda."""


class DynamodbTable(Names):
    """Tables of Amazon DynamoDB."""


class Api(Names):
    """APIs of Amazon API Gateway, by their names."""


class SqsQueue(Names):
    """Queues of Amazon SQS."""


class SnsTopic(Names):
    """Topics of Amazon SNS in the region."""

    plain: tuple[str, ...] = ()
    """Topics that need no encryption at rest: what they tell is no secret, as an alarm's state."""


class EfsFileSystem(Names):
    """File systems of Amazon EFS, by their Name tags."""


class EventBus(Names):
    """Event buses of Amazon EventBridge, but for the account's default one."""


class Cache(Names):
    """Caches of Amazon ElastiCache: replication groups, clusters of their own, and serverless caches, by their names."""

    snapshot_days: int = unsaid(ge=1)
    """At least."""


class StateMachine(Names):
    """State machines of AWS Step Functions."""

    execution_data: bool = unsaid()
    """Whether their logs have what goes into each step and comes out of it: true to follow every execution, false where that is secret."""
    tracing: bool = unsaid()
    """Whether X-Ray traces their executions."""


class Distribution(Names):
    """Distributions of Amazon CloudFront, by their first domain name."""

    web_acl: bool = unsaid()
    """Whether a web ACL must be in front of them."""
