"""``stackproof init --plan FILE | --from-aws``: a profile of what is there, for a person to review, and what runs it in CI.

Nothing that is there is changed: where the profile exists, the difference to what would be written now is printed.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from stackproof.cli.check import api_target, of_the_account
from stackproof.cli.generated_profile import profile_of
from stackproof.cli.profile_diff import differences
from stackproof.core.verdicts import UsageError
from stackproof.processes.command_line import Parser, exit_status, show
from stackproof.profile.loading import merged
from stackproof.targets import open_stage
from stackproof.targets.request import resolve
from stackproof.util import toml_document
from stackproof.util.temporary import temporary

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

PYTEST_INI = """\
[pytest]
# The controls that come with stackproof, beside your own in tests/.
stackproof_suite = true
addopts = --strict-markers
"""

WAIVERS = """\
# Findings that are accepted, each with a reason, an owner and the last day:
#
# [[waiver]]
# control = "SEC-RDS-05"
# resource = "orders-db"
# field = "backup_days"
# reason = "..."
# owner = "platform"
# ticket = "OPS-1"
# expires = 2027-03-31
# confirmed_by = "the person who has taken the risk on"
"""

WORKFLOW = Path(__file__).parent / "templates" / "workflow.yml.template"
"""What runs the gate in CI; NAME stands for the environment."""


def main(arguments: Sequence[str] | None = None, prog: str = "stackproof init") -> int:
    """Run the command; its exit status: 0 where files were written or nothing differs, 1 where what is there differs, 4 for bad input."""
    return exit_status(partial(_main, arguments, prog))


def _main(arguments: Sequence[str] | None, prog: str) -> int:
    parser = Parser(prog=prog, description=__doc__)
    parser.add_argument(
        "--plan", metavar="FILE", action="append", default=[], help="made by terraform show -json; again for other stacks"
    )
    parser.add_argument("--from-aws", action="store_true", help="what the account and region of the caller's credentials have")
    parser.add_argument("--region", help="with --from-aws; default: that of the credentials' profile")
    parser.add_argument("--name", default="production", help="of the environment (%(default)s): environments/NAME.toml")
    parser.add_argument("--directory", metavar="DIR", default="", help="of the Terraform sources, from here")
    options = parser.parse_args(arguments)
    if bool(options.plan) == options.from_aws:
        raise UsageError(f"{prog}: give a plan (--plan=plan.json), or --from-aws")
    if not NAME.fullmatch(options.name):
        raise UsageError(f"--name {options.name}: letters, digits, dots, dashes and underscores")
    root = Path.cwd()
    text = _generated(options, root)
    profile = root / "environments" / f"{options.name}.toml"
    if profile.exists():
        return _compared(profile, text, root)
    files = {profile: text, root / "waivers.toml": WAIVERS, root / "pytest.ini": PYTEST_INI}
    files[root / ".github" / "workflows" / "stackproof.yml"] = WORKFLOW.read_text(encoding="utf-8").replace("NAME", options.name)
    _write(files, root)
    show(f"\nRead {profile.relative_to(root)}: it says what is there, and comments what looks wrong. Then replace its line")
    show('  status = "generated, not reviewed"\nby reviewed = "YOUR NAME, DATE"; until then the gate is closed. Judge it:')
    plans = "".join(f" --plan={plan}" for plan in options.plan)
    show(f'  pytest -m "security or logging or serverless" --env {options.name}{plans}')
    return 0


def _generated(options: argparse.Namespace, root: Path) -> str:
    name, plans, from_aws = options.name, options.plan, options.from_aws
    target = api_target() if from_aws else "plan"
    with temporary("init") as folder:
        blank = folder / f"{name}.toml"
        about = of_the_account(options.region) if from_aws else {}
        lines = [
            f'name = "{name}"',
            *(f'{key} = "{value}"' for key, value in about.items()),
            *(['owned = ["*"]'] if from_aws else []),
        ]
        blank.write_text("\n".join([*lines, ""]), encoding="utf-8")
        request = resolve(root, str(blank), target, [str(Path(plan).absolute()) for plan in plans])
        stage = open_stage(request, lambda line: show(line, file=sys.stderr))
        try:
            return profile_of(stage, name, target=target, directory=options.directory, **about)
        finally:
            stage.close()


def _compared(profile: Path, text: str, root: Path) -> int:
    name = str(profile.relative_to(root))
    lines = differences(merged(profile), toml_document.loads(text))
    if not lines:
        show(f"{name} says what is there; nothing was written.")
        return 0
    show("\n".join(lines))
    show(f"\n{name} is there, so nothing was written. - is declared there and not found now, + is found now and not declared.")
    return 1


def _write(files: dict[Path, str], root: Path) -> None:
    """Write those that are not there."""
    for file, text in files.items():
        name = file.relative_to(root)
        if file.exists():
            show(f"there already, and left as it is: {name}")
            if file.name == "pytest.ini" and "stackproof_suite" not in file.read_text(encoding="utf-8", errors="replace"):
                show("  add to its [pytest]: stackproof_suite = true")
            continue
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{error.filename}: {error.strerror}") from None
        show(f"written: {name}")
