"""How the backend connects: with TLS, in bounded time, and with the password of now."""

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from pydantic import SecretStr, ValidationError

from app import database
from app.aws.errors import AccessDenied, AwsError, NotFound, Unavailable, told
from app.aws.secrets import Secrets
from app.settings import Settings

REFUSED = psycopg.OperationalError('connection failed: FATAL: password authentication failed for user "triflow_admin"')
UNREACHABLE = psycopg.OperationalError("connection failed: Connection refused")


class Server:
    """Stands for the database: takes one password."""

    def __init__(self, password: str, refusal: psycopg.OperationalError = REFUSED) -> None:
        self.password = password
        self.refusal = refusal
        self.asked: list[dict[str, Any]] = []

    def connect(self, **how: Any) -> str:
        self.asked.append(how)
        if how["password"] != self.password:
            raise self.refusal
        return "a connection"


class SecretsManager:
    """Stands for a client of Secrets Manager."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.calls = 0

    def get_secret_value(self, SecretId: str) -> dict[str, str]:
        self.calls += 1
        return {"SecretString": self.text}


def holding(password: str) -> SecretsManager:
    """The secret, with this password in it."""
    return SecretsManager(json.dumps({"password": password}))


@pytest.fixture
def connecting(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Callable[[], object]]:
    def make(server: Server, secrets: SecretsManager | None = None, **settings: Any) -> Callable[[], object]:
        monkeypatch.setattr(psycopg, "connect", server.connect)
        made = Settings(**{"rds_password": SecretStr("old-password"), "database_secret_name": "db", **settings})
        return database._connector(made, Secrets(secrets) if secrets else None)

    return make


def test_tls_is_required_and_time_is_bounded(connecting: Callable[..., Callable[[], object]]) -> None:
    server = Server("old-password")
    connecting(server)()
    assert server.asked[0]["sslmode"] == "require"
    assert server.asked[0]["connect_timeout"] == 2
    with pytest.raises(ValidationError, match="rds_sslmode"):
        Settings(rds_sslmode="off")


def test_a_rotated_password_is_read_once(connecting: Callable[..., Callable[[], object]]) -> None:
    server, manager = Server("new-password"), holding("new-password")
    connect = connecting(server, manager)
    assert connect() == connect() == "a connection"
    assert [how["password"] for how in server.asked] == ["old-password", "new-password", "new-password"]
    assert manager.calls == 1


def test_without_a_password_it_is_read_from_the_secret(connecting: Callable[..., Callable[[], object]]) -> None:
    refusal = psycopg.OperationalError("fe_sendauth: no password supplied")
    manager = holding("new-password")
    assert connecting(Server("new-password", refusal), manager, rds_password=SecretStr(""))() == "a connection"


def test_the_secret_does_not_help(connecting: Callable[..., Callable[[], object]]) -> None:
    for secrets in (holding("old-password"), SecretsManager("{}"), None):
        with pytest.raises(psycopg.OperationalError, match="authentication failed"):
            connecting(Server("new-password"), secrets)()
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        connecting(Server("new-password"), holding("third-password"))()


def test_an_unreachable_database_asks_for_no_secret(connecting: Callable[..., Callable[[], object]]) -> None:
    manager = holding("new-password")
    with pytest.raises(psycopg.OperationalError, match="refused"):
        connecting(Server("new-password", UNREACHABLE), manager)()
    assert manager.calls == 0


@pytest.mark.parametrize("text", ["hunter2", '"hunter2"', "[]"])
def test_a_secret_that_is_no_object_is_not_shown(text: str) -> None:
    with pytest.raises(AwsError, match="db: the secret is not a JSON object") as raised:
        Secrets(SecretsManager(text)).read("db")
    assert "hunter2" not in str(raised.getrepr(style="long", showlocals=False).reprcrash)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("NoSuchKey", NotFound),
        ("ResourceNotFoundException", NotFound),
        ("AccessDenied", AccessDenied),
        ("ThrottlingException", Unavailable),
        ("SomethingElse", AwsError),
    ],
)
def test_an_error_says_what_failed_and_why(code: str, kind: type[AwsError]) -> None:
    with pytest.raises(AwsError, match=f"GetObject s3://b/k: {code}: because") as raised, told("GetObject", "s3://b/k"):
        raise ClientError({"Error": {"Code": code, "Message": "because"}}, "GetObject")
    assert type(raised.value) is kind


def test_no_answer_is_an_error_too() -> None:
    with pytest.raises(Unavailable, match="credentials"), told("GetObject", "s3://b/k"):
        raise NoCredentialsError
