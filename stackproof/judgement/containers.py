"""How far a container is confined, and what keeps it as it was tried."""

from stackproof.core.verdicts import CouldNotVerify
from stackproof.judgement.images import image_name

CURRENT = "1.4.0"
"""The newest platform version of Fargate for Linux (Amazon ECS Developer Guide, "Fargate platform versions")."""
OLDER = ("1.0.0", "1.1.0", "1.2.0", "1.3.0")
OF_WINDOWS = "1.0.0"
"""The only one that Fargate has for Windows."""


def is_root(user: str | None) -> bool:
    """True if a container may run as root, by the user in its definition: ``uid``, ``uid:gid``, or names.

    One that says nothing runs as whatever its image says, which a definition cannot tell: it counts as root. A name that is not root's
    may still have root's number in the image.

    >>> [is_root(user) for user in ("1000:1000", "app", "0", "root:app", "00:1000", "", None)]
    [False, False, True, True, True, True, True]
    """
    name = (user or "").partition(":")[0].strip()
    return name in ("", "root") or (name.isdigit() and int(name) == 0)


def is_current_platform(version: str, *, windows: bool) -> bool:
    """True for the newest platform version of Fargate, or ``LATEST``. Raises `CouldNotVerify` for one that nobody knows here.

    >>> [is_current_platform(version, windows=False) for version in ("LATEST", "1.4.0", "1.3.0", "1.0.0")]
    [True, True, False, False]
    >>> is_current_platform("1.0.0", windows=True)
    True
    >>> is_current_platform("1.5.0", windows=False)
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: platform version 1.5.0 of Fargate is not known here; the newest known one is 1.4.0
    """
    if version in ("LATEST", OF_WINDOWS if windows else CURRENT):
        return True
    if not windows and version in OLDER:
        return False
    raise CouldNotVerify(f"platform version {version} of Fargate is not known here; the newest known one is {CURRENT}")


def names_a_version(image: str) -> bool:
    """True if an image reference has a digest, or a tag other than ``latest``.

    >>> [names_a_version(image) for image in ("app:v1.2.3", "app@sha256:" + "0" * 64, "app:latest", "app")]
    [True, True, False, False]
    """
    name = image_name(image)
    return bool(name.digest) or name.tag != "latest"


def has_digest(image: str) -> bool:
    """True if an image reference has a digest: it is the same image as long as it exists.

    >>> has_digest("app@sha256:" + "0" * 64), has_digest("app:v1.2.3")
    (True, False)
    """
    return bool(image_name(image).digest)


LOG_MODES = ("blocking", "non-blocking")
"""Ways of a log driver to hand on what a container logs."""


def never_waits_for_its_log(mode: str | None) -> bool:
    """True if a container goes on while what it logs cannot be handed on. Raises `CouldNotVerify` for a mode that nobody knows.

    Without a mode the account's setting ``defaultLogDriverMode`` decides, which no task definition tells: that is no.

    >>> never_waits_for_its_log("non-blocking"), never_waits_for_its_log("blocking"), never_waits_for_its_log(None)
    (True, False, False)
    >>> never_waits_for_its_log("fast")
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: log mode fast is not known here; there are blocking, non-blocking
    """
    if mode not in (*LOG_MODES, None):
        raise CouldNotVerify(f"log mode {mode} is not known here; there are {', '.join(LOG_MODES)}")
    return mode == "non-blocking"
