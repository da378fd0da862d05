"""``python -m stackproof.embedded up | down | status``: the embedded cloud that stays between runs."""

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from stackproof.core.verdicts import UsageError
from stackproof.embedded import cloud, process, provision
from stackproof.embedded.deployed import Deployed
from stackproof.embedded.recipe import Account, stacks_of
from stackproof.embedded.workload import Source
from stackproof.processes.command_line import Parser, exit_status, show
from stackproof.profile.loading import load
from stackproof.util import extras
from stackproof.util.cache import CACHE


def main(arguments: list[str] | None = None, prog: str = "python -m stackproof.embedded") -> int:
    """Run one command; its exit status: 0, 1 when it failed, 3 for ``status`` when nothing runs, 4 for bad input."""
    return exit_status(partial(_main, arguments, prog))


def _main(arguments: list[str] | None, prog: str) -> int:
    parser = Parser(prog=prog, description=__doc__)
    parser.add_argument("command", choices=("up", "down", "status"))
    parser.add_argument("--env", default="local", help="environment whose stack is deployed (%(default)s)")
    options = parser.parse_args(arguments)
    return _run(options.command, options.env)


def _run(command: str, environment: str) -> int:
    root = Path.cwd()
    cache = root / CACHE
    match command:
        case "up":
            if absent := extras.not_installed("embedded", *extras.EXTRAS["embedded"]):
                raise UsageError(absent)
            profile = load(environment, root / "environments")
            account = Account(profile.account_id, profile.region)
            source = Source.of(root, cache)
            show(_how_to_use(provision.up(stacks_of(profile, root), cache=cache, account=account, source=source)))
        case "down":
            ended = provision.down(cache=cache)
            show(f"Ended the embedded cloud at {ended}." if ended else "No embedded cloud was running.")
        case "status":
            return _status(cache)
    return 0


def _how_to_use(deployed: Deployed) -> str:
    how = {"found": "was running already", "replayed": "is up, replayed", "applied": "is up, deployed"}[deployed.how]
    took = "" if deployed.how == "found" else f" in {deployed.seconds:.0f} s"
    return f"""\
The embedded cloud {how}{took}: {deployed.endpoint}

  pytest -m security                    # finds it by itself
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION={deployed.recipe.account.region}
  aws --endpoint-url {deployed.endpoint} s3 ls

{_what_runs(cloud.live(deployed.endpoint)["told"])}

Changes made by hand stay until `make down`."""


def _what_runs(reported: Mapping[str, Any]) -> str:
    """Where everything is that runs in the cloud, and what it takes to use it by hand. The password stays in its file.

    >>> reported = {"tasks": {}, "doors": {"db.example.com:5432": 40001}, "database": {"pid": 7, "name": "app", "user": "me"}}
    >>> print(_what_runs(reported).splitlines()[0])
      db.example.com:5432 is 127.0.0.1:40001
    """
    if not reported:
        return "  Nothing runs in it."
    lines = [f"  {host} is 127.0.0.1:{port}" for host, port in sorted(reported["doors"].items())]
    for arn, task in reported["tasks"].items():
        state = "runs" if process.started_at(task["pid"]) == task["started"] else "has ended"
        lines.append(f"  task {arn.rpartition('/')[2]} {state}: process {task['pid']}, 127.0.0.1:{task['port']}")
    database = reported["database"]
    name, user = database["name"], database["user"]
    lines.append(f"  database {name} runs: process {database['pid']}")
    for host, port in reported["doors"].items():
        if host.endswith(":443"):
            url = f"https://{host.removesuffix(':443')}/health"
            lines += ["", f"  curl --insecure --connect-to {host}:127.0.0.1:{port} {url}"]
        elif host.endswith(":5432"):
            lines += [
                "",
                f"  export RDS_ADDRESS=127.0.0.1 RDS_PORT={port} RDS_DATABASE={name} RDS_USERNAME={user}",
                f"  export RDS_PASSWORD=$(cat {CACHE}/cloud/db_password)",
                f'  PGPASSWORD=$RDS_PASSWORD psql "host=127.0.0.1 port={port} dbname={name} user={user} sslmode=require"',
                f"  (cd backend && ../{CACHE}/backend/bin/python -m alembic current)",
            ]
    return "\n".join(lines)


def _status(cache: Path) -> int:
    running = provision.running(cache=cache)
    if not running:
        show("No embedded cloud is running.")
        return 3
    status = cloud.status(running.endpoint)
    show(f"The embedded cloud runs at {running.endpoint} (process {running.pid}), {status['requests']} requests so far.")
    show(_what_runs(cloud.live(running.endpoint)["told"]))
    used = sorted((gap for gap in status["gaps"] if gap["used"]), key=lambda gap: -int(gap["used"]))
    for gap in used:
        show(f"  {gap['used']:>5} x {gap['name']}: {gap['reason']}")
    for operation, times in status["refused"].items():
        show(f"  {times:>5} x refused, not implemented: {operation}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
