"""Each collection as a fixture of controls, and of nothing else: a fixture of the same name stays what it is for other tests."""

from collections.abc import Callable

import pytest

from stackproof.collections.registry import collections
from stackproof.core.controls import control_of, suite
from stackproof.plugin.judged import control_in
from stackproof.plugin.session import Session


class Fixtures:
    """pytest's hook that makes tests of functions: a module with a control gets the fixtures of a session before its tests are made."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._given: set[pytest.Collector] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, collector: pytest.Collector, name: str, obj: object) -> None:
        del name
        if control_of(obj) is None:
            return
        place = self._place(collector)
        if place not in self._given:
            self._given.add(place)
            pytest.register_fixture(name="subtests", func=subtests, node=place)
            for collected in collections:
                pytest.register_fixture(name=collected, func=self._outcome_of(collected), node=place, scope="session")

    @staticmethod
    def _place(collector: pytest.Collector) -> pytest.Collector:
        """The suite's folder, once for all in it; of other controls their module."""
        chain = [node for node in collector.listchain() if isinstance(node, pytest.Collector)]
        folder = next((node for node in chain if getattr(node, "path", None) == suite()), None)
        return folder or next(node for node in chain if isinstance(node, pytest.Module))

    def _outcome_of(self, name: str) -> Callable[[], Callable[[], object]]:
        """Hand over the outcome, good or bad, for the judge to look into."""

        def outcome() -> Callable[[], object]:
            assert self._session.prefetch
            return self._session.prefetch.outcome(name)

        return outcome


def subtests(request: pytest.FixtureRequest) -> object:
    """One verdict for each resource: the judge gives a control its own (`stackproof.core.runner.Subtests`), pytest all other tests."""
    return None if control_in(request.node) else request.getfixturevalue("subtests")
