"""Credentials in texts, looked for by several threads at once."""

import subprocess
import sys

FIRST_USE = """
import sys, threading
from stackproof.redaction import credentials, shapes
sys.setswitchinterval(1e-6)
together, errors = threading.Barrier(4), []
def use(function, *arguments):
    together.wait()
    try:
        function(*arguments)
    except ImportError as error:
        errors.append(error)
uses = [(shapes.shapes,), (credentials.syntax, "a.py"), (credentials.in_line, "a = 1", "PROGRAM"), (credentials.in_line, "b", "CONFIG")]
threads = [threading.Thread(target=use, args=arguments) for arguments in uses]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
sys.exit(bool(errors))
"""


def test_threads_may_be_the_first_users_together() -> None:
    assert subprocess.run([sys.executable, "-c", FIRST_USE], timeout=600, check=False).returncode == 0
