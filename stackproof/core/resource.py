"""The base of every typed resource: fields that know where they came from.

A resource class declares its fields once, with the name of the fact in each world:

.. code-block:: python

    class DatabaseInstance(Resource):
        publicly_accessible: bool = field(aws="PubliclyAccessible", plan="publicly_accessible")

Reading a field is the only way to a fact, and has one of these outcomes:

- a value: it is written to the running control's ledger with its source, and returned;
- *not known yet* (a plan): raises `NotYetKnown`, or is a `Reference` where the plan says which resource's attribute it will be;
- *not reported*: raises `NotReported`. ``None`` is a value only for a field whose type admits it, where the service documents that
  absence means "none"; everywhere else nothing is made up for what is absent;
- the call that would tell failed: its error is raised (`AccessDenied`, ...), in the control that needed the fact and no other.
"""

import functools
import re
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, NoReturn, Protocol, Self, TypeVar, overload

from stackproof.core import ledger
from stackproof.core.partial import Partial, PartialMapping, collected, parts
from stackproof.core.results import Subject
from stackproof.core.verdicts import CouldNotVerify, NotReported, NotYetKnown
from stackproof.redaction.redaction import redact
from stackproof.util.once import Once

T = TypeVar("T")

KEY = r'\[(?:\d+|"(?:\\.|[^"\\])*")\]'
"""A regular expression for an instance's key in a Terraform address."""

MANY_ADDRESSES = 65_536
"""Addresses of a plan whose parts are remembered."""


class Found(NamedTuple):
    """A fact and where it came from."""

    value: object
    source: str


class Origin(Protocol):
    """Where one resource's facts come from: an AWS answer, a planned resource, a file."""

    def look_up(self, field: "Field") -> Found:
        """The field's value; None when the source is silent about it.

        Raises `NotYetKnown` or a `CouldNotVerify`.
        """
        ...


def subject_of(resource: "Resource") -> Subject:
    """The resource under every name that its origin knows (by a method ``identity``, if it has one), secrets hidden."""
    identity: Callable[[Origin, str], Mapping[str, str]] | None = getattr(type(resource.origin), "identity", None)
    known = identity(resource.origin, resource.name) if identity else {}
    shown = {name: redact(known.get(name, "")) for name in ("arn", "account", "region", "address")}
    return Subject(
        type(resource).__name__, redact(resource.name), shown["arn"], shown["account"], shown["region"], shown["address"]
    )


class Field:
    """A declared field (a descriptor): the path of the fact in each kind of origin, or a function of the origin."""

    def __init__(self, aws: "str | Callable[[Any], object] | None", plan: "str | Callable[[Any], object] | None") -> None:
        self.aws = aws
        self.plan = plan
        self.name = ""
        self.place = ""
        """With the kind of resource that declares it: ``Image.scans``."""
        self._allowed: tuple[type, ...] | None = None

    def __set_name__(self, owner: type, name: str) -> None:
        self.name, self.place = name, f"{owner.__name__}.{name}"

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: "Resource", owner: type) -> object: ...
    def __get__(self, instance: "Resource | None", owner: type) -> object:
        if instance is None:
            return self
        found = instance.origin.look_up(self)
        value = self.checked(found.value, instance)
        ledger.touch(instance)
        ledger.record(instance.label, self.name, value, found.source)
        return value

    def checked(self, value: object, instance: "Resource") -> object:
        """A value that the origin gave, if it is of a type that the field declares.

        Raises `NotReported` for an absent one, `CouldNotVerify` for one of another type. Every reading passes here.
        """
        if isinstance(value, Reference | Partial | PartialMapping):
            return value
        if self._allowed is None:
            self._allowed = _plain_types(_hints(type(instance))[self.name])
        allowed = self._allowed
        if isinstance(value, allowed) and not (isinstance(value, bool) and bool not in allowed):
            return value
        if value is None:
            raise NotReported(
                f"{instance.label}: {self.name} is not reported by {instance.source}; nothing is assumed in its place"
            )
        expected = " or ".join(sorted(kind.__name__ for kind in allowed))
        raise CouldNotVerify(f"{instance.label}: {self.name} is {type(value).__name__} in {instance.source}, expected {expected}")


def field(*, aws: str | Callable[[Any], object] | None = None, plan: str | Callable[[Any], object] | None = None) -> Any:
    """Declare a field: its dotted path (or a function of the origin) in an AWS answer and in a planned resource.

    A field without a path is looked up by its own name (resources made from files).
    """
    return Field(aws, plan)


class Resource:
    """A noun that answers questions about one resource. Subclasses declare fields; see the module."""

    operations: ClassVar[tuple[str, ...]] = ()
    """The AWS operations that reading this kind needs, as ``rds:DescribeDBInstances``. The guard lets no other through."""

    terraform: ClassVar[tuple[str, ...]] = ()
    """The Terraform resource types that this kind is planned as."""

    planned_name: ClassVar[str] = "name"
    """The planned attribute that names one."""

    @classmethod
    def from_aws(cls, aws: Any, names: Sequence[str]) -> Iterable[Self]:
        """The resources of this kind in AWS; ``aws`` is a `stackproof.sources.aws.source.Reader`. See `Source.collect`."""
        raise NotImplementedError(f"{cls.__name__} cannot be read from AWS")

    @classmethod
    def from_plan(cls, plan: Any, names: Sequence[str]) -> Iterable[Self]:
        """The resources of this kind in a plan; ``plan`` is a `stackproof.sources.plan.document.Plan`. See `Source.collect`."""
        del names  # a plan lists all there are
        return [cls(block.name_or_address(cls.planned_name), block, block.source) for block in plan.resources(*cls.terraform)]

    def __init__(self, name: str, origin: Origin, source: str) -> None:
        if not isinstance(name, str):
            raise CouldNotVerify(f"{source}: the name of a {type(self).__name__} is {name!r}, which is no text")
        self.name = name
        self.origin = origin
        self.source = source

    @property
    def label(self) -> str:
        return f"{type(self).__name__} {self.name}"

    def __repr__(self) -> str:
        return f"<{self.label}>"


R = TypeVar("R", bound=Resource)


def known_first(resources: Iterable[R], field: str) -> Sequence[R]:
    """Resources in an order in which no unknown fact hides a known one: those first of which a field is told.

    Then those of which an error stands in its place, and those of which a plan does not know it yet.
    """

    def rank(one: R) -> int:
        try:
            reported = getattr(one, field)
        except NotYetKnown:
            return 2
        except CouldNotVerify:
            return 1
        return 2 if isinstance(getattr(reported, "rest", None), NotYetKnown) else 0

    known, rest = parts(resources)
    return collected(sorted(known, key=rank), rest)


class StaticOrigin:
    """An origin whose facts are already at hand, by field name: what a command or a file said.

    A fact may be the error that stands in its place: whoever needs it gets the error, and nobody else.
    """

    def __init__(self, facts: Mapping[str, object], source: str) -> None:
        self.facts = facts
        self.source = source

    def look_up(self, field: Field) -> Found:
        fact = self.facts.get(field.name)
        if isinstance(fact, Exception):
            raise fact
        return Found(fact, self.source)


class LazyMapping(Mapping[str, T]):
    """Values by name, as facts for `StaticOrigin`, that are found out when they are asked for, once, by a function each.

    >>> facts = LazyMapping({"first": lambda: 1, "second": lambda: 1 / 0})
    >>> facts["first"], len(facts)
    (1, 2)
    """

    def __init__(self, functions: Mapping[str, Callable[[], T]]) -> None:
        self._functions = {name: Once(function) for name, function in functions.items()}

    def __getitem__(self, name: str) -> T:
        return self._functions[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)


class FailedOrigin:
    """An origin that could not be read, or knows nothing yet: whoever needs a fact gets the error."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def look_up(self, _: Field) -> Found:
        raise self.error


@dataclass(frozen=True, eq=False, repr=False)
class Reference:
    """A planned value that is another resource's attribute, not known before apply.

    It compares equal to the same reference, and unequal to the ARN or id of another resource of the same type. (Two other attributes
    may well be equal: the ids of a bucket and of its versioning are one name.) Any other question about it has no answer yet and raises
    `NotYetKnown`; so does putting it into a set, where unequal hashes would pass for unequal values.

    >>> key = Reference("aws_kms_key.logs", "arn")
    >>> key == Reference("aws_kms_key.logs", "arn"), key == Reference("aws_kms_key.other", "arn")
    (True, False)
    >>> key == "arn:aws:kms:ap-northeast-2:123456789012:key/1"
    Traceback (most recent call last):
    stackproof.core.verdicts.NotYetKnown: aws_kms_key.logs.arn is known only after apply
    """

    address: str
    """The resource's address in the plan: ``module.logs.aws_kms_key.this[0]``."""
    attribute: str

    def __eq__(self, other: object) -> bool:
        match other:
            case Reference(address=self.address, attribute=self.attribute):
                return True
            case None:
                return False
            case Reference(address=address, attribute=attribute) if attribute == self.attribute in ("arn", "id"):
                if type_of(address) == type_of(self.address):
                    return False
        self._unknown()

    def __hash__(self) -> int:
        self._unknown()

    def __repr__(self) -> str:
        return f"<{self.address}.{self.attribute}, known after apply>"

    __str__ = __repr__

    def _unknown(self, *_: object) -> NoReturn:
        raise NotYetKnown(f"{self.address}.{self.attribute} is known only after apply")

    __bool__ = __len__ = __iter__ = __contains__ = __getitem__ = _unknown
    __lt__ = __le__ = __gt__ = __ge__ = __int__ = __float__ = _unknown

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # protocol probes (copy, pickle, inspect) must see "no such method"
            raise AttributeError(name)
        self._unknown()


@functools.lru_cache(maxsize=MANY_ADDRESSES)
def without_keys(address: str) -> str:
    """A Terraform address without the keys of its instances, whatever those hold.

    >>> without_keys('module.logs["a]b.c"].aws_kms_key.this[0]')
    'module.logs.aws_kms_key.this'
    """
    return re.sub(KEY, "", address)


def type_of(address: str) -> str:
    """The resource type of an address.

    >>> type_of('module.logs["a.b"].aws_kms_key.this[0]')
    'aws_kms_key'
    """
    return without_keys(address).split(".")[-2]


def _hints(kind: type) -> dict[str, Any]:
    """A resource class's annotations. Names that are only imported for type checking do not matter here."""
    return typing.get_type_hints(kind, localns={"Reader": object, "Plan": object})


def _plain_types(hint: object) -> tuple[type, ...]:
    """The runtime types that an annotation admits.

    >>> _plain_types(str | None)
    (<class 'str'>, <class 'NoneType'>)
    >>> _plain_types(tuple[str, ...])
    (<class 'tuple'>,)

    Raises `TypeError` for one that says nothing (``Any``).
    """
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return tuple(plain for part in typing.get_args(hint) for plain in _plain_types(part))
    origin = typing.get_origin(hint) or hint
    if not isinstance(origin, type) or origin in (Any, object):
        raise TypeError(f"a field cannot be declared as {hint}: nothing would be checked")
    return (origin,)
