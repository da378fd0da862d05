"""``python -m stackproof.localstack up | down | status | install``: the LocalStack that stays between runs, or its packages alone."""

import sys
from functools import partial
from pathlib import Path

from stackproof.localstack import server
from stackproof.localstack.server import LocalStack
from stackproof.processes.command_line import Parser, exit_status, show
from stackproof.util.cache import CACHE


def main(arguments: list[str] | None = None, prog: str = "python -m stackproof.localstack") -> int:
    """Run one command; its exit status: 0, 1 when it failed, 3 for ``status`` when nothing runs, 4 for bad input."""
    return exit_status(partial(_main, arguments, prog))


def _main(arguments: list[str] | None, prog: str) -> int:
    parser = Parser(prog=prog, description=__doc__)
    parser.add_argument("command", choices=("up", "down", "status", "install"))
    options = parser.parse_args(arguments)
    return _run(options.command)


def _run(command: str) -> int:
    root = Path.cwd()
    cache = root / CACHE
    match command:
        case "up":
            show(_how_to_use(server.up(root, cache, partial(show, file=sys.stderr))))
        case "down":
            ended = server.down(root, cache)
            show(f"Ended LocalStack at {ended}." if ended else "No LocalStack of `make localstack` was running.")
        case "install":
            server.installed(cache, partial(show, file=sys.stderr))
        case "status":
            found = server.running(cache)
            show(f"LocalStack {found.version} runs at {found.endpoint}." if found else "No LocalStack is running.")
            return 0 if found else 3
    return 0


def _how_to_use(running: LocalStack) -> str:
    how = "was running already" if running.how == "found" else f"is up, in {running.seconds:.1f} s"
    return f"""\
LocalStack {running.version} {how}: {running.endpoint}

  pytest -m phase0 --target localstack    # finds it by itself
  export AWS_ENDPOINT_URL={running.endpoint} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
  bash scripts/init-localstack.sh
  aws --endpoint-url {running.endpoint} s3 ls

`python -m stackproof.localstack down` ends it."""


if __name__ == "__main__":
    sys.exit(main())
