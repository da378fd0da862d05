"""Code beside pytest, its known plugins and stackproof that takes part in a run: it can change verdicts, so every output names it."""

import ast
import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from stackproof.core.results import Part

KNOWN = frozenset(
    [
        "_hypothesis_pytestplugin",
        "_pytest",
        "hypothesis",
        "platformdirs",
        "pluggy",
        "pytest",
        "pytest_html",
        "pytest_metadata",
        "random_order",
        "stackproof",
        "testinfra",
        "xdist",
    ]
)
"""The packages whose plugins are pytest's own, ours, or ones that run beside us."""

_HERE = Path(pytest.__file__).resolve().parents[1]
"""Where pytest is installed: a package of a known name that lies elsewhere is somebody else's."""
_OURS = Path(__file__).resolve().parents[1]


def named(config: pytest.Config) -> list[str]:
    """A sentence for each plugin, conftest.py and variable of the environment that took part, sorted."""
    versions = {id(plugin): f"{dist.project_name} {dist.version}" for plugin, dist in config.pluginmanager.list_plugin_distinfo()}
    found = {
        said for plugin in config.pluginmanager.get_plugins() if (said := _named(plugin, config, versions.get(id(plugin), "")))
    }
    return [*sorted(found), *_added(os.environ)]


def parts(config: pytest.Config) -> list[Part]:
    """Every installed plugin with its version, and every conftest.py, each with the SHA-256 of its file, sorted."""
    found = {}
    for plugin, distribution in config.pluginmanager.list_plugin_distinfo():
        found[f"{distribution.project_name} {distribution.version}"] = getattr(plugin, "__file__", None)
    for plugin in config.pluginmanager.get_plugins():
        file = getattr(plugin, "__file__", None) if isinstance(plugin, ModuleType) else None
        if file and Path(file).name == "conftest.py":
            found[os.path.relpath(file, config.rootpath)] = file
    return [Part(name, _sha256(file)) for name, file in sorted(found.items())]


def _sha256(file: str | None) -> str:
    try:
        return hashlib.sha256(Path(file).read_bytes()).hexdigest() if file else ""
    except OSError:
        return ""


def _named(plugin: Any, config: pytest.Config, version: str) -> str:
    module = plugin if isinstance(plugin, ModuleType) else _module_of(plugin)
    file = getattr(module, "__file__", None) or ""
    name = getattr(module, "__name__", "") or config.pluginmanager.get_name(plugin) or repr(plugin)
    if Path(file).name == "conftest.py":
        return f"{os.path.relpath(file, config.rootpath)} took part" if _has_code(Path(file)) else ""
    if isinstance(plugin, ModuleType) and name == "stackproof_fixtures" and not file:
        return ""
    package = name.partition(".")[0]
    where = Path(file).resolve() if file else None
    if package in KNOWN and where and {_HERE, _OURS} & {*where.parents}:
        return ""
    return f"The plugin {version or name}{f' ({name})' if version else ''} took part"


def _module_of(plugin: object) -> object:
    """The module of a plugin object's class."""
    kind = plugin if isinstance(plugin, type) else type(plugin)
    return sys.modules.get(kind.__module__, kind)


def _has_code(conftest: Path) -> bool:
    """Whether a file holds more than words."""
    try:
        body = ast.parse(conftest.read_bytes()).body
    except (OSError, ValueError, SyntaxError):
        return True
    return any(not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)) for one in body)


def _added(environment: Mapping[str, str]) -> Iterator[str]:
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        if environment.get(name, "").strip():
            yield f"{name} was set: {environment[name]}"
