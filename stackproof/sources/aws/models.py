"""The models of AWS's APIs, as botocore has them: parsed once a process, since nothing of any account is in them."""

import contextlib
import functools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_FOR_A_CLIENT = ("service-2", "endpoint-rule-set-1", "paginators-1")


@functools.cache
def loader() -> Any:
    """botocore's loader, which remembers what it has read."""
    from botocore.loaders import Loader

    class Quick(Loader):  # type: ignore[misc] # botocore has no types
        """Takes every folder for a service. botocore looks into each of 460, for each form of a model, to tell who asks for another."""

        def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - botocore's own has it
            return sorted({one.name for place in self._potential_locations() for one in Path(place).iterdir() if not one.suffix})

    return Quick()


def botocore_session() -> Any:
    """A session with the credentials of the process; what it parses of AWS's models is kept for the next one."""
    from botocore.session import Session

    session = Session()
    session.register_component("data_loader", loader())
    return session


def read_ahead(services: Iterable[str]) -> None:
    """Read what clients of these services are made of, while whoever makes them has to wait; another name is left out."""
    from botocore.exceptions import DataNotFoundError

    known = {*loader().list_available_services("service-2")}
    for service in [one for one in services if one in known]:
        for model in _FOR_A_CLIENT:
            with contextlib.suppress(DataNotFoundError):  # not every service has pages
                loader().load_service_model(service, model)
