"""checkov, imported once for all scans of a run: the import is most of what a scan takes.

This is a script for checkov's environment, which has nothing else of this project; `stackproof.scanners.checkov` starts it. Standard input
is a socket. A line on it asks for a scan, as JSON: the framework, the directory or file, and the seconds that it may take. A line answers:
``0`` and the report, or the exit status of the process that should have made one.
"""

import gc
import json
import os
import signal
import socket
from typing import Any

RECORD = ("check_id", "check_name", "resource", "file_path", "file_line_range")
"""The members of checkov's record of a check that passed, failed or was skipped."""


def serve() -> None:
    """Answer until nobody can ask any more. Each scan has a process of its own, with nothing in it that another scan left behind."""
    # checkov makes many objects and hardly a cycle; each scan's memory goes with its process.
    gc.disable()
    from checkov import logging_init, runner_filter  # noqa: F401 - errors go to standard error, without debugging messages
    from checkov.terraform import plan_runner, runner

    def scan(framework: str, place: str, seconds: float) -> dict[str, Any]:
        signal.setitimer(signal.ITIMER_REAL, seconds)  # ends the process, even if nobody waits for it any more
        asked = runner_filter.RunnerFilter(framework=[framework], download_external_modules=False)
        if framework == "terraform":
            report = runner.Runner().run(root_folder=place, runner_filter=asked)
        else:
            report = plan_runner.Runner().run(files=[place], runner_filter=asked)
        return compact(report.get_dict())

    with socket.socket(fileno=0) as asker, asker.makefile("rb") as questions:
        for question in questions:
            child = os.fork()
            if not child:
                asker.sendall(b"0 %s\n" % json.dumps(scan(**json.loads(question))).encode())
                os._exit(0)
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            if status:
                asker.sendall(b"%d\n" % status)


def compact(report: dict[str, Any]) -> dict[str, Any]:
    """A report without the sources, and without what checkov worked out on its way."""
    results = {
        kind: [{name: found[name] for name in RECORD} for found in records] if kind.endswith("_checks") else records
        for kind, records in report["results"].items()
    }
    return report | {"results": results}


if __name__ == "__main__":
    serve()
