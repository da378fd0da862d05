"""The frameworks that come with stackproof, as they lie beside this module."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackproof.util import toml_document

KEYS = ("cis", "fsbp", "isms_p", "iso_27001", "soc2", "pci_dss", "nist_800_53")
"""The frameworks, by the names of their files, in the order in which they are shown."""


@dataclass(frozen=True)
class Requirement:
    """A requirement that controls say something about."""

    id: str
    """``3.2.3``: the number that the framework itself uses."""
    fully: tuple[str, ...]
    """Controls whose passes on live AWS together show all of it, for every resource of the stack."""
    partly: tuple[str, ...]
    """Controls whose passes on live AWS show a part of it: for the stack and not the account, or one condition of several."""
    reason: str
    """What the controls show of it, and what they do not, in our own words."""
    reason_ko: str
    contradicts: tuple[str, ...]
    """Controls that pass where the framework would not: they expect something else."""
    conflict: str
    """What is expected otherwise; empty where nothing is."""
    conflict_ko: str

    @property
    def controls(self) -> tuple[str, ...]:
        """Every control that says something about it, each once."""
        return tuple(dict.fromkeys((*self.fully, *self.partly)))

    @property
    def named(self) -> tuple[str, ...]:
        """These, and the controls that contradict it, each once."""
        return tuple(dict.fromkeys((*self.controls, *self.contradicts)))


@dataclass(frozen=True)
class Framework:
    """A public framework in one version: every requirement by its id, and those that controls say something about."""

    key: str
    """The name of its file: ``cis``."""
    name: str
    version: str
    publisher: str
    list: str
    """What `ids` is a list of."""
    list_ko: str
    confirm: str
    """What somebody with the licensed text has to confirm."""
    confirm_ko: str
    ids: tuple[str, ...]
    requirements: Mapping[str, Requirement]
    """By id, in the order of the list."""

    @property
    def title(self) -> str:
        """Its name with the version: ``PCI DSS 4.0.1``."""
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class Unmapped:
    """Why a control is mapped to no requirement."""

    reason: str
    reason_ko: str


@functools.cache
def frameworks() -> tuple[Framework, ...]:
    """Every framework, in the order of `KEYS`."""
    return tuple(framework(key) for key in KEYS)


@functools.cache
def framework(key: str) -> Framework:
    """A framework by the name of its file.

    >>> framework("pci_dss").requirements["10.5.1"].contradicts
    ('LOG-03',)
    """
    data = _document(key)
    rows = data.pop("requirements")
    order = {id: place for place, id in enumerate(data["ids"])}
    requirements = {id: _requirement(id, rows[id]) for id in sorted(rows, key=lambda id: order.get(id, len(order)))}
    return Framework(key, **data | {"ids": tuple(data["ids"])}, requirements=requirements)


@functools.cache
def unmapped() -> Mapping[str, Unmapped]:
    """Why some controls are mapped to nothing, by their ids."""
    return {id: Unmapped(**row) for id, row in _document("unmapped").items()}


@functools.cache
def mapped(control: str) -> tuple[tuple[Framework, Requirement], ...]:
    """Every requirement that a control says something about, or contradicts; none for a control that is not in the suite.

    >>> [f"{framework.key} {requirement.id}" for framework, requirement in mapped("RDS-01")][:2]
    ['cis 3.2.4', 'fsbp RDS.5']
    """
    return tuple((one, found) for one in frameworks() for found in one.requirements.values() if control in found.named)


def _requirement(id: str, row: Mapping[str, Any]) -> Requirement:
    lists = {name: tuple(row.get(name, ())) for name in ("fully", "partly", "contradicts")}
    return Requirement(**{"id": id, "conflict": "", "conflict_ko": "", **row, **lists})


def _document(name: str) -> dict[str, Any]:
    return toml_document.packaged("stackproof.frameworks", f"{name}.toml")
