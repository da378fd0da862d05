"""The base of every table of a profile, and the kinds of text that several tables hold."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from stackproof.util.patterns import Expression


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def __repr__(self) -> str:
        """The name of the table alone, so that the message of a failed assertion does not print whole tables."""
        return f"<{type(self).__name__}>"


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    if _REPEATS_A_GROUP.search(pattern):  # what may not end; to try it takes a library that few profiles need
        Expression(pattern)
    return pattern


_REPEATS_A_GROUP = re.compile(r"\)[*+{]|\\[1-9]")


Pattern = Annotated[str, AfterValidator(_compiles)]


OF_THIS_ACCOUNT = r"root|(user|role|saml-provider|oidc-provider)/\S+"


def _is_principal(name: str) -> str:
    if not re.fullmatch(rf"{OF_THIS_ACCOUNT}|\d{{12}}|arn:aws[a-z-]*:(iam|sts)::\d{{12}}:\S+|[a-z0-9-]+(\.[a-z0-9-]+)+", name):
        raise ValueError(
            "is no principal: root, user/NAME, role/NAME, saml-provider/NAME or oidc-provider/NAME of this account (* in NAME is "
            "anything), or another account's number, an ARN, or the name of a service (lambda.amazonaws.com)"
        )
    return name


Principal = Annotated[str, AfterValidator(_is_principal)]


def _is_role_elsewhere(arn: str) -> str:
    if not re.fullmatch(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+", arn):
        raise ValueError("is no role of a certain account: arn:aws:iam::210987654321:role/NAME (* in NAME is anything)")
    return arn


RoleElsewhere = Annotated[str, AfterValidator(_is_role_elsewhere)]


Version = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)*$")]
"""Dotted numbers: this one or newer."""
