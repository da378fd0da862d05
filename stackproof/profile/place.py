"""Where a profile lies, and the folder that its paths start from."""

import posixpath
from pathlib import Path
from typing import Any

from stackproof.util import toml_document

FOLDER = "environments"
"""The folder of a repository that its profiles are kept in."""

PATHS = frozenset(["directory", "migrations", "compose_file", "deployment_script", "environment_example", "workflows"])
"""The keys of a profile that are paths."""


def file_of(name_or_path: str, directory: Path) -> Path:
    """The file of a profile: a path ends in ``.toml``, a name is looked up in the directory.

    >>> file_of("production", Path("environments")).as_posix(), file_of("../stack/live.toml", Path("environments")).as_posix()
    ('environments/production.toml', '../stack/live.toml')
    """
    path = Path(name_or_path)
    return path if path.suffix == ".toml" else directory / f"{name_or_path}.toml"


def home_of(file: Path) -> Path:
    """The folder that the paths of a profile start from, and whose sources are judged: the profile's own; above ``environments/``.

    Where it inherits the directory of the Terraform sources, it is the folder of the profile that states it.
    """
    folder = _stating_sources(file, ()).absolute().parent
    return folder.parent if folder.name == FOLDER else folder


def from_home(given: dict[str, Any], file: Path) -> dict[str, Any]:
    """The tables of a profile's file, with the paths that start at the file itself (``../infrastructure``) as they are from its home.

    >>> from_home({"terraform": {"directory": "../infra"}}, Path("/repo/environments/live.toml"))
    {'terraform': {'directory': 'infra'}}
    >>> from_home({"terraform": {"directory": "infra"}}, Path("/repo/environments/live.toml"))
    {'terraform': {'directory': 'infra'}}
    """
    return {key: _from_home(key, value, file.absolute().parent.name) for key, value in given.items()}


def _from_home(key: str, value: Any, folder: str) -> Any:
    if isinstance(value, dict):
        return {name: _from_home(name, part, folder) for name, part in value.items()}
    if key in PATHS and isinstance(value, str) and value.startswith(("./", "../")):
        return posixpath.normpath(posixpath.join(folder if folder == FOLDER else "", value))
    return value


def in_repository(folder: Path) -> bool:
    """True if a folder is in a work tree of git."""
    place = folder.resolve()
    return any((one / ".git").exists() for one in (place, *place.parents))


def _stating_sources(file: Path, seen: tuple[Path, ...]) -> Path:
    """The profile that says where the Terraform sources are, along ``extends``; the first one, if none does."""
    first = seen[0] if seen else file
    if file in seen:
        return first
    try:
        given = toml_document.read(file)
    except (OSError, ValueError):  # whoever loads the profile says so
        return first
    terraform, base = given.get("terraform"), given.get("extends")
    if isinstance(terraform, dict) and "directory" in terraform:
        return file
    return _stating_sources(file.parent / base, (*seen, file)) if isinstance(base, str) else first
