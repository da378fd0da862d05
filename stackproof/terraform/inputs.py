"""All that a command of Terraform depends on which asks nobody: so that what it said can be kept (`stackproof.util.kept`)."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from stackproof.terraform.cli import Terraform
from stackproof.util import json_document
from stackproof.util.kept import digest_of, identity

_ELSEWHERE = re.compile(
    r"""\b(?:timestamp|plantimestamp|uuid|bcrypt|pathexpand|abspath)\s*\(  # the clock, chance, the machine
    |\bprovider::                                                         # a function that a provider has
    |\bephemeral\b                                                        # asked for at every plan
    |\bdata\s+"(?!aws_)                                                   # of others than AWS, which is out of reach here
    |\b(?:file\w*|templatefile)\s*\((?!\s*"\$\{path\.(?:module|root)\}/(?:(?!\.\.)[^"$])*")  # a file that may be outside
    """,
    re.VERBOSE,
)
_PROVIDER = re.compile(r'^provider "([^"]*)"', re.MULTILINE)
_OURS = "registry.terraform.io/hashicorp/aws"
_FOR_INIT_ALONE = ("TF_TOKEN_", "TF_REGISTRY_", "TF_PLUGIN_CACHE")


def looks_elsewhere(text: str) -> bool:
    """True if what sources say may depend on more than themselves: the clock, chance, a file or a service outside of them.

    >>> looks_elsewhere('policy = file("${path.module}/policy.json")'), looks_elsewhere('policy = file(var.policy)')
    (False, True)
    >>> looks_elsewhere("made = plantimestamp()"), looks_elsewhere('data "aws_region" "here" {}'), looks_elsewhere('data "http" "me" {}')
    (True, False, True)
    """
    return _ELSEWHERE.search(text) is not None


def of_copy(copy: Path, root: Path, terraform: Terraform, environment: Mapping[str, str]) -> dict[str, str] | None:
    """The things that decide what Terraform says of an initialised working copy that asks nobody, by name; None where more do.

    ``root`` is the root module in the copy, ``environment`` what Terraform's process gets. The values of variables (``TF_VAR_NAME``) are
    not among it: whoever keeps an answer says of which values it is.
    """
    files = dict(_files(copy))
    lock = root / ".terraform.lock.hcl"
    locked = lock.read_text(encoding="utf-8") if lock.is_file() else ""
    configuration = _configuration(environment)
    if (
        any(looks_elsewhere(content.decode(errors="replace")) for name, content in files.items() if name.endswith(".tf"))
        or {*_PROVIDER.findall(locked)} - {_OURS}
        or not _are_local(root / ".terraform" / "modules" / "modules.json")
        or "dev_overrides" in configuration
    ):
        return None
    try:
        programs = [*map(identity, terraform.programs), *sorted(map(identity, _provider_files(root)))]
    except OSError:
        return None
    told = {
        name: value
        for name, value in environment.items()
        if name.startswith(("TF_", "AWS_")) and not name.startswith(("TF_VAR_", *_FOR_INIT_ALONE))
    }
    return {
        "working_copy": f"{copy.name} {digest_of(files)}",
        "Terraform": terraform.name,
        "providers": digest_of(locked),
        "programs": digest_of(programs),
        "environment": digest_of(told, configuration),
    }


def _files(copy: Path) -> Iterator[tuple[str, bytes]]:
    for here, directories, names in os.walk(copy):
        directories[:] = [
            name for name in directories if not name.startswith((".terraform", "stackproof."))
        ]  # what others make now
        for name in names:
            if not name.startswith(".") and name != "tfplan":
                yield Path(here, name).relative_to(copy).as_posix(), Path(here, name).read_bytes()


def _configuration(environment: Mapping[str, str]) -> str:
    """The text of Terraform's CLI configuration: what it may take a provider from."""
    file = Path(environment.get("TF_CLI_CONFIG_FILE") or Path(environment.get("HOME", "/")) / ".terraformrc")
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""


def _are_local(manifest: Path) -> bool:
    """True if every module that was installed lies in the working copy."""
    if not manifest.is_file():
        return True
    modules = json_document.loads(manifest.read_text(encoding="utf-8"))["Modules"]
    return all(module["Source"].startswith(("./", "../")) for module in modules if module["Key"])


def _provider_files(root: Path) -> Iterator[Path]:
    """The providers' executables, through the links that ``init`` made."""
    for provider in (root / ".terraform" / "providers").glob("*/*/*/*/*"):
        yield from (file for file in provider.resolve().iterdir() if file.is_file())
