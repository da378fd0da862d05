"""``stackproof new control ID --resource Name`` and ``stackproof new resource Name``: the files of a control, each with what is left to do.

A control is one test, its row in ``controls.toml``, and its proofs; a kind of resource is one class, its registration, and the
collection that controls ask for by name. What is there already is used. All files are made before the first is written. When they are
filled in, ``stackproof new finish ID`` runs the rest: it records, writes down permissions, proves, and renews the documents.
"""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from pathlib import Path
from string import Template

from stackproof.cli.finish import Step, after_writing, finish, run
from stackproof.core.controls import FOLDERS, ROWS, catalogue
from stackproof.core.verdicts import UsageError
from stackproof.processes.command_line import Parser, exit_status

SEVERITIES = ("critical", "high", "medium", "low")
ID = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z][A-Z0-9]*)*-\d\d")
CLASS = re.compile(r"([A-Z][a-z0-9]+)+")


@dataclass(frozen=True)
class Names:
    """The names of a kind of resource in all the places where it has one."""

    resource: str
    """``NatGateway``"""
    operation: str
    """``ec2:DescribeNatGateways``: what lists them."""
    terraform: str
    """``aws_nat_gateway``"""

    @property
    def module(self) -> str:
        """``nat_gateway``."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", self.resource).lower()

    @property
    def fixture(self) -> str:
        """The plural, which controls ask for.

        >>> [Names(name, "", "").fixture for name in ("NatGateway", "Policy", "FileSystem", "Alias")]
        ['nat_gateways', 'policies', 'file_systems', 'aliases']
        """
        if self.module.endswith(("s", "x", "ch")):
            return f"{self.module}es"
        return re.sub(r"(?<=[^aeiou])y$", "ie", self.module) + "s"

    def filled(self, name: str, **more: str) -> str:
        """A template of this package with these names."""
        member, named = listed_by(self.operation)
        words = self.fixture.replace("_", " ")
        template = Template(files("stackproof.cli").joinpath("templates", f"{name}.template").read_text(encoding="utf-8"))
        return template.substitute(
            resource=self.resource,
            operation=self.operation,
            terraform=self.terraform,
            module=self.module,
            fixture=self.fixture,
            one=self.module.rpartition("_")[2],
            words=words,
            plural_words=words.capitalize(),
            member=member,
            named=named,
            address=f"module.{self.module}.{self.terraform}.main",
            **more,
        )


def listed_by(operation: str) -> tuple[str, str]:
    """The list in the answer of an operation, and the member that names one of its items, by AWS's own model.

    Raises `UsageError` for an operation that AWS does not have, with those that are alike; TODO stands for what the model does not tell.
    """
    from difflib import get_close_matches

    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    service, _, name = operation.partition(":")
    if operation == PLACEHOLDER:
        return "TODO", "TODO"
    try:
        model = Session().get_service_model(service)
    except BotoCoreError:
        raise UsageError(f"--aws {operation}: boto3 has no service {service!r}; write it as rds:DescribeDBInstances") from None
    if name not in model.operation_names:
        alike = get_close_matches(name, model.operation_names) or [one for one in model.operation_names if one.startswith("List")]
        raise UsageError(f"--aws {operation}: {service} has no such operation; it has: {', '.join(alike)}")
    output = model.operation_model(name).output_shape
    lists = [(member, shape) for member, shape in (output.members if output else {}).items() if shape.type_name == "list"]
    if len(lists) != 1:
        return "TODO", "TODO"
    member, shape = lists[0]
    names = [one for one in getattr(shape.member, "members", {}) if one.lower().endswith(("name", "identifier", "id"))]
    return member, next(iter(sorted(names, key=lambda one: (not one.lower().endswith("name"), len(one)))), "TODO")


PLACEHOLDER = "todo:ListTodo"
PLACEHOLDER_TYPE = "aws_todo"


@dataclass
class Change:
    """Files that are going to be written, and what is left to do then."""

    root: Path
    texts: dict[str, str] = field(default_factory=dict)
    """By path from the root; of a file that is there, with what was in it."""
    left: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    """What is run as soon as they are written."""

    def create(self, path: str, text: str) -> None:
        """Raises `UsageError` if the file is there."""
        if (self.root / path).exists():
            raise UsageError(f"{path} is there already; nothing was written")
        self.texts[path] = text

    def change(self, path: str, old: str, new: str) -> None:
        """Put a text in the place of another. Raises `UsageError` if the file does not have that once."""
        text = self.texts.get(path) or (self.root / path).read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise UsageError(f"{path} is not as this command knows it ({old.strip()!r}); nothing was written")
        self.texts[path] = text.replace(old, new)

    def append(self, path: str, text: str) -> None:
        """Put a text at the end of a file that is there."""
        there = self.texts.get(path) or (self.root / path).read_text(encoding="utf-8")
        self.texts[path] = f"{there.rstrip()}\n{text}"

    def write(self) -> None:
        """Write all files; none, if one cannot be written."""
        before = {path: file.read_bytes() if (file := self.root / path).exists() else None for path in self.texts}
        try:
            for path, text in self.texts.items():
                (self.root / path).parent.mkdir(parents=True, exist_ok=True)
                (self.root / path).write_text(text, encoding="utf-8")
        except OSError as error:
            for file, old in ((self.root / path, old) for path, old in before.items()):
                if old is not None:
                    file.write_bytes(old)
                elif file.is_file():
                    file.unlink()
            raise UsageError(f"{error.filename} cannot be written ({error.strerror}); nothing was left changed") from None
        print("\n".join(["Written:", *(f"  {path}" for path in self.texts), ""]))
        failed = [f"{step}    # {step.what}" for step in run(self.steps, self.root)]
        print("\n".join(["", "Left to do:", *(f"  {number}. {what}" for number, what in enumerate([*failed, *self.left], 1))]))


def main(arguments: Sequence[str] | None = None, prog: str = "stackproof new") -> int:
    """Run the command; its exit status."""
    return exit_status(partial(_main, arguments, prog))


def _main(arguments: Sequence[str] | None, prog: str) -> int:
    parser = Parser(prog=prog, description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)
    control = commands.add_parser("control", help="a test, its row, its proofs, and what they need")
    control.add_argument("id", metavar="ID", help="as SEC-DDB-01: letters and two digits")
    control.add_argument(
        "--resource", metavar="NAME", required=True, help="the kind of resource that it judges: a class, as Table"
    )
    control.add_argument("--folder", choices=FOLDERS, default="security", help="of tests/ (%(default)s)")
    control.add_argument("--severity", choices=SEVERITIES, default="high", help="(%(default)s)")
    end = commands.add_parser("finish", help="run what a control needs when its files are filled in, and say what is left")
    end.add_argument("id", metavar="ID", help="as SEC-DDB-01")
    resource = commands.add_parser("resource", help="a class, its registration, and its collection")
    resource.add_argument("resource", metavar="NAME", help="a class, as Table")
    for one in (control, resource):
        one.add_argument("--aws", metavar="OPERATION", default=PLACEHOLDER, help="what lists them on AWS, as dynamodb:ListTables")
        one.add_argument(
            "--terraform", metavar="TYPE", default=PLACEHOLDER_TYPE, help="what they are in Terraform, as aws_dynamodb_table"
        )
    options = parser.parse_args(arguments)
    change = Change(Path.cwd())
    if options.command == "finish":
        return finish(options.id, change.root)
    if not (change.root / "stackproof" / "resources").is_dir():
        new_elsewhere(change, options)
    elif options.command == "control":
        new_control(change, options)
    else:
        new_resource(change, Names(options.resource, options.aws, options.terraform), is_new=True)
    change.write()
    return 0


def new_elsewhere(change: Change, options: argparse.Namespace) -> None:
    """Plan the files of a control, or of a kind of resource alone, in a repository of somebody else's: all of them in ``tests/``.

    Raises `UsageError` for an id that is taken, and for a kind of resource that is there already and no control is asked for.
    """
    names = Names(options.resource, options.aws, options.terraform)
    fixtures = _known(names)
    if options.command != "control" and fixtures:
        raise UsageError(f"{names.resource} is there already: controls ask for it as {', '.join(fixtures)}")
    if not fixtures:
        text = names.filled("own_resource.py")
        if (change.root / "tests" / "conftest.py").exists():
            change.append("tests/conftest.py", text.partition('"""\n')[2])
        else:
            change.create("tests/conftest.py", text)
        change.left.append("tests/conftest.py: the facts, by their names on AWS and in a plan.")
    if options.command != "control":
        return
    _check_id(options.id)
    fixture = fixtures[0] if fixtures else names.fixture
    test, proof = f"tests/test_{names.fixture}.py", f"tests/test_{names.fixture}_proofs.py"
    change.create(test, names.filled("own_control.py", id=options.id, severity=options.severity).replace(names.fixture, fixture))
    change.create(proof, names.filled("own_proof.py", id=options.id))
    change.left += [
        f"{test}: the title, where it holds (S P E L A), a name for the test, why it matters, and what is asserted.",
        f"{proof}: the profile, a plan that complies, and rows in both directions.",
        f"pytest {proof}    # that it can fail; then pytest --env NAME --plan=plan.json -k {options.id}",
    ]


def _known(names: Names) -> list[str]:
    """The collections that return a kind of resource that stackproof has; none for a new one."""
    import stackproof.collections  # noqa: F401 - fills the register
    from stackproof.collections import registry
    from stackproof.resources import kinds

    if not CLASS.fullmatch(names.resource):
        raise UsageError(_NO_CLASS.format(names.resource))
    there = {kind.__name__: kind for kind in kinds()}
    if names.resource not in there:
        return []
    if fixtures := registry.returning(there[names.resource]):
        return fixtures
    raise UsageError(f"{names.resource} is there already, and no collection returns it: give another name")


_NO_CLASS = "{!r} is no name of a class: as NatGateway, one word after the other, each with a capital"


def _check_id(id: str) -> None:
    if not ID.fullmatch(id):
        raise UsageError(f"{id!r} is no control's id: capital letters and two digits, as SEC-DDB-01")
    if id in catalogue():
        raise UsageError(f"{id} is taken: {catalogue()[id].title!r}")


def new_control(change: Change, options: argparse.Namespace) -> None:
    """Plan the files of a control. Raises `UsageError` for an id that is taken, or is none."""
    id, folder = options.id, options.folder
    rows = f"tests/{folder}/{ROWS}"
    _check_id(id)
    if not (change.root / rows).is_file():
        raise UsageError(f"there is no {rows} here: run this in the repository of stackproof")
    names = Names(options.resource, options.aws, options.terraform)
    fixture = new_resource(change, names)
    text = names.filled("control.py", id=id, severity=options.severity).replace(names.fixture, fixture)
    test, proof = f"tests/{folder}/test_{names.fixture}.py", f"proofs/{folder}/{names.fixture}.py"
    change.append(rows, names.filled("row.toml", id=id))
    if (change.root / test).exists():
        change.append(test, f"\n\n{text}")
    else:
        change.create(test, names.filled("test.py") + text)
    change.left += [
        f"{rows}: the titles in both languages, where it holds (S P E L A), which document asks for it, why, and the remedy."
    ]
    change.left += [
        "stackproof/frameworks/*.toml: its id at the requirements that it says something about; else unmapped.toml says why."
    ]
    change.left += [f"{test}: a name for the test, why it matters, and what is asserted."]
    if not (change.root / proof).exists():
        change.create(proof, names.filled("proof.py", id=id))
    change.left += [
        f"If the stacks have none: proofs/compliant/kinds/{names.module}/main.tf with the smallest one that complies.",
        f"{proof}: rows in both directions, on a cloud and on a plan.",
        f"stackproof new finish {id}    # says what is not filled in; then records, writes down permissions, proves, renews documents",
        f"pytest -k {id}    # on this machine's cloud; --target plan, --env production for the others",
    ]
    change.steps += after_writing(id)


def new_resource(change: Change, names: Names, *, is_new: bool = False) -> str:
    """Plan the files of a kind of resource, unless there is one of that name; what controls ask for it by.

    Raises `UsageError` for a name that is none, or (``is_new``) that is taken.
    """
    import stackproof.collections  # noqa: F401 - fills the register
    from stackproof.collections import registry
    from stackproof.resources import kinds

    if not CLASS.fullmatch(names.resource):
        raise UsageError(_NO_CLASS.format(names.resource))
    there = {kind.__name__: kind for kind in kinds()}
    if names.resource in there:
        if is_new:
            raise UsageError(f"{names.resource} is there already: {there[names.resource].__module__}")
        if fixtures := registry.returning(there[names.resource]):
            print(f"{names.resource} is there, and controls ask for it as {', '.join(fixtures)}.")
            return names.fixture if names.fixture in fixtures else fixtures[0]
    elif names.module in _modules(change):
        raise UsageError(f"stackproof/resources/{names.module}.py is there already, and has no {names.resource}")
    if names.fixture in registry.collections:
        raise UsageError(f"the collection {names.fixture} is there already, and returns no {names.resource}")
    if names.resource not in there:
        _register(change, names)
        change.create(f"stackproof/resources/{names.module}.py", names.filled("resource.py"))
        change.left.append(f"stackproof/resources/{names.module}.py: the facts, by their names on AWS and in a plan.")
        _check_type(change, names.terraform)
    collected = f"stackproof/collections/{names.fixture}.py"
    change.create(collected, names.filled("collection.py"))
    listing = "stackproof/collections/__init__.py"
    modules = re.findall(r"^    (\w+),$", (change.root / listing).read_text(encoding="utf-8"), re.MULTILINE)
    after = max((module for module in modules if module < names.fixture), default="")
    change.change(listing, f"    {after},\n" if after else "(  # noqa", f"    {after},\n    {names.fixture},\n")
    return names.fixture


def _modules(change: Change) -> set[str]:
    return {path.stem for path in (change.root / "stackproof" / "resources").glob("*.py")}


def _register(change: Change, names: Names) -> None:
    """The class in the register of resources, in the order of modules."""
    listing = "stackproof/resources/__init__.py"
    text = (change.root / listing).read_text(encoding="utf-8")
    modules: Mapping[str, str] = {found[1]: found[0] for found in re.finditer(r'^    "(\w+)": \(', text, re.MULTILINE)}
    line = f'    "{names.module}": ("{names.resource}",),\n'
    after = min((module for module in modules if module > names.module), default=None)
    if after:
        change.change(listing, modules[after], line + modules[after])
    else:
        change.change(listing, '}\n"""The resource classes', f'{line}}}\n"""The resource classes')


def _check_type(change: Change, type: str) -> None:
    """Have a resource type that the schema data lacks added to it."""
    from stackproof.terraform.schema import current

    if type not in (*current().resources, PLACEHOLDER_TYPE):
        change.steps.append(Step("stackproof.terraform.schema", (type,), f"sources with {type} can be checked (TF-09)"))
