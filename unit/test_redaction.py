"""A secret that the run handles, or that looks like one, does not survive; everything else does."""

import base64
import string
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackproof.redaction import redaction
from stackproof.redaction.redaction import HIDDEN, redact, redact_data, register

SECRETS = st.text(st.characters(codec="utf-8", exclude_characters="()"), min_size=8, max_size=30).filter(
    lambda one: one not in HIDDEN
)
AROUND = st.text(st.characters(codec="utf-8"), max_size=40)


@pytest.fixture(autouse=True)
def _no_secrets_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_registered", set())
    redaction.forget()


class TestRegistered:
    @given(st.lists(SECRETS, min_size=1, max_size=4), st.lists(AROUND, min_size=5, max_size=5))
    def test_secret_never_survives(self, secrets: list[str], around: list[str]) -> None:
        redaction._registered.clear()
        for secret in secrets:
            register(secret)
        text = "".join(part for pair in zip(around, [*secrets, ""], strict=False) for part in pair)
        assert not [secret for secret in secrets if secret in redact(text)]
        assert not [secret for secret in secrets if secret in str(redact_data({"a": [text], "b": {"c": text}}))]

    def test_secret_that_holds_another_is_hidden_whole(self) -> None:
        register("hunter22")
        register("hunter22-and-more")
        assert redact("it is hunter22-and-more, hunter22") == f"it is {HIDDEN}, {HIDDEN}"

    @pytest.mark.parametrize("secret", ["", "short", "1234567"])
    def test_secret_must_be_long_enough_to_be_one(self, secret: str) -> None:
        with pytest.raises(ValueError, match="at least 8 characters"):
            register(secret)


def test_the_folder_of_a_shell_is_no_password() -> None:
    secret = "-".join(("Xk9", "of", "orders", "7"))
    redaction.register_among({"PWD": "/srv/orders-2026", "OLDPWD": "/srv/billing-2026", "DB_PWD": secret})
    assert redaction.redact(f"/srv/orders-2026, /srv/billing-2026, {secret}") == "/srv/orders-2026, /srv/billing-2026, (redacted)"


class TestShape:
    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            ("postgresql://user:p4ss@db:5432/x", "postgresql://user:(redacted)@db:5432/x"),
            ("redis+tls://user:p%40ss@cache", "redis+tls://user:(redacted)@cache"),
            ("Authorization: Bearer abc.def", "Authorization: Bearer (redacted)"),
            ('{"authorization": "Basic abc"}', '{"authorization": "(redacted)"}'),
            ("https://hooks.slack.com/services/T0/B0/xyz", "https://hooks.slack.com/services/(redacted)"),
            ("a -----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY----- b", "a (redacted) b"),
            ("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----", "(redacted)"),
        ],
    )
    def test_of_a_secret_is_hidden(self, text: str, kept: str) -> None:
        assert redact(text) == kept

    @pytest.mark.parametrize(
        "text",
        ["https://db.example.com:5432/x", "arn:aws:iam::123456789012:role/x", "tcp 443 from 0.0.0.0/0", "user@example.com", ""],
    )
    def test_of_anything_else_is_kept(self, text: str) -> None:
        assert redact(text) == text

    @given(AROUND)
    def test_redacting_twice_is_redacting_once(self, text: str) -> None:
        assert redact(redact(text)) == redact(text)


class TestName:
    @pytest.mark.parametrize(
        "name",
        [
            "MasterUserPassword",
            "password",
            "db_password",
            "DB_PASSWORD",
            "SecretString",
            "SecretBinary",
            "secret_key",
            "SecretAccessKey",
            "SessionToken",
            "auth_token",
            "api_key",
            "PrivateKey",
            "webhook_url",
            "UserData",
            "Authorization",
        ],
    )
    @pytest.mark.parametrize("value", ["x", b"x", 12345678, ["x"]])
    def test_of_a_secret_hides_the_value(self, name: str, value: object) -> None:
        assert redact_data({name: value}) == {name: [HIDDEN] if isinstance(value, list) else HIDDEN}

    @pytest.mark.parametrize(
        "name",
        ["NextToken", "nextToken", "ContinuationToken", "SecretArn", "PasswordLastUsed", "secrets", "KeyId", "tokens_used"],
    )
    def test_of_anything_else_keeps_it(self, name: str) -> None:
        assert redact_data({name: "x"}) == {name: "x"}

    @pytest.mark.parametrize("value", [None, True, False])
    def test_of_a_secret_keeps_what_cannot_be_one(self, value: object) -> None:
        assert redact_data({"password": value}) == {"password": value}

    def test_is_looked_at_at_every_depth(self) -> None:
        data = {"a": [{"b": {"password": "x"}}], "c": ("postgresql://u:p@h/d",)}
        assert redact_data(data) == {"a": [{"b": {"password": HIDDEN}}], "c": ["postgresql://u:(redacted)@h/d"]}


SPELLINGS: dict[str, Callable[[str], str]] = {
    "percent": lambda one: f"%{ord(one):02x}",
    "percent twice": lambda one: f"%25{ord(one):02X}",
    "percent-u": lambda one: f"%u{ord(one):04x}",
    "decimal entity": lambda one: f"&#{ord(one)};",
    "decimal entity, not ended": lambda one: f"&#0{ord(one)}",
    "hexadecimal entity": lambda one: f"&#x{ord(one):x};",
    "entity inside an entity": lambda one: f"&amp;#{ord(one)};",
    "percent inside an entity": lambda one: f"&#37;{ord(one):02x}",
    "of Python, long": lambda one: f"\\U{ord(one):08x}",
    "of JSON": lambda one: f"\\u{ord(one):04X}",
    "of JSON inside JSON": lambda one: f"\\\\u{ord(one):04x}",
    "of JavaScript": lambda one: f"\\u{{{ord(one):x}}}",
    "of C": lambda one: f"\\x{ord(one):02x}",
    "octal": lambda one: f"\\{ord(one):03o}",
    "octal, braced": lambda one: f"\\o{{{ord(one):o}}}",
    "of CSS": lambda one: f"\\{ord(one):x} ",
    "of CSS, six digits": lambda one: f"\\{ord(one):06x}",
    "by its name": lambda one: f"\\N{{{unicodedata.name(one)}}}",
}
KNOWN = "aZ7q/Kx$4_p=Lw.m"


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
def test_a_known_value_is_hidden_however_its_letters_are_spelled(spell: Callable[[str], str]) -> None:
    """All of them, every other one, and one alone."""
    register(KNOWN)
    for text in ("".join(map(spell, KNOWN)), *(_some(spell, KNOWN, every) for every in (2, 5, 16))):
        assert redact(f"it is {text}, and more") in (f"it is {HIDDEN}, and more", f"it is {HIDDEN},and more"), text
        assert redact(redact(f"it is {text}")) == redact(f"it is {text}")


def _some(spell: Callable[[str], str], text: str, every: int) -> str:
    """Every so many letters; what would run into the next one stands for itself."""
    return "".join(
        spell(one) if place % every == 0 and text[place + 1 : place + 2] not in string.hexdigits else one
        for place, one in enumerate(text)
    )


@pytest.mark.parametrize(
    "encoded",
    [
        KNOWN.encode().hex().upper(),
        KNOWN.encode().hex(":"),
        KNOWN.encode().hex(" ").upper(),
        base64.b64encode(KNOWN.encode("utf-16-le")).decode(),
        base64.b64encode(f"x {KNOWN} y".encode("utf-16-le")).decode(),
    ],
)
def test_a_known_value_is_hidden_in_other_bases(encoded: str) -> None:
    register(KNOWN)
    assert HIDDEN in redact(f"it is {encoded}, and more")


def test_a_known_value_with_slashes_that_are_escaped_is_hidden() -> None:
    register(KNOWN)
    assert redact(f"it is {KNOWN.replace('/', chr(92) + '/')}!") == f"it is {HIDDEN}!"


def test_a_known_value_that_is_in_the_mark_is_no_endless_loop() -> None:
    register("redacted")
    assert "%41" in redact("(redacted) %41")
