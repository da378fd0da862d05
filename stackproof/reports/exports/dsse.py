"""An in-toto attestation of a run's manifest in a DSSE envelope, signed with the Ed25519 key that signed the manifest.

Its subjects are the manifest, by the digest of the very bytes that ``manifest.sig`` signs, and every file that the manifest lists; its
predicate is in-toto's test result. ``cosign verify-blob-attestation --key public.pem`` and securesystemslib read it.
https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md
"""

import base64
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from stackproof.core.results import Run
from stackproof.core.sentences import extent
from stackproof.core.verdicts import UsageError, Verdict
from stackproof.evidence import manifest, signing
from stackproof.reports.exports.rows import as_json
from stackproof.reports.formats import Finished
from stackproof.reports.text import confirmation

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"

_LINE = re.compile(r"[0-9a-f]{64} (?P<digest>[0-9a-f]{64})  (?P<path>.+)")


def dsse(finished: Finished) -> str:
    """The envelope. Raises `UsageError` where the run is not signed, is not as it was, or the key is not the one that signed it."""
    if finished.directory is None:
        raise UsageError("dsse: give the folder of a run: results alone have no manifest")
    try:
        content = manifest.content(finished.directory)
    except ValueError as error:
        raise UsageError(f"dsse: {finished.directory / manifest.MANIFEST}: {error}") from None
    if wrong := manifest.problems(finished.directory):
        raise UsageError(f"dsse: the run is not as it was: {wrong[0]}; stackproof evidence check {finished.directory} tells all")
    payload = json.dumps(statement(finished.run, content), ensure_ascii=False).encode()
    key = _key(finished, content)
    return as_json(
        {
            "payloadType": PAYLOAD_TYPE,
            "payload": base64.b64encode(payload).decode(),
            "signatures": [
                {
                    "keyid": signing.fingerprint(key.public_key()),
                    "sig": base64.b64encode(key.sign(pre_authentication(PAYLOAD_TYPE, payload))).decode(),
                }
            ],
        }
    )


def statement(run: Run, content: bytes) -> Mapping[str, Any]:
    """The in-toto statement about the bytes of a manifest."""
    tests: dict[str, list[str]] = {"passedTests": [], "warnedTests": [], "failedTests": []}
    for control in run.controls:
        tests[_LISTS[control.verdict]].append(control.id)
    tests["failedTests"] += run.not_judged
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in _subjects(content)],
        "predicateType": PREDICATE,
        "predicate": {
            "result": "FAILED" if run.exit_status else "WARNED" if tests["warnedTests"] or run.not_selected else "PASSED",
            "configuration": [
                {
                    "name": f"environments/{run.environment}.toml",
                    "annotations": {
                        "environment": run.environment,
                        "target": run.target,
                        "run": run.id,
                        "commit": run.commit,
                        "extent": extent(run, "en"),
                        "not_selected": len(run.not_selected),
                        "accepted": [*_accepted(run)],
                    },
                }
            ],
            **tests,
        },
    }


def _accepted(run: Run) -> Iterator[str]:
    """What each waiver accepts, until when, and where to read on."""
    for one in run.waivers:
        if one.accepts:
            what = " ".join(filter(None, (*one.controls, one.check, one.resource, one.field)))
            yield f"{what}: {one.expires} ({one.owner}, {one.ticket}), {confirmation(one, 'en')}"


_LISTS = {
    Verdict.PASS: "passedTests",
    Verdict.WAIVED: "warnedTests",
    Verdict.UNKNOWN: "warnedTests",
    Verdict.NOT_APPLICABLE: "warnedTests",
    Verdict.NOT_DECLARED: "warnedTests",
    Verdict.ERROR: "failedTests",
    Verdict.FAIL: "failedTests",
}


def pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """The bytes that DSSE signs.

    >>> pre_authentication("a/b", b"text")
    b'DSSEv1 3 a/b 4 text'
    """
    kind = payload_type.encode()
    return b" ".join((b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload))


def _subjects(content: bytes) -> Iterator[tuple[str, str]]:
    yield manifest.MANIFEST, hashlib.sha256(content).hexdigest()
    for line in content.decode("utf-8", "backslashreplace").splitlines():
        if found := _LINE.fullmatch(line):
            yield found["path"], found["digest"]


def _key(finished: Finished, content: bytes) -> "Ed25519PrivateKey":
    """The key that signed the manifest."""
    assert finished.directory is not None
    signature = finished.directory / manifest.SIGNATURE
    if not signature.is_file():
        raise UsageError("dsse: the run is not signed; judge it with --signing-key=FILE (docs/evidence.md)")
    given = os.environ.get(signing.VARIABLE, "")
    if not given:
        raise UsageError(f"dsse: the envelope is signed with the key that signed the run: set {signing.VARIABLE} to its file")
    key = signing.private_key(given)
    if not signing.is_signed_by(key.public_key(), manifest.beginning(signature, signing.LENGTH), content):
        raise UsageError(f"dsse: the key of {signing.VARIABLE} is not the one that signed the run")
    return key
