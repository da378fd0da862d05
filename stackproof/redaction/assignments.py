"""Values that stand behind the name of a secret, in whatever a text assigns with: `key=value`, JSON, YAML, SQL, XML, options, headers.

The text is gone through once, from left to right: a word that may end a name is looked for, the name around it is read, then what assigns,
then the value. What was read as a value is not looked through again, and the end of a quoted one is looked for once, so that the time is
linear in the length.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from stackproof.redaction.names import LONGEST_NAME, Promise, promise_of
from stackproof.redaction.spelling import Spelled, spelled
from stackproof.redaction.values import TELLING, is_assigned, is_jumbled, is_mixed, looks_made, says_nothing

_MENTION = re.compile(
    r"pass|pwd|pw(?![a-z])|contrase[nñ]|비밀번호|비번|패스워드|암호|パスワード|密[码碼]|kennwort|token|secret|key|auth|bearer|cookie|connection_?string|conn_?str|webhook|"
    r"cred|dsn(?![a-z])|salt|pepper|mnemonic|sas(?![a-z])|sig(?:nature)?(?![a-z])|user_?data|identified[ \t]",
    re.IGNORECASE,
)
"""What every name of a secret has."""
_WORDS = (
    *(
        "pass",
        "pwd",
        "pw",
        "contrase",
        "비밀번호",
        "비번",
        "パスワード",
        "密",
        "kennwort",
        "패스워드",
        "암호",
        "token",
        "secret",
        "key",
        "auth",
        "bearer",
        "cookie",
        "conn",
        "webhook",
    ),
    *("cred", "dsn", "salt", "pepper", "mnemonic", "sas", "sig", "user", "identified"),
)
"""A part of each: to look for these is much faster."""
_NAME_AFTER = re.compile(rf"[\w.-]{{0,{LONGEST_NAME}}}+")
_TWO_WORDS = re.compile(
    r"(?:api|access|auth|client|database|db|encryption|private|secret|service|shared|signing)[ ]\Z", re.IGNORECASE
)
_IDENTIFIED = re.compile(r"identified[ \t]+(?:with[ \t]+[\"']?\w{1,60}[\"']?[ \t]+)?by(?![\w-])", re.IGNORECASE)
_MARK = r"\\{0,15}[\"']"
_MEMBER = rf"(?:{_MARK})?\w{{1,30}}(?:{_MARK})?[ \t]{{0,9}}:[ \t]{{0,9}}(?:{_MARK}[\w ./-]{{0,60}}{_MARK}|\w{{1,20}}),\s{{0,40}}+"
_ASSIGNS = re.compile(
    r"(?P<close>\\{0,15}[\"'`]|%22|&quot;|&#3[49];)?\]?(?:"
    # "name": "DB_PASSWORD", "type": "String", "value": "..."; <Key>..</Key><Value>..; - name: ...
    rf"(?P<pair>[ \t]{{0,40}}+(?:,\s{{0,40}}+|</\w{{1,40}}>\s{{0,40}}+|\r?\n[ \t]{{0,40}}+|(?<=[\"'`][ \t]))(?:{_MEMBER}){{0,2}}"
    rf"(?:<|{_MARK})?[A-Za-z_]{{0,30}}value(?:{_MARK})?[ \t]{{0,9}}[:=>])"
    # password: str = "..."
    r"|:[ \t]{0,9}(?:str|bytes|string|String|SecretStr|any|Optional\[str\]|str \| None)[ \t]{0,9}(?P<typed>=)(?!=)"
    r"|[ \t]{0,40}+(?:(?P<by>=>|->|<<<|:=|\?=|={1,3}|[:：]|>|%(?:25)?3D|%(?:25)?3A|&gt;|&#61;|\\{1,3}(?:u00|x)3[da]|(?:is|was)(?=[ \t]))"
    # ["--password", "..."]
    rf"|(?P<next>,)(?=\s{{0,9}}{_MARK})"
    r"|(?<=[ \t])))"
    r"[ \t]{0,40}+(?:!{1,2}\w{1,20}[ \t]{1,9}+)?"
    r"(?P<block>[|>][+-]?\d?[ \t]{0,9}\r?\n[ \t]{1,40}+|<<[-~]?[\"']?\w{1,20}[\"']?[ \t]{0,9}\r?\n[ \t]{0,40}+)?"
    # {"S": "..."}, {"stringValue": "..."}
    rf"(?:\{{\s{{0,9}}{_MARK}(?:S|B|value|\w{{1,20}}_?value|plaintext){_MARK}\s{{0,9}}:\s{{0,9}})?",
    re.IGNORECASE,
)
_QUOTE = re.compile(
    r"(?:\[\s{0,9})?(?P<prefix>[rbuf]{0,2})(?P<quote>\\{0,15}(?:\"\"\"|'''|[\"'`])|%22|&quot;|&#3[49];)", re.IGNORECASE
)
_SCHEME = re.compile(r"(?:basic|bearer|digest|token|api-?key|api-?token|negotiate)[ ]+", re.IGNORECASE)
_ENDS_THERE = r"(?=[\s,;:)\]}>\\\"'`]|\Z)"
_REST = (
    rf"|[\"'`](?!{_ENDS_THERE})|\\(?![nrt\"'`])"
    r"|;(?!\s|\Z|[\w .-]{1,40}=)"
    r"|,(?!\s|\Z|\\{0,15}[\"']|[\w.-]{1,64}\\{0,15}[\"']?[ \t]{0,4}[=:])"
    r"|[)\]}](?![,;)\]}]{0,8}+(?:[\s\"'`\\>:]|\Z))"
    r"|<(?!/|[a-z]{1,20}>)"
)
_TEMPLATE = r"<[A-Za-z][\w .|/-]{0,60}>|\{\w{1,60}\}|\$\{\{[^{}\n]{0,200}\}\}|\$\{[^{}\n]{0,200}\}|\$\([^()\n]{0,200}\)"
_PLAIN = r"[^\s\"'`&;,<)\]}\\{$]++"
_BARE = re.compile(rf"(?>(?:{_PLAIN}|{_TEMPLATE}|[{{$]|&(?!(?:amp;|quot;|#3[49];))(?!\w{{1,64}}=){_REST})+)")
_OF_A_VARIABLE = re.compile(rf"(?>(?:{_PLAIN}|{_TEMPLATE}|[{{$]|&(?!(?:amp;|quot;|#3[49];)){_REST})+)")
"""`&` begins no other parameter there."""
_OF_A_QUERY = re.compile(r"[^\s\"'`&<>\\;,)]++")
_NO_VALUE = re.compile(r"[{\[(]\s{0,9}(?:\\{0,15}[\"']|:?\w{1,60}\s{0,9}(?:=>|[:=])|[{\[\](})]|\Z)|[,;)\]}]")
"""An object or a list, which is looked into; or nothing."""
_ELEMENT = re.compile(r"[^<]++(?=</)")
_BLOCK = re.compile(r"[^\n]++(?>(?:\n[ \t]{1,40}+[^\n]++)*)")
_HEADER = re.compile(r"[^\n\"'\\]*+")
_COOKIE = re.compile(r"[\w.-]=[^;,\s\"'*]{6}")
_PARAMETER = re.compile(r"[a-z_]{1,40}=(?:\Z|\"[^\"]*+\"?\Z)")
"""`WWW-Authenticate: Bearer realm="api"`: what a server asks for."""
_ENDS = re.compile(r"[.,;:)\]}]*+(?:\s*+\Z|\s*+[,;|)\]}\"'<\n]|\s++--?\w|\s++[\w.-]++\s?[:=])")
"""After a word that is all that is said."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:T[\d:.,]++(?:Z|[+-][\d:]++)?)?")
_PATH = re.compile(r"[a-z0-9_.-]++(?>(?:/[a-z0-9_.-]++)+)|\w++://[^\s@]*+", re.IGNORECASE)
_LOGIN = re.compile(r"\blogin\s+\S{1,64}\s+\Z")
_ENV = re.compile(r"(?:\A|[\s\"'`:;=(])ENV[ \t]{1,9}\Z")
"""Of a Dockerfile: ``ENV DB_PASSWORD hunter2``."""
PAIR = "tuple"
"""``("Authorization", "...")``: headers, as programs log them. In a source it is any table."""
_TOLD = ("is", "was")
_BESIDE = "beside"
"""Nothing assigns: ``API key aB3...``, which only a long word that a machine made can be."""
_PARTICLES = ("은", "는", "이", "가")
"""Behind a Korean noun, what is said of it follows."""
PROSE = (*_TOLD, _BESIDE)
_FIELD = re.compile(r"\{[^{}]*+\}")
"""In an f-string of Python."""
_DOUBLED = re.compile(r"''[^\s,;:)\]}'\"]")
"""A quotation mark inside a text of SQL."""


class Assignment(NamedTuple):
    """A name of a secret, and the value that stands behind it."""

    name: str
    promise: Promise
    value: str
    start: int
    """Of the value."""
    end: int
    is_quoted: bool
    by: str
    """``=``, ``:``, ``pair``, an option's blank ..."""
    is_secret: bool


def mentions_a_name(text: str) -> bool:
    """True if a name of a secret may stand anywhere in a text; nearly always it does not."""
    small = text.lower()
    return any(word in small for word in _WORDS) and _MENTION.search(text) is not None


def assignments(text: str) -> Iterator[Assignment]:
    """The values that a text assigns to names of secrets, in order; `Assignment.is_secret` says which of them is one.

    >>> [(one.value, one.is_secret) for one in assignments('--password hunter2 pass=12 {"pwd":"x1y2"} password: changed by user')]
    [('hunter2', True), ('12', False), ('x1y2', True), ('changed', False)]
    """
    return _read(text) if (plain := spelled(text)) is None else _read_both(text, plain)


def _read(text: str) -> Iterator[Assignment]:
    return _Reading(text).assignments() if mentions_a_name(text) else iter(())


def _read_both(text: str, plain: Spelled) -> Iterator[Assignment]:
    """What is assigned as it is written, and what more there is where letters of names are decoded."""
    found = list(_read(text))
    known = {one.start for one in found if one.is_secret}
    for one in _read(plain.text):
        start = plain.place(one.start)
        if one.is_secret and start not in known:
            end = plain.place(one.end)
            found.append(one._replace(value=text[start:end], start=start, end=end))
    yield from sorted(found, key=lambda one: one.start)


class _Reading:
    def __init__(self, text: str) -> None:
        self.text = text
        self._no_cookie_until = 0

    def assignments(self) -> Iterator[Assignment]:
        text, begin = self.text, 0
        while mention := _MENTION.search(text, begin):
            start, end = self._name(mention, begin)
            begin = max(end, mention.end())
            name = "identified by" if mention[0][:10].lower() == "identified" else text[start:end]
            promise = promise_of(name) if end > mention.end() or name != "identified by" else None
            if promise is None:
                continue
            assigns = _ASSIGNS.match(text, end)
            if assigns is None:
                continue
            found = self._value(name, promise, start, assigns)
            if found is None:
                continue
            yield found
            # The value of a name that is no secret may hold another name.
            begin = max(found.end if found.is_secret else assigns.end(), begin)

    def _name(self, mention: re.Match[str], begin: int) -> tuple[int, int]:
        text = self.text
        if mention[0][:10].lower() == "identified":
            identified = _IDENTIFIED.match(text, mention.start())
            return (mention.start(), identified.end()) if identified else mention.span()
        floor = max(mention.start() - LONGEST_NAME, begin)
        start = mention.start()
        while start > floor and (text[start - 1].isalnum() or text[start - 1] in "_.-"):
            start -= 1
        before = _TWO_WORDS.search(text, max(start - 12, begin), start)
        if before and mention.start() == start:
            start = before.start()
        after = _NAME_AFTER.match(text, mention.end())
        end = after.end() if after else mention.end()
        while end > mention.end() and text[end - 1] in ".-":
            end -= 1
        return start, end

    def _value(self, name: str, promise: Promise, start: int, assigns: re.Match[str]) -> Assignment | None:
        text = self.text
        by = "pair" if assigns["pair"] else assigns["by"] or assigns["typed"] or assigns["next"] or ""
        is_option = not by and (
            name.startswith("-")
            or name.lower() == "bearer"
            or bool(_LOGIN.search(text, max(start - 90, 0), start))
            or bool(_ENV.search(text, max(start - 20, 0), start))
        )
        if by == "," and not name.startswith("--"):
            if text[max(start - 2, 0) : start] not in ('("', "('"):
                return None
            by = PAIR
        is_closed = text[start - 1 : start] == "<" or bool(assigns["close"])  # <password>..</..>, name="password">..</..>
        is_element = (by == ">" and is_closed) or (by == "pair" and assigns["pair"].endswith(">"))
        if by == ">" and not is_element:
            return None
        if assigns["block"]:
            first = self._judged(name, promise, assigns.end(), self._line_end(assigns.end()), True, "|")
            block = _BLOCK.match(text, assigns.end()) if first.is_secret else None
            return first._replace(end=block.end()) if block else first
        if is_element:
            element = _ELEMENT.match(text, assigns.end())
            return self._judged(name, promise, *element.span(), True, "<") if element else None
        if quoted := _QUOTE.match(text, assigns.end()):
            return self._quoted(name, promise, by, is_option, quoted)
        if not by and not is_option:
            by = _TOLD[0] if name.endswith(_PARTICLES) else _BESIDE
        return self._bare(name, promise, by, is_option, start, assigns)

    def _quoted(self, name: str, promise: Promise, by: str, is_option: bool, quoted: re.Match[str]) -> Assignment | None:
        start = quoted.end()
        end = self._closing(quoted["quote"], start)
        value = self.text[start:end]
        if not (by or is_option) and not (
            promise is Promise.PASSWORD and len(value) > 3 and not re.search(r"\s", value[:TELLING])
        ):
            return None
        judged = self._judged(name, promise, start, end, True, by or "option")
        is_format = "f" in quoted["prefix"].lower() and judged.is_secret
        if quoted["quote"] == "`" and re.search(r"\s", value[:TELLING]):  # a command of a shell
            return judged._replace(is_secret=False)
        if is_format and not re.search(r"\w", _FIELD.sub("", value)):
            return judged._replace(is_secret=False)
        return judged

    def _bare(
        self, name: str, promise: Promise, by: str, is_option: bool, named: int, assigns: re.Match[str]
    ) -> Assignment | None:
        text, start = self.text, assigns.end()
        last = name.lower().rpartition("-")[2]
        if last.endswith("cookie") and by in ("=", ":"):
            cookies = _HEADER.match(text, start) if start >= self._no_cookie_until else None
            if cookies is None:
                return None
            has_one = bool(_COOKIE.search(cookies[0]))
            self._no_cookie_until = 0 if has_one else cookies.end()
            return Assignment(name, promise, cookies[0], *cookies.span(), False, by, has_one)
        if last.endswith("authorization") and by and re.match(r"AWS4-|Digest[ ]", text[start : start + 7], re.IGNORECASE):
            header = _HEADER.match(text, start)
            return Assignment(name, promise, header[0], *header.span(), False, by, len(header[0]) > 12) if header else None
        scheme = _SCHEME.match(text, start) if by else None
        start = scheme.end() if scheme else start
        if _NO_VALUE.match(text, start):
            return None
        is_query = text[max(named - 1, 0) : named] in ("?", "&")
        shape = _OF_A_QUERY if is_query else _OF_A_VARIABLE if name.isupper() else _BARE
        bare = shape.match(text, start, start + TELLING + 1)
        if bare is None:
            return None
        end = bare.end()
        value, rest = bare[0], text[end : end + TELLING]
        if (by in _TOLD and not is_mixed(value)) or (
            by == _BESIDE and not (len(value) > 19 and value.isalnum() and is_jumbled(value))
        ):
            return None
        if (by in (":", "%3A", *_TOLD, _BESIDE) and not assigns["close"]) or is_option:
            has_scheme = bool(scheme) or name.lower() == "bearer"
            is_one = _is_said(promise, name, value, rest) or (
                has_scheme and (is_jumbled_word(value) or _is_after_a_scheme(value, rest))
            )
            value = value.rstrip(".,;:)]}") or value
            said = Assignment(name, promise, value, start, start + len(value), False, by or "option", is_one)
        else:
            said = self._judged(name, promise, start, end, False, by)
        is_longer = said.is_secret and end == start + TELLING + 1 and (whole := shape.match(text, start))
        return said._replace(end=whole.end()) if is_longer and whole else said

    def _judged(self, name: str, promise: Promise, start: int, end: int, is_quoted: bool, by: str) -> Assignment:
        value = self.text[start : min(end, start + TELLING + 1)]
        # A variable of an environment is no code, whatever it looks like: DB_PASSWORD=QiRw(xt
        is_variable = by == "=" and self.text[start - 1] == "=" and name.isupper() and promise is not Promise.COUNTER
        is_one = end > start and is_assigned(
            promise, name, value.strip() if is_quoted else value, is_whole=is_quoted or is_variable
        )
        return Assignment(name, promise, value, start, end, is_quoted, by, is_one)

    def _closing(self, quote: str, start: int) -> int:
        """Where a quoted value ends: at the same quotation mark, at that of what surrounds it, or, if it was cut, with its line."""
        text = self.text
        if quote[0] in "%&" or len(quote.lstrip("\\")) == 3:
            end = text.find(quote, start)
            return end if end >= 0 else self._line_end(start)
        mark, depth = quote[-1], len(quote) - 1
        runs = self._runs[mark]
        passed = start
        for place in range(bisect_left(runs, (start,)), len(runs)):
            at, backslashes = runs[place]
            is_escaped = backslashes % 2 if depth == 0 else backslashes > depth
            if is_escaped or at < passed:
                continue
            if depth == 0 and mark == "'" and _DOUBLED.match(text, at + backslashes):
                passed = at + backslashes + 2
                continue
            return at + (backslashes if depth == 0 else 0)
        return self._line_end(start)

    @cached_property
    def _runs(self) -> dict[str, list[tuple[int, int]]]:
        """Where each quotation mark stands, with the backslashes before it, and how many those are."""
        found: dict[str, list[tuple[int, int]]] = {mark: [] for mark in "\"'`"}
        for match in re.finditer(r"(?<!\\)\\*+[\"'`]", self.text):
            found[match[0][-1]].append((match.start(), len(match[0]) - 1))
        return found

    def _line_end(self, start: int) -> int:
        end = self.text.find("\n", start)
        return end if end >= 0 else len(self.text)


def is_jumbled_word(value: str) -> bool:
    """True if a word of at least eight characters goes from small letters to capitals and back."""
    word = value[:TELLING]
    return len(word) >= 8 and bool(re.search(r"[a-z][A-Z]", word)) and bool(re.search(r"[A-Z][a-z]", word))


def _is_after_a_scheme(value: str, rest: str) -> bool:
    """Whether a word after ``Authorization: Bearer`` is all that is said, and no word of a language."""
    word = value[:TELLING].rstrip(".,;:)]}")
    is_all = bool(_ENDS.match(value[len(word) : TELLING] + rest)) and not says_nothing(value)
    return is_all and len(word) > 5 and not word.isalpha() and not says_nothing(word) and not _PARAMETER.fullmatch(word)


def _is_said(promise: Promise, name: str, value: str, rest: str) -> bool:
    """Whether a word after a colon or an option is a secret; ``rest`` is what follows it.

    A log is no source: what follows a name and a colon may be prose ("password: changed by user"). It must look like a secret besides: have
    letters with digits or symbols, or, for a password, be all that is said. A pass phrase of several words is taken for prose.
    """
    value, rest = value[:TELLING], value[TELLING:] + rest
    word = value.rstrip(".,;:)]}")
    is_all = bool(_ENDS.match(value[len(word) :] + rest))
    if says_nothing(value) or value.endswith(":") or _MOMENT.fullmatch(word) or _PARAMETER.fullmatch(word):
        return False
    if not is_assigned(promise, name, word, is_whole=False):
        return False
    if word.isdigit() or re.fullmatch(r"\d[\d.,:/-]*", word):
        return is_all
    if promise is Promise.LIKELY:
        return looks_made(word)
    if is_mixed(word):
        return promise is Promise.PASSWORD or not _PATH.fullmatch(word)
    if promise is Promise.PASSWORD:
        return is_all and word.isascii() and len(word) > 3 and not says_nothing(word)
    return promise is Promise.KEY and is_all and len(word) > 19 and (word.isalnum() or is_jumbled(word))
