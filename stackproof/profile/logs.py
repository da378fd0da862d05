"""Tables about the logging design, as an environment has it."""

from collections.abc import Mapping
from datetime import date
from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from stackproof.core.verdicts import NotDeclared
from stackproof.judgement.log_names import DEFAULT_RULE, NotInDesign, parse, rule_problem
from stackproof.profile.base import Principal, Table, not_declared, unsaid

DEFAULT = "default"
"""The kind of every log group where no design of names is declared."""


class LogRule(Table):
    """The design of one log group: its kind, type and retention."""

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
        """True if the last day of the exception is over."""
        return self.expires is not None and today > self.expires


class LogLink(Table):
    """A service that the events of some log groups are passed on to."""

    tag: str
    """The tag that says whether it gets them: pending, enabled or disabled."""
    log_type: str
    """LogType of the groups that it is for."""
    pattern: str
    """Of the subscription filter; the empty one lets every event through."""


class LogRecipient(Table):
    """A destination that may get the events of log groups, beside Sentry, Langfuse and the exports that the tags tell."""

    arn: str = Field(pattern=r"^arn:aws[a-z-]*:(firehose|kinesis|lambda|logs|oam):[a-z0-9-]+:\d{12}:.+$")
    """Of a delivery stream, a stream, a function, a destination in another account, or the sink of a monitoring account. After the
    account, ``*`` stands for any text."""
    groups: tuple[str, ...] = Field(default=("*",), min_length=1)
    """Names of log groups, in which ``*`` stands for any text; every group, if it does not say."""
    reason: str = Field(min_length=20)

    def is_given(self, group: str, destination: str) -> bool:
        """True if a destination may get the events of a log group. Raises `NotYetKnown` for one whose ARN a plan does not know."""
        return any(fnmatchcase(group, name) for name in self.groups) and (
            destination == self.arn or fnmatchcase(destination, self.arn)
        )


class LogWriter(Table):
    """An ECS service and the log groups that it writes to."""

    service: str
    groups: tuple[str, ...] = Field(min_length=1)


class LogSample(Table):
    """How much of what is logged is looked into."""

    hours: int = Field(default=24, ge=1, le=168)
    """How far back, ..."""
    events: int = Field(default=1000, ge=1, le=10_000)
    """... and how many events of a group at most, the newest ones."""


class LogQuery(Table):
    """A template for Logs Insights."""

    text: str
    groups: tuple[str, ...] = Field(min_length=1, max_length=50)
    """The log groups that it is for."""


class LogLines(Table):
    """Lines that Sentry's pattern is tried on: 50 of them at most."""

    selected: tuple[str, ...] = Field(min_length=1, max_length=25)
    others: tuple[str, ...] = Field(min_length=1, max_length=25)


class LogCost(Table):
    """Prices of CloudWatch Logs in the region, in USD, and what a month of logs may cost."""

    ingestion_per_gb: float = Field(gt=0)
    storage_per_gb_month: float = Field(gt=0)
    scanned_per_gb: float = Field(gt=0)
    """By Logs Insights."""
    key_per_month: float = Field(gt=0)
    keys: int = Field(default=1, ge=0)
    """KMS keys for logs."""
    scanned_gb: float = Field(default=0, ge=0)
    """What people's queries scan in a month, as far as it is known."""
    days: int = Field(default=7, ge=1, le=14)
    """How many days the forecast looks back."""
    monthly_budget_usd: float = Field(gt=0)


class Logs(Table):
    """The logging design, as this environment has it."""

    retention_days: Mapping[str, int] = unsaid()
    """How long events of each kind of log are kept, in days. Without a design of ``names`` the kind ``default`` is that of every group."""
    tags: Mapping[str, tuple[str, ...]] = unsaid()
    """The tags that every log group has, each with its legal values; none given: any but the empty one."""
    name: str = DEFAULT_RULE
    """The rule for names of log groups: ``{service}``, ``{resource-name}`` and ``{log-type}``, and text that is meant as it stands."""
    names: Mapping[str, Mapping[str, LogRule]] = unsaid()
    """Which log types there are in such a name, by service; ``""`` is a name without one, or the service of a rule without any."""
    groups: tuple[str, ...] = unsaid()
    """Log groups that must exist, in whose names ``*`` stands for any text; an empty list says that there is none."""
    owned: tuple[str, ...] = ()
    """Name prefixes: every other group that begins with one of them is the stack's too. ``/aws/`` takes in the whole account.
    Of a plan every group is, whatever its name."""
    exceptions: tuple[LogException, ...] = ()
    """Groups that may have a name outside of the design. One that is expired, or that no group has, fails."""
    key: str = unsaid()
    """Alias of the key that encrypts the log groups."""
    other_keys: tuple[str, ...] = ()
    """Aliases of keys that it must not be."""
    sentry: LogLink = LogLink.undeclared()
    langfuse: LogLink = LogLink.undeclared()
    recipients: tuple[LogRecipient, ...] = ()
    """Whoever else gets events: in another account, say."""
    filter_slots: int = Field(default=2, ge=1)
    """Subscription filters that a log group can have."""
    writers: tuple[LogWriter, ...] = ()
    readers: tuple[str, ...] = unsaid()
    """Names of the IAM roles and users that may read what is in the log groups."""
    reader_principals: tuple[Principal, ...] = ("root", "user/*", "role/*", "saml-provider/*", "oidc-provider/*")
    """Who may assume the readers that are roles: ``user/alice`` and ``role/app-*`` of this account, ARNs, account numbers, services
    (``lambda.amazonaws.com``). Nobody else may; if it does not say, everybody in this account."""
    sample: LogSample = LogSample()
    llm_record: Mapping[str, Literal["text", "count", "number"]] = unsaid()
    """What the record of an LLM call must have, and of what form."""
    sentry_lines: LogLines = LogLines.undeclared()
    queries: Mapping[str, LogQuery] = unsaid()
    """The templates by name."""
    run_queries: bool = False
    """Whether the templates are run, too, over the last hour. AWS charges for what they scan."""
    cost: LogCost = LogCost.undeclared()

    @field_validator("name")
    @classmethod
    def _is_a_rule(cls, value: str) -> str:
        """Raises `ValueError`."""
        if problem := rule_problem(value):
            raise ValueError(f"is no rule for names: {problem}")
        return value

    @field_validator("names", "exceptions")
    @classmethod
    def _are_told_how_long(cls, value: Any, info: ValidationInfo) -> Any:
        """Each kind has its retention, and each log type is a legal one. Raises `ValueError`."""
        if value is None:
            return value
        rules = value if isinstance(value, tuple) else [rule for types in value.values() for rule in types.values()]
        kinds, log_types = info.data.get("retention_days") or (), (info.data.get("tags") or {}).get("LogType", ())
        for key, allowed in (("kind", kinds), ("log_type", log_types)):
            wrong = sorted({getattr(rule, key) for rule in rules} - {*allowed})
            if allowed and wrong:
                raise ValueError(f"there is no {key} {', '.join(wrong)}; there are {', '.join(allowed)}")
        return value

    @field_validator("writers")
    @classmethod
    def _write_to_declared_groups(cls, value: tuple[LogWriter, ...], info: ValidationInfo) -> tuple[LogWriter, ...]:
        """Raises `ValueError`."""
        undeclared = {group for writer in value for group in writer.groups} - {*(info.data.get("groups") or ())}
        if undeclared:
            raise ValueError(f"{', '.join(sorted(undeclared))} is not among logs.groups")
        return value

    @field_validator("queries")
    @classmethod
    def _are_for_declared_groups(cls, value: Mapping[str, LogQuery], info: ValidationInfo) -> Mapping[str, LogQuery]:
        """Raises `ValueError`."""
        undeclared = {group for query in (value or {}).values() for group in query.groups} - {*(info.data.get("groups") or ())}
        if undeclared:
            raise ValueError(f"{', '.join(sorted(undeclared))} is not among logs.groups")
        return value

    def rule(self, name: str) -> LogRule:
        """The rule for a log group, by an exception or by the design. Raises `NotInDesign` if its name is in neither."""
        excepted = [exception for exception in self.exceptions if exception.name == name]
        if excepted:
            return excepted[0]
        if not self.says("names") and self.says("retention_days") and DEFAULT in self.retention_days:
            return LogRule(kind=DEFAULT, log_type="")
        parsed = parse(name, self.names, self.name)
        return self.names[parsed.service][parsed.log_type]

    def retention_of(self, name: str) -> int:
        """How many days the events of a log group are kept. Raises `NotDeclared` for a name that the design does not have."""
        return self.retention_days[self._expected(name).kind]

    def log_type_of(self, name: str) -> str:
        """The tag LogType of a log group. Raises `NotDeclared` for a name that the design does not have."""
        return self._expected(name).log_type

    def _expected(self, name: str) -> LogRule:
        """The rule for a log group; that there is none for it is a matter of its name, and said there (LOG-01)."""
        try:
            return self.rule(name)
        except NotInDesign as error:
            raise NotDeclared(f"{error}: nothing to judge by", needs=("logs.exceptions",)) from None

    @property
    def links(self) -> tuple[LogLink, ...]:
        """The declared services that events are passed on to. Raises `NotDeclared` where nothing is said of log groups at all."""
        if not self.is_declared:
            raise not_declared(Logs, "recipients")
        return tuple(link for link in (self.sentry, self.langfuse) if link.is_declared)

    def groups_of(self, service: str) -> tuple[str, ...]:
        """The log groups that an ECS service writes to; none for one that is not declared."""
        return tuple(group for writer in self.writers if writer.service == service for group in writer.groups)
