"""The process of a run ends with a run: who ends it in the middle with exit status 0 would call green what was not judged."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

STATUS = 4
_MODULES = tuple(sys.modules[name] for name in ("os", "posix", "nt") if name in sys.modules)
_REPLACING = ("execv", "execve")
"""What all functions of ``os`` that replace the program of a process come to."""


@contextmanager
def held() -> Iterator[None]:
    """Until the block ends, this process (no child of it) ends with exit status 4 where it would end with 0, or become another program."""
    process, end = os.getpid(), os._exit

    def ended(status: int) -> NoReturn:
        if os.getpid() == process and not status:
            os.write(2, _said("_exit"))
            status = STATUS
        end(status)

    def kept(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def replaced(*arguments: Any, **named: Any) -> Any:
            if os.getpid() != process:
                return original(*arguments, **named)
            os.write(2, _said(name))
            return end(STATUS)

        return replaced

    originals = [(module, name, getattr(module, name)) for module in _MODULES for name in ("_exit", *_REPLACING)]
    for module, name, original in originals:
        setattr(module, name, ended if name == "_exit" else kept(name, original))
    try:
        yield
    finally:
        for module, name, original in originals:
            setattr(module, name, original)


def _said(name: str) -> bytes:
    said = f"The process of this run was ended in the middle (os.{name}): nothing that it judged counts, so it ends with exit status 4."
    return f"{said}\n".encode()
