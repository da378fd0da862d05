"""The promise of a name about its value: `DB_PASSWORD` promises a password, `GITHUB_TOKEN` a key, `SORT_KEY` nothing.

A name is read word by word, in CamelCase, snake_case and kebab-case alike. Its last word counts, without what only numbers it or says
which of several it is (``DB_PASSWORD_2``, ``apiKeyValue``): ``SECRET_NAME`` names a secret and holds none.
"""

import re
from enum import StrEnum
from functools import lru_cache

from stackproof.redaction.spelling import spelled
from stackproof.util import toml_document

LONGEST_NAME = 200
"""Characters of a name that are read, from its end."""


class Promise(StrEnum):
    """The promise of a name about its value: the kind of secret that it is, or may be."""

    PASSWORD = "password"
    """Words are passwords, too."""
    KEY = "key"
    """A token, a key, a secret: nearly always made by a machine."""
    LIKELY = "likely"
    """A key only if the value looks like one: ``REDISCLI_AUTH``, ``STRIPE_KEY``."""
    COUNTER = "counter"
    """``pass`` counts tests more often than it opens doors."""


_WORDS: dict[str, frozenset[str]] = {
    group: frozenset(words) for group, words in toml_document.packaged("stackproof.redaction", "secret_names.toml").items()
}
_ONE_WORD = re.compile(
    r"(?:[a-z0-9]*?(?:password|passwd|passphrase|passcode)|[a-z0-9]*?(?:apikey|secretkey|accesskey|privatekey|authtoken|accesstoken|apitoken))s?"
    r"|(?:admin|amqp|app|auth|db|ftp|git|http|imap|jdbc|ldap|mail|maria|mongo|mq|ms|my|mysql|oracle|pg|postgres|psql|rabbit|rabbitmq|rds"
    r"|redis|root|smtp|sql|ssh|svc|sys|user|usr|vnc|wifi|proxy|store|keystore|truststore|web)(?:pass|pwd|pw)"
)
"""Words that are written together: ``PGPASSWORD``, ``DBPASS``, ``myapikey``."""


_NOUN = re.compile(r"(?<=[가-힣]{2})[은는이가]\Z")
"""A Korean noun without the particle behind it."""


@lru_cache(maxsize=8192)
def promise_of(name: str) -> Promise | None:
    """The promise of a name; None for one that promises no secret.

    >>> [promise_of(name) for name in ("PGPASSWORD", "DB_PW", "DBPASS", "x-api-key", "MasterUserPassword", "DB_PASSWORD_2", "apiKeyValue")]
    ... # doctest: +NORMALIZE_WHITESPACE
    [<Promise.PASSWORD: 'password'>, <Promise.PASSWORD: 'password'>, <Promise.PASSWORD: 'password'>, <Promise.KEY: 'key'>,
     <Promise.PASSWORD: 'password'>, <Promise.PASSWORD: 'password'>, <Promise.KEY: 'key'>]
    >>> [promise_of(name) for name in ("nextToken", "token_count", "SECRET_ARN", "SORT_KEY", "bypass", "PasswordLastUsed", "EOS_TOKEN")]
    [None, None, None, None, None, None, None]
    >>> promise_of("p%61ssword"), promise_of("n%61me")
    (<Promise.PASSWORD: 'password'>, None)
    >>> promise_of("--pass"), promise_of("REDISCLI_AUTH"), promise_of("AIRFLOW__CORE__FERNET_KEY")
    (<Promise.COUNTER: 'counter'>, <Promise.LIKELY: 'likely'>, <Promise.KEY: 'key'>)
    """
    plain = spelled(name[-LONGEST_NAME:])
    words = words_of(plain.text if plain else name)
    while len(words) > 1 and _is_after_the_last(words):
        words.pop()
    if not words:
        return None
    last, before = _NOUN.sub("", words[-1]), words[-2] if len(words) > 1 else ""
    if last in ("url", "uri") and before == "webhook":
        last, before = "webhook", ""
    if last in _WORDS["passwords"]:
        return None if (before, last) == ("old", "pwd") else Promise.PASSWORD
    if last == "pass":
        return Promise.PASSWORD if _ONE_WORD.fullmatch(f"{before}pass") else Promise.COUNTER
    if last == "token" and (before in _WORDS["no_token"] or (before == "client" and len(words) == 2)):
        return None
    if (before, last) == ("identified", "by"):
        return Promise.PASSWORD
    if last in ("secrets", "credentials", "creds") and not before:
        return Promise.LIKELY
    if last in _WORDS["keys"] or (before, last) == ("user", "data"):
        return Promise.KEY
    if last == "string" and before in ("connection", "conn", "secret"):
        return Promise.KEY
    if last == "binary" and before == "secret":
        return Promise.KEY
    if last in ("key", "keys"):
        return _of_a_key(before)
    if last in _WORDS["likely"]:
        return Promise.LIKELY
    match = _ONE_WORD.fullmatch(last)
    if not match or last == "oldpwd":
        return None
    return Promise.KEY if last.rstrip("s").endswith(("key", "token")) else Promise.PASSWORD


def words_of(name: str) -> list[str]:
    """The words of a name, in small letters.

    >>> words_of("MasterUserPassword"), words_of("--x-api-key"), words_of("AIRFLOW__FERNET_KEY"), words_of("dbPassword2")
    (['master', 'user', 'password'], ['x', 'api', 'key'], ['airflow', 'fernet', 'key'], ['db', 'password', '2'])
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Za-z])(?=\d+$)", "_", name[-LONGEST_NAME:])
    return [word for word in re.split(r"[\W_]", parted.lower()) if word]


def _is_after_the_last(words: list[str]) -> bool:
    last = words[-1]
    if re.fullmatch(r"v?\d{1,3}", last):
        return True
    if last in ("string", "binary"):
        return words[-2] in ("password", "token")
    return last in _WORDS["says_which"] and (
        words[-2] in _WORDS["passwords"] | _WORDS["keys"] | {"key", "pass"} or bool(_ONE_WORD.fullmatch(words[-2]))
    )


def _of_a_key(before: str) -> Promise | None:
    if before in _WORDS["opens"]:
        return Promise.KEY
    if not before or before in _WORDS["opens_nothing"]:
        return None
    return Promise.LIKELY
