"""The code that a run was judged by: the engine and the controls, and every module, plugin and conftest that was loaded beside them."""

import hashlib
import os
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from pathlib import Path

from stackproof.evidence import manifest
from stackproof.evidence.manifest import FOLDER

MODULES = f"{FOLDER}/modules"
"""A line for each module that took part: ``<sha256>  <module>``."""

_PYTHONS = tuple(f"{Path(sysconfig.get_path(name)).resolve()}{os.sep}" for name in ("stdlib", "platstdlib"))
_INSTALLED = ("site-packages", "dist-packages")


def digest(root: Path) -> str:
    """The SHA-256 of the code that judges: the engine, its tables, and of the repository the controls, pytest.ini and each conftest.py."""
    engine = Path(__file__).parents[1]
    found = {
        f"{base.name}/{path.relative_to(base).as_posix()}": path
        for base in (engine, root / "tests")
        for path in base.rglob("*")
        if path.suffix in (".py", ".toml", ".json")
    }
    found |= {name: root / name for name in ("conftest.py", "pytest.ini") if (root / name).is_file()}
    return _sum(f"{manifest.digest(path)}  {name}\n" for name, path in sorted(found.items()))


def loaded() -> dict[str, str]:
    """The file of each module that this process has loaded, by the module's name, but for those of Python itself."""
    found = {name: getattr(module, "__file__", None) for name, module in sys.modules.copy().items()}
    return {name: file for name, file in found.items() if isinstance(file, str) and not _is_pythons(file)}


def listing(modules: Iterable[Mapping[str, str]]) -> str:
    """The text of `MODULES` for what the processes of a run have `loaded`. A file that is gone has no digest."""
    files = {(name, file) for each in modules for name, file in each.items()}
    digests = {file: _digest(file) for _, file in files}
    return "".join(sorted({f"{digests[file]}  {' '.join(name.split())}\n" for name, file in files}))


def sum_of(listing: str) -> str:
    """The digest of a `listing`, as ``run.json`` has it."""
    return _sum([listing])


def _is_pythons(file: str) -> bool:
    return file.startswith(_PYTHONS) and not set(_INSTALLED) & {*Path(file).parts}


def _digest(file: str) -> str:
    try:
        return manifest.digest(Path(file))
    except OSError:
        return "-" * 64


def _sum(texts: Iterable[str]) -> str:
    return hashlib.sha256("".join(texts).encode("utf-8", "surrogateescape")).hexdigest()
