"""The models of AWS's APIs, as botocore has them: parsed once a process, since nothing of any account is in them.

Most of what a short run does is to read them: EC2's has 760 operations, of which the suite asks twenty. So a run that asks with its own
clients has models of the operations alone that it may ask, and no other operation, whatever the guard lets through. Of an emulator they are
kept in the cache, made once for each version of botocore. What asks AWS is made of botocore's own models each time: a file that somebody
else wrote might call a deletion a read.
"""

import contextlib
import functools
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackproof.util.kept import Kept, digest_of

if TYPE_CHECKING:
    from botocore.loaders import Loader

_FOR_A_CLIENT = ("service-2", "endpoint-rule-set-1", "paginators-1")
_WHOLE = "sts"
"""The service whose client botocore uses itself, to get credentials."""
_BY_ITSELF = {"s3": frozenset({"CreateSession", "HeadBucket"})}
"""Operations that clients of a service have for themselves: where a bucket is. The guard lets no more of them through than before."""


def new_loader() -> "Loader":
    """botocore's loader, which remembers what it has read."""
    from botocore.loaders import Loader

    class Quick(Loader):  # type: ignore[misc] # botocore has no types
        """Takes every folder for a service. botocore looks into each of 460, for each form of a model, to tell who asks for another."""

        def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - botocore's own has it
            return sorted({one.name for place in self._potential_locations() for one in Path(place).iterdir() if not one.suffix})

    return Quick()


loader = functools.cache(new_loader)
"""The one of this process."""


class Narrow:
    """A loader of models that have some operations alone; all else is as `loader` has it. They are ``kept``, or made of the whole."""

    def __init__(self, allowed: Iterable[str], kept: Kept | None) -> None:
        self._actions: dict[str, set[str]] = {}
        for operation in allowed:
            service, _, action = operation.partition(":")
            self._actions.setdefault(service, set()).add(action)
        self._kept = kept
        self._made: dict[str, Mapping[str, Any]] = {}
        self._lock = threading.Lock()

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        """The model of a service, of its newest version unless told; see botocore's ``Loader``."""
        actions = self._actions.get(service_name)
        if type_name != "service-2" or api_version or not actions or service_name == _WHOLE:
            return loader().load_service_model(service_name, type_name, api_version)
        with self._lock:
            if service_name not in self._made:
                self._made[service_name] = self._narrow(service_name, actions | _BY_ITSELF.get(service_name, frozenset()))
            return self._made[service_name]

    def _narrow(self, service: str, actions: frozenset[str] | set[str]) -> Mapping[str, Any]:
        from botocore import __version__

        def make() -> Mapping[str, Any]:
            return narrowed(new_loader().load_service_model(service, "service-2"), actions)  # the whole is not remembered

        if self._kept is None:
            return make()
        inputs = {"botocore": __version__, "service": service, "operations": digest_of(actions)}
        model: Mapping[str, Any] = self._kept.get("model", inputs, make).value
        return model

    def __getattr__(self, name: str) -> Any:
        return getattr(loader(), name)


def narrowed(model: Mapping[str, Any], actions: Iterable[str]) -> dict[str, Any]:
    """A model with some of its operations, and with the shapes that those take, answer and fail with.

    >>> shapes = {"In": {"type": "structure", "members": {"Name": {"shape": "Text"}}}, "Text": {"type": "string"}, "Other": {}}
    >>> operations = {"Get": {"input": {"shape": "In"}}, "Put": {"input": {"shape": "Other"}}}
    >>> made = narrowed({"metadata": {}, "operations": operations, "shapes": shapes}, ["Get", "New"])
    >>> sorted(made["operations"]), sorted(made["shapes"])
    (['Get'], ['In', 'Text'])
    """
    operations = {name: told for name, told in model["operations"].items() if name in {*actions}}
    used: dict[str, Any] = {}
    waiting = [one for told in operations.values() for one in _shapes_in(told)]
    while waiting:
        if (name := waiting.pop()) not in used:
            used[name] = model["shapes"][name]
            waiting += _shapes_in(used[name])
    return {**model, "operations": operations, "shapes": used}


def _shapes_in(told: object) -> list[str]:
    """The shapes that an operation or a shape refers to, each a reference ``{"shape": NAME}``."""
    match told:
        case dict():
            named = [told["shape"]] if isinstance(told.get("shape"), str) else []
            return named + [one for part in told.values() for one in _shapes_in(part)]
        case list():
            return [one for part in told for one in _shapes_in(part)]
    return []


def botocore_session(by: "Loader | Narrow | None" = None) -> Any:
    """A session with the credentials of the process; what it parses of AWS's models is kept for the next one."""
    from botocore.session import Session

    session = Session()
    session.register_component("data_loader", by or loader())
    return session


def read_ahead(services: Iterable[str], by: "Loader | Narrow | None" = None) -> None:
    """Read what clients of these services are made of, while whoever makes them has to wait; another name is left out."""
    from botocore.exceptions import DataNotFoundError

    chosen = by or loader()
    known = {*chosen.list_available_services("service-2")}
    for service in [one for one in services if one in known]:
        for model in _FOR_A_CLIENT:
            with contextlib.suppress(DataNotFoundError):  # not every service has pages
                chosen.load_service_model(service, model)
