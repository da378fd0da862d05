"""Personal data in a text: e-mail addresses, Korean resident registration numbers and telephone numbers, card numbers.

Each kind is told by what makes it one (a date that exists, check digits, an area code), not by its length alone: log lines are full of
timestamps and ids. Letters and digits next to it, and what joins them, make it a part of something else; Korean letters do not.

Sources: Act on registration of residents, enforcement rule, article 2 (since October 2020 the last digits are drawn, and have no check
digit); telecommunications number management rules of the Ministry of Science and ICT; ISO/IEC 7812-1 (Luhn) and the networks' prefixes.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

E_MAIL = "e-mail address"
RESIDENT = "resident registration number"
PHONE = "telephone number"
CARD = "card number"

_E_MAIL = re.compile(
    r"(?<![\w.+%@/-])(?<!://)[a-z0-9](?:[\w.+%'-]{0,62}[\w+%-])?@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}(?![\w@-])",
    re.ASCII | re.IGNORECASE,
)
"""Not the user in a URL (``ssh://git@github.com``)."""
_NO_MAILBOX = re.compile(r"\.\.|^git@|\.(?:internal|local|localdomain|amazonaws\.com)$", re.IGNORECASE)
"""A user of a machine, or of a repository."""
_RESIDENT = re.compile(r"(?<![\w.-])(?P<birth>\d{6})(?P<joined> ?-? ?)(?P<rest>[0-9]\d{6})(?![\w-]|\.\d)", re.ASCII)
_NUMBER_BEFORE, _NUMBER_AFTER = re.compile(r"\d[ ,|]+$"), re.compile(r"[ ,|]+\d|[ ]?(?:[kKMG]?i?[bB](?:ytes?)?|m?s|rows?|%)\b")
"""What makes two numbers a part of a row of numbers, or a measure."""
_CALLED_SO = re.compile(r"(?:주민|외국인|등록\s?번호|resident|\brrn\b)[^\d\n]{0,24}$", re.IGNORECASE)
_AREA = r"(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|50\d)"
_PHONE = re.compile(
    r"(?<![\w.+-])(?:"
    r"(?:(?:\+|00)82\)?[-. ]?\(?0?\)?|\(?0)1[016789][-.) ]?\ ?[1-9]\d{2,3}[-. ]?\d{4}"  # mobile, written in one too
    rf"|(?:(?:\+|00)82\)?[- ]?|0){_AREA}(?P<by>[- ])[1-9]\d{{2,3}}(?P=by)\d{{4}}"  # an area, internet, personal
    rf"|(?<!\d:)(?:(?:\+|00)82[- ]?)?\(?0{_AREA}\)[- ]?[1-9]\d{{2,3}}[- ]\d{{4}}"
    r")(?![\w-]|\.\d)",
    re.ASCII,
)
_CARD = re.compile(
    r"(?<![\w.-])(?:\d{4}(?P<by>[- ]?)\d{4}(?P=by)\d{4}(?P=by)\d{4}|3\d{3}(?P<amex>[- ]?)\d{6}(?P=amex)\d{4,5})(?![\w-]|\.\d)",
    re.ASCII,
)
_NETWORKS = re.compile(
    r"4\d{15}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|6(?:011|4[4-9]\d|5\d\d|2\d\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}"
    r"|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}"
)
"""Visa, Mastercard, Discover and UnionPay, JCB, American Express, Diners Club. Cards for use in Korea alone begin with 9."""


@dataclass(frozen=True)
class PersonalData:
    """Something about a person in a text; never the text itself."""

    kind: str
    start: int
    end: int


def personal_data_in(text: str) -> list[PersonalData]:
    """The personal data in a text, in order.

    >>> [one.kind for one in personal_data_in("홍길동 hong@corp.co.kr 전화010-1234-5678 주민번호 900101-1234568 카드 4111-1111-1111-1111")]
    ['e-mail address', 'telephone number', 'resident registration number', 'card number']
    >>> personal_data_in("2026-01-20T10:00:00Z 1795219200000 0123456789abcdef 550e8400-e29b-41d4-a716-446655440000 4111111111111112")
    []
    """
    found = sorted((PersonalData(kind, *span) for kind, look in _LOOKS.items() for span in look(text)), key=lambda one: one.start)
    return [one for before, one in zip([None, *found], found, strict=False) if before is None or before.end <= one.start]


def without_personal_data(text: str, mark: Callable[[str], str]) -> str:
    """The text with a mark in the place of what is personal; ``mark`` makes it of the kind.

    >>> without_personal_data("ask hong@corp.co.kr, 010 1234 5678", lambda kind: f"<{kind}>")
    'ask <e-mail address>, <telephone number>'
    """
    pieces, end = [], 0
    for one in personal_data_in(text):
        pieces += [text[end : one.start], mark(one.kind)]
        end = one.end
    return "".join([*pieces, text[end:]])


def is_resident_number(birth: str, rest: str, *, says_so: bool) -> bool:
    """True if six digits and seven are a resident registration number.

    The seventh digit tells the century and whether the person is a foreigner. Where the form says so (a hyphen), or what stands before
    it, that is enough. Others must have the check digit too, which numbers given since October 2020 do not have.

    >>> is_resident_number("900101", "1234567", says_so=True), is_resident_number("900101", "1234567", says_so=False)
    (True, False)
    >>> is_resident_number("900101", "1234568", says_so=False), is_resident_number("901301", "1234568", says_so=True)
    (True, False)
    """
    century = {"9": 1800, "0": 1800, "1": 1900, "2": 1900, "5": 1900, "6": 1900}.get(rest[0], 2000)
    try:
        date(century + int(birth[:2]), int(birth[2:4]), int(birth[4:]))
    except ValueError:
        return False
    if says_so:
        return True
    is_foreigner = rest[0] in "5678"
    weighted = sum(int(digit) * weight for digit, weight in zip(birth + rest, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5), strict=False))
    return (11 - weighted % 11 + 2 * is_foreigner) % 10 == int(rest[-1])


def has_luhn_digit(digits: str) -> bool:
    """True if the last digit is the check digit of the others by Luhn's formula.

    >>> has_luhn_digit("4111111111111111"), has_luhn_digit("4111111111111112")
    (True, False)
    """
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _e_mails(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _E_MAIL.finditer(text) if not _NO_MAILBOX.search(match[0]))


def _residents(text: str) -> Iterator[tuple[int, int]]:
    for match in _RESIDENT.finditer(text):
        before, after = text[max(match.start() - 40, 0) : match.start()], text[match.end() : match.end() + 8]
        joined = match["joined"]
        # Thirteen digits that begin with 1 are milliseconds since 1970, until 2033.
        is_moment = not joined and match["birth"][0] == "1"
        is_among_numbers = _NUMBER_BEFORE.search(before) or _NUMBER_AFTER.match(after)
        is_alone = bool(joined) and match["rest"][0] in "12345678" and not is_among_numbers
        says_so = "-" in joined or is_alone or bool(_CALLED_SO.search(before))
        if (says_so or not is_moment) and is_resident_number(match["birth"], match["rest"], says_so=says_so):
            yield match.span()


def _phones(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _PHONE.finditer(text))


def _cards(text: str) -> Iterator[tuple[int, int]]:
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        is_of_a_network = _NETWORKS.fullmatch(digits) or (digits.startswith("9") and digits != match[0])
        if is_of_a_network and has_luhn_digit(digits):
            yield match.span()


_LOOKS: dict[str, Callable[[str], Iterator[tuple[int, int]]]] = {
    E_MAIL: _e_mails,
    RESIDENT: _residents,
    PHONE: _phones,
    CARD: _cards,
}
