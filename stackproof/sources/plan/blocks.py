"""Planned resources and the blocks inside them: values, what of them is unknown, and the expressions behind.

Two things look alike in the document: blocks that a dynamic block makes in a number not known yet, and blocks that nobody wrote and the
provider may fill in. They are taken for the latter (`PlannedBlock.is_unset`); AWS shows the truth after apply.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stackproof.core.provenance import Provenance, evidence_behind, within
from stackproof.core.resource import Field, Found, Reference, type_of
from stackproof.core.verdicts import CouldNotVerify, NotReported, NotYetKnown
from stackproof.redaction.redaction import HIDDEN
from stackproof.sources.plan.addresses import Scope, module_steps

if TYPE_CHECKING:
    from stackproof.sources.plan.document import Plan

Expressions = Callable[[str], Any]
"""The configured expression of an attribute; None for one that is not written."""


class PlannedBlock:
    """A planned resource, or a block inside one: its values, what of them is unknown, and the expressions behind (an `Origin`)."""

    def __init__(
        self,
        plan: "Plan",
        address: str,
        scope: Scope,
        values: Mapping[str, Any],
        unknown: Mapping[str, Any],
        expressions: Expressions,
        within: str = "",
    ) -> None:
        self.plan = plan
        self.address = address
        self.values = values
        self._scope = scope
        self._unknown = unknown
        self._expressions = expressions
        self._within = within

    @property
    def source(self) -> str:
        return Provenance(f"plan {self.address}{self._within}", *evidence_behind(self.plan.where))

    @property
    def type(self) -> str:
        """The resource's type."""
        return type_of(self.address)

    @property
    def region(self) -> str | None:
        """The region that the resource will be in: its own, else that of its provider; None where the document does not show it."""
        own = self.values.get("region") if self.is_known("region") else None
        return own or self.plan.region_of(self.plan.configured(self))

    def name_or_address(self, attribute: str) -> str:
        """The name as planned, or the address where the name is not known yet."""
        name = self.values.get(attribute)
        return name if isinstance(name, str) else self.address

    def at(self, attribute: str) -> Any:
        """The planned value of an attribute; None if it will not be set; a `Reference` where the plan says what it will be.

        Raises `NotYetKnown` for every other unknown value, and for a list with an unknown element; `NotReported` for a sensitive one,
        which is hidden.
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

    def elements(self, attribute: str) -> list[Any]:
        """The elements of a list, each as `at` gives a value; of one that is unknown as a whole, what its expression refers to.

        A literal beside those references is not in Terraform's document.
        """
        if self._unknown.get(attribute) is True:
            return list(self.references(attribute))
        return list(self.at(attribute) or ())

    def is_known(self, attribute: str) -> bool:
        """Whether an attribute has a planned value, all of it known."""
        return attribute in self.values and not _any(self._unknown.get(attribute, False))

    def is_unset(self, attribute: str) -> bool:
        """Whether an unknown value is unknown only because the sources do not set it: the provider fills it in."""
        return self._unknown.get(attribute) is True and self._expressions(attribute) is None

    def blocks(self, name: str) -> list["PlannedBlock"]:
        """The nested blocks of a name, in the plan's order. Raises `NotYetKnown` where their number is unknown."""
        unknown, values = self._unknown.get(name) or [], self._shown(name) or []
        if not isinstance(unknown, list) or not all(isinstance(mask, Mapping) for mask in unknown) or len(unknown) > len(values):
            raise NotYetKnown(f"{self.address}{self._within}.{name} is known only after apply")
        if not isinstance(values, list) or not all(isinstance(one, Mapping) for one in values):
            raise CouldNotVerify(f"{self.address}{self._within}.{name} is {type(values).__name__}, expected nested blocks")
        masks = [*unknown, *({} for _ in values[len(unknown) :])]
        written = self._expressions(name)
        is_the_only_unknown = sum(_any(mask) for mask in masks) == 1
        return [
            PlannedBlock(
                self.plan,
                self.address,
                self._scope,
                value,
                mask,
                _written_for(written, value, len(values), is_the_only_unknown),
                f"{self._within}.{name}[{index}]",
            )
            for index, (value, mask) in enumerate(zip(values, masks, strict=True))
        ]

    def written_blocks(self, name: str) -> list["PlannedBlock"]:
        """Likewise; none where the sources write none, and the provider fills in what there is."""
        return [] if self.is_unset(name) else self.blocks(name)

    def _shown(self, attribute: str) -> Any:
        value = self.values.get(attribute)
        if value == HIDDEN or (isinstance(value, list) and HIDDEN in value):
            raise NotReported(
                f"{self.address}{self._within}.{attribute} is sensitive, so it is hidden; it cannot be judged on a plan"
            )
        return value

    def references(self, attribute: str) -> tuple[Reference, ...]:
        """The resource attributes that an attribute's expression refers to. Raises `NotYetKnown` if they cannot be followed."""
        found = self.plan.references(self._expressions(attribute), self._scope, self._prefix)
        if found is None:
            raise NotYetKnown(f"{self.address}{self._within}.{attribute} is known only after apply")
        return found

    def look_up(self, field: Field) -> Found:
        if callable(field.plan):
            return Found(field.plan(self), self.source)
        attribute = field.plan or field.name
        return Found(self.at(attribute), within(self.source, f".{attribute}"))

    @property
    def _prefix(self) -> str:
        return "".join(module_steps(self.address))

    def _reference(self, attribute: str) -> Reference:
        if self._expressions(attribute) is None:
            if self._within:
                raise NotYetKnown(f"{self.address}{self._within}.{attribute} is known only after apply")
            return Reference(self.address, attribute)
        found = [reference for reference in self.references(attribute) if not self.plan.knows(reference)]
        if len(found) != 1 or not found[0].attribute:
            raise NotYetKnown(f"{self.address}{self._within}.{attribute} is known only after apply")
        return found[0]

    def _with_references(self, attribute: str, value: Any, unknown: Any) -> Any:
        """A list in which each unknown element is one of the expression's references, where they can be told apart."""
        if isinstance(value, list) and isinstance(unknown, list) and all(isinstance(part, bool) for part in unknown):
            references = [reference for reference in self.references(attribute) if not self.plan.knows(reference)]
            if len(references) == sum(unknown) and all(reference.attribute for reference in references):
                return [references.pop(0) if is_unknown else element for element, is_unknown in zip(value, unknown, strict=True)]
        raise NotYetKnown(f"{self.address}{self._within}.{attribute} is known only after apply")


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
    alike = [one for one in written if count == 1 or _has_constants(value, one)]
    return lambda attribute: _common([one.get(attribute) for one in alike])


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
