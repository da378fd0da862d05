"""A working copy of a stack in which Terraform runs: its sources untouched, its provider pointed where it may go."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from stackproof.terraform import hcl, inputs, sources
from stackproof.terraform.cli import Completed, Terraform, TerraformError
from stackproof.terraform.diagnostics import events, failure
from stackproof.terraform.downgrade import Downgraded, admits, downgrade
from stackproof.terraform.endpoints import SERVICES
from stackproof.terraform.provider import PACKAGED_HASH, Provider
from stackproof.util import json_document
from stackproof.util.kept import digest_of
from stackproof.util.temporary import temporary

OVERRIDE = "zz_stackproof_override.tf"
"""The generated provider settings; the name sorts behind other override files, so that it has the last word."""

_NOWHERE = "http://127.0.0.1:9"
"""Where calls go when there is no endpoint: a closed port, so that a call fails at once instead of reaching AWS."""

_NOT_COPIED = (".tf", ".tf.json", ".tfvars", ".tfvars.json", ".tfstate", ".tfstate.backup", ".tfplan", "tfplan", "crash.log")
_LOCK_FILE = ".terraform.lock.hcl"


@dataclass(frozen=True)
class Workspace:
    """A working copy. Its methods run one at a time, also across processes, and raise `TerraformError` with
    Terraform's own diagnostics when a command fails. ``init`` is run by whatever needs it.
    """

    directory: Path
    """The root module in the working copy; Terraform's state stays here."""
    terraform: Terraform
    provider: Provider
    notes: tuple[str, ...]
    """What was downgraded, one line each."""
    merged: Mapping[str, str]
    """Resources of the sources that the plan shows as a part of another: address, and that of the other."""
    retyped: Mapping[str, str]
    """Resources of the sources that the plan shows under another address: address, and the other one."""
    endpoint: str | None
    _environment: Mapping[str, str] = field(repr=False)
    _lock: FileLock = field(repr=False, compare=False)
    later: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Attributes that are to be set through the API after an apply, by address; see `downgrade.Downgraded`."""
    is_pinned: bool = False
    """True where the copy names the exact version of the provider, which the sources admit."""

    def marked(self, name: str) -> "Workspace":
        """This copy, whose provider tells the name at the end of the ``User-Agent`` of its requests."""
        return replace(self, _environment={**self._environment, "TF_APPEND_USER_AGENT": name})

    def init(self) -> None:
        """Install provider and modules, unless that was done in this copy before."""
        marker = self.directory / ".terraform" / "stackproof-initialised"
        installed = (self.directory / ".terraform" / "providers").glob("*/*/*/*/*")
        with self._locked():
            # A link to a provider that was deleted since does not exist.
            if marker.exists() and all(provider.exists() for provider in installed):
                return
            committed = (self.directory / _LOCK_FILE).exists() and not marker.exists()
            with self._plugin_cache():
                self._run("init", *(["-lockfile=readonly"] if committed else []), json_output=True, timeout=900)
            if self.provider.needs_downgrade:
                self._trust_the_packaged_provider()
            marker.touch()

    def _trust_the_packaged_provider(self) -> None:
        """Let Terraform not hash its 177 MB at every command, which takes a quarter of the time: ``init`` just did, and the lock
        file has the hash of what was reviewed. Any other hash stays, and is checked.
        """
        lock_file = self.directory / _LOCK_FILE
        if lock_file.exists():
            text = lock_file.read_text(encoding="utf-8")
            lock_file.write_text(text.replace(f'  hashes = [\n    "{PACKAGED_HASH}",\n  ]\n', ""), encoding="utf-8")

    def provider_version(self) -> str:
        """The exact version of hashicorp/aws that ``init`` installed, from the lock file."""
        self.init()
        text = (self.directory / _LOCK_FILE).read_text(encoding="utf-8")
        locked = hcl.parse(text, _LOCK_FILE).body.named("provider")
        versions = [block.body.value("version") for block in locked if block.labels[0].endswith("hashicorp/aws")]
        return str(versions[0]) if versions else ""

    @property
    def has_secrets(self) -> bool:
        """True if it was prepared with values of secret variables."""
        return any(name.startswith("TF_VAR_") for name in self._environment)

    def inputs(
        self, var_files: Sequence[Path] = (), variables: Mapping[str, object] | None = None, **secrets: str
    ) -> dict[str, str] | None:
        """The things that decide what ``validate`` and a plan from nothing say, by name; None where not all of them can be told, as where
        an endpoint is asked. See `stackproof.terraform.inputs.of_copy`.

        ``secrets`` are the values of secret variables that everybody may know. Of every other it counts that it has a value.
        """
        if self.endpoint is not None:
            return None
        self.init()
        copy = Path(self._lock.lock_file).with_suffix("")
        environment = self.terraform.environment(self._child_environment("plan"))
        found = inputs.of_copy(copy, self.directory, self.terraform, environment)
        hidden = {name for name in environment if name.startswith("TF_VAR_")}
        values = digest_of([file.read_bytes() for file in var_files], dict(variables or {}), hidden, secrets)
        return found and {**found, "values": values}

    def validate(self) -> Completed:
        """``terraform validate``; warnings are in `stackproof.terraform.diagnostics.diagnostics` of the answer."""
        self.init()
        return self._run("validate", json_output=True)

    def plan(
        self,
        out: Path | None = None,
        *,
        var_files: Sequence[Path] = (),
        variables: Mapping[str, object] | None = None,
        targets: Sequence[str] = (),
        detailed_exitcode: bool = False,
        refresh: bool = True,
        timeout: float = 300,
        on_event: Callable[[dict[str, Any]], None] | None = None,
    ) -> Completed:
        """Run ``terraform plan``, with the plan file ``out`` (``tfplan`` in the directory by default).

        ``variables`` win over ``var_files``; secrets are given to `prepare` and never here. ``targets`` are the addresses
        that are planned, with what they need; without any, everything is. With
        ``detailed_exitcode`` the exit status 2 means that there are changes.
        """
        self.init()
        options = [f"-out={out or self.directory / 'tfplan'}", *(f"-var-file={file.resolve()}" for file in var_files)]
        with self._locked(), temporary("variables", self.directory.parent) as folder:
            if variables:
                file = folder / "variables.tfvars.json"
                file.write_text(json.dumps(dict(variables)))
                options.append(f"-var-file={file}")
            options += ["-detailed-exitcode"] if detailed_exitcode else []
            options += [] if refresh else ["-refresh=false"]
            options += [f"-target={address}" for address in targets]
            accepted = (0, 2) if detailed_exitcode else (0,)
            return self._run("plan", *options, json_output=True, accepted=accepted, timeout=timeout, on_event=on_event)

    def show(self, planfile: Path | None = None) -> dict[str, Any]:
        """The plan as ``terraform show -json`` tells it; without a file the state. Secrets are replaced by names."""
        self.init()
        answer: dict[str, Any] = json_document.loads(self._run("show", "-json", *([str(planfile)] if planfile else [])).stdout)
        return answer

    def describe(self, planfile: Path) -> str:
        """The plan as Terraform prints it for people. A secret that it prints shows as `cli.redacted` of its name."""
        self.init()
        return self._run("show", str(planfile)).stdout

    def apply(
        self,
        planfile: Path,
        on_event: Callable[[dict[str, Any]], None] | None = None,
        *,
        parallelism: int = 10,
        timeout: float = 1800,
    ) -> Completed:
        """Apply a plan. ``on_event`` gets each of Terraform's progress events (``type``: ``apply_start``, ...)."""
        self.init()
        return self._run(
            "apply", f"-parallelism={parallelism}", str(planfile), json_output=True, timeout=timeout, on_event=on_event
        )

    def output(self) -> dict[str, Any]:
        """Outputs of the state: ``{"rds_address": {"sensitive": false, "type": "string", "value": "..."}}``."""
        self.init()
        answer: dict[str, Any] = json_document.loads(self._run("output", "-json").stdout)
        return answer

    def _run(
        self,
        command: str,
        *arguments: str,
        json_output: bool = False,
        accepted: tuple[int, ...] = (0,),
        timeout: float = 120,
        on_event: Callable[[dict[str, Any]], None] | None = None,
    ) -> Completed:
        def on_line(line: str) -> None:
            if on_event:
                for event in events(line):
                    on_event(event)

        with self._locked():
            completed = self.terraform.run(
                command,
                *(["-json"] if json_output else []),
                *arguments,
                directory=self.directory,
                environment=self._child_environment(command),
                on_line=on_line,
                timeout=timeout,
            )
        if completed.exit_status not in accepted:
            error = failure(completed, str(self.directory), is_pinned=self.is_pinned)
            if self.endpoint is None and _NOWHERE.removeprefix("http://") in str(error):
                hint = "The plan asked AWS for something, which it must not: planning works without an AWS account."
                raise TerraformError(f"{error}\n  {hint} Look for a data source, and use a variable instead.")
            raise error
        return completed

    def _child_environment(self, command: str) -> dict[str, str]:
        return {**self._environment, **({} if command == "init" else _to_one_server(self.endpoint or _NOWHERE))}

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            with self._lock.acquire(timeout=1800):
                yield
        except Timeout:
            raise TerraformError(f"{self.directory} has been in use by another run for 30 minutes.") from None

    @contextmanager
    def _plugin_cache(self) -> Iterator[None]:
        # Terraform's plugin cache is not safe for two inits at once.
        if self.provider.plugin_cache is None:
            yield
            return
        self.provider.plugin_cache.mkdir(parents=True, exist_ok=True)
        with FileLock(self.provider.plugin_cache.with_suffix(".lock")):
            yield


def prepare(
    root: Path,
    into: Path,
    provider: Provider,
    *,
    endpoint: str | None,
    region: str,
    account: str,
    access_key: str = "test",
    secrets: Mapping[str, str] | None = None,
    terraform: Terraform | None = None,
) -> Workspace:
    """A working copy of the stack at ``root`` in a directory under ``into``; the same content gives the same directory.

    Copied are the ``.tf`` files and what lies beside them (no state, no variable values), also of local modules,
    downgraded when the provider needs it. An override sends every call to ``endpoint`` with test credentials (LocalStack takes the
    account from ``access_key``) and lets the provider work with the given account only; without an endpoint every call is refused,
    so that planning is shown to need no AWS account. It also names the provider's exact version, where the sources admit it and no lock
    file was committed. State is local. ``secrets`` are values of Terraform variables; they reach
    Terraform through its environment and are redacted from all that it writes.

    Raises `UsageError` when ``root`` has no sources, `CannotDowngrade` when they cannot be downgraded.
    """
    terraform = terraform or Terraform.find()
    directories = sources.modules(root)
    base = Path(os.path.commonpath(list(directories)))
    content: dict[str, bytes] = {}
    notes: list[str] = []
    merged: dict[str, str] = {}
    retyped: dict[str, str] = {}
    later: dict[str, Mapping[str, str]] = {}
    for directory, prefixes in directories.items():
        texts = sources.texts(directory)
        downgraded = downgrade(texts) if provider.needs_downgrade else Downgraded(texts, (), {}, {})
        at = _at(directory, base)
        notes += [at + note for note in downgraded.notes]
        merged |= {prefix + old: prefix + new for prefix in prefixes for old, new in downgraded.merged.items()}
        retyped |= {prefix + old: prefix + new for prefix in prefixes for old, new in downgraded.retyped.items()}
        later |= {prefix + address: attributes for prefix in prefixes for address, attributes in downgraded.later.items()}
        content |= {at + name: text.encode() for name, text in downgraded.sources.items()}
        content |= {path.relative_to(base).as_posix(): path.read_bytes() for path in _beside(directory)}
    at = _at(root.resolve(), base)
    lock_file = root / _LOCK_FILE
    if lock_file.is_file() and not provider.needs_downgrade:
        content[at + _LOCK_FILE] = lock_file.read_bytes()
    modules = [sources.read(directory) for directory in directories]
    pin = "" if provider.needs_downgrade or lock_file.is_file() else _pin(modules, provider)
    content[at + OVERRIDE] = override(modules, provider, endpoint, region, account, access_key, pin=pin).encode()
    digest = hashlib.sha256(repr((terraform, provider, sorted(content.items()))).encode()).hexdigest()[:16]
    directory = into.resolve() / digest
    _write(content, directory)
    return Workspace(
        directory=directory / at,
        terraform=terraform,
        provider=provider,
        notes=tuple(notes),
        merged=merged,
        retyped=retyped,
        endpoint=endpoint,
        _environment=_environment(provider, endpoint, region, has_lock_file=lock_file.is_file())
        | {f"TF_VAR_{name}": value for name, value in (secrets or {}).items()},
        _lock=FileLock(directory.with_suffix(".lock")),
        later=later,
        is_pinned=bool(pin),
    )


def override(
    modules: Sequence[sources.Sources],
    provider: Provider,
    endpoint: str | None,
    region: str,
    account: str,
    access_key: str = "test",
    *,
    pin: str = "",
) -> str:
    """The text of the override file: local state, the exact version ``pin`` of hashicorp/aws (none if empty), and settings for every
    ``provider "aws"`` of the root module, which is the first one; none when no module uses AWS, since they would make Terraform
    install the provider.
    """
    settings = {
        "access_key": access_key,
        "secret_key": "test",
        "profile": None,
        "max_retries": 2,
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        # The provider writes the account into ARNs; only an endpoint can tell it which one it is.
        "skip_requesting_account_id": endpoint is None,
        "allowed_account_ids": None if endpoint is None else [account],
        ("s3_force_path_style" if provider.needs_downgrade else "s3_use_path_style"): True,
    }
    if provider.needs_downgrade:
        settings["skip_get_ec2_platforms"] = True
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    if provider.needs_downgrade:
        lines += ["endpoints {", *(f"  {service} = {json.dumps(endpoint or _NOWHERE)}" for service in SERVICES), "}"]
    aliases = [one.alias for one in modules[0].providers if one.name == "aws" and one.alias]
    first_lines = [f"region = {json.dumps(region)}", *(f'alias = "{alias}"' for alias in aliases)]
    required = (
        f'  required_providers {{\n    aws = {{\n      source  = "hashicorp/aws"\n      version = "{pin}"\n    }}\n  }}\n'
        if pin
        else ""
    )
    blocks = [f'terraform {{\n  backend "local" {{}}\n{required}}}']
    if any(_uses_aws(module) for module in modules):
        blocks += ["\n".join(['provider "aws" {', *(f"  {line}" for line in [first, *lines]), "}"]) for first in first_lines]
    return "\n\n".join(blocks) + "\n"


def _pin(modules: Sequence[sources.Sources], provider: Provider) -> str:
    """The version of the provider, if AWS is used and every module admits it: no constraint of the sources is hidden by it."""
    required = [module.required_providers["aws"] for module in modules if "aws" in module.required_providers]
    is_admitted = all(
        one.source.endswith("hashicorp/aws") and admits(one.version or ">= 0", provider.version) for one in required
    )
    return provider.version if is_admitted and any(_uses_aws(module) for module in modules) else ""


def _uses_aws(module: sources.Sources) -> bool:
    providers = {*module.required_providers, *(block.name for block in module.providers)}
    return "aws" in providers or any(resource.type.startswith("aws_") for resource in module.resources)


def _environment(provider: Provider, endpoint: str | None, region: str, *, has_lock_file: bool) -> dict[str, str]:
    environment = {
        "AWS_REGION": region,  # for provider blocks without one: an override cannot add what is required
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    if provider.needs_downgrade:
        # Nearly a third of its time is Go's garbage collector, for half a gigabyte that it needs at most without.
        environment["GOGC"] = os.environ.get("GOGC", "off")
    else:
        environment["AWS_ENDPOINT_URL"] = endpoint or _NOWHERE
    if provider.cli_config:
        environment["TF_CLI_CONFIG_FILE"] = str(provider.cli_config)
    if provider.plugin_cache and "TF_PLUGIN_CACHE_DIR" not in os.environ:
        environment["TF_PLUGIN_CACHE_DIR"] = str(provider.plugin_cache.resolve())
        if not has_lock_file:
            environment["TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE"] = "1"
    return environment


def _to_one_server(endpoint: str) -> dict[str, str]:
    """The environment in which every HTTP request of a Go program goes to the endpoint, whatever host it names.

    Some operations have a label before the host (``http://123456789012.127.0.0.1:PORT`` of S3 Control), a name that leads nowhere.
    Go's HTTP client leaves the proxy out for a bare loopback address alone, and asks it for the label form. ``terraform init``, which
    downloads, does not get this: its proxies are the user's.
    """
    return {"HTTP_PROXY": endpoint, "http_proxy": endpoint, "NO_PROXY": "", "no_proxy": ""}


def _at(directory: Path, base: Path) -> str:
    """What the names of a module's files begin with in the working copy: nothing, or ``modules/logs/``.

    >>> _at(Path("/stacks/app"), Path("/stacks")), _at(Path("/stacks"), Path("/stacks"))
    ('app/', '')
    """
    return "".join(f"{part}/" for part in directory.relative_to(base).parts)


def _beside(directory: Path) -> Iterator[Path]:
    """Files that the sources may read (templates, policies): not hidden, no state, no values, no other module."""
    for here, directories, files in os.walk(directory):
        directories[:] = [name for name in directories if not name.startswith(".") and not any(Path(here, name).glob("*.tf"))]
        yield from (Path(here, name) for name in sorted(files) if not name.startswith(".") and not name.endswith(_NOT_COPIED))


def deciding(directory: Path) -> list[Path]:
    """The files that decide what a working copy of one directory is: while none of them changes, it does not."""
    return sorted({*(path for path in directory.iterdir() if path.is_file()), *_beside(directory)})


def _write(content: Mapping[str, bytes], directory: Path) -> None:
    """Write the files so that the directory appears complete or not at all."""
    if directory.is_dir():
        return
    directory.parent.mkdir(parents=True, exist_ok=True)
    with temporary("copy", directory.parent) as folder:
        for name, data in content.items():
            path = folder / directory.name / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        try:
            (folder / directory.name).rename(directory)
        except OSError:
            if not directory.is_dir():  # else another run was faster, with the same content
                raise
