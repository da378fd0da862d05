"""The base of every target that is asked by an API, AWS or something that answers like it: whom it asks, and as whom."""

import os
from collections import Counter
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from stackproof.evidence.store import Store
from stackproof.sources import Source
from stackproof.targets.planning import PlanningStage
from stackproof.targets.request import Request
from stackproof.util.kept import Kept
from stackproof.util.once import Once

if TYPE_CHECKING:
    from stackproof.probes.postgres import Access
    from stackproof.sources.aws.models import Narrow
    from stackproof.sources.aws.session import Network, Transport
    from stackproof.sources.aws.source import Reader


class ApiStage(PlanningStage):
    """A stage whose resources are asked for, by the API and by probes, after the account was pinned."""

    def __init__(self, request: Request, say: Callable[[str], None], store: Store | None = None) -> None:
        super().__init__(request, say, store)
        self._source = Once(self._open_source)
        self._network = Once(self._open_network)
        self._reader = Once(self._open_reader)
        self._access = Once(self._open_access)
        self._caller = ""

    def source(self) -> Source:
        return self._source()

    @property
    def asked(self) -> str | None:
        return self.endpoint if self._reader.made else None

    @property
    def account(self) -> str:
        return self.profile.account_id if self._reader.made else ""

    @property
    def caller(self) -> str:
        return self._caller

    @property
    def calls(self) -> Counter[str]:
        return self._network.made.counts if self._network.made else Counter()

    def _open_source(self) -> Source:
        from stackproof.sources.aws.source import AwsSource

        return AwsSource(self._reader())

    def _open_network(self) -> "Network":
        from stackproof.resources import allowed_operations
        from stackproof.sources.aws.session import Network

        return Network(allowed_operations(), endpoint=self.endpoint, progress=self.progress, models=self._models)

    @cached_property
    def _models(self) -> "Narrow":
        """What clients are made of. Kept for an emulator alone, where there is a cache; it is no result, of which a report would tell."""
        from stackproof.resources import allowed_operations
        from stackproof.sources.aws.models import Narrow

        is_kept = self.endpoint is not None and self.cache.is_dir()
        return Narrow(allowed_operations(), Kept(self.cache, self.kept.is_fresh) if is_kept else None)

    def _open_reader(self) -> "Reader":
        from stackproof.sources.aws.readonly import IDENTITY
        from stackproof.sources.aws.session import pin_identity

        reader = self._reading(self._probes(self._network()), self.profile.account_id, self.profile.region)
        identity = reader.read(IDENTITY)
        pin_identity(identity, account=self.profile.account_id, environment=self.profile.name)
        self._caller = str(identity.pages[0].get("Arn", ""))
        return reader

    def _probes(self, network: "Network") -> "Transport":
        """Who asks load balancers, databases and hosts, and leaves the rest to the network."""
        from stackproof.probes import Probes

        return Probes(network, access=self._access)

    def _open_access(self) -> "Access":
        """What it takes to ask the database."""
        from stackproof.probes.postgres import Access

        return Access.of(os.environ)
