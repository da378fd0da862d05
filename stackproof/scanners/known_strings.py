"""``known_strings.toml``: strings that look like credentials and are none, such as the passwords of tests, each with a reason.

For a credential that was revoked, and stays in history, there is ``waivers.toml``: that ends some day.
"""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stackproof.core.verdicts import UsageError
from stackproof.util import toml_document

FILE = "known_strings.toml"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    value: Annotated[str, Field(min_length=1)]
    reason: Annotated[str, Field(min_length=20)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    string: list[_Entry] = []


def load(path: Path) -> dict[str, str]:
    """The reason for each string; none when there is no such file. Raises `UsageError`, naming entry and key but no value."""
    return parse(path.read_bytes()) if path.exists() else {}


def parse(text: str | bytes) -> dict[str, str]:
    """`load` for text.

    >>> parse('[[string]]\\nvalue = "hunter2"\\nreason = "Stands for a password in tests."')
    {'hunter2': 'Stands for a password in tests.'}
    >>> parse('[[string]]\\nvalue = "hunter2"\\nreason = "because"')
    Traceback (most recent call last):
        ...
    stackproof.core.verdicts.UsageError: known_strings.toml: string.0.reason: String should have at least 20 characters
    """
    try:
        entries = _File.model_validate(toml_document.loads(text)).string
    except ValidationError as error:
        problems = (f"{FILE}: {'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
        raise UsageError("\n".join(problems)) from None
    except ValueError as error:
        raise UsageError(f"{FILE} is not valid TOML: {error}.") from None
    return {entry.value: entry.reason for entry in entries}
