"""One environment: what it must look like, as data (``environments/*.toml``)."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from stackproof.judgement.images import EcrRegistry
from stackproof.profile.base import OF_THIS_ACCOUNT, Table
from stackproof.profile.logs import Logs
from stackproof.profile.owners import Owners
from stackproof.profile.stack import (
    Audit,
    Costs,
    Database,
    Encryption,
    Identity,
    LoadBalancer,
    MachineImages,
    Network,
    Secrets,
    Storage,
)
from stackproof.profile.terraform import Change, Gate, Terraform
from stackproof.profile.workload import Emulator, Host, Observability, Registry, Service, Workload


class Profile(Table):
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
    machine_images: MachineImages = MachineImages()
    change: Change = Change()
    gate: Gate = Gate()
    owners: Owners = Owners()
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

    @model_validator(mode="after")
    def _has_declared_groups(self) -> Self:
        """Raises `ValueError`."""
        declared = {group.name for group in self.network.security_groups}
        named = {*self.database.security_groups, *self.load_balancer.security_groups}
        if undeclared := sorted(named - declared):
            raise ValueError(f"security_groups: {', '.join(undeclared)} is not among network.security_groups")
        return self

    def groups_of(self, name: str) -> tuple[str, ...]:
        """The security groups that are declared for a database, load balancer or service; none where nothing is said."""
        services = {f"{self.service.cluster}/{one}": (self.service.security_group,) for one in self.service.names}
        return {
            self.database.identifier: self.database.security_groups,
            self.load_balancer.name: self.load_balancer.security_groups,
            **services,
        }.get(name, ())

    @property
    def reader_principals(self) -> tuple[str, ...]:
        """The full ARNs of the principals that may assume the reader roles of logs; ``*`` is anything."""
        return tuple(
            f"arn:aws:iam::{self.account}:{name}" if re.fullmatch(OF_THIS_ACCOUNT, name) else name
            for name in self.logs.reader_principals
        )

    @property
    def image_repository(self) -> str:
        """The registry and the repository that the services' images come from."""
        return f"{EcrRegistry(self.account, self.region).host}/{self.registry.repository}"
