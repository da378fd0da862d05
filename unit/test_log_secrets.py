"""What is a secret in a line of a log, and what only speaks of one: the same decides what is kept of a log event."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackproof.redaction.logged import CREDENTIAL, hidden_in, redacted_message
from stackproof.redaction.personal_data import PHONE, RESIDENT

SECRETS = (
    'INFO env=[{"name": "DB_PASSWORD", "value": "hunter2"}]',
    "Authorization: Basic dXNlcjpwYXNz",
    "sent Bearer abcdeFGHij on",
    "password: correcthorse",
    'Parameters: {"user"=>"a", "password"=>"hunter2"}',
    "x-api-key: abcdef0123456789abcdef",
    "password: letmein",
    "Password : hunter2",
    'password "hunter2"',
    "--password hunter2",
    "mysql --password letmein --host db",
    "pass=Secr3tPassw0rd",
    '{"pwd":"x1y2"}',
    '{"pass":"letmein1"}',
    '{"pass":"letmein"}',
    "token: abcdef123456",
    "api-key: 0123456789abcdef0123456789abcdef",
    '{"headers":{"x-api-key":"abcdefghijkl"}}',
    "Cookie: session=abcdef12; theme=dark",
    "Set-Cookie: sid=s%3Aabcdefgh; Path=/; HttpOnly",
    "비밀번호: hunter2!",
    "비밀번호=hunter",
    "사용자 비밀번호는 비밀번호: abcd1234 입니다",
    "ALTER USER app PASSWORD 'letmein'",
    '{:password=>"hunter2"}',
    'password: "letmein"',
    "password = hunter2",
    "{'password': 'hunter2', 'user': 'x'}",
    '{"event":"login","body":"{\\"password\\":\\"hunter2\\"}"}',
    'INFO body={"password":"letmein"}',
    'INFO body="{\\"password\\":\\"letmein\\"}" done',
    "<Password>hunter2</Password>",
    "https://x/y?token=abcdefgh&x=1",
    "Authorization: Basic dXNlcjpwYXNzd29yZA==",
    "authorization=Bearer abcdefghijklmnop",
    "using Bearer abcDEF123456789",
    "error: token: password: hunter2",
    'curl -H "X-Api-Key: abc123def456"',
    "curl -H 'Authorization: Bearer abc123def456'",
    "DB_PASSWORD_1=hunter2",
    "spring.datasource.password=letmein",
    "password:letmein",
    "password=letmein, user=x",
    "dbPassword=letmein",
    "accessToken=abcdef",
    '{"password":["hunter2"]}',
    '{"name":"DB_PASSWORD","value":"hunter2"}',
    '{"password":123456}',
    '{"token":"123456"}',
    "password=secret",
    "passwd: s3cr3t",
    "pwd=hunter2",
    "API key: sk_abc123def",
    "client_secret=abcdefgh",
    "token=eyJhbGciOi",
    "pw change: new password: hunter2 for user 12",
)
SHOWN = (
    "hunter",
    "letmein",
    "correcthorse",
    "Secr3tPassw0rd",
    "x1y2",
    "abcdef",
    "abcdeFGH",
    "dXNlcjpwYXNz",
    "123456",
    "abc123",
    "s3cr3t",
)
"""Of what must not be kept."""
SPEAKS_OF_ONE = (
    "reading secret: triflow-ai-production/database-a1b2c3",
    "Authorization: Bearer token missing",
    'INFO env=[{"name": "DB_PASSWORD", "value": "***"}]',
    "password: changed by user",
    "token expired",
    "password reset requested for user 12",
    "pass=12 fail=0",
    "12 pass: 12 fail: 0",
    "password=***",
    "password=(redacted)",
    "password: ********",
    '"password": null',
    '{"password": null}',
    '{"token_count": 512, "tokens": 87, "token": 512}',
    "token_count: 512",
    "tokens=87",
    "token: 512",
    "Password: must contain 8 characters",
    "invalid password for user hong",
    "Access denied for user 'app'@'host' (using password: YES)",
    'FATAL:  password authentication failed for user "app"',
    '{"errors":{"password":"must be at least 8 characters"}}',
    '{"password":"[FILTERED]"}',
    'Parameters: {"password"=>"[FILTERED]"}',
    "password=[REDACTED]",
    "authorization: denied for user 12",
    "Authorization: ***",
    "Authorization: Bearer ***",
    "authorization header missing",
    "bearer authentication failed",
    'WWW-Authenticate: Bearer realm="api", error="invalid_token"',
    "cookie: missing",
    "Cookie: ***",
    "secret: arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:triflow-ai-production/database-a1b2c3",
    "secret rotated",
    "next_token=abcdefgh12345678",
    "Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON",
    "    conn = connect(password=settings.db_password)",
    "    token = get_token()",
    '    password = os.environ["DB_PASSWORD"]',
    "password=${DB_PASSWORD}",
    "password=%s",
    "INSERT INTO users (name, password) VALUES ($1, $2)",
    "UPDATE users SET password = $1 WHERE id = $2",
    "UPDATE users SET password = ? WHERE id = ?",
    "PWD=/srv/app",
    "bypass: true",
    "compass: north",
    "compass=north1",
    "비밀번호: 변경됨",
    "비밀번호: 변경 완료",
    "비밀번호가 틀렸습니다",
    "비밀번호 오류: 5회",
    "key: value",
    "monkey=banana",
    "passed=12 failed=0",
    "pass: 12/12",
    "pass=true",
    "pass rate: 98%",
    "first pass: 12ms",
    "prompt_tokens=12 completion_tokens=3 total_cost=0.00002",
    '{"prompt":"hello","response":"hello","prompt_tokens":12,"completion_tokens":34,"total_cost":2e-06}',
    "login with password=*** from 10.0.0.1",
    "password=None",
    "password=null",
    'password=""',
    "password=",
    "password:",
    "token: expired",
    "token: refreshed for user 12",
    "password: Field required",
    "api key: missing",
    "API key: invalid",
    "secret: loaded from Secrets Manager",
    "token: 2026-01-20T10:00:00Z",
    "--password is required",
    "option --token requires an argument",
    "password > 8 characters",
    "password_encryption=scram-sha-256",
    "password_changed_at=2026-01-20",
    "secret_name=triflow-ai-production/database",
    "token_type=bearer",
    "token=****1a2b",
    "2026-01-20 1234567",
    "size 991301 1234567",
    "123456 1234567",
    "call 1-800-123-4567",
    "at 10:02)123-4567",
    "reading arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:triflow/db",
)


@pytest.mark.parametrize("line", SECRETS)
def test_a_secret_is_found_and_not_kept(line: str) -> None:
    kept = redacted_message(line)
    assert CREDENTIAL in hidden_in(kept)
    assert not [secret for secret in SHOWN if secret in kept]
    assert redacted_message(kept) == kept


@pytest.mark.parametrize("line", SPEAKS_OF_ONE)
def test_a_line_that_only_speaks_of_one_is_left_alone(line: str) -> None:
    assert redacted_message(line) == line


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("950101 1234567", RESIDENT),
        ("02)123-4567", PHONE),
        ("02) 123-4567", PHONE),
        ("(02) 123-4567", PHONE),
        ("(031)123-4567", PHONE),
        ("0082-10-1234-5678", PHONE),
        ("00821012345678", PHONE),
        ("+82 10 1234 5678", PHONE),
        ("+82) 10-1234-5678", PHONE),
        ("주민번호 9501011234567", RESIDENT),
    ],
)
def test_somebody_is_found(line: str, kind: str) -> None:
    assert hidden_in(redacted_message(line)) == [kind]


NAMES = st.sampled_from(["password", "DB_PASSWORD", "user.passwd", "dbPassword", "pwd", "비밀번호"])
VALUES = st.from_regex(r"[a-z]{3}[A-Z0-9]{2,6}[a-z!@#]{3}[0-9]", fullmatch=True)
FORMS = st.sampled_from(
    [
        *(
            "{name}={value}",
            "{name} = '{value}'",
            "{name}: {value}",
            '{{"{name}":"{value}"}}',
            '{{"a":{{"{name}": "{value}"}},"n":1}}',
        ),
        *('"{name}"=>"{value}"', "--{name} {value}", "--{name}={value}", "<{name}>{value}</{name}>", "/path?{name}={value}&x=1"),
        *("{name}: {value}, user=12", "at 10:00 {name}:{value}; next", '{name} "{value}"', "text {{'{name}': '{value}'}} text"),
    ]
)


@given(FORMS, NAMES, VALUES)
def test_a_password_is_kept_in_no_form(form: str, name: str, value: str) -> None:
    kept = redacted_message(form.format(name=name, value=value))
    assert value not in kept
    assert CREDENTIAL in hidden_in(kept)


PARTS = st.sampled_from(
    [*SECRETS, *SPEAKS_OF_ONE, "hong@corp.co.kr", "010-1234-5678", "(redacted)", "redis://:pw1@h", " ", '"', "\n", ":"]
)


@given(st.lists(st.one_of(PARTS, st.text(max_size=8)), max_size=5))
def test_what_is_redacted_once_more_is_the_same(parts: list[str]) -> None:
    kept = redacted_message("".join(parts))
    assert redacted_message(kept) == kept


def test_a_line_that_is_made_to_take_long_does_not() -> None:
    for line in ("password:" * 9999, "cookie: a=" * 9999, "a.b." * 9999 + "password=1x", "950101 " * 9999):
        assert redacted_message(line)
