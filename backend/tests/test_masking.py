"""Nothing secret or personal is written."""

import pytest

from app import masking
from app.masking import masked, masked_value

# Put together here, so that no text in the repository looks like a secret.
KEY_ID = "AKIA" + "Q" * 16
JOIN = "".join


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("write to hong.gildong+x@mail.example.co.kr now", "hong.gildong"),
        ("번호는 010-1234-5678입니다", "1234"),
        ("01012345678", "1234"),
        ("call +82 10 1234 5678", "1234"),
        ("02-123-4567 or 031-1234-5678", "4567"),
        ("call +1 (415) 555-2671", "555"),
        ("주민등록번호 900101-1234567", "1234567"),
        ("9001011234567", "1234567"),
        ("password=hunter2", "hunter2"),
        ("비밀번호: hunter2", "hunter2"),
        ("PGPASSWORD = 'hunter2'", "hunter2"),
        ("db_password: hunter2,", "hunter2"),
        ('{"api_key": "hunter2"}', "hunter2"),
        ("postgresql://triflow_admin:hunter2@db:5432/triflow", "hunter2"),
        ("Authorization: Bearer abcdefgh12345678", "abcdefgh"),
        (JOIN(["ey", "JhbGciOiJIUzI1NiJ9.", "ey", "JzdWIiOiIxIn0.abcdef"]), "JhbGci"),
        (f"key {KEY_ID}", KEY_ID),
        (JOIN(["sk", "-", "a" * 24]), "a" * 24),
        (JOIN(["https://hooks.", "slack.com/services/T0/B0/xyz"]), "xyz"),
        (JOIN(["-----BEGIN RSA PRIVATE", " KEY-----\nMIIE\nabcd\n-----END RSA PRIVATE", " KEY-----"]), "MIIE"),
        (JOIN(["-----BEGIN PRIVATE", " KEY-----\nMIIE"]), "MIIE"),
        ("card 4111-1111-1111-1111", "4111"),
        ("card 378282246310005 charged", "378282246310005"),
        ("pass=hunter2", "hunter2"),
        ('{\\"password\\": \\"hunter2\\", \\"user\\": 1}', "hunter2"),
        ('password="a b hunter2', "hunter2"),
        ("mysql --password hunter2 --host db", "hunter2"),
        ("Cookie: theme=dark; session=hunter2", "hunter2"),
        ("<password>hunter2</password>", "hunter2"),
        (JOIN(["github", "_pat_", "a" * 22, "_", "b" * 59]), "bbbb"),
        ("postgresql://u:p@ss@db:5432/triflow", "ss@db"),
    ],
)
def test_a_secret_is_masked(text: str, secret: str) -> None:
    assert secret not in masked(text)
    assert masking.MASK in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "GET /api/v1/workflows/3f2b8c1e-0101-4123-8123-010123456789 200",
        "2026-01-20T10:00:00.123Z",
        "prompt_tokens: 12",
        "released 1.2.3 of 2026-01-20",
        "1768903200123",
        "3f2b8c1e010141238123010123456789",
        "order 4111-1111-1111-1112 of 4111111111111112",
        "passed: 12, compass: north",
    ],
)
def test_what_is_neither_stays(text: str) -> None:
    assert masked(text) == text


def test_values_are_masked_wherever_they_stand() -> None:
    said = {"token": {"a": 1}, "items": [("hong@example.com",)], "total_cost": 0.5, "prompt_tokens": 2, "none": None}
    assert masked_value(said) == {"token": "***", "items": [["***"]], "total_cost": 0.5, "prompt_tokens": 2, "none": None}
    assert masked_value(ValueError("hong@example.com")) == "***"


def test_a_known_password_is_masked_in_any_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "_known", [])
    masking.hide("plainword7")
    masking.hide("db")  # too short to tell from other text
    assert masked("it said plainword7 to db") == "it said *** to db"


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "--",
            "--a",
            "--token ",
            'token="',
            'token=\\"',
            "token=\\",
            "token=)",
            "token=\n",
            "password '",
            "Cookie: ",
            "4111-",
            "pass",
        ),
        *(
            "a",
            "a.",
            "a@",
            "eyJ-",
            "eyJ.",
            "1",
            "0 1",
            "+82 ",
            "://a:",
            "token ",
            "token=",
            "Bearer ",
            "sk-",
            "-----BEGIN ",
            "\"' ",
        ),
    ],
)
def test_a_long_text_of_one_kind_is_masked_to_its_end(piece: str) -> None:
    """How long that takes is in the project's benchmarks."""
    assert "hong.gildong" not in masked(f"{piece * (64_000 // len(piece))}\n hong.gildong@example.com")
