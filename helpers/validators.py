"""Holds exported documents against the schemas and tools of those who read them: ``python validators.py DIRECTORY``.

It runs in an environment of its own (requirements/validators.txt), and prints the problems of each file as JSON. A file's name says what
is in it: ``NAME.ocsf.json``, ``NAME.oscal.json``, ``NAME.dsse.json`` (signed by the key of ``public.pem`` beside it).
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path


def ocsf(path: Path) -> Iterator[str]:
    """Problems of OCSF Compliance Findings, by the schema of class 2003 with its profiles."""
    from jsonschema import Draft202012Validator
    from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema  # type: ignore[import-not-found]

    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema("1.4.0")).get_class_schema("compliance_finding", ["cloud", "datetime"])
    for event in json.loads(path.read_text(encoding="utf-8")):
        yield from (f"{error.json_path}: {error.message[:300]}" for error in Draft202012Validator(schema).iter_errors(event))


def oscal(path: Path) -> Iterator[str]:
    """Problems of an OSCAL document, by NIST's models as compliance-trestle has them."""
    from trestle.oscal.assessment_results import AssessmentResults  # type: ignore[import-not-found]
    from trestle.oscal.component import ComponentDefinition  # type: ignore[import-not-found]
    from trestle.oscal.poam import PlanOfActionAndMilestones  # type: ignore[import-not-found]

    models = {"assessment-results": AssessmentResults, "component-definition": ComponentDefinition}
    (name,) = json.loads(path.read_text(encoding="utf-8"))
    try:
        models.get(name, PlanOfActionAndMilestones).oscal_read(path)
    except Exception as error:  # noqa: BLE001 - whatever it is, the document was refused
        yield str(error)


def dsse(path: Path) -> Iterator[str]:
    """Problems of a signed attestation, by securesystemslib."""
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.dsse import Envelope  # type: ignore[import-not-found]
    from securesystemslib.exceptions import VerificationError  # type: ignore[import-not-found]
    from securesystemslib.signer import SSlibKey  # type: ignore[import-not-found]

    document = json.loads(path.read_text(encoding="utf-8"))
    public = load_pem_public_key(path.with_name("public.pem").read_bytes())
    key = SSlibKey.from_crypto(public, keyid=document["signatures"][0]["keyid"])
    try:
        Envelope.from_dict(document).verify([key], 1)
    except (VerificationError, ValueError, KeyError) as error:
        yield str(error)


if __name__ == "__main__":
    checks = {"ocsf": ocsf, "oscal": oscal, "dsse": dsse}
    files = sorted(Path(sys.argv[1]).glob("*.json"))
    print(json.dumps({file.name: list(checks[file.name.split(".")[-2]](file)) for file in files}))
