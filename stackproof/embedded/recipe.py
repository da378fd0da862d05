"""Everything that decides what a deployed stack is, and one digest over it."""

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock

from stackproof.core.verdicts import UsageError
from stackproof.embedded.files import read_json, write_private
from stackproof.embedded.workload import Source
from stackproof.profile.schema import Profile
from stackproof.profile.terraform import EXAMPLE, TerraformStack
from stackproof.redaction import redaction
from stackproof.terraform import provider, sources
from stackproof.terraform.cli import Terraform
from stackproof.terraform.provider import Provider
from stackproof.terraform.secret_variables import required_secrets
from stackproof.terraform.speculative_plan import random_password
from stackproof.terraform.workspace import Workspace, deciding, prepare
from stackproof.util.temporary import temporary

_PACKAGES = ("moto", "botocore", "flask", "werkzeug")
_PARSERS = ("python-hcl2", "lark")
_DECIDING = ("account.py", "later.py", "moto_gaps/*.py", "recording.py", "server.py")
_OF_NO_STACK = {
    "archive_file",
    "aws_availability_zones",
    "aws_caller_identity",
    "aws_default_tags",
    "aws_elb_service_account",
    "aws_iam_policy_document",
    "aws_partition",
    "aws_region",
    "aws_service_principal",
}
"""Data sources that say the same whatever stacks there are."""
_ANY_ENDPOINT = "http://127.0.0.1:1"


@dataclass(frozen=True)
class Account:
    """The account and the region that are deployed to, which differ from one environment to the next."""

    id: str = "123456789012"
    region: str = "ap-northeast-2"


LOCAL = Account()


def code() -> list[str | bytes]:
    """All that decides how the embedded cloud answers: the versions of packages, and the files of this one."""
    files = [file.read_bytes() for name in _DECIDING for file in sorted(Path(__file__).parent.glob(name))]
    return [platform.python_version(), *map(version, _PACKAGES), *files]


@dataclass(frozen=True)
class Stack:
    """A root module that is deployed, and the values it gets."""

    name: str
    directory: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    """On top of the example."""
    example_name: str = EXAMPLE
    secrets: tuple[str, ...] | None = ()
    """The variables that get the password of the cloud: no secret of a real stack comes here. None for those of the sources."""

    @property
    def example(self) -> Path | None:
        """The example of its variables, if there is one."""
        file = self.directory / self.example_name
        return file if file.is_file() else None

    @cached_property
    def declared(self) -> frozenset[str]:
        """The variables that the sources declare."""
        return frozenset(sources.read(self.directory).variables)

    @cached_property
    def looks_around(self) -> bool:
        """True if it may read what another stack has made: by a data source of AWS or of a state, or in a module of elsewhere.

        It may name it all the same; AWS takes most names before what they name is there.
        """
        read = [sources.read(directory) for directory in sources.modules(self.directory)]
        kinds = {one.type for each in read for one in each.resources if one.is_data}
        return bool(kinds - _OF_NO_STACK) or not all(call.is_local for each in read for call in each.modules)

    @property
    def with_password(self) -> frozenset[str]:
        """The declared variables that get the password."""
        return self.declared.intersection(required_secrets(self.directory) if self.secrets is None else self.secrets)

    def named(self) -> dict[str, Any]:
        """The values of the declared variables, as far as files and profile name them, else None."""
        given = {**(sources.assignments(self.example) if self.example else {}), **self.variables}
        return {name: given.get(name) for name in self.declared}


def stacks_of(profile: Profile, root: Path) -> tuple[Stack, ...]:
    """The stacks of an environment, in the order of their application; ``root`` is the repository's.

    Raises `UsageError` for one without sources, before anything is started.
    """
    stacks = profile.terraform.stacks
    for name, stack in stacks.items():
        if not any((root / stack.directory).glob("*.tf")):
            raise UsageError(f"{stack.directory}, the stack {name} of {profile.name}, has no Terraform sources (*.tf) in {root}")
    return tuple(_stack(name, stack, root / stack.directory) for name, stack in stacks.items())


def _stack(name: str, table: TerraformStack, directory: Path) -> Stack:
    return Stack(name, directory, table.variables, table.example, table.secrets if table.says("secrets") else None)


@dataclass(frozen=True)
class Recipe:
    """Stacks, the account they get, and the tools they are deployed with."""

    stacks: tuple[Stack, ...]
    """In the order of their application."""
    home: Path
    """Where recordings and running clouds are; see `stackproof.embedded.provision`."""
    account: Account
    terraform: Terraform
    provider: Provider
    password: str = field(repr=False)
    source: Source | None = None
    """What runs in the cloud once the stacks are deployed; nothing without it."""

    @classmethod
    def of(cls, stacks: Sequence[Stack], cache: Path, account: Account, source: Source | None = None) -> "Recipe":
        """The recipe for stacks with the tools of this machine. Raises `UsageError`."""
        home = home_of(cache)
        return cls(tuple(stacks), home, account, Terraform.find(), provider.choose_for_deploying(cache), _password(home), source)

    @cached_property
    def digest(self) -> str:
        """Over what Terraform gets, the values, the versions, and the code that answers and seeds.

        Working copies are made for it, which takes seconds; so it is remembered until one of the files changes that decide what they are.
        """
        place = hashlib.sha256(repr((self.account, [(one.name, one.directory) for one in self.stacks])).encode()).hexdigest()[:16]
        file = self.home / f"digest-{place}.json"
        try:
            known = read_json(file)
            directories = [Path(one) for one in known["directories"]]
            if known["inputs"] == self._inputs(directories):
                return str(known["digest"])
        except (OSError, ValueError, KeyError, TypeError):  # there is none yet, or a module has gone
            pass
        digest = self._digest()
        directories = list(dict.fromkeys(path for stack in self.stacks for path in sources.modules(stack.directory)))
        remembered = {"directories": [*map(str, directories)], "inputs": self._inputs(directories), "digest": digest}
        write_private(file, json.dumps(remembered))
        return digest

    def _inputs(self, directories: Sequence[Path]) -> str:
        """A digest over all that the digest follows from, as it is written."""
        code = (*Path(provider.__file__).parent.iterdir(), *Path(__file__).parent.rglob("*.py"))
        content: list[object] = [self.account, self.password, self.terraform, self.provider, platform.python_version()]
        content += [version(package) for package in (*_PACKAGES, *_PARSERS)]
        content += [
            (one.name, one.directory, dict(one.variables), one.example and one.example.read_bytes(), one.secrets)
            for one in self.stacks
        ]
        files = [file for directory in directories for file in deciding(directory)]
        files += sorted(one for one in code if one.is_file())
        content += [(file, hashlib.sha256(file.read_bytes()).hexdigest()) for file in files]
        return hashlib.sha256(repr(content).encode()).hexdigest()

    def _digest(self) -> str:
        content: list[object] = [self.account, self.password]
        with temporary("recipe") as folder:
            for stack in self.stacks:
                copy = self.workspace(stack, folder, _ANY_ENDPOINT)
                example = stack.example and stack.example.read_text(encoding="utf-8")
                content += [stack.name, copy.directory.relative_to(folder.resolve()), dict(stack.variables), example]
        content += code()
        return hashlib.sha256(repr(content).encode()).hexdigest()[:16]

    @cached_property
    def cloud_digest(self) -> str:
        """Over all that makes a cloud that runs: what is deployed, and what runs in it."""
        return f"{self.digest}-{self.source.digest.removeprefix('sha256:')[:16]}" if self.source else self.digest

    @property
    def recording(self) -> Path:
        """The directory of the recorded deployment, whether it exists or not."""
        return self.home / self.digest

    @property
    def summary(self) -> str:
        """One sentence for a report."""
        how = " and downgraded sources" if self.provider.needs_downgrade else ""
        what = "The stack runs" if len(self.stacks) == 1 else f"The stacks {', '.join(one.name for one in self.stacks)} run"
        return (
            f"{what} in an embedded cloud (moto {version('moto')}), deployed by {self.terraform.name} with "
            f"hashicorp/aws {self.provider.version} ({self.provider.origin}){how}. {self.provider.proven}"
        )

    def named(self) -> dict[str, Any]:
        """The values of all variables that the stacks declare, as far as files and profile name them, else None."""
        return {name: value for stack in self.stacks for name, value in stack.named().items()}

    def workspace(self, stack: Stack, into: Path, endpoint: str, access_key: str = "test") -> Workspace:
        """A working copy of a stack whose every call goes to the endpoint."""
        return prepare(
            stack.directory,
            into,
            self.provider,
            endpoint=endpoint,
            region=self.account.region,
            account=self.account.id,
            access_key=access_key,
            secrets=dict.fromkeys(stack.with_password, self.password),
            terraform=self.terraform,
        )


def home_of(cache: Path) -> Path:
    """``cloud`` in a cache directory (``.stackproof``), made for its owner alone."""
    home = cache.resolve() / "cloud"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return home


def _password(home: Path) -> str:
    """The database password of this cache: made at first use, hidden from all output from then on."""
    file = home / "db_password"
    with FileLock(home / "db_password.lock"):
        if not file.exists():
            write_private(file, random_password())
    password = file.read_text(encoding="utf-8")
    redaction.register(password)
    return password
