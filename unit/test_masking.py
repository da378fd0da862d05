"""What control LOG-12 finds in a log, the reference workload does not write."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest
from test_log_secrets import SECRETS, SHOWN

from stackproof.redaction.logged import hidden_in, redacted_message

JOIN = "".join
OTHERS = (
    "카드 4111-1111-1111-1111 승인",
    "card 4111111111111111, 3782 822463 10005",
    "pass=hunter2",
    'body {\\"password\\": \\"hunter2\\"}',
    JOIN(["github", "_pat_", "a" * 22, "_", "b" * 59]),
    "postgresql://app:p@ss@db:5432/triflow",
    "password=ab)hunter2]x",
    'password="hunter2',
    "0502-123-4567, 02)123-4567, (010) 1234-5678, 0082-10-1234-5678",
    "900101 - 1234567",
    "hong.o'brien@corp.co.kr",
    JOIN(["-----BEGIN PGP PRIVATE", " KEY BLOCK-----\n", "A" * 64]),
    JOIN(["https://discord", ".com/api/webhooks/1/abcdef"]),
)


@pytest.fixture(scope="module")
def masking() -> ModuleType:
    """The backend's module, which needs nothing of the backend's."""
    path = Path(__file__).parents[1] / "backend" / "app" / "masking.py"
    spec = importlib.util.spec_from_file_location("backend_masking", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("text", [*SECRETS, *OTHERS])
def test_nothing_is_found_in_what_was_masked(masking: ModuleType, text: str) -> None:
    said = masking.masked(text)
    assert not any(secret in said for secret in SHOWN), said
    assert hidden_in(redacted_message(said)) == []
    event = json.dumps(masking.masked_value({"message": text, "prompt": [text]}), ensure_ascii=False)
    assert hidden_in(redacted_message(event)) == []


def test_numbers_and_members_of_an_event_are_masked_too(masking: ModuleType) -> None:
    said = {
        "card": 4111111111111111,
        "dbPass": "hunter2",
        "apiKeyValue": "x1y2",
        "set": {"name": "DB_PASSWORD", "value": "hunter2"},
    }
    event = masking.masked_value(said)
    assert event == {"card": "***", "dbPass": "***", "apiKeyValue": "***", "set": {"name": "DB_PASSWORD", "value": "***"}}
    assert hidden_in(redacted_message(json.dumps(said))) != []
    assert hidden_in(redacted_message(json.dumps(event))) == []
