"""Files of the repository that are read as data."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stackproof.core.verdicts import CouldNotVerify, DeclaredButMissing
from stackproof.targets.base import Stage


def existing(stage: Stage, name: str) -> Path:
    """A file of the repository. Raises `DeclaredButMissing` if it is not there."""
    file = stage.root / name
    if not file.is_file():
        raise DeclaredButMissing(f"{name} does not exist in {stage.repository}")
    return file


def document_of(file: Path) -> Mapping[Any, Any]:
    """The mapping that a YAML file holds. Raises `CouldNotVerify` if it is none."""
    import yaml

    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CouldNotVerify(f"{file.name} is not YAML: {error}") from None
    if not isinstance(document, Mapping):
        raise CouldNotVerify(f"{file.name} is not a mapping")
    return document
