"""A stack's ``.tf`` sources as data: what is declared, under which name, in which file, on which line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stackproof.core.verdicts import CouldNotVerify
from stackproof.terraform import hcl
from stackproof.terraform.hcl import Block, Body, Value


@dataclass(frozen=True)
class Validation:
    """A ``validation`` block: its condition as it is written, and its error message."""

    condition: str
    error_message: str


@dataclass(frozen=True)
class Variable:
    """A ``variable`` block."""

    name: str
    type: str
    """As it is written; empty when none is given."""
    description: str
    is_required: bool
    """Whether it has no default."""
    default: Value
    is_sensitive: bool
    validations: tuple[Validation, ...]
    file: str
    line: int


@dataclass(frozen=True)
class Output:
    """An ``output`` block."""

    name: str
    value: Value
    description: str
    is_sensitive: bool
    file: str
    line: int


@dataclass(frozen=True)
class Resource:
    """A ``resource`` or ``data`` block."""

    address: str
    """``aws_eip.nat``; for a data source ``data.aws_region.current``."""
    type: str
    name: str
    is_data: bool
    body: Body
    """Arguments and nested blocks, meta-arguments among them."""
    file: str
    line: int


@dataclass(frozen=True)
class ProviderSettings:
    """A ``provider`` block."""

    name: str
    alias: str | None
    body: Body
    file: str
    line: int


@dataclass(frozen=True)
class RequiredProvider:
    """An entry of ``required_providers``."""

    source: str
    version: str
    """The constraint; empty when none is given."""
    file: str
    line: int


@dataclass(frozen=True)
class Backend:
    """The ``backend`` block."""

    type: str
    body: Body
    file: str
    line: int


@dataclass(frozen=True)
class ModuleCall:
    """A ``module`` block."""

    name: str
    source: str
    body: Body
    file: str
    line: int

    @property
    def is_local(self) -> bool:
        """True if the module is a directory of this repository."""
        return self.source.startswith(("./", "../"))


@dataclass(frozen=True)
class Sources:
    """One module: everything that the files of one directory declare."""

    variables: Mapping[str, Variable]
    outputs: Mapping[str, Output]
    resources: tuple[Resource, ...]
    providers: tuple[ProviderSettings, ...]
    required_providers: Mapping[str, RequiredProvider]
    required_version: str | None
    backend: Backend | None
    modules: tuple[ModuleCall, ...]


def read(directory: Path) -> Sources:
    """Read the ``.tf`` files of one directory; file names are relative to the working directory where that is above.

    Raises `CouldNotVerify` when there are none, and with file and line for one that does not parse.
    """
    return parse({_shown(directory / name): text for name, text in texts(directory).items()})


def texts(directory: Path) -> dict[str, str]:
    """The ``.tf`` files of one directory, by name.

    Raises `CouldNotVerify` when there are none, or when some are in the JSON syntax, which is not read.
    """
    files = sorted(path for path in directory.glob("*.tf") if path.is_file())
    if not files:
        raise CouldNotVerify(f"{directory} has no Terraform sources (*.tf).")
    if others := sorted(directory.glob("*.tf.json")):
        raise CouldNotVerify(f"{others[0]} is in Terraform's JSON syntax, which is not read: write it as .tf.")
    return {path.name: path.read_text(encoding="utf-8") for path in files}


def modules(root: Path) -> dict[Path, tuple[str, ...]]:
    """The directory of ``root`` and of every local module that it calls, directly or not, each with the addresses of
    its calls: ``""`` for the root, ``module.logs.`` for a call in it. Instance keys are not part of an address.

    Raises as `read`.
    """
    found: dict[Path, tuple[str, ...]] = {}
    todo = [(root.resolve(), "")]
    while todo:
        directory, prefix = todo.pop(0)
        if prefix.count("module.") > 20:
            raise CouldNotVerify(f"{directory} calls itself as a module.")
        found[directory] = (*found.get(directory, ()), prefix)
        calls = [call for call in read(directory).modules if call.is_local]
        todo += [((directory / call.source).resolve(), f"{prefix}module.{call.name}.") for call in calls]
    return found


def assignments(file: Path) -> Mapping[str, Value]:
    """The variables that a ``.tfvars`` file sets, with their values.

    Raises `CouldNotVerify` when it does not exist or does not parse.
    """
    if not file.is_file():
        raise CouldNotVerify(f"{file} does not exist.")
    body = hcl.parse(file.read_text(encoding="utf-8"), _shown(file)).body
    return {name: argument.value for name, argument in body.arguments.items()}


def parse(files: Mapping[str, str]) -> Sources:
    """The declarations in the files of one module.

    >>> sources = parse({"a.tf": 'variable "password" {\\n  type      = string\\n  sensitive = true\\n}\\n'})
    >>> sources.variables["password"].is_required, sources.variables["password"].is_sensitive
    (True, True)
    """
    blocks = [block for file, text in files.items() for block in hcl.parse(text, file).body.blocks]
    settings = [block for block in blocks if block.type == "terraform"]
    versions = [block.body.value("required_version") for block in settings]
    return Sources(
        variables={block.labels[0]: _variable(block) for block in blocks if block.type == "variable"},
        outputs={block.labels[0]: _output(block) for block in blocks if block.type == "output"},
        resources=tuple(_resource(block) for block in blocks if block.type in ("resource", "data")),
        providers=tuple(_provider(block) for block in blocks if block.type == "provider"),
        required_providers={name: required for block in settings for name, required in _required(block)},
        required_version=next((version for version in versions if isinstance(version, str)), None),
        backend=next(
            (
                Backend(backend.labels[0], backend.body, backend.file, backend.line)
                for block in settings
                for backend in block.body.named("backend")
            ),
            None,
        ),
        modules=tuple(
            ModuleCall(block.labels[0], _string(block, "source"), block.body, block.file, block.line)
            for block in blocks
            if block.type == "module"
        ),
    )


def _variable(block: Block) -> Variable:
    body = block.body
    return Variable(
        name=block.labels[0],
        type=body.arguments["type"].text if "type" in body.arguments else "",
        description=_string(block, "description"),
        is_required="default" not in body.arguments,
        default=body.value("default"),
        is_sensitive=body.value("sensitive") is True,
        validations=tuple(
            Validation(check.body.arguments["condition"].text, _string(check, "error_message"))
            for check in body.named("validation")
            if "condition" in check.body.arguments
        ),
        file=block.file,
        line=block.line,
    )


def _output(block: Block) -> Output:
    return Output(
        name=block.labels[0],
        value=block.body.value("value"),
        description=_string(block, "description"),
        is_sensitive=block.body.value("sensitive") is True,
        file=block.file,
        line=block.line,
    )


def _resource(block: Block) -> Resource:
    type_, name = block.labels
    is_data = block.type == "data"
    address = f"data.{block.address}" if is_data else block.address
    return Resource(address, type_, name, is_data, block.body, block.file, block.line)


def _provider(block: Block) -> ProviderSettings:
    return ProviderSettings(block.labels[0], _string(block, "alias") or None, block.body, block.file, block.line)


def _required(settings: Block) -> Iterator[tuple[str, RequiredProvider]]:
    for block in settings.body.named("required_providers"):
        for name, argument in block.body.arguments.items():
            entry = argument.value if isinstance(argument.value, dict) else {}
            source, version = (str(entry.get(key, "")) for key in ("source", "version"))
            yield name, RequiredProvider(source, version, argument.file, argument.line)


def _string(block: Block, name: str) -> str:
    value = block.body.value(name)
    if value is None:
        return ""
    return value if isinstance(value, str) else block.body.arguments[name].text


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
