"""Personal data is found, and ids, times and versions are not taken for it."""

import json
import uuid
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackproof.redaction.personal_data import CARD, E_MAIL, PHONE, RESIDENT, personal_data_in, without_personal_data


def kinds(text: str) -> list[str]:
    return [one.kind for one in personal_data_in(text)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("hong@corp.co.kr", E_MAIL),
        ("<Hong.Gil-dong+test@mail.corp.kr>", E_MAIL),
        ("보내기hong@corp.kr로", E_MAIL),
        ("to=hong_1@corp.com,", E_MAIL),
        ("mailto:hong@corp.com", E_MAIL),
        ("900101-1234567", RESIDENT),
        ("주민번호:000229-4000000입니다", RESIDENT),
        ("9001011234568", RESIDENT),
        ("900101 1234567", RESIDENT),
        ("주민번호 2010153234567", RESIDENT),
        ("900101-5234567", RESIDENT),
        ("010-1234-5678", PHONE),
        ("01012345678", PHONE),
        ("010.1234.5678", PHONE),
        ("(010 1234 5678)", PHONE),
        ("011-234-5678", PHONE),
        ("+821012345678", PHONE),
        ("+82-10-1234-5678", PHONE),
        ("+82 (0)10 1234 5678", PHONE),
        ("02-312-4567", PHONE),
        ("031-1234-5678을", PHONE),
        ("+82 2 312 4567", PHONE),
        ("070-4123-4567", PHONE),
        ("02)123-4567", PHONE),
        ("(031) 123-4567", PHONE),
        ("0082-10-1234-5678", PHONE),
        ("4111111111111111", CARD),
        ("4111 1111 1111 1111", CARD),
        ("5555-5555-5555-4444", CARD),
        ("378282246310005", CARD),
        ("3782-822463-10005", CARD),
        ("3530111333300000", CARD),
        ("6200000000000005", CARD),
        ("9490-1234-5678-9013", CARD),
    ],
)
def test_is_found(text: str, kind: str) -> None:
    assert kinds(text) == [kind]
    assert kinds(f"before {text} after") == [kind]
    assert kinds(without_personal_data(text, lambda kind: f"({kind})")) == []


@pytest.mark.parametrize(
    "text",
    [
        # mail: users of machines and repositories, versions, decorators
        *("git@github.com:triflow/app.git", "ssh://git@code.corp.com", "postgresql://app@db.corp.com/app", "app@db.internal"),
        *(
            "root@ip-10-0-1-2.ap-northeast-2.compute.internal",
            "app@x.rds.amazonaws.com",
            "fastapi@0.115.0",
            "@app.get",
            "a@b",
            "a@@b.com",
        ),
        # resident numbers: days that do not exist, parts of something longer, times, order numbers without a valid digit
        *("901301-1234567", "900230-1234567", "900101-12345678", "1900101-1234567", "id-900101-1234567", "900101-1234567-1"),
        *("12 900101 1234567", "900101 1234567 3", "900101 1234567 bytes", "900101 0234567"),
        *("1795219200000", "1801234567890", "9001011234567", "900101.1234567"),
        # phones: dates, versions, addresses, ids, fractions
        *("2026-01-20", "02-0312-4567", "10.10.1234.5678", "0.01012345678", "010-0234-5678", "a01012345678", "01012345678901"),
        *("1010-1234-5678", "02-312-45678", "099-312-4567"),
        # cards: no check digit, no network, microseconds, in the middle of something
        *(
            "4111111111111112",
            "1111111111111117",
            "1795219200000000",
            "x4111111111111111",
            "4111-1111-1111-1111-1",
            "41111111.11111111",
        ),
        *("9490123456789013", "0000000000000000"),
        # other
        *(
            "550e8400-e29b-41d4-a716-446655440000",
            "0af7651916cd43dd8448eb211c80319c",
            "i-0123456789abcdef0",
            "sha256:" + "0123456789" * 6,
        ),
        *("arn:aws:ecs:ap-northeast-2:123456789012:task/app/0123456789abcdef0123456789abcdef", "192.168.100.200:8000"),
        *("2026-01-20T10:00:00.500Z", "2026-01-20 10:00:00,500", "duration=1234.5678 ms", "https://corp.com/a?b=1#c"),
    ],
)
def test_is_not_taken_for_it(text: str) -> None:
    assert kinds(text) == []
    assert kinds(f"{text}, {text}") == []


@given(
    st.uuids(), st.datetimes(min_value=datetime(2001, 9, 10), max_value=datetime(2033, 1, 1)), st.binary(min_size=16, max_size=32)
)
def test_ids_and_times_are_nobodys(id: uuid.UUID, at: datetime, digest: bytes) -> None:
    moment = at.replace(tzinfo=UTC)
    milliseconds = int(moment.timestamp() * 1000)
    for text in (str(id), moment.isoformat(), str(milliseconds), str(milliseconds * 1000), f"{digest.hex()}f"):
        assert kinds(text) == []
        assert kinds(json.dumps({"at": text, "n": milliseconds})) == []


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2026, 1, 1)), st.integers(0, 99999), st.booleans())
def test_every_resident_number_is_found(birth: date, drawn: int, is_foreigner: bool) -> None:
    seventh = {19: 1, 20: 3}[birth.year // 100] + 4 * is_foreigner
    number = f"{birth:%y%m%d}-{seventh}{drawn:05}"
    digits = number.replace("-", "")
    weighted = sum(int(digit) * weight for digit, weight in zip(digits, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5), strict=True))
    check = ((13 if is_foreigner else 11) - weighted % 11) % 10
    assert kinds(f"{number}{check}") == [RESIDENT]
    assert kinds(f"{digits}{check}") == ([] if digits.startswith("1") else [RESIDENT])


@given(st.text())
def test_any_text_can_be_looked_into(text: str) -> None:
    safe = without_personal_data(text, lambda kind: f"({kind})")
    assert without_personal_data(safe, lambda kind: f"({kind})") == safe
