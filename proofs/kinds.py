"""The small recordings beside the whole-stack one: a folder a kind of resource, ``compliant/kinds/<kind>/``.

===============  ==================================================================================================
``cloud.json``   the calls that the whole-stack recording lacks
``main.tf``      where the stacks have nothing of the kind: a stack of its own, as small as it can be and compliant
``plan.json``    the plan of ``main.tf``
``later.toml``   what the packaged provider has no word for: calls after the apply, and attributes of the plan; and where the
                 emulator cannot make it, the ``answers`` of AWS as its API reference has them: then nothing is applied
``profile.toml`` the tables that declare what ``main.tf`` makes
===============  ==================================================================================================

Calls and plan of a kind that has a ``main.tf`` are there for the controls alone that ask for that kind: to all others the stacks are as
they were. All but ``main.tf`` and ``profile.toml`` is made by ``python -m proofs.record --control ID``.
"""

import functools
import inspect
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stackproof.collections.registry import kinds_of
from stackproof.core.resource import Resource
from stackproof.sources.aws.calls import Call
from stackproof.sources.replay import Recorded, from_json

FOLDER = Path(__file__).with_name("compliant") / "kinds"


def folder(kind: type[Resource]) -> Path:
    """Where the small recording of a kind lies, whether there is one or not."""
    return FOLDER / snake(kind.__name__)


def snake(name: str) -> str:
    """
    >>> snake("DatabaseInstance"), snake("KmsKey")
    ('database_instance', 'kms_key')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def asked_by(test: Callable[..., None]) -> tuple[type[Resource], ...]:
    """The kinds of resources that a control asks for."""
    return kinds_of(inspect.signature(test).parameters)


def own_stacks(test: Callable[..., None]) -> tuple[Path, ...]:
    """The folders of the kinds that a control asks for and that have a ``main.tf`` of their own."""
    return tuple(path for kind in asked_by(test) if (path := folder(kind)) and (path / "main.tf").is_file())


@functools.cache
def calls_everywhere() -> tuple[Recorded, ...]:
    """What completes the recording for every control: the calls of kinds that the stacks have."""
    return tuple(call for path in sorted(FOLDER.glob("*")) if not (path / "main.tf").is_file() for call in calls_in(path))


@functools.cache
def calls_in(path: Path) -> tuple[Recorded, ...]:
    """The calls of a folder; none where nothing was recorded."""
    file = path / "cloud.json"
    return from_json(file.read_text(encoding="utf-8")).calls if file.is_file() else ()


def declared_in(path: Path) -> dict[str, Any]:
    """The tables of the profile that a folder states; none where it states nothing."""
    file = path / "profile.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def later(path: Path) -> dict[str, Any]:
    """What a folder says that is to be set beside its ``main.tf``: ``calls``, and attributes in ``plan`` by address; nothing without it."""
    file = path / "later.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def written_answers(path: Path, region: str) -> list[Recorded]:
    """The answers of AWS that a folder writes down, because the emulator has none; none of most folders."""
    written = later(path).get("answers", ())
    return [Recorded(Call.of(one["operation"], region, **one.get("parameters", {})), (one["page"],)) for one in written]


def plan_in(path: Path) -> dict[str, Any] | None:
    """The plan document of a folder, a copy for whoever asks; None where nothing was recorded."""
    file = path / "plan.json"
    document: dict[str, Any] | None = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
    return document
