"""Judgements of a policy for an account that nobody has declared: what holds whichever account it is, holds."""

import functools
import re
from collections.abc import Callable, Iterable
from typing import Any

from stackproof.core.partial import collected, parts
from stackproof.core.verdicts import NotDeclared
from stackproof.judgement.access import Document

_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")
_NOBODYS = "000000000000"
"""AWS numbers no account so: it stands for every account that a document does not name."""


def whichever_account(problems: Callable[..., Any]) -> Callable[..., Any]:
    """Let a judgement of a document list the problems for an account that is not told, which is an empty one.

    The document is judged for every account that it names, and for another. Problems that all of these have are problems; where the
    answers differ, the rest raises `NotDeclared`, so that a known wrong is not hidden behind an expectation that is missing.

    >>> @whichever_account
    ... def strangers(document, account):
    ...     return [one for one in document["Principal"] if one != account]
    >>> strangers({"Principal": ["*", "123456789012"]}, "123456789012"), strangers({"Principal": ["*"]}, "")
    (['*'], ['*'])
    >>> strangers({"Principal": ["*", "123456789012"]}, "")  # doctest: -ELLIPSIS
    [*, ...]
    """

    @functools.wraps(problems)
    def judge(document: Document | Iterable[str], account: str, **more: Any) -> Any:
        if account:
            return problems(document, account, **more)
        named = sorted({*_ACCOUNT.findall(repr(document)), _NOBODYS})
        answers = {one: parts(problems(document, one, **more)) for one in named}
        found = [[problem.replace(one, "of its own") for problem in known] for one, (known, _) in answers.items()]
        common = [problem for problem in found[0] if all(problem in others for others in found)]
        rest = answers[_NOBODYS][1]
        if any(others != common for others in found):
            rest = [
                *rest,
                NotDeclared(
                    "[account] id is not declared (the number of the AWS account): nothing to judge by", needs=("account.id",)
                ),
            ]
        return collected(common, rest) if rest else common

    return judge
