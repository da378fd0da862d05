"""Judgement of a value whose name has promised a secret: it says that there is none, stands for one, only names one, or is one."""

import base64
import binascii
import re

from stackproof.redaction.names import Promise, promise_of, words_of

HIDDEN = "(redacted)"
"""What stands in the place of a secret."""

TELLING = 200
"""Characters of a value that are judged."""

_STATES = (
    r"(?:un|re|in|mis)?(?:accept|authorize|change|check|clear|confirm|correct|creat|delet|disabl|enabl|encrypt|expir|fail|filter|found|"
    r"generat|given|hash|hidden|ignor|issu|load|mask|match|miss|omit|present|protect|provid|receiv|redact|refresh|reject|remov|renew|"
    r"requir|reset|revok|rotat|sanitiz|saved?|sensitive|sent|set|skip|stor|suppl|updat|used?|valid(?:at)?|verif)"
    r"(?:e|ed|s|es|ing|ied|y|d|ped|ted)?"
    r"|denied|wrong|weak|strong|ok|absent|empty|blank|unknown|optional|error|failure|succe(?:ss|eded)|unauthorized|forbidden|string|str"
    r"|known after apply|sensitive value"
    r"|(?:없음|누락|만료|변경|오류|불일치|일치|필수|초기화|재설정|설정|미설정|확인|성공|실패|입력|비공개|갱신|삭제)(?:됨|함|완료|필요)?"
)
_SAYS_NONE = re.compile(
    rf"(?:{_STATES}|null|nil|none|undefined|true|false|[tfyn]|yes|no|on|off|not|n/a|void|default|auto|inherit|preferred|"
    r"always|never|strict|only|both|all|any|other|manual|automatic|supported|unsupported|allowed|blocked)",
    re.IGNORECASE,
)
_MASK = re.compile(r"[*•.#?_-]*+|x{3,}|\*{3,}[\w-]{0,4}|\[[A-Z ]+\]|\(redacted[a-z, -]{0,60}\)", re.IGNORECASE)
"""A mask that other programs write in the place of a secret."""
_PLACEHOLDER = re.compile(
    r"\$\{[^{}]*+(?>(?:\{[^{}]*+\}[^{}]*+)*)\}|\{\{[^{}]*+\}\}|\$\([^()]*+\)|`[^`]*+`|<%[^<>]*+%>|#\{[^{}]*+\}|%\{[^{}]*+\}|%[A-Za-z_]\w{1,60}%|%\(\w{1,60}\)s"
)
"""What a program replaces: wherever it stands in a value, the rest is what is written there."""
_WHOLE = re.compile(
    r"\$(?:[A-Z_][A-Z0-9_]*|[a-z]+(?:_[a-z0-9]+)+|\d+)|%s|\?|:[a-z_]{2,40}|@[A-Z_]{2,40}@|__\w+__|![A-Z]\w+"
    r"|<[/|!]?[A-Za-z][\w ./|:'-]{0,80}>|\{(?:[A-Za-z_]+(?:\.[A-Za-z_]+)*|\d?)(?:![rsa])?\}"
)
"""What stands for a value only where it is all of it: `<your-password>`, `$DB_PASSWORD`, `</s>`."""
_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:\d{0,12}:\S+")
_PROSE = re.compile(
    rf"(?:{_STATES}|no|not|none|is|was|are|has|have|had|must|should|shall|may|can|cannot|can't|does|doesn't|do|did|need|needs|field|please"
    r"|the|this|that|your|a|an|at|too|for|from|by|with|in|on|minimum|only|value)\s",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"-?(?P<digits>\d++)(?:\.0)?|-?\d[\d.,:/-]*+(?:%|[kmg]?b|[mµun]?s|min|h|d|k)?", re.IGNORECASE)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.,]++(?:Z|[+-][\d:]+)?)?")
_CODE = re.compile(
    r"[A-Za-z_]+(?>(?:\.[A-Za-z_]+)*)(?:\([\w.,'\"=\[\]() :-]*+|\[[\"'\w][\w.,'\"\[\]() -]*+)|(?>(?:[A-Za-z_]\w*+\.)+)[A-Za-z_]\w*+"
)
"""Code, as a traceback or a source shows it: ``settings.db_password``, ``os.environ[``."""
_FILE = re.compile(r"(?:file:(?://)?)?(?:[A-Za-z]:[\\/]|~?/|\.{1,2}/)(?>(?:[\w.@ -]++|[/\\])*)")
_RELATIVE = re.compile(r"[a-z0-9_.-]++(?>(?:/[a-z0-9_.-]++)+)/?")
"""``triflow-ai-production/database`` names a secret, or an object."""
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*+://[^\s@]*+")
_ALIAS = re.compile(r"alias/[\w/-]++|mrk-[0-9a-f]{32}|(?:projects|vaults?|secrets?|kv|ssm|parameter)[:/][\w./:#-]++")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_USER_AND_PASSWORD = re.compile(r"[\w.@+-]{1,64}:(?!//)\S{3,}")
_URL_WITH_KEY = re.compile(r"[a-z][a-z0-9+.-]*+://[0-9a-fA-F]{16,}(?::[^@\s]*)?@\S+")
_SHORTEST_NUMBER = {Promise.PASSWORD: 4, Promise.KEY: 6, Promise.LIKELY: 32, Promise.COUNTER: 99}
"""Digits of a number that may be a secret."""


_KINDS_OF_AUTHORIZATION = ("AWS_IAM", "COGNITO_USER_POOLS", "CUSTOM", "JWT", "NONE")
"""What a method of an API asks for: ``authorization = "AWS_IAM"`` (Amazon API Gateway)."""


def is_secret(name: str, value: str) -> bool:
    """True if a value is a secret that stands under this name by itself, as a variable or a member of JSON does.

    >>> is_secret("DB_PASSWORD", "hunter2"), is_secret("password", "must be longer"), is_secret("token", "expired")
    (True, False, False)
    >>> is_secret("REDISCLI_AUTH", "Qw7eR5pZx2"), is_secret("SMTP_AUTH", "plain"), is_secret("BASIC_AUTH", "ops:hunter2")
    (True, False, True)
    >>> is_secret("authorization", "AWS_IAM"), is_secret("authorization", "Qw7eR5pZx2")
    (False, True)
    """
    promise = promise_of(name)
    return promise is not None and is_assigned(promise, name, value, is_whole=True)


def is_assigned(promise: Promise, name: str, value: str, *, is_whole: bool) -> bool:
    """True if a value that is assigned to a name is a secret; `is_whole` where nothing but the value can be in it (JSON)."""
    value = value[:TELLING]
    if says_nothing(value) or (is_whole and _PROSE.match(value)):
        return False
    if value.isupper() and value.isidentifier() and words_of(value) == words_of(name):  # access_token=ACCESS_TOKEN
        return False
    if name.lower().endswith("authorization") and value in _KINDS_OF_AUTHORIZATION:
        return False
    if promise is not Promise.PASSWORD and value in words_of(name):  # SESSION_KEY=session
        return False
    if number := _NUMBER.fullmatch(value):
        digits = number["digits"] or ""
        return len(digits) >= _SHORTEST_NUMBER[promise] and not (promise is not Promise.PASSWORD and _is_a_quantity(digits))
    if promise is Promise.COUNTER:
        return len(value) > 3 if is_whole else is_mixed(value)
    if name.lower().endswith("pwd") and value.startswith(("/", "~", ".")):
        return False
    if _names_one(promise, value) or (promise is not Promise.PASSWORD and is_plain_address(value) and "hook" not in name.lower()):
        return False
    if promise is Promise.LIKELY:
        return looks_made(value)
    if promise is Promise.KEY and _MOMENT.fullmatch(value):
        return False
    is_code = _CODE.fullmatch(value) and not is_jumbled(value.partition("(")[2])
    return is_whole or not is_code


def says_nothing(value: str) -> bool:
    """True if the text in the place of a secret says that there is none, says how it is, or is a mask or a placeholder.

    Only a whole placeholder stands for one.

    >>> [says_nothing(value) for value in ("***", "[FILTERED]", "null", "expired", "${DB_PASSWORD}", "<your-password>", "</s>")]
    [True, True, True, True, True, True, True]
    >>> [says_nothing(value) for value in ("letmein", "Qw7{eR5pZx2}Lm9k", "$Tr0ub4dor", "***abc9def", "${user}Qw7eR5p", "<aB3kd9X7>")]
    [False, False, False, False, False, False]
    """
    value = value[:TELLING].strip()
    scheme, _, rest = value.partition(" ")
    if rest and scheme.lower() in ("basic", "bearer", "digest", "token", "apikey"):
        value = rest.strip()
    if (
        _MASK.fullmatch(value)
        or _MASK.fullmatch(value.strip("[](){}"))
        or _ARN.fullmatch(value)
        or (_WHOLE.fullmatch(value) and not is_jumbled(value))
    ):
        return True
    written = _PLACEHOLDER.sub(lambda slot: slot[0] if slot[0][:2] in ("$(", "`") and is_jumbled(slot[0]) else "", value)
    if written != value:
        return not re.search(r"[^\W_]", written) or (not is_mixed(written) and len(written) < len(value) - len(written) + 9)
    return bool(_SAYS_NONE.fullmatch(value.strip("\t !\"'()*,-./:;[]_")))


def looks_made(value: str) -> bool:
    """True if a value looks as if a machine had made it, or holds a password beside a user.

    >>> [looks_made(value) for value in ("Qw7eR5pZx2", "0123456789abcdef", "admin:hunter2", "dXNlcjpodW50ZXIy")]
    [True, True, True, True]
    >>> [looks_made(value) for value in ("oauth2", "user_profile", "none", "TenantId", "550e8400-e29b-41d4-a716-446655440000")]
    [False, False, False, False, False]
    """
    if _URL_WITH_KEY.fullmatch(value):
        return True
    if re.search(r"\s", value) or _UUID.fullmatch(value) or "://" in value:
        return False
    if _USER_AND_PASSWORD.fullmatch(value) or _is_encoded_pair(value):
        return True
    if len(value) < 8 or not is_mixed(value):
        return False
    parts = re.split(r"[_.:/-]", value)
    longest = max(parts, key=len)
    return len(longest) >= 8 and bool(re.search(r"\d", longest)) and not re.fullmatch(r"[a-z]+\d{1,4}|[A-Z]+\d{1,4}|\d+", longest)


def is_mixed(value: str) -> bool:
    """True if letters stand beside digits or symbols, as in most passwords.

    >>> is_mixed("hunter2"), is_mixed("a!bcd"), is_mixed("letmein"), is_mixed("a-b-c")
    (True, True, False, False)
    """
    few = value[:TELLING]
    return (
        len(few) > 3
        and not re.search(r"\s", few)
        and bool(re.search(r"[^\W\d_]", few))
        and bool(re.search(r"[\d!@#$%^&*+=~?{}<>|;\\`]", few))
    )


def is_jumbled(value: str) -> bool:
    """True if a text has capitals, small letters and digits, as nearly all that is made of random letters."""
    few = value[:TELLING]
    return bool(re.search(r"[a-z]", few) and re.search(r"[A-Z]", few) and re.search(r"\d", few))


def _is_a_quantity(digits: str) -> bool:
    """Whether a number is rather seconds, bytes or a limit than a key: whole minutes, whole thousands, a power of two."""
    number = int(digits[:30])
    return len(digits) < 30 and (number % 60 == 0 or number % 1000 == 0 or number & (number - 1) == 0)


def _names_one(promise: Promise, value: str) -> bool:
    """Whether a value says where a secret is."""
    if _FILE.fullmatch(value) and not any(len(part) > 11 and is_jumbled(part) for part in re.split(r"[/\\]", value)):
        return True
    if _ALIAS.fullmatch(value) and not is_jumbled(value):
        return True
    if promise is Promise.PASSWORD:
        return False
    return bool(_RELATIVE.fullmatch(value)) and not re.fullmatch(r"[0-9a-f/]+", value)


def is_plain_address(value: str) -> bool:
    """True if a value is a URL that tells nothing but a place: no user, no password, no query.

    >>> is_plain_address("https://db.example.com:5432/x"), is_plain_address("https://example.com/?sig=1"), is_plain_address("a://u:p@h")
    (True, False, False)
    """
    return bool(_ADDRESS.fullmatch(value)) and "?" not in value


def _is_encoded_pair(value: str) -> bool:
    """Whether a value is ``user:password`` in base64, as in a Docker configuration and in basic authentication."""
    if len(value) < 8 or len(value) % 4 or not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", value):
        return False
    try:
        return bool(_USER_AND_PASSWORD.fullmatch(base64.b64decode(value, validate=True).decode()))
    except (binascii.Error, UnicodeDecodeError):
        return False
