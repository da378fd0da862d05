"""Whether time grows with the work alone, as ratios, which hardly depend on the machine.

    python -m benchmarks.ratios

What masks and redacts text takes twice the time for twice the text, whatever the text is (2 is linear, 4 is not). The search for
credentials in the history takes a multiple of what git takes to read it, and a fraction of that when it is done again.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from stackproof.redaction.redaction import redact
from stackproof.scanners import history
from stackproof.scanners.credentials import search

ROOT = Path(__file__).parents[1]
LENGTH = 30_000
"""Characters."""
PIECES = (
    *(
        "--",
        "--a",
        "--token ",
        'token="',
        'token=\\"',
        "token=\\",
        "token=)",
        "token=\n",
        "password '",
        "Cookie: ",
        "4111-",
        "pass",
    ),
    *("a", "a.", "a@", "eyJ-", "eyJ.", "1", "0 1", "+82 ", "://a:", "token ", "token=", "Bearer ", "sk-", "-----BEGIN ", "\"' "),
)
"""What texts are made of that a regular expression could be slow for."""


def seconds(work: Callable[[], object]) -> float:
    """Of a processor; the fewest of three times."""
    took = []
    for _ in range(3):
        started = time.process_time()
        work()
        took.append(time.process_time() - started)
    return min(took)


def growth(function: Callable[[str], object], piece: str) -> float:
    """How much longer twice the text takes."""
    text = piece * (LENGTH // len(piece))
    return seconds(lambda: function(text + text)) / max(seconds(lambda: function(text)), 1e-6)


def texts() -> None:
    sys.path.insert(0, str(ROOT / "backend"))
    from app.masking import masked  # type: ignore[import-not-found]

    print(f"{'twice the text':<24}{'backend masks':>16}{'suite redacts':>16}")
    for piece in PIECES:
        of_each = (growth(masked, piece), growth(redact.__wrapped__, piece))
        print(f"{piece!r:<24}" + "".join(f"{ratio:>16.1f}" for ratio in of_each))


def credentials() -> None:
    versions = history.blobs(ROOT)
    reading = seconds(lambda: [content for _, content in history.contents(ROOT, versions)])
    with tempfile.TemporaryDirectory() as cache:
        started = time.process_time()
        search(ROOT, Path(cache))
        first = time.process_time() - started
        again = seconds(lambda: search(ROOT, Path(cache)))
    print(
        f"\nsearching {len(versions):,} versions of files, against reading them: {first / reading:.0f}, again {again / first:.2f} of it"
    )


if __name__ == "__main__":
    texts()
    credentials()
