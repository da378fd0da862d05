"""The target localstack: what LocalStack implements of the stacks, deployed to it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from stackproof.evidence.store import Store
from stackproof.sources import Source
from stackproof.targets.api import ApiStage
from stackproof.targets.external import ExternalEmulator, alone
from stackproof.targets.request import Request
from stackproof.util.once import Once

if TYPE_CHECKING:
    from stackproof.localstack.server import LocalStack
    from stackproof.sources.aws.session import Network


class LocalStackStage(ApiStage):
    """A LocalStack of the run: of this process, which deploys to it when resources are asked for, or of another one."""

    target_codes = "SL"

    def __init__(self, request: Request, say: Callable[[str], None], store: Store | None = None) -> None:
        super().__init__(request, say, store)
        self._localstack = Once(self._open_localstack)
        self._undo = ExitStack()

    @property
    def endpoint(self) -> str:
        return self._localstack().endpoint

    @property
    def handle(self) -> Mapping[str, Any] | None:
        return {"endpoint": self._localstack.made.endpoint} if self._localstack.made else None

    @property
    def versions(self) -> Mapping[str, str]:
        made = self._localstack.made
        return {**super().versions, **({"localstack": made.version} if made else {})}

    def emulator(self) -> AbstractContextManager[str]:
        return alone(self.endpoint, self.cache)

    def close(self) -> None:
        self._undo.close()

    def _open_localstack(self) -> "LocalStack":
        from stackproof.localstack import server

        if self._request.deployed:
            return server.at(self._request.deployed["endpoint"])
        found = self._undo.enter_context(server.for_a_run(self.root, self.cache, self.say))
        self.notes += found.notes
        return found

    def _open_source(self) -> Source:
        if not self._request.deployed:
            self._deploy()
        return super()._open_source()

    def _deploy(self) -> None:
        from stackproof.embedded.recipe import Account, stacks_of
        from stackproof.localstack import backend_use, stack

        stacks, account = stacks_of(self.profile, self.root), Account(self.profile.account_id, self.profile.region)
        endpoint = self._localstack().endpoint
        deployed = stack.ensure(endpoint, stacks, cache=self.cache, account=account, say=self.say)
        self.notes += deployed.notes
        if not deployed.is_found:
            self.notes.append(backend_use.run(self.root, self.cache, endpoint, account, self.profile.logs, self.say))

    def _open_network(self) -> "Network":
        from stackproof.localstack import sessions
        from stackproof.resources import allowed_operations
        from stackproof.sources.aws.session import Network

        return Network(
            allowed_operations(),
            endpoint=self.endpoint,
            clients=partial(sessions.client, self.endpoint, self._access_key()),
        )

    def _access_key(self) -> str:
        """Of a user of the account in LocalStack."""
        from stackproof.embedded.recipe import Account
        from stackproof.localstack import stack

        return stack.access_key(self.endpoint, Account(self.profile.account_id, self.profile.region))


class ExternalLocalStackStage(ExternalEmulator, LocalStackStage):
    """A LocalStack that runs already."""

    def _open_localstack(self) -> "LocalStack":
        from stackproof.localstack import server

        return server.at(self._running)

    def _deploy(self) -> None:
        """It has what it has."""

    def _access_key(self) -> str:
        return self.profile.account_id  # LocalStack takes an account for the key of its root user
