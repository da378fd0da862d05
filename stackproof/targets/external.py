"""An emulator that runs already, at AWS_ENDPOINT_URL: it is used as it is, and nothing is started or deployed."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from filelock import FileLock

from stackproof.core.verdicts import NotApplicable
from stackproof.profile.terraform import APP
from stackproof.resources.sources import Output
from stackproof.sources.plan.document import Plan
from stackproof.targets.api import ApiStage
from stackproof.targets.run import RunStage

if TYPE_CHECKING:
    from stackproof.sources.aws.session import Network, Transport


class ExternalEmulator(RunStage):
    """An emulator that somebody else started: its API does not tell how it came to be as it is."""

    def outputs(self) -> Mapping[str, Output]:
        self._keeps_to_itself("what Terraform knows of it")

    def second_plan(self, stack: str = APP) -> Plan:
        del stack
        self._keeps_to_itself("what Terraform knows of it")

    @property
    def _running(self) -> str:
        """Where it answers."""
        assert self._request.endpoint is not None
        return self._request.endpoint

    def _keeps_to_itself(self, what: str) -> NoReturn:
        raise NotApplicable(f"{self._running} is used as it is; {what} is not known here")


class ExternalEmbeddedStage(ExternalEmulator, ApiStage):
    """Any emulator, in the place of the embedded cloud."""

    target_codes = "SPE"  # a plan can be made on every laptop
    packages = ("boto3", "moto")

    @property
    def endpoint(self) -> str:
        return self._running

    def emulator(self) -> AbstractContextManager[str]:
        return alone(self.endpoint, self.cache)

    def _probes(self, network: "Network") -> "Transport":
        from stackproof.probes import Probes

        return Probes(network, locate=lambda *_: self._keeps_to_itself("what runs in it"))


@contextmanager
def alone(endpoint: str, cache: Path) -> Iterator[str]:
    """A shared emulator, for one user at a time: what one makes would seem to the other to be made by itself."""
    with FileLock(cache / "emulator.lock"):
        yield endpoint
