"""The files of the repository: Terraform sources, the plan made from them, and the files beside them.

These nouns are read from commands and files, so their facts are at hand when they are made (`StaticOrigin`).
"""

from stackproof.core.resource import FailedOrigin, Resource, field, type_of
from stackproof.core.results import Examined, Finding, Operator, Reason, Subject
from stackproof.core.verdicts import Verdict


class Formatting(Resource):
    """``terraform fmt -check -recursive``."""

    files: int = field()
    """How many files were looked at."""
    unformatted: tuple[str, ...] = field()


class Initialisation(Resource):
    """``terraform init`` in a fresh copy of the sources."""

    errors: tuple[str, ...] = field()
    provider: str = field()
    """The version of hashicorp/aws that was installed, and from where; empty if none was."""


class Module(Resource):
    """A directory of Terraform sources: a root or a module."""

    errors: tuple[str, ...] = field()
    """Of ``terraform validate``."""
    warnings: tuple[str, ...] = field()


class Arguments(Resource):
    """The arguments and blocks of a module's resources, beside the schema of the current provider generation."""

    resources: int = field()
    """How many were looked at."""
    problems: tuple[str, ...] = field()
    """What the provider does not know, or misses."""


class ExampleVariables(Resource):
    """``terraform.tfvars.example``."""

    missing: tuple[str, ...] = field()
    """Required variables that it does not set."""
    undeclared: tuple[str, ...] = field()
    """What it sets and no variable declares."""
    secrets: tuple[str, ...] = field()
    """Sensitive variables that it sets, in a comment too, and what has the shape of a secret."""


class Planning(Resource):
    """``terraform plan`` from nothing, or a given plan."""

    kind: str = field()
    """See `stackproof.core.changes.Kind`."""
    resulting: frozenset[str] = field()
    """The addresses that are managed after an apply, as the sources name them."""
    warnings: tuple[str, ...] = field()


class SecretVariable(Resource):
    """A variable that holds a secret."""

    is_sensitive: bool = field()
    accepted: tuple[str, ...] = field()
    """Which kinds of weak password a plan takes; none of a variable that is no password."""
    shown_in: tuple[str, ...] = field()
    """Where its value is printed."""


class Output(Resource):
    """An output of the root module."""

    value: str = field()


class SecondPlan(Resource):
    """``terraform plan`` after an apply."""

    changes: tuple[str, ...] = field()
    """What it would do: ``update aws_security_group.rds``, ``update output.rds_address``."""
    is_applyable: bool = field()
    """Whether Terraform sees anything to do, if only in its state: an address that moved, a resource to import."""
    drift: tuple[str, ...] = field()
    """What was changed outside Terraform."""


class RemoteState(Resource):
    """The backend that keeps the state: that of the sources, else that of the example."""

    is_remote: bool = field()
    is_encrypted: bool = field()
    is_locked: bool = field()


class Repository(Resource):
    """The files of Terraform's own that git keeps or would take."""

    tracked: tuple[str, ...] = field()
    """State and variable files in the index."""
    not_ignored: tuple[str, ...] = field()
    """Names of such files that git would take, but for a rule of this machine alone."""


class PossibleCredential(Resource):
    """A place in the repository where something stands that looks like a credential. Its name tells where; nothing tells what."""

    reason: str | None = field()
    """Why it is none (``known_strings.toml``); None if nobody says so."""


class History(Resource):
    """The history of the repository in git: every version of every file."""

    versions: int = field()
    """How many were looked at."""
    possible_credentials: tuple[PossibleCredential, ...] = field()


class ScannerFinding(Resource):
    """A finding of checkov that a waiver accepts."""

    check: str = field()
    """``CKV_AWS_144``."""
    address: str = field()
    """Of the resource, in the sources."""
    file: str = field()
    line: int = field()
    """0 where the finding is about a plan."""
    title: str = field()
    waiver: int = field()
    """The number of the waiver."""
    accepted_by: str = field()
    """The waiver in words."""

    def as_examined(self) -> Examined:
        """The finding as a resource of its control, WAIVED."""
        return Examined(
            self.name,
            Verdict.WAIVED,
            f"{self.check} {self.address} ({self.file} line {self.line}): {self.title}\n{self.accepted_by}",
            Subject(type_of(self.address), self.address, address=self.address, file=self.file, line=self.line),
            Finding(Reason.STATEMENT, self.check, Operator.HOLDS, self.title, "", "checkov", str(self.source)),
            self.waiver,
        )


class Scan(Resource):
    """A scan by checkov, after the waivers."""

    examined: int = field()
    """Resources."""
    findings: tuple[str, ...] = field()
    """What no waiver accepts."""
    expired: tuple[str, ...] = field()
    """Waivers whose last day is over."""
    unused: tuple[str, ...] = field()
    """Waivers that match nothing."""
    inline_skips: tuple[str, ...] = field()
    """What a ``checkov:skip`` comment hides and no waiver accepts."""
    accepted: tuple[ScannerFinding, ...] | None = field()
    """What a waiver accepts; None in what was recorded before waived findings were."""

    def accepted_findings(self) -> tuple[Examined, ...]:
        """Each finding that a waiver accepts, WAIVED; none of a scan that could not be made."""
        if isinstance(self.origin, FailedOrigin):
            return ()
        return tuple(one.as_examined() for one in self.accepted or ())


class EnvironmentFile(Resource):
    """``.env.production.example``."""

    keys: tuple[str, ...] = field()
    """Sorted; one that is there twice, twice."""
    filled_in: tuple[str, ...] = field()
    """Keys that have a value."""
    documented: tuple[str, ...] = field()
    """The keys of output ``env_variables``, and the password."""
