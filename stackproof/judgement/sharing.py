"""With whom something is shared."""

from collections.abc import Collection

from stackproof.core.partial import judges_what_is_known


@judges_what_is_known
def undeclared(shared_with: Collection[str], declared: Collection[str]) -> list[str]:
    """The accounts, organizations and groups (``all``: everyone) that something is shared with and that are not declared.

    >>> undeclared(["all", "210987654321"], ["210987654321"])
    ['all']
    """
    return [one for one in shared_with if one not in declared]
