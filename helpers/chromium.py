"""A headless Chromium that tests drive by its own protocol over two pipes: pages, keys as a person presses them, pictures, and paper.

https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import json
import os
import select
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
TIMEOUT = 60.0
"""Seconds that one answer may take."""

_KEYS = {
    "Tab": ("Tab", 9, ""),
    "Enter": ("Enter", 13, "\r"),
    "Escape": ("Escape", 27, ""),
    "Space": (" ", 32, " "),
    "ArrowDown": ("ArrowDown", 40, ""),
    "ArrowRight": ("ArrowRight", 39, ""),
}
"""By the code of a key: its name, its number, and what it writes."""
_SHIFT = 8
_REFUSED = "window.refused = []; addEventListener('securitypolicyviolation', (event) => refused.push(event.effectiveDirective))"
"""Remembers what the page's policy refuses."""


class Browser:
    """A process of Chromium, for several pages one after another; a context manager."""

    def __init__(self, directory: Path) -> None:
        """``directory`` is for what Chromium keeps of a user."""
        (its_input, self._writes), (self._reads, its_output) = os.pipe(), os.pipe()
        command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={directory}", "--remote-debugging-pipe"]
        redirected = f'exec "$@" 3<&{its_input} 4>&{its_output}'
        self._process = subprocess.Popen(
            ["bash", "-c", redirected, "bash", *command],
            pass_fds=(its_input, its_output),
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        os.close(its_input)
        os.close(its_output)
        self._number, self._unread = 0, b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(TIMEOUT)
        os.close(self._writes)
        os.close(self._reads)

    def ask(self, method: str, session: str = "", **parameters: Any) -> Any:
        """The result of a method."""
        self._number += 1
        asked = {"id": self._number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self._writes, json.dumps(asked).encode() + b"\0")
        answer = self._next("id", self._number)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def _next(self, key: str, value: object) -> Any:
        """The next message of which a member has a value; those before it are not looked at."""
        while True:
            while b"\0" not in self._unread:
                assert select.select([self._reads], [], [], TIMEOUT)[0], "Chromium does not answer"
                received = os.read(self._reads, 1 << 20)
                assert received, "Chromium has ended"
                self._unread += received
            text, _, self._unread = self._unread.partition(b"\0")
            if (message := json.loads(text)).get(key) == value:
                return message

    def open(self, url: str, *, width: int = 1280, height: int = 900, dark: bool = False) -> "Page":
        """A page that has loaded, as wide as this; one of up to 720 pixels is a phone's."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        page = Page(self, target, self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.ask("Emulation.setEmulatedMedia", features=[scheme])
        page.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width <= 720)
        page.ask("Page.enable")
        page.ask("Page.addScriptToEvaluateOnNewDocument", source=_REFUSED)
        page.ask("Page.navigate", url=url)
        self._next("method", "Page.loadEventFired")
        return page


@dataclass(frozen=True)
class Page:
    """A page of a browser."""

    browser: Browser
    target: str
    session: str

    def ask(self, method: str, **parameters: Any) -> Any:
        return self.browser.ask(method, self.session, **parameters)

    def value(self, expression: str) -> Any:
        """What JavaScript makes of an expression; of a promise, what comes of it. The page's own policy does not hold for it."""
        result = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Wait in the page until an expression is true."""
        look = f"(done) => {{ const look = () => ({expression}) ? done(true) : setTimeout(look, 10); look(); }}"
        self.value(f"new Promise({look})")

    def press(self, code: str, *, shift: bool = False) -> None:
        """Press a key and let it go."""
        key, number, text = _KEYS[code]
        said = {"code": code, "key": key, "windowsVirtualKeyCode": number, "modifiers": _SHIFT if shift else 0}
        self.ask("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **said, **({"text": text} if text else {}))
        self.ask("Input.dispatchKeyEvent", type="keyUp", **said)

    def write(self, text: str) -> None:
        """Type a text where the focus is."""
        self.ask("Input.insertText", text=text)

    def tree(self) -> list[dict[str, Any]]:
        """The nodes that a screen reader is told of."""
        nodes: list[dict[str, Any]] = self.ask("Accessibility.getFullAXTree")["nodes"]
        return [node for node in nodes if not node["ignored"]]

    def paper(self) -> bytes:
        """The page as PDF."""
        return base64.b64decode(self.ask("Page.printToPDF", printBackground=True, preferCSSPageSize=True)["data"])

    def picture(self) -> bytes:
        """The whole page as PNG."""
        return base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    def close(self) -> None:
        self.browser.ask("Target.closeTarget", targetId=self.target)
