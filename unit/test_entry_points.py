"""A package of somebody else's brings collections by the entry point `stackproof.collections`."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stackproof.collections import registry
from stackproof.core.verdicts import UsageError

COLLECTION = """
from stackproof import Stage, collection
from stackproof.resources.storage import Bucket

@collection
def ledgers(stage: Stage) -> tuple[Bucket, ...]:
    return ()
"""

Installed = Callable[[str], None]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    """A function that installs a distribution with this module, as `pip install` lays it down."""

    def install(module: str) -> None:
        (tmp_path / "orders_kinds.py").write_text(module, encoding="utf-8")
        about = tmp_path / "orders_kinds-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: orders-kinds\nVersion: 1.0\n", encoding="utf-8")
        (about / "entry_points.txt").write_text("[stackproof.collections]\norders = orders_kinds\n", encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)

    yield install
    registry.collections.pop("ledgers", None)
    registry._kinds.pop("ledgers", None)
    sys.modules.pop("orders_kinds", None)


def test_a_collection_of_a_package_is_there(installed: Installed) -> None:
    installed(COLLECTION)
    registry.load_entry_points.__wrapped__()
    assert registry.resolved("ledgers").__module__ == "orders_kinds"
    assert "s3:ListBuckets" in registry.operations(["ledgers"])  # what it may ask AWS follows from what it returns


def test_a_package_that_cannot_be_loaded_is_named(installed: Installed) -> None:
    installed("import nowhere_at_all\n")
    with pytest.raises(UsageError, match=r"orders = orders_kinds of stackproof\.collections cannot be loaded: No module named"):
        registry.load_entry_points.__wrapped__()
