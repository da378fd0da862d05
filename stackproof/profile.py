"""``environments/*.toml``: what an environment must look like, as data.

A profile may start from another (``extends = "production.toml"``): tables are merged key by key, everything else is replaced.
Every key is checked; an unknown one, a missing one or a wrong type stops the run with the file, the key and what is allowed.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from stackproof.judgement.exposure import Opening, merged, opening
from stackproof.verdicts import UsageError


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]


class Ingress(_Table):
    """One way in that is meant to be open."""

    port: int = Field(ge=1, le=65535)
    """TCP."""
    source: str = Field(alias="from")
    """A CIDR block, or the name of a security group."""


class SecurityGroup(_Table):
    name: str
    ingress: tuple[Ingress, ...] = ()


class Terraform(_Table):
    directory: str
    """Where the root module is, from the repository's root."""
    variables: Mapping[str, str] = {}
    """Values for this environment; everything else comes from terraform.tfvars.example."""
    reviewed: tuple[str, ...]
    """The addresses that a plan from nothing adds. A reviewer signs this list; a plan that differs fails."""
    outputs: Mapping[str, Pattern]
    """Documented outputs and the shape of each, as a regular expression over the whole value."""


class Database(_Table):
    identifier: str
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
    owned: tuple[str, ...] = ()
    """Name prefixes: every other secret that begins with one of them is the stack's too."""
    rotated_within_days: int = Field(ge=1)
    """How long ago the last rotation may be."""


class Network(_Table):
    vpc: str
    """The VPC's Name tag."""
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


class Logs(_Table):
    groups: tuple[str, ...] = Field(min_length=1)
    """Log groups that must exist."""
    owned: tuple[str, ...]
    """Name prefixes: every other group that begins with one of them is the stack's too."""


class LoadBalancer(_Table):
    name: str
    domain: str = ""
    """The host name of its users; empty where they use AWS's name of it."""
    access_log_bucket: str
    certificate_days: int = Field(ge=1)
    """How long its certificate must still be valid."""
    hsts_seconds: int = Field(ge=1)
    """For how long it must have browsers use HTTPS alone."""


class Profile(_Table):
    """One environment."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """Also the name of its reports' folder."""
    target: Literal["plan", "embedded", "aws"]
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
            lines.append(f"{key}: {problem['msg']} (it is {problem['input']!r})")
    return lines


def _allowed_keys(table: tuple[int | str, ...]) -> list[str]:
    """The keys that the table at this place may hold."""
    model: type[BaseModel] = Profile
    for part in table:
        if isinstance(part, str):
            annotation: Any = next(info.annotation for name, info in model.model_fields.items() if part in (name, info.alias))
            members = getattr(annotation, "__args__", (annotation,))
            model = next((kind for kind in members if isinstance(kind, type) and issubclass(kind, BaseModel)), model)
    return [info.alias or name for name, info in model.model_fields.items()]
