"""The variables of a stack that hold secrets, and what they get in a plan that is made here: never a value out of a profile."""

import os
from collections.abc import Callable
from pathlib import Path

from stackproof.core.verdicts import UsageError
from stackproof.profile.terraform import TerraformStack
from stackproof.redaction import redaction
from stackproof.terraform import sources


def secret_names(stack: TerraformStack, directory: Path) -> tuple[str, ...]:
    """The declared secret variables of a stack; where nothing is said, those of its sources that are sensitive and have no default."""
    return stack.secrets if stack.says("secrets") else required_secrets(directory)


def required_secrets(directory: Path) -> tuple[str, ...]:
    """The variables of a stack's sources that are sensitive and have no default."""
    return tuple(name for name, one in sources.read(directory).variables.items() if one.is_sensitive and one.is_required)


def secret_values(stack: TerraformStack, root: Path, otherwise: Callable[[], str]) -> dict[str, str]:
    """The value of each secret variable, hidden from all output from now on: out of the environment (``TF_VAR_NAME``), out of the
    stack's ``secrets_file``, or made up. ``root`` is what the paths of the profile start from. Raises `UsageError` for a value in the
    file that is no text, and for one that is too short to be hidden.
    """
    file = root / stack.secrets_file
    kept = sources.assignments(file) if stack.secrets_file else {}
    found: dict[str, str] = {}
    for name in secret_names(stack, root / stack.directory):
        value = os.environ.get(f"TF_VAR_{name}") or kept.get(name) or otherwise()
        if not isinstance(value, str):
            raise UsageError(f'{file}: {name} is no text: write {name} = "..."')
        if len(value) < redaction.SHORTEST:
            raise UsageError(
                f"the value of {name} has less than {redaction.SHORTEST} characters, and could not be hidden in what is written"
            )
        redaction.register(value)
        found[name] = value
    return found
