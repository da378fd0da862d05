"""Cases of the controls that run something against an emulator: an edit of the script, of the backend or of its tests, and the verdict
that must follow. The emulator is an embedded cloud, since the controls do not see which one it is.
"""

import atexit
import functools
import shutil
import tempfile
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any, NoReturn

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from proofs.harness import ROOT
from proofs.phase0 import Case, errs, fails, passes
from proofs.repository import Edit, Repository, appends, once, removes, replaces
from stackproof.core.verdicts import CouldNotVerify
from stackproof.embedded.account import Endpoint
from stackproof.localstack import backend_tests, set_up
from stackproof.processes.command import Ended
from stackproof.scanners import fakes
from stackproof.targets.embedded import EmbeddedStage, fresh_cloud
from stackproof.util.cache import CACHE

SCRIPT = set_up.SCRIPT
STORAGE, SECRETS = (f"backend/app/aws/{name}.py" for name in ("storage", "secrets"))
TESTS = f"{backend_tests.BACKEND}/{backend_tests.TESTS}"
NOWHERE = "http://127.0.0.1:9"


@functools.cache
def emulator() -> str:
    """The endpoint of an embedded cloud that ends with this process."""
    kept = ExitStack()
    atexit.register(kept.close)
    return kept.enter_context(fresh_cloud("123456789012"))


def empty() -> str:
    """It, with nothing in it."""
    prepared.cache_clear()
    urllib.request.urlopen(f"{emulator()}/moto-api/reset", data=b"").close()
    return emulator()


@functools.cache
def prepared() -> str:
    """It, as the script sets it up: for all cases of the backend."""
    endpoint = empty()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(set_up, "environment", lambda *_: fake_tool())
        made = set_up.run(ROOT, ROOT / CACHE, endpoint, "ap-northeast-2", lambda _: None)
    assert not made.problem, made.problem
    return endpoint


def copied(repository: Repository, endpoint: str) -> None:
    """Take the backend and the scripts along, and judge against an emulator."""
    repository.target = "embedded"
    for name in ("backend", "scripts"):
        shutil.copytree(ROOT / name, repository.root / name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    repository.patch.setattr(EmbeddedStage, "emulator", lambda stage: nullcontext(endpoint))


def developed_with_the_cli(repository: Repository) -> None:
    """Judge the script against an emulator with nothing in it."""
    copied(repository, empty())
    repository.patch.setattr(backend_tests, "run", lambda *_, **__: {})


def developed(repository: Repository) -> None:
    """As `developed_with_the_cli`; what the script asks the AWS command line is asked from here, which takes a tenth of the time."""
    developed_with_the_cli(repository)
    repository.patch.setattr(set_up, "environment", lambda *_: fake_tool())


def developed_again(repository: Repository) -> None:
    """The same, against an emulator that the script has set up before."""
    developed(repository)
    prepared()


def backend(repository: Repository) -> None:
    """Judge the backend's tests against an emulator that is set up."""
    copied(repository, prepared())
    repository.patch.setattr(set_up, "run", lambda *_: Ended(0, "", ""))
    repository.patch.setattr(set_up, "state", lambda *_: {})
    repository.patch.setattr(backend_tests, "run", once(backend_tests.run, _content))


def _content(root: Path, *_: object, **__: Any) -> object:
    """What decides how the backend's tests end."""
    files = sorted(path for path in (root / backend_tests.BACKEND).rglob("*") if path.is_file())
    return backend_tests._TIMEOUT, tuple((str(path.relative_to(root)), path.read_bytes()) for path in files)


@functools.cache
def fake_tool() -> Path:
    """A Python that runs what is named as it is; beside it there is an ``aws`` that asks this process."""
    kept = ExitStack()
    atexit.register(kept.close)
    folder = kept.enter_context(tempfile.TemporaryDirectory(prefix="stackproof aws "))
    port = kept.enter_context(fakes.answering(called))
    bash = shutil.which("bash")
    assert bash
    fakes.install(Path(folder, "aws"), bash, port)
    python = Path(folder, "python")
    python.write_text('#!/bin/sh\nexec "$@"\n')
    python.chmod(0o755)
    return python


def called(words: Sequence[str]) -> tuple[int, str]:
    """What the AWS command line does for a call such as ``aws --endpoint-url URL --region R s3api list-buckets --query Q``.

    >>> called(["aws", "--region", "ap-northeast-2", "s3api", "create-bucket"])
    (252, 'Parameter validation failed:\\nMissing required parameter in input: "Bucket"')
    """
    options = {words[at].removeprefix("--"): words[at + 1] for at in range(1, len(words)) if words[at].startswith("--")}
    service, operation = [word for at, word in enumerate(words) if at and "--" not in (word[:2], words[at - 1][:2])]
    parameters: dict[str, Any] = {_pascal(name): value for name, value in options.items() if name not in GLOBAL_OPTIONS}
    client = _client(service, options.get("endpoint-url", NOWHERE), options["region"])
    method = operation.replace("-", "_")
    known = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape.members
    for name, value in parameters.items():
        if known[name].type_name == "structure":
            parameters[name] = dict(part.split("=") for part in value.split(","))
    try:
        answer = getattr(client, method)(**parameters)
    except ClientError as error:
        return 254, f"\n{error}\n"
    except ParamValidationError as error:
        return 252, str(error)
    return 0, fakes.printed({name: value for name, value in answer.items() if name != "ResponseMetadata"}, words)


GLOBAL_OPTIONS = ("endpoint-url", "region", "cli-connect-timeout", "cli-read-timeout", "output", "query")


@functools.cache
def _client(service: str, endpoint: str, region: str) -> Any:
    return Endpoint(endpoint, "", region).client("s3" if service == "s3api" else service)


def _pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


def down(repository: Repository) -> None:
    """Let nothing answer."""
    repository.patch.setattr(EmbeddedStage, "emulator", lambda stage: nullcontext(NOWHERE))


def without_aws(repository: Repository) -> None:
    """Let the AWS command line not be installable."""

    def fails_to_install(*_: object) -> NoReturn:
        raise CouldNotVerify("awscli could not be installed")

    repository.patch.setattr(set_up, "environment", fails_to_install)


def impatient(repository: Repository) -> None:
    """Wait half a second for each command."""
    repository.patch.setattr(set_up, "_TIMEOUT", 0.5)
    repository.patch.setattr(backend_tests, "_TIMEOUT", 0.5)


def script(old: str, new: str) -> Edit:
    return replaces(SCRIPT, old, new)


def more(line: str) -> Edit:
    """One line more at the end of the script."""
    return appends(SCRIPT, f"\n{line}\n")


BASH = "#!/usr/bin/env bash\n"
SECRET, CONNECTION = "secret triflow-ai-local/llm", "secret triflow-ai-local/database"
ASKS, REFUSED = "buckets=$(local_aws", "local_aws s3api head-bucket --bucket no-such-bucket"
REWRITES = 'local_aws secretsmanager put-secret-value --secret-id "$database_secret" --secret-string "{}"'
SET_UP = [
    passes("as it is", developed_with_the_cli),
    passes("as it is, with the fake", developed),
    fails("no script", developed, removes(SCRIPT), names=SCRIPT),
    fails("the script fails", developed, script(BASH, f"{BASH}echo 'no disk' >&2\nexit 3\n"), names="exit status 3: no disk"),
    fails("the script does nothing", developed, script(BASH, f"{BASH}exit 0\n"), names="bucket triflow-ai-local"),
    fails("no bucket", developed, script("\nmake_bucket\n", "\n"), names="bucket triflow-ai-local"),
    fails("another bucket", developed, script(":-triflow-ai-local}", ":-triflow-ai}"), names="bucket triflow-ai-local"),
    fails("a secret less", developed, script('make_secret "$llm', 'echo "$llm'), names=SECRET),
    fails("a call of AWS fails", developed_with_the_cli, script(ASKS, f"{REFUSED}\n{ASKS}"), names="An error occurred (404)"),
    fails("a second run fails", developed, script('has "$buckets" "$bucket"', "false"), names="BucketAlreadyOwnedByYou"),
    fails("a second run fails silently", developed, script('echo "unchanged  bucket', 'exit 2 # "'), names="exit status 2"),
    fails("a second run rewrites a secret", developed, more(REWRITES), names=CONNECTION),
    fails(
        "a second run makes another bucket",
        developed,
        more('local_aws s3api create-bucket --bucket "more-$RANDOM" --create-bucket-configuration "LocationConstraint=$region"'),
        names="bucket more-",
    ),
    fails(
        "a second run removes the bucket",
        developed,
        script('echo "unchanged  bucket', 'local_aws s3api delete-bucket --bucket "$bucket"; echo "unchanged  bucket'),
        names="bucket triflow-ai-local",
    ),
    fails("a second run says that it has made something", developed, more("echo created more"), names="created more"),
    passes("an emulator that is set up", developed_again),
    errs("the script does nothing, and all is there", developed_again, script(BASH, f"{BASH}exit 0\n"), names=SECRET),
    errs("a secret less, and it is there", developed_again, script('make_secret "$llm', 'echo "$llm'), names=f"{SECRET}: there"),
    errs("the endpoint is down", developed, down, names=NOWHERE),
    errs("a script that never ends", developed, impatient, script(BASH, f"{BASH}sleep 60\n"), names="did not end within"),
    errs("no AWS command line", developed, without_aws, names="awscli"),
]


def unprepared(repository: Repository) -> None:
    """Let the script fail."""
    repository.patch.setattr(set_up, "run", lambda *_: Ended(1, "", "no emulator answers"))


def of_each_test(replacement: str) -> tuple[Edit, ...]:
    """Write something else for ``def NAME(`` of each test, so that what happens to all is seen in one run of them."""
    return tuple(replaces(TESTS, f"def {name}(", replacement.format(name=name)) for name in backend_tests.NAMES)


FAILING = of_each_test("def {name}(missing: int, ")
SKIPPED = of_each_test("@pytest.mark.skip('later')\ndef {name}(")
GONE = (*of_each_test("def later_{name}("), appends(TESTS, "\n\ndef test_something_else() -> None:\n    pass\n"))
SHELLS = appends(TESTS, "".join(f"\n\ndef {name}() -> None:\n    pass\n" for name in backend_tests.NAMES))


def before(file: str, operation: str, line: str) -> Edit:
    """A line before an operation, for what is answered if nothing is."""
    asks = f'        with told("{operation}"'
    return replaces(file, asks, f"        {line}\n{asks}")


SWALLOWED = (
    replaces("backend/app/aws/errors.py", "raise _KINDS", "return  # raise _KINDS"),
    before(STORAGE, "PutObject", 'answer = {"ETag": ""}'),
    before(STORAGE, "GetObject", 'content = b""'),
    before(SECRETS, "GetSecretValue", 'answer = {"SecretString": "{}"}'),
)
"""Let what the service refuses be no error, of no operation."""


def tested(name: str, operation: str, broken: list[Case]) -> list[Case]:
    """What holds for each of the tests: ``operation`` is what the emulator must have granted."""
    return [
        passes("as it is", backend),
        *broken,
        fails("what the service refuses is no error", backend, *SWALLOWED, names="failed: Failed: DID NOT RAISE"),
        fails("its test fails", backend, *FAILING, names="error"),
        fails("its test is skipped", backend, *SKIPPED, names="skipped: later"),
        fails("its test is gone", backend, *GONE, names="not collected"),
        fails("its test is a shell", backend, SHELLS, names=operation),
        errs("tests that cannot be imported", backend, appends(TESTS, "\nimport no_such_module\n"), names="no_such_module"),
        errs(
            "tests that never end", backend, impatient, appends(TESTS, "\nimport time\n\ntime.sleep(60)\n"), names="did not end"
        ),
        errs("the script fails", backend, unprepared, names="no emulator answers"),
    ]


CASES = {
    "LOC-02": SET_UP,
    "SDK-01": tested(
        "test_s3_upload",
        "s3:PutObject",
        [
            fails("no tests", backend, removes(TESTS), names=TESTS),
            fails(
                "an upload that does nothing",
                backend,
                replaces(STORAGE, "self._client.put_object(", '(lambda **_: {"ETag": ""})('),
                names="failed: ",
            ),
        ],
    ),
    "SDK-02": tested(
        "test_s3_download",
        "s3:GetObject",
        [
            fails(
                "a download of nothing",
                backend,
                replaces(STORAGE, 'self._client.get_object(Bucket=self.name, Key=key)["Body"].read()', 'b""'),
                names="failed: ",
            ),
        ],
    ),
    "SDK-03": tested(
        "test_secrets_manager",
        "secretsmanager:GetSecretValue",
        [
            fails(
                "a secret that is made up",
                backend,
                replaces(SECRETS, "self._client.get_secret_value(SecretId=name)", '{"SecretString": "{}"}'),
                names="failed: ",
            ),
        ],
    ),
}
