"""Everything that decides what a deployed stack is, and one digest over it."""

import hashlib
import platform
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock

from stackproof.embedded.files import write_private
from stackproof.evidence import redaction
from stackproof.terraform import provider, sources
from stackproof.terraform.cli import Terraform
from stackproof.terraform.provider import Provider
from stackproof.terraform.rehearsal import EXAMPLE, PASSWORD, random_password
from stackproof.terraform.workspace import Workspace, prepare

_PACKAGES = ("moto", "botocore", "flask", "werkzeug")
_DECIDING = ("account.py", "moto_gaps.py", "recording.py", "server.py")
_ANY_ENDPOINT = "http://127.0.0.1:1"


@dataclass(frozen=True)
class Values:
    """What differs from one environment to the next."""

    account: str = "123456789012"
    region: str = "ap-northeast-2"
    variables: Mapping[str, str] = field(default_factory=dict)
    """Of Terraform, on top of ``terraform.tfvars.example``."""


LOCAL = Values()


@dataclass(frozen=True)
class Recipe:
    """A stack, the values it gets, and the tools it is deployed with."""

    stack: Path
    """The root module."""
    home: Path
    """Where recordings and running clouds are; see `stackproof.embedded.provision`."""
    values: Values
    terraform: Terraform
    provider: Provider
    password: str = field(repr=False)

    @classmethod
    def of(cls, stack: Path, cache: Path, values: Values) -> "Recipe":
        """The recipe for a stack with the tools of this machine. Raises `UsageError`."""
        home = home_of(cache)
        return cls(stack, home, values, Terraform.find(), provider.choose(cache), _password(home))

    @property
    def example(self) -> Path | None:
        """``terraform.tfvars.example``, if there is one."""
        file = self.stack / EXAMPLE
        return file if file.is_file() else None

    @cached_property
    def digest(self) -> str:
        """Over what Terraform gets, the values, the versions, and the code that answers and seeds."""
        with tempfile.TemporaryDirectory() as temporary:
            content: list[object] = [
                self.workspace(Path(temporary), _ANY_ENDPOINT).directory.relative_to(Path(temporary).resolve())
            ]
        content += [self.values, self.password, self.example and self.example.read_text(encoding="utf-8")]
        content += [platform.python_version(), *map(version, _PACKAGES)]
        content += [Path(__file__).with_name(name).read_bytes() for name in _DECIDING]
        return hashlib.sha256(repr(content).encode()).hexdigest()[:16]

    @property
    def recording(self) -> Path:
        """The directory of the recorded deployment, whether it exists or not."""
        return self.home / self.digest

    @property
    def summary(self) -> str:
        """One sentence for a report."""
        how = " and folded sources" if self.provider.is_folded else ""
        return (
            f"The stack runs in an embedded cloud (moto {version('moto')}), deployed by {self.terraform.name} with "
            f"hashicorp/aws {self.provider.version} ({self.provider.origin}){how}."
        )

    def named(self) -> dict[str, Any]:
        """The values of the variables that the stack declares, as far as files and profile name them, else None."""
        given = {**(sources.assignments(self.example) if self.example else {}), **self.values.variables}
        return {name: given.get(name) for name in self._declared}

    def workspace(self, into: Path, endpoint: str) -> Workspace:
        """A working copy whose every call goes to the endpoint."""
        return prepare(
            self.stack,
            into,
            self.provider,
            endpoint=endpoint,
            region=self.values.region,
            account=self.values.account,
            secrets={PASSWORD: self.password} if PASSWORD in self._declared else {},
            terraform=self.terraform,
        )

    @cached_property
    def _declared(self) -> frozenset[str]:
        return frozenset(sources.read(self.stack).variables)


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
