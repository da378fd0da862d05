"""Values in a line of a log that stand behind the name of a secret.

A log is no source: nothing tells that a value must be quoted, and what follows a name and a colon may be prose ("password: changed by
user"). What is assigned (``key=value``, JSON, a Ruby hash, an XML element) is a secret unless it says that there is none. What follows
a bare colon or a command-line option must look like one besides: have letters with digits or symbols, or, for a password, be all that
is said. A pass phrase of several words after a colon is taken for prose.
"""

import re
from collections.abc import Iterator

from stackproof.redaction.redaction import HARMLESS_NAMES, is_secret_name

PASSWORD, COUNTER, OTHER = "password", "counter", "other"
"""What a name promises: words are passwords too; ``pass`` counts tests more often than it opens doors; the others are made by machines."""

_WORDS = (
    r"pass(?:word|wd|phrase|code)?|pwd|contrase[nñ]a|비밀번호|패스워드|암호|token|secret(?:[_-]?(?:string|binary))?|"
    r"(?:api|auth|access|account|client|database|db|encryption|priv|private|secret|service|shared|signing)[_ -]?key|"
    r"authorization|bearer|cookie|connection[_-]?string|webhook(?:[_-]?url)?"
)
_SUFFIX = r"(?:[_-]?(?:confirm(?:ation)?|new|old|plain(?:text)?|raw|value|\d{1,3}))?"
_LONGEST = 1000
"""Characters of a value, so that a line of nothing but names is looked through in time."""
_TELLING = 200
"""Characters of it that are judged."""
_MENTIONED = re.compile(_WORDS, re.IGNORECASE)
_NAMED = re.compile(
    rf"(?P<name>(?<![\w.-])[\w.-]{{0,64}}?(?:{_WORDS}){_SUFFIX})(?P<close>\\?[\"'])?"
    rf"[ \t]*(?P<by>=>|:=|={{1,3}}|:|>|,[ \t]*\\?[\"']value\\?[\"'][ \t]*:|(?<=[ \t]))[ \t]*"
    rf"(?:(?P<quote>\\?[\"'])(?P<quoted>(?:(?!(?P=quote))(?:\\.|[^\n])){{0,{_LONGEST}}})"
    rf"|(?P<scheme>(?:basic|bearer|digest|token|apikey|negotiate)[ ]+)?(?P<bare>[^\s\"'&;,<>()\[\]{{}}][^\s\"'&;,<>]{{0,{_LONGEST}}}))",
    re.IGNORECASE,
)
_PASSWORD = re.compile(rf"(?:pass(?:word|wd|phrase|code)|contrase[nñ]a|비밀번호|패스워드|암호|(?:^|[_.-])pwd){_SUFFIX}$")
_COUNTER = re.compile(rf"(?:^|[_.-])pass{_SUFFIX}$")
_MACHINE_MADE = re.compile(rf"(?:{_WORDS}){_SUFFIX}$")
_PART_OF_A_WORD = re.compile(rf"[a-z](?:pass|pwd){_SUFFIX}$")
"""``compass``, ``oldpwd``."""

_STATES = (
    r"(?:un|re|in|mis)?(?:accept|authorize|change|check|clear|confirm|correct|creat|delet|disabl|enabl|encrypt|expir|fail|filter|found|"
    r"generat|given|hash|hidden|ignor|issu|load|mask|match|miss|omit|present|protect|provid|receiv|redact|refresh|reject|remov|renew|"
    r"requir|reset|revok|rotat|sanitiz|saved?|sensitive|sent|set|skip|stor|suppl|updat|used?|valid(?:at)?|verif)"
    r"(?:e|ed|s|es|ing|ied|y|d|ped|ted)?"
    r"|denied|wrong|weak|strong|ok|absent|empty|blank|unknown|optional|error|failure|succe(?:ss|eded)|unauthorized|forbidden|string|str"
    r"|(?:없음|누락|만료|변경|오류|불일치|일치|필수|초기화|재설정|설정|미설정|확인|성공|실패|입력|비공개|갱신|삭제)(?:됨|함|완료|필요)?"
)
_NOTHING = re.compile(
    rf"(?:(?:basic|bearer|digest|token|apikey)\s+)?(?:"
    rf"[\W_]*(?:{_STATES}|null|nil|none|undefined|true|false|yes|no|not|n/a|void|x{{3,}})[\W_]*"
    r"|[\W_]*|\*{3,}[\w-]{0,4}|<[^<>]*>|\{[^{}]*\}|\[[A-Z ]+\]|\$\{.*|\$[A-Z_]+|\$\d+|%\(?\w*\)?s|arn:aws\S*)",
    re.IGNORECASE,
)
"""What says that there is no value, how it is, or where it would stand: a mask, a placeholder, an ARN."""
_PROSE = re.compile(
    rf"(?:{_STATES}|no|not|none|is|was|are|has|have|had|must|should|shall|may|can|cannot|can't|does|doesn't|do|did|need|needs|field|please"
    r"|the|this|that|your|a|an|at|too|for|from|by|with|in|on|minimum|only|value)\s",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?P<digits>\d+)|\d[\d.,:/-]*(?:%|[kmg]?b|[mµun]?s|min|h|d|k)?", re.IGNORECASE)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:T[\d:.,]+(?:Z|[+-][\d:]+)?)?")
_REFERENCE = re.compile(rf"[A-Za-z_]+(?:\.[A-Za-z_]+)*[(\[].*|(?:[A-Za-z_]\w*\.)+\w*(?:{_WORDS})\W*", re.IGNORECASE)
"""Code, as a traceback shows it: ``settings.db_password``, ``os.environ[``."""
_PARAMETER = re.compile(r"[a-z_]+=")
"""``WWW-Authenticate: Bearer realm="api"``: what a server asks for."""
_ENDS = re.compile(r"[.,;:)\]}]*(?:\s*$|\s*[,;|)\]}\"'<\n]|\s+--?\w|\s+[\w.-]+\s?[:=])")
"""After a word that is all that is said."""
_MIXED = re.compile(r"(?=.*[A-Za-z])(?=.*[\d!@#$%^&*+=~?])\S{4,}")
_JUMBLED = re.compile(r"(?=\S*[a-z][A-Z])(?=\S*[A-Z][a-z])\S{8}")
_PATH = re.compile(r"[a-z0-9_.-]+(?:/[a-z0-9_.-]+)+|\w+://[^\s@]*")
"""``secret: triflow-ai-production/database-a1b2c3`` names one."""
_COOKIES, _COOKIE = re.compile(r"[^\n\"']*"), re.compile(r"[\w.-]=[^;,\s\"'*]{6}")


def named_secrets(text: str) -> Iterator[tuple[int, int]]:
    """Where the values begin and end that stand behind the name of a secret, in their order.

    >>> [text[start:end] for text in ("--password hunter2", "pass=12 fail=0", '{"pwd":"x1y2"}') for start, end in named_secrets(text)]
    ['hunter2', 'x1y2']
    """
    if not _MENTIONED.search(text):  # nearly all
        return
    begin = 0
    while match := _NAMED.search(text, begin):
        span = _secret(text, match)
        if span:
            yield span
        begin = span[1] if span else match.end("by")


def is_secret_of(name: str, value: str) -> bool:
    """Whether a value is a secret where it stands under this name, as in JSON.

    >>> is_secret_of("pwd", "x1y2"), is_secret_of("password", "must be longer"), is_secret_of("token", "expired")
    (True, False, False)
    """
    kind = kind_of(name)
    return kind is not None and _is_assigned(kind, name, value, is_quoted=True)


def kind_of(name: str) -> str | None:
    """What a name promises; None for one that promises no secret.

    >>> [kind_of(name) for name in ("PGPASSWORD", "x-api-key", "--pass", "prompt_tokens", "token_count", "nextToken", "bypass")]
    ['password', 'other', 'counter', None, None, None, None]
    """
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("-")
    if HARMLESS_NAMES.fullmatch(snake) or _PART_OF_A_WORD.search(snake):
        return None
    if _PASSWORD.search(snake):
        return PASSWORD
    if _COUNTER.search(snake):
        return COUNTER
    return OTHER if _MACHINE_MADE.search(snake) or is_secret_name(name) else None


def is_no_value(value: str) -> bool:
    """Whether what stands in the place of a secret says that there is none, or is a mask or a placeholder for one.

    >>> [is_no_value(value) for value in ("***", "[FILTERED]", "null", "expired", "${DB_PASSWORD}", "letmein")]
    [True, True, True, True, True, False]
    """
    return bool(_NOTHING.fullmatch(value))


def _secret(text: str, match: re.Match[str]) -> tuple[int, int] | None:
    """The span of a match's value, if that is a secret."""
    name, by, quoted = match["name"], match["by"], match["quoted"]
    kind = kind_of(name)
    if kind is None:
        return None
    is_option = not by and (name.startswith("--") or name.lower() == "bearer")
    if by == ">":
        is_one = text[match.start() - 1 : match.start()] == "<" and quoted is None and _is_assigned(kind, name, match["bare"])
    elif quoted is not None:
        is_shown = bool(by) or is_option or (kind == PASSWORD and len(quoted) > 3 and not re.search(r"\s", quoted))
        is_one = is_shown and _is_assigned(kind, name, quoted, is_quoted=True)
    elif name.lower().endswith("cookie") and by in ("=", ":"):
        cookies = _COOKIES.match(text, match.start("bare"))
        return cookies.span() if cookies and _COOKIE.search(cookies[0]) else None
    elif (by == ":" and not match["close"]) or is_option:
        bare, rest = match["bare"], text[match.end("bare") : match.end("bare") + _TELLING]
        has_scheme = bool(match["scheme"]) or name.lower() == "bearer"
        is_one = _is_said(kind, name, bare, rest) or (has_scheme and bool(_JUMBLED.match(bare)))
    else:
        is_one = bool(by) and _is_assigned(kind, name, match["bare"])
    return match.span("bare" if quoted is None else "quoted") if is_one else None


def _is_assigned(kind: str, name: str, value: str, *, is_quoted: bool = False) -> bool:
    """Whether a value that is assigned to a name is a secret. A number is one only if it is long, and never what counts."""
    value = value[:_TELLING]
    if is_no_value(value) or (is_quoted and _PROSE.match(value)):
        return False
    if name.lower().endswith("pwd") and value.startswith(("/", "~", ".")):
        return False
    if number := _NUMBER.fullmatch(value):
        return len(number["digits"] or "") >= {PASSWORD: 4, OTHER: 6, COUNTER: 99}[kind]
    if kind == COUNTER:
        return len(value) > 3 if is_quoted else bool(_MIXED.fullmatch(value))
    return is_quoted or not _REFERENCE.fullmatch(value)


def _is_said(kind: str, name: str, value: str, rest: str) -> bool:
    """Whether a word after a colon or an option is a secret; ``rest`` is what follows it."""
    value, rest = value[:_TELLING], value[_TELLING:] + rest
    word = value.rstrip(".,;:)]}")
    is_all = bool(_ENDS.match(value[len(word) :] + rest))
    if value.endswith(":") or _MOMENT.fullmatch(word) or _PARAMETER.fullmatch(word) or not _is_assigned(kind, name, word):
        return False
    if _NUMBER.fullmatch(word):
        return is_all
    if _MIXED.fullmatch(word):
        return kind == PASSWORD or not _PATH.fullmatch(word)
    if kind == PASSWORD:
        return is_all and word.isascii() and len(word) > 3
    return kind == OTHER and is_all and len(word) > 19 and word.isalnum()
