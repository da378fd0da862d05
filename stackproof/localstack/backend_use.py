"""Let the backend work for a moment, so that it writes what it logs: LocalStack runs no containers."""

from collections.abc import Callable
from pathlib import Path

from stackproof.core.verdicts import CouldNotVerify
from stackproof.embedded.recipe import Account
from stackproof.localstack import backend_tests
from stackproof.processes import command
from stackproof.profile.logs import Logs

_USE = """
from fastapi.testclient import TestClient
from app.main import app

with TestClient(app) as client:
    client.get("/health")
    client.post("/api/v1/complete", json={"prompt": "Summarise the notes of the last release."}).raise_for_status()
"""
"""A call of the language model, which is recorded; and a look at a database that is not there, which is an error."""
_TIMEOUT = 60
_CLOSED = "9"
"""A port where no database answers."""


def written_groups(logs: Logs) -> dict[str, str]:
    """The backend's settings of the log groups that it writes to itself, as the environment declares them."""
    groups = [group for writer in logs.writers for group in writer.groups]
    links = {"LLM_LOG_GROUP": logs.langfuse, "ERROR_LOG_GROUP": logs.sentry}
    settings = {name: link.log_type for name, link in links.items() if link.is_declared}
    found = {name: [group for group in groups if logs.rule(group).log_type == log_type] for name, log_type in settings.items()}
    return {name: of_type[0] for name, of_type in found.items() if of_type}


def run(root: Path, cache: Path, endpoint: str, account: Account, logs: Logs, say: Callable[[str], None]) -> str:
    """Let the backend work, and return when its lines are in the log groups: a note for the report, on what it did or why it could not."""
    problem = _problem(root, cache, endpoint, account, logs, say)
    if problem:
        return f"The backend did not work with it, so nothing was logged: {problem}"
    return "The backend worked with it for a moment: one call of the language model, and one look for its database, which is not there."


def _problem(root: Path, cache: Path, endpoint: str, account: Account, logs: Logs, say: Callable[[str], None]) -> str:
    """Why the backend did not work; empty if it did."""
    try:
        python = backend_tests.installed(root, cache, say)
        settings = {"AWS_ACCESS_KEY_ID": account.id, "RDS_PORT": _CLOSED, "PYTHONDONTWRITEBYTECODE": "1", **written_groups(logs)}
        environment = command.environment(endpoint, account.region) | settings
        backend = root / backend_tests.BACKEND
        ended = command.run(
            *(str(python), "-c", _USE), name="the backend", directory=backend, environment=environment, timeout=_TIMEOUT
        )
        return ended.problem
    except (CouldNotVerify, OSError) as error:
        return str(error)
