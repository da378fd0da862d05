"""Planned resources and the blocks inside them: values, what of them is unknown, and the expressions behind.

Two things look alike in the document: blocks that a dynamic block makes in a number not known yet, and blocks that nobody wrote and the
provider may fill in. They are taken for the latter (`PlannedBlock.is_unset`); AWS shows the truth after apply.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn, Protocol, TypeVar

from stackproof.core.partial import Partial, PartialMapping, collected, parts
from stackproof.core.provenance import Provenance, evidence_behind, within
from stackproof.core.resource import Field, Found, Reference, type_of, without_keys
from stackproof.core.verdicts import CouldNotVerify, NotReported, NotYetKnown
from stackproof.redaction.redaction import HIDDEN
from stackproof.sources.plan.references import Meant, Place, Possible, References, of_types

T = TypeVar("T")
Expressions = Callable[[str], Any]
"""The configured expression of an attribute; None for one that is not written."""


IDENTITIES = (
    *("id", "arn", "name", "bucket", "identifier", "cluster_identifier", "key_id", "function_name"),
    *("db_snapshot_identifier", "db_cluster_snapshot_identifier", "default_route_table_id", "main_route_table_id"),
    *("user_id", "user_group_id"),
)
"""The attributes that others call a resource by."""


class PlanLookup(Protocol):
    """The questions of a planned block to the plan that it is in; `stackproof.sources.plan.document.Plan` answers them."""

    where: str

    @property
    def following(self) -> References: ...
    def resources(self, *types: str) -> "list[PlannedBlock]": ...
    def resource(self, address: str) -> "PlannedBlock | None": ...
    def instances(self, address: str) -> "list[PlannedBlock]": ...
    def data(self, address: str) -> "PlannedBlock | None": ...
    def knows(self, reference: Reference) -> bool: ...
    def creates(self, block: "PlannedBlock") -> bool: ...
    def replaced(self, block: "PlannedBlock") -> "PlannedBlock | None": ...
    def referred(self, value: object, *types: str) -> "list[PlannedBlock]": ...
    def referring(self, kind: str, attribute: str, to: "PlannedBlock") -> "Sequence[PlannedBlock]": ...
    def removed(self, kind: str, attribute: str, to: "PlannedBlock") -> "list[PlannedBlock]": ...
    def before(self, kind: str, attribute: str, to: "PlannedBlock") -> "list[PlannedBlock]": ...
    def earlier(self, block: "PlannedBlock") -> "PlannedBlock | None": ...
    def region_of(self, configured: Mapping[str, Any]) -> str | None: ...
    def once(self, make: "Callable[[PlanLookup], T]") -> T: ...


class PlannedBlock:
    """A planned resource, or a block inside one: its values, what of them is unknown, and the expressions behind (an `Origin`)."""

    def __init__(
        self,
        plan: PlanLookup,
        address: str,
        place: Place,
        values: Mapping[str, Any],
        unknown: Mapping[str, Any],
        expressions: Expressions,
        within: str = "",
    ) -> None:
        self.plan = plan
        self.address = address
        self.values = values
        self._place = place
        self._unknown = unknown
        self._expressions = expressions
        self._within = within

    @property
    def source(self) -> str:
        return Provenance(f"plan {self.address}{self._within}", *evidence_behind(self.plan.where))

    def __str__(self) -> str:
        return f"{self.address}{self._within}"

    @property
    def type(self) -> str:
        """The resource's type."""
        return type_of(self.address)

    @property
    def region(self) -> str | None:
        """The region that the resource will be in: its own, else that of its provider; None where the document does not show it."""
        own = self.values.get("region") if self.is_known("region") else None
        return own or self.plan.region_of(self.plan.following.configured_for(self.address))

    def identity(self, name: str) -> dict[str, str]:
        """The address in the plan, the ARN where the resource exists already, and the region."""
        arn = self.values.get("arn") if self.is_known("arn") else None
        arn = arn if isinstance(arn, str) and arn.startswith("arn:") else ""
        del name
        return {"address": str(self), "arn": arn, "region": self.region or ""}

    def name_or_address(self, attribute: str) -> str:
        """The name as planned; the prefix that the provider makes it of; or the address, where neither is known yet.

        A prefix ends in what separates it from the rest of the name: ``app-`` stands for ``app``.
        """
        for name in (self.values.get(attribute), str(self.values.get(f"{attribute}_prefix") or "").rstrip("-_.")):
            if isinstance(name, str) and name:
                return name
        return self.address

    def at(self, attribute: str) -> Any:
        """The planned value of an attribute; None if it will not be set; a `Reference` where the plan says what it will be.

        A list with unknown elements has references in their places, and is a `Partial` where those cannot be told apart; a map is a
        `PartialMapping`. Raises `NotYetKnown` for every other unknown value; `NotReported` for a sensitive one, which is hidden.
        """
        unknown = self._unknown.get(attribute, False)
        if unknown is True:
            return self._reference(attribute)
        value = self._shown(attribute)
        if _any(unknown):
            return self._with_references(attribute, value, unknown)
        return value

    def at_or(self, attribute: str, default: object) -> Any:
        """The planned value of an attribute; the provider's documented default where the sources leave it out."""
        value = self.at(attribute)
        return default if value is None else value

    def text(self, attribute: str) -> str | None:
        """The planned text of an attribute; None where it is not set, for which a provider's state may have ``""``."""
        value = self.at(attribute)
        return value or None if isinstance(value, str | None) else self._text(attribute, value)

    def _text(self, attribute: str, value: object) -> NoReturn:
        if isinstance(value, Reference):
            raise self.unknown(attribute)
        raise NotReported(f"{self.address}{self._within}.{attribute} is {type(value).__name__}, expected a text")

    def elements(self, attribute: str, *types: str) -> Sequence[Any]:
        """The elements of a list, each as `at` gives a value; of one that is unknown as a whole, what its expression refers to.

        With ``types`` the unknown ones are references to resources of these types. A literal beside the references of a list that is
        unknown as a whole is not in Terraform's document.
        """
        unknown = self._unknown.get(attribute, False)
        if not _any(unknown):
            value = self._shown(attribute)
            return [value] if isinstance(value, str) and value else [*self._listed(attribute, "a list")]
        shown = [] if unknown is True else self._listed(attribute, "a list")
        masks = unknown if isinstance(unknown, list) else []
        known = [value for value, mask in zip(shown, masks, strict=False) if not _any(mask)]
        meant = self._meant(attribute)
        found: Sequence[Reference]
        possible = self._possible(meant, types)
        if types:
            found = possible
            is_reported = bool(found) and (not meant.locals if unknown is True else len(found) == len(masks) - len(known))
        else:
            found = self._not_known(meant)
            is_reported = not meant.is_loose and all(one.attribute for one in found) and bool(found)
            if is_reported and unknown is not True:
                listed: Sequence[Any] = self._with_references(attribute, shown, unknown)
                return listed
        if is_reported:
            return [*known, *found]
        return Partial(known, self.unknown(attribute, possible or None))

    def texts(self, attribute: str) -> Sequence[Any]:
        """The elements of a list of texts, or the text that stands there alone: see `elements`. A number, a list or an object is none.

        A `Partial` where there are those: its error is a `CouldNotVerify`.
        """
        found, rest = parts(self.elements(attribute))
        others = [
            CouldNotVerify(f"{self.address}{self._within}.{attribute} is {type(one).__name__}, expected a text")
            for one in found
            if not isinstance(one, str | Reference)
        ]
        return collected([one for one in found if isinstance(one, str | Reference)], [*others, *rest])

    def is_known(self, attribute: str) -> bool:
        """True if an attribute has a planned value, all of it known."""
        return attribute in self.values and not _any(self._unknown.get(attribute, False))

    def has(self, attribute: str) -> bool:
        """True if the plan tells of an attribute, known or not yet: resources of this type have it."""
        return attribute in self.values or bool(self._unknown.get(attribute))

    def is_written(self, attribute: str) -> bool:
        """True if the sources set an attribute; a value that the provider computed before is not written."""
        return self._expressions(attribute) is not None

    def is_unset(self, attribute: str) -> bool:
        """True if a value is unknown only because the sources do not set it: the provider fills it in."""
        return self._unknown.get(attribute) is True and not self.is_written(attribute)

    def blocks(self, name: str) -> Sequence["PlannedBlock"]:
        """The nested blocks of a name, in the plan's order; a `Partial` where their number, or one as a whole, is unknown."""
        unknown, values = self._unknown.get(name) or [], self._listed(name, "nested blocks", Mapping | None)
        if not isinstance(unknown, list) or len(unknown) > len(values):
            return Partial((), self.unknown(name))
        masks = [*unknown, *({} for _ in values[len(unknown) :])]
        written = self._expressions(name)
        is_the_only_unknown = sum(_any(mask) for mask in masks) == 1
        known = [
            PlannedBlock(
                self.plan,
                self.address,
                self._place,
                value,
                mask,
                _written_for(written, value, len(values), is_the_only_unknown),
                f"{self._within}.{name}[{index}]",
            )
            for index, (value, mask) in enumerate(zip(values, masks, strict=True))
            if isinstance(mask, Mapping) and isinstance(value, Mapping)
        ]
        return known if len(known) == len(values) else Partial(known, self.unknown(name))

    def written_blocks(self, name: str, *, is_decided_beside: bool = False) -> Sequence["PlannedBlock"]:
        """The nested blocks of a name; none where the sources write none and the provider will fill in what there is.

        A block that it filled in before counts, unless resources beside this one decide: then it is out of date.
        """
        return self.blocks(name) if self.says(name, is_decided_beside=is_decided_beside) else []

    def says(self, attribute: str, *, is_decided_beside: bool = False) -> bool:
        """True if an attribute tells what will be: not where the sources do not set it and the provider will.

        What the provider found before counts, but where resources beside this one decide: then it is only a memory.
        """
        is_memory = is_decided_beside and not self.is_written(attribute) and not self.plan.creates(self)
        return not (is_memory or self.is_unset(attribute))

    def unknown(self, attribute: str, candidates: Possible | None = None) -> NotYetKnown:
        """The error for an attribute that is known only after apply, and the resources that it may be about."""
        error = NotYetKnown(f"{self.address}{self._within}.{attribute} is known only after apply")
        error.candidates = None if candidates is None else candidates.addresses
        return error

    def _shown(self, attribute: str) -> Any:
        value = self.values.get(attribute)
        if value == HIDDEN or (isinstance(value, list) and HIDDEN in value):
            raise NotReported(
                f"{self.address}{self._within}.{attribute} is sensitive, so it is hidden; it cannot be judged on a plan"
            )
        return value

    def _listed(self, attribute: str, expected: str, of: Any = object) -> list[Any]:
        """The planned list of an attribute, empty where it is not set. Raises `CouldNotVerify` for what is no list of such elements."""
        value = self._shown(attribute)
        if value is None or value == "":
            return []
        if not isinstance(value, list) or not all(isinstance(one, of) for one in value):
            raise CouldNotVerify(f"{self.address}{self._within}.{attribute} is {type(value).__name__}, expected {expected}")
        return value

    def references(self, attribute: str) -> tuple[Reference, ...]:
        """The resource attributes that an attribute's expression refers to. Raises `NotYetKnown` if they cannot be followed."""
        meant = self._meant(attribute)
        if meant.is_loose:
            raise self.unknown(attribute)
        return meant.references

    def referents(self, attribute: str, *types: str) -> Sequence["PlannedBlock"]:
        """The planned resources of some types that an attribute means: by reference, or because it holds an id, ARN or name of theirs.

        None of them where the value is known, and of no resource of the plan. A `Partial` where several may be meant: its error names
        them (`NotYetKnown.candidates`).
        """
        if self._unknown.get(attribute) is not True:
            values = self.elements(attribute, *types) if isinstance(self._shown(attribute), list) else [self._shown(attribute)]
            elements, rest = parts(values)
            found = [block for value in elements for block in self._called(attribute, value, types)]
            return Partial(found, rest[0]) if rest else found
        meant = self._meant(attribute)
        possible = self._possible(meant, types) or self._picked(meant, types)
        is_open = meant.loose or not (meant.references or meant.locals) or self._means_others(meant, types)
        if is_open or len(possible) > 1:
            return Partial((), self.unknown(attribute, None if is_open else possible))
        return [block for one in possible for block in self.plan.instances(one.address)]

    def _called(self, attribute: str, value: object, types: Sequence[str]) -> "list[PlannedBlock]":
        """The planned resources that a value names; of several with one name those that the expression refers to, if it does."""
        found = self.plan.referred(value, *types)
        if len(found) < 2 or isinstance(value, Reference):
            return found
        meant = {one.address for one in self._meant(attribute).references}
        return [block for block in found if block.address in meant or without_keys(block.address) in meant] or found

    def referent(self, attribute: str, *types: str) -> "PlannedBlock | None":
        """The one planned resource that an attribute means; None where it is known, and of none. Raises `NotYetKnown`."""
        return next(iter(self.referents(attribute, *types)), None)

    def described_by(self, attribute: str, kind: str) -> "list[PlannedBlock]":
        """The data sources of a type, read only when the plan is applied, that an attribute's expression refers to."""
        if not self.is_written(attribute):
            return []
        found = (self.plan.data(address) for address in self._meant(attribute).data)
        return [block for block in found if block and block.type == kind]

    def known_blocks(self, name: str) -> "list[PlannedBlock]":
        """The nested blocks of a name that are known, whatever others there may be."""
        return parts(self.blocks(name))[0]

    def _meant(self, attribute: str) -> Meant:
        return self.plan.following.meant(self._expressions(attribute), self._place)

    def _not_known(self, meant: Meant) -> tuple[Reference, ...]:
        """The references of which the plan has no value."""
        return meant.once(("not known",), lambda one: tuple(each for each in one.references if not self.plan.knows(each)))

    def _possible(self, meant: Meant, types: Iterable[str]) -> Possible:
        """The resources of some types that an expression may mean."""
        kinds = tuple(types)
        return meant.once(("possible", *kinds), lambda one: Possible(self._found(one, kinds)))

    def _picked(self, meant: Meant, types: tuple[str, ...]) -> Possible:
        """The resources that an expression names by what is known of them: what is not known picks one."""
        return meant.once(("picked", *types), lambda one: Possible(of_types(self._same(one.references, types), types)))

    def _means_others(self, meant: Meant, types: tuple[str, ...]) -> bool:
        """Whether an expression also refers to what resources of other types say, which may name one of these types."""

        def may_be(meant: Meant) -> bool:
            others = (one for one in self._same(meant.references, types) if type_of(one.address) not in types)
            return any(_may_be(one, types) for one in others)

        return meant.once(("others", *types), may_be)

    def _found(self, meant: Meant, types: tuple[str, ...]) -> Iterator[Reference]:
        yield from (one for one in of_types(self._same(meant.references, types), types) if not self.plan.knows(one))
        for prefix in meant.locals:
            yield from (Reference(address, "") for address in self.plan.following.in_module(prefix, types))

    def _same(self, references: Iterable[Reference], types: tuple[str, ...]) -> Iterator[Reference]:
        """References, with those to what a companion of a resource says of it: the ``bucket`` of an aws_s3_bucket_policy."""
        for one in references:
            block = self.plan.resource(one.address)
            attribute = "bucket" if one.attribute == "id" and type_of(one.address).startswith("aws_s3_bucket_") else one.attribute
            if (
                type_of(one.address) in types
                or block is None
                or not attribute
                or not block.is_written(attribute)
                or block is self
            ):
                yield one
            else:
                yield from block._possible(block._meant(attribute), types)

    def look_up(self, field: Field) -> Found:
        if callable(field.plan):
            return Found(field.plan(self), self.source)
        attribute = field.plan or field.name
        return Found(self.at(attribute), within(self.source, f".{attribute}"))

    def _reference(self, attribute: str) -> Reference:
        if not self.is_written(attribute):
            if self._within:
                raise self.unknown(attribute)
            return Reference(self.address, attribute)
        meant = self._meant(attribute)
        found = self._not_known(meant)
        if meant.is_loose or len(found) != 1 or not found[0].attribute:
            raise self.unknown(attribute)
        return found[0]

    def _with_references(self, attribute: str, value: Any, unknown: Any) -> Any:
        """A list in which each unknown element is one of the expression's references, where they can be told apart."""
        if isinstance(value, Mapping) and isinstance(unknown, Mapping):
            return PartialMapping(
                value, {name: self.unknown(f"{attribute}.{name}") for name, one in unknown.items() if _any(one)}
            )
        if not isinstance(value, list) or not isinstance(unknown, list):
            raise self.unknown(attribute)
        meant = self._meant(attribute)
        found = self._not_known(meant)
        is_reported = not meant.is_loose and len(value) == len(unknown) and all(isinstance(part, bool) for part in unknown)
        if is_reported and len(found) == sum(unknown) and all(one.attribute for one in found):
            left = iter(found)
            return [next(left) if is_unknown else element for element, is_unknown in zip(value, unknown, strict=True)]
        known = [element for element, mask in zip(value, unknown, strict=False) if not _any(mask)]
        return Partial(known, self.unknown(attribute))


def cannot_be_followed(_: str) -> object:
    """The expressions of a resource that the configuration does not have."""
    return {"references": ["local.unknown"]}


def _written_for(written: Any, value: Mapping[str, Any], count: int, is_the_only_unknown: bool) -> Expressions:
    """The expressions of one of ``count`` nested blocks.

    The configuration has one mapping for each block that is written, in the order of writing; planned sets have an order of their own;
    and the blocks that a ``dynamic`` makes are planned and not in the configuration. So a block has the expressions of the written ones
    whose constants it has, if as many are written as planned. Where the schema lets blocks be written as an attribute (security group
    rules), there is one expression for all of them. It stands for an unknown attribute if only one block has any.
    """
    if isinstance(written, Mapping) and "references" in written:
        return lambda _: written if is_the_only_unknown else None
    if not isinstance(written, list) or len(written) != count:
        return lambda _: None

    @functools.cache
    def alike() -> list[Mapping[str, Any]]:
        return [one for one in written if isinstance(one, Mapping) and (count == 1 or _has_constants(value, one))]

    return lambda attribute: _common([one.get(attribute) for one in alike()])


def _may_be(reference: Reference, types: Sequence[str]) -> bool:
    """Whether what a resource of another type says may name one of these types: its own id and ARN do not, but those of a companion.

    >>> _may_be(Reference("aws_kms_key.a", "arn"), ["aws_lb"]), _may_be(Reference("aws_kms_alias.a", "target_key_arn"), ["aws_kms_key"])
    (False, True)
    >>> _may_be(Reference("aws_secretsmanager_secret_version.a", "arn"), ["aws_secretsmanager_secret"])
    True
    """
    kind = type_of(reference.address)
    if kind == "aws_vpc":  # it has the ids of what EC2 makes with it
        return False
    return reference.attribute not in IDENTITIES or kind.startswith(tuple(f"{one}_" for one in types))


def _has_constants(value: Mapping[str, Any], written: Mapping[str, Any]) -> bool:
    """
    >>> _has_constants({"port": 80}, {"port": {"constant_value": 80}}), _has_constants({"port": 80}, {"port": {"constant_value": 443}})
    (True, False)
    """
    return all(
        name not in value or value[name] == expression["constant_value"]
        for name, expression in written.items()
        if isinstance(expression, Mapping) and "constant_value" in expression
    )


def _common(expressions: Sequence[Any]) -> Any:
    """What several expressions have in common: the one that all of them are; else all that they refer to.

    >>> _common([{"references": ["a.b.id"]}, {"references": ["a.c.id"]}])
    {'references': ['a.b.id', 'a.c.id']}
    """
    if all(one == expressions[0] for one in expressions):
        return expressions[0] if expressions else None
    if all(isinstance(one, Mapping) for one in expressions):
        return {"references": [reference for one in expressions for reference in one.get("references", ())]}
    return None


def _any(unknown: Any) -> bool:
    if isinstance(unknown, Mapping):
        return any(_any(part) for part in unknown.values())
    if isinstance(unknown, list):
        return any(_any(part) for part in unknown)
    return unknown is True
