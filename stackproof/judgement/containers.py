"""How far a container is confined."""


def is_root(user: str | None) -> bool:
    """True if a container may run as root, by the user in its definition: ``uid``, ``uid:gid``, or names.

    One that says nothing runs as whatever its image says, which a definition cannot tell: it counts as root. A name that is not root's
    may still have root's number in the image.

    >>> [is_root(user) for user in ("1000:1000", "app", "0", "root:app", "00:1000", "", None)]
    [False, False, True, True, True, True, True]
    """
    name = (user or "").partition(":")[0].strip()
    return name in ("", "root") or (name.isdigit() and int(name) == 0)
