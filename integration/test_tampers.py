"""Whatever is done to a signed run is refused or named, when it is checked and when it is judged again alike."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from evidence_runs import ROOT, seal

from stackproof.core.verdicts import UsageError
from stackproof.evidence import facts, manifest, recorded, signing
from stackproof.evidence.__main__ import main
from stackproof.evidence.manifest import MANIFEST, PUBLIC_KEY, SIGNATURE
from stackproof.sources.aws.calls import Answer, Call
from stackproof.targets.request import resolve

DATABASES = Call.of("rds:DescribeDBInstances", "ap-northeast-2")
BUCKETS = Call.of("s3:ListBuckets", "ap-northeast-2")
ANSWERS = [Answer(DATABASES, [{"DBInstances": []}]), Answer(BUCKETS, [{"Buckets": []}])]
RUN, RESULTS, CALL = facts.FILE, "results.json", f"evidence/{DATABASES.evidence}"
OTHERS = f"evidence/{BUCKETS.evidence}"


@dataclass(frozen=True)
class Scene:
    """A signed run that may be changed, another one by the same key, one by another key, and the key that signs."""

    run: Path
    other: Path
    foreign: Path
    public: Path


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder = tmp_path_factory.mktemp("signed")
    key, foreign = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    for name, by, environment in (("run", key, "local"), ("other", key, "staging"), ("foreign", foreign, "local")):
        seal(folder / name, ANSWERS, by, environment=environment)
        for report in ("report.html", "junit.xml"):
            (folder / name / report).write_text(f"{report} of {environment}")
        recorded.seal(folder / name, by)
    (folder / "public.pem").write_bytes(signing.as_pem(key.public_key()))
    return Scene(folder / "run", folder / "other", folder / "foreign", folder / "public.pem")


@pytest.fixture
def scene(signed: Scene, tmp_path: Path) -> Scene:
    return Scene(shutil.copytree(signed.run, tmp_path / "run"), signed.other, signed.foreign, signed.public)


def edit(path: str, change: Callable[[bytes], bytes]) -> Callable[[Scene], object]:
    return lambda scene: (scene.run / path).write_bytes(change((scene.run / path).read_bytes())) and None


def put(path: str, content: bytes) -> Callable[[Scene], object]:
    def tamper(scene: Scene) -> None:
        (scene.run / path).parent.mkdir(parents=True, exist_ok=True)
        (scene.run / path).write_bytes(content)

    return tamper


def remove(*paths: str) -> Callable[[Scene], object]:
    def tamper(scene: Scene) -> None:
        for path in paths:
            (scene.run / path).unlink()

    return tamper


def swap(one: str, other: str) -> Callable[[Scene], object]:
    def tamper(scene: Scene) -> None:
        first, second = (scene.run / path for path in (one, other))
        contents = first.read_bytes(), second.read_bytes()
        second.write_bytes(contents[0])
        first.write_bytes(contents[1])

    return tamper


def take(where: str, *paths: str) -> Callable[[Scene], object]:
    """Files of another run in the place of this one's."""

    def tamper(scene: Scene) -> None:
        for path in paths:
            shutil.copy(getattr(scene, where) / path, scene.run / path)

    return tamper


def whole(where: str) -> Callable[[Scene], object]:
    """Another run in the place of this one."""

    def tamper(scene: Scene) -> None:
        shutil.rmtree(scene.run)
        shutil.copytree(getattr(scene, where), scene.run)

    return tamper


def link(path: str, made: Callable[[Path, Path], None]) -> Callable[[Scene], object]:
    """A link (or anything else) in the place of a file or a folder, which lies outside now."""

    def tamper(scene: Scene) -> None:
        outside = (scene.run / path).rename(scene.run.parent / "outside")
        made(scene.run / path, outside)

    return tamper


def remade(change: Callable[[Scene], object]) -> Callable[[Scene], object]:
    """A change, and the manifest made anew over it, as somebody without the key can."""

    def tamper(scene: Scene) -> None:
        change(scene)
        (scene.run / MANIFEST).write_text(manifest.written(scene.run, manifest.covered(scene.run)))

    return tamper


def signed_anew(scene: Scene) -> None:
    """All of it made anew by a key of the forger's, ``run.json`` included."""
    key = Ed25519PrivateKey.generate()
    document = json.loads((scene.run / RUN).read_text()) | {"signed_by": signing.fingerprint(key.public_key())}
    (scene.run / RUN).write_text(json.dumps(document))
    recorded.seal(scene.run, key)


def unsigned_anew(scene: Scene) -> None:
    """All of it made anew as a run that was never signed."""
    document = json.loads((scene.run / RUN).read_text()) | {"signed_by": ""}
    (scene.run / RUN).write_text(json.dumps(document))
    remove(PUBLIC_KEY, SIGNATURE)(scene)
    recorded.seal(scene.run, None)


def said(key: bytes, value: bytes) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        assert key in content
        return content.replace(key, value)

    return change


def rest(lines: list[bytes]) -> bytes:
    return b"".join(lines)


TAMPERS: dict[str, tuple[Callable[[Scene], object], str]] = {
    # files
    "an answer emptied": (put(CALL, b""), CALL),
    "an answer cut": (edit(CALL, lambda content: content[:-1]), CALL),
    "an answer made longer": (edit(CALL, lambda content: content + b"\0"), CALL),
    "an answer that is another's": (swap(CALL, OTHERS), CALL),
    "an answer removed": (remove(CALL), CALL),
    "an answer added": (put("evidence/calls/s3.ListBuckets.0.json.gz", b""), "evidence/calls/s3.ListBuckets.0.json.gz"),
    "a file renamed": (lambda scene: (scene.run / CALL).rename(scene.run / "evidence/calls/a.b.0.json.gz") and None, CALL),
    "an observation added": (put("evidence/observations/formatting.json.gz", b""), "evidence/observations/formatting.json.gz"),
    "a document added": (put("evidence/documents/plan.json.gz", b""), "evidence/documents/plan.json.gz"),
    "a hidden file added": (put(".hidden", b""), ".hidden"),
    "a file added deep down": (put("evidence/a/b/c", b""), "evidence/a/b/c"),
    "a file of escapes added": (put("evidence/\x1b[2Jgreen", b""), "evidence/\ufffd[2Jgreen"),
    "a file of two lines added": (put("evidence/x\nresults.json: fine", b""), "evidence/x\ufffdresults.json: fine"),
    "a file that is no UTF-8 added": (lambda scene: Path(os.fsdecode(bytes(scene.run) + b"/\xff")).touch(), "\ufffd"),
    "run.json edited": (edit(RUN, said(b'"local"', b'"production"')), RUN),
    "run.json with a key twice": (edit(RUN, said(b'"format": 2', b'"format": 2, "format": 2')), RUN),
    "run.json with a mark before it": (edit(RUN, lambda content: b"\xef\xbb\xbf" + content), RUN),
    "run.json in UTF-16": (edit(RUN, lambda content: content.decode().encode("utf-16")), RUN),
    "run.json removed": (remove(RUN), RUN),
    "results.json edited": (edit(RESULTS, said(b'"exit_status": 1', b'"exit_status": 0')), RESULTS),
    "results.json with other ends of lines": (edit(RESULTS, lambda content: content.replace(b"\n", b"\r\n")), RESULTS),
    "results.json removed": (remove(RESULTS), RESULTS),
    "results.json of another run": (take("other", RESULTS), RESULTS),
    "junit.xml edited": (put("junit.xml", b"<testsuites/>"), "junit.xml"),
    "report.html edited": (put("report.html", b"<p>all is well"), "report.html"),
    "report.html removed": (remove("report.html"), "report.html"),
    "the environment edited": (edit("evidence/environment.json", said(b"14", b"13")), "evidence/environment.json"),
    "the waivers edited": (put("evidence/waivers.toml", b"# all"), "evidence/waivers.toml"),
    "the modules edited": (put("evidence/modules", b"-"), "evidence/modules"),
    "a huge file": (lambda scene: os.truncate(scene.run / CALL, 1 << 28), CALL),
    # what is no file
    "a symbolic link for a file": (link(CALL, lambda path, outside: path.symlink_to(outside)), f"{CALL}: changed: it is a link"),
    "a symbolic link to nothing": (
        link(CALL, lambda path, outside: path.symlink_to("/nowhere")),
        f"{CALL}: changed: it is a link",
    ),
    "a hard link for a file": (link(CALL, lambda path, outside: path.hardlink_to(outside)), "a hard link"),
    "a symbolic link for a folder": (
        link("evidence/calls", lambda path, outside: path.symlink_to(outside)),
        "evidence/calls: added",
    ),
    "a symbolic link for the evidence": (link("evidence", lambda path, outside: path.symlink_to(outside)), "evidence: added"),
    "a symbolic link added": (lambda scene: (scene.run / "link").symlink_to("/etc/hostname"), "link: added"),
    "a pipe for a file": (link(CALL, lambda path, outside: os.mkfifo(path)), f"{CALL}: changed: it is no file"),
    "a folder for a file": (link(CALL, lambda path, outside: path.mkdir()), f"{CALL}: changed: it is no file"),
    "a link for the manifest": (
        link(MANIFEST, lambda path, outside: path.symlink_to(outside)),
        f"{MANIFEST}: changed: it is a link",
    ),
    "a pipe for the manifest": (link(MANIFEST, lambda path, outside: os.mkfifo(path)), f"{MANIFEST}: changed: it is no file"),
    "a link for the signature": (
        link(SIGNATURE, lambda path, outside: path.symlink_to(outside)),
        f"{SIGNATURE}: changed: it is a link",
    ),
    "a pipe for the signature": (link(SIGNATURE, lambda path, outside: os.mkfifo(path)), f"{SIGNATURE}: changed: it is no file"),
    "a pipe for the key": (link(PUBLIC_KEY, lambda path, outside: os.mkfifo(path)), f"{PUBLIC_KEY}: changed: it is no file"),
    # the manifest
    "the manifest removed": (remove(MANIFEST), MANIFEST),
    "the manifest emptied": (put(MANIFEST, b""), MANIFEST),
    "the manifest cut": (edit(MANIFEST, lambda content: content[:-1]), MANIFEST),
    "the manifest without its last line": (edit(MANIFEST, lambda content: rest(content.splitlines(True)[:-1])), RESULTS),
    "the manifest without its first line": (edit(MANIFEST, lambda content: rest(content.splitlines(True)[1:])), MANIFEST),
    "the manifest turned around": (edit(MANIFEST, lambda content: rest(content.splitlines(True)[::-1])), MANIFEST),
    "a line of the manifest twice": (edit(MANIFEST, lambda content: rest([*content.splitlines(True)[:1], content])), MANIFEST),
    "a path of the manifest in other words": (edit(MANIFEST, said(b"  results.json", b"  ./results.json")), MANIFEST),
    "a path of the manifest that is too long": (edit(MANIFEST, said(b"  results.json", b"  " + b"r" * 5000)), MANIFEST),
    "a path of the manifest with a zero byte": (edit(MANIFEST, said(b"  results.json", b"  results\0.json")), MANIFEST),
    "a path of the manifest that is no UTF-8": (edit(MANIFEST, said(b"  results.json", b"  \xff.json")), MANIFEST),
    "the manifest of another run": (take("other", MANIFEST), RUN),
    "the manifest and signature of another run": (take("other", MANIFEST, SIGNATURE), RUN),
    "the manifest made anew over an edit": (remade(edit(RUN, said(b'"local"', b'"production"'))), SIGNATURE),
    "the manifest made anew without an answer": (remade(remove(CALL)), SIGNATURE),
    "the manifest made anew without results": (remade(remove(RESULTS)), RESULTS),
    # the signature
    "the signature removed": (remove(SIGNATURE), f"{SIGNATURE}: removed"),
    "the signature emptied": (put(SIGNATURE, b""), SIGNATURE),
    "the signature cut": (edit(SIGNATURE, lambda content: content[:-1]), SIGNATURE),
    "the signature made longer": (edit(SIGNATURE, lambda content: content + b"\0"), SIGNATURE),
    "the signature of zeros": (put(SIGNATURE, bytes(64)), SIGNATURE),
    "the signature of another run": (take("other", SIGNATURE), SIGNATURE),
    "the signature by another key": (take("foreign", SIGNATURE), SIGNATURE),
    "the key removed": (remove(PUBLIC_KEY), PUBLIC_KEY),
    "the key emptied": (put(PUBLIC_KEY, b""), PUBLIC_KEY),
    "the key of another": (take("foreign", PUBLIC_KEY), PUBLIC_KEY),
    "key and signature of another": (take("foreign", PUBLIC_KEY, SIGNATURE), PUBLIC_KEY),
    "key and signature removed": (remove(PUBLIC_KEY, SIGNATURE), PUBLIC_KEY),
    "key and signature removed, the manifest made anew": (
        remade(remove(PUBLIC_KEY, SIGNATURE)),
        f"{SIGNATURE}: removed: the run was",
    ),
    "the key removed, the manifest made anew": (remade(remove(PUBLIC_KEY)), SIGNATURE),
}
"""What is done, and what the answer must name."""

BY_THE_KEY_ALONE = {
    "made anew as a run that was not signed": (unsigned_anew, "the run was not signed"),
    "made anew by another key": (signed_anew, "and not by"),
    "another run by another key": (whole("foreign"), "and not by"),
}
"""What nobody can see without knowing the key: the whole run was made anew."""


def checked(scene: Scene, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    status = main(["check", str(scene.run), *options])
    reported = capsys.readouterr()
    return status, reported.out + reported.err


def test_a_run_that_nobody_touched_is_accepted(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    status, reported = checked(scene, capsys, f"--public-key={scene.public}")
    assert status == 0, reported
    assert resolve(ROOT, evidence=str(scene.run), public_key=str(scene.public)).recorded
    for word in ("environment local", "target embedded", "account 123456789012", "judged at", "commit none", "0 controls"):
        assert word in reported


@pytest.mark.parametrize("name", TAMPERS)
def test_a_change_is_named_by_the_check_and_refused_by_the_replay(
    name: str, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper, named = TAMPERS[name]
    tamper(scene)
    for options in ((), (f"--public-key={scene.public}",)):
        status, reported = checked(scene, capsys, *options)
        assert status in (1, 4), reported
        assert named in reported
        assert "Traceback" not in reported
        assert not set("\x1b\udcff") & set(reported)
    for public in (None, str(scene.public)):
        with pytest.raises(UsageError):
            resolve(ROOT, evidence=str(scene.run), public_key=public)


@pytest.mark.parametrize("name", BY_THE_KEY_ALONE)
def test_a_run_that_was_made_anew_is_refused_by_the_key(name: str, scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    tamper, named = BY_THE_KEY_ALONE[name]
    tamper(scene)
    status, reported = checked(scene, capsys, f"--public-key={scene.public}")
    assert status == 1
    assert named in reported
    with pytest.raises(UsageError, match=named):
        resolve(ROOT, evidence=str(scene.run), public_key=str(scene.public))
    assert "not signed" in checked(scene, capsys)[1] or "compare it with the one you know" in checked(scene, capsys)[1]


def test_another_run_by_the_same_key_says_what_it_is(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    whole("other")(scene)
    status, reported = checked(scene, capsys, f"--public-key={scene.public}")
    assert status == 0
    assert "environment staging" in reported


def test_a_public_key_without_a_recorded_run_is_bad_input(scene: Scene) -> None:
    with pytest.raises(UsageError, match="say which run"):
        resolve(ROOT, public_key=str(scene.public))
