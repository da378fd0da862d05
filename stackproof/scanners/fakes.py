"""Stand-ins for ``aws``, ``docker`` and ``git``: they answer as an account does in which the stack is deployed, and nothing leaves this
machine.

Each is a few lines of bash that ask this process by a socket what to print and how to end.
"""

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHANGING = ("docker push", "aws ecs register-task-definition", "aws ecs update-service")
"""Calls that change something in the account."""
BUILDING = "docker buildx build"
WAITING = "aws ecs wait"
TAG = "v1.2.3"
HEAD = "5f0c1d2e" * 5
"""The commit that is checked out, which has the git tag `TAG`."""
LATEST = "latest"
"""A tag that is built anew although ECR has it: what fails on the way would deploy the earlier image."""
_PROGRAM = """#!BASH
words=("${0##*/}")
for word; do
  if [[ $word == file://* ]]; then word=$(< "${word#file://}"); fi
  words+=("$word")
done
exec 3<> /dev/tcp/127.0.0.1/PORT
printf '%s\\0' "${#words[@]}" "${words[@]}" >&3
IFS= read -r status <&3
IFS= read -r -d '' answer <&3
if ((status == 0)); then printf '%s' "$answer"; else printf '%s' "$answer" >&2; fi
exit "$status"
"""
"""What stands for a program: asks this process what to answer. It reads a parameter's file itself, which may be a pipe."""

Answer = Callable[[Sequence[str]], tuple[int, str]]
"""For the words of a call its exit status, and what it prints (to stderr, where it fails)."""

REPOSITORY = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/triflow-ai-backend"
DIGEST = "sha256:" + "d1" * 32
SERVICE = "triflow-ai-production-backend-service"
FAMILY = "arn:aws:ecs:ap-northeast-2:123456789012:task-definition/triflow-ai-production-backend"
CURRENT, NEW = f"{FAMILY}:5", f"{FAMILY}:6"
COMPUTED = {
    "taskDefinitionArn": CURRENT,
    "revision": 5,
    "status": "ACTIVE",
    "requiresAttributes": [{"name": "ecs.capability.task-eni"}],
    "compatibilities": ["EC2", "FARGATE"],
    "registeredAt": "2026-01-20T19:00:00+09:00",
    "registeredBy": "arn:aws:iam::123456789012:user/terraform-deploy",
}
"""What DescribeTaskDefinition tells and RegisterTaskDefinition does not take."""
DEFINITION = {
    "family": "triflow-ai-production-backend",
    "networkMode": "awsvpc",
    "cpu": "512",
    "memory": "1024",
    "executionRoleArn": "arn:aws:iam::123456789012:role/triflow-ai-production-ecs-task-execution-role",
    "taskRoleArn": "arn:aws:iam::123456789012:role/triflow-ai-production-ecs-task-role",
    "requiresCompatibilities": ["FARGATE"],
    "containerDefinitions": [
        {"name": "backend", "image": f"{REPOSITORY}:v1.2.2", "environment": [{"name": "ENVIRONMENT", "value": "production"}]},
        {"name": "sidecar", "image": "sidecar:1"},
    ],
}
TAGS = [{"key": "Environment", "value": "production"}]
BACKEND = 0
"""Which of the containers is the backend's."""


@dataclass
class Account:
    """An account with the stack in it, as far as a deployment looks and acts."""

    has_tag: bool = False
    """Whether ECR has the image that is asked for."""
    git_tags: tuple[str, ...] = (TAG,)
    """Of the commit that is checked out."""
    uncommitted: str = ""
    """What is not committed, as ``git status`` lists it."""
    fails: tuple[str, int] | None = None
    """Which call fails, and which time it is made; the calls of a pipeline have no order."""
    rolls_back: bool = False
    """Whether ECS puts the earlier revision back, as its circuit breaker does."""
    lacks_a_task: bool = False
    calls: list[str] = field(default_factory=list)
    failed_after: int | None = None
    """How many calls there were when one failed."""
    named: set[str] = field(default_factory=set)
    """What of the stack was asked for or changed, by its name."""
    registered: dict[str, Any] | None = None
    _running: str = CURRENT

    def answer(self, words: Sequence[str]) -> tuple[int, str]:
        """The exit status of a call, and what it prints (to stderr, where it fails)."""
        name = _name(words)
        self.calls.append(name)
        self.named.update(word for word in words if word.startswith("triflow-ai-"))
        if self.fails == (name, self.calls.count(name)):
            self.failed_after = len(self.calls)
            return 255, f"{name}: made to fail"
        try:
            document = self._answer(name, words)
        except (ValueError, TypeError) as error:
            return 252, f"{name}: {error}"
        if document is None:
            return 254, "An error occurred (ImageNotFoundException) when calling the DescribeImages operation: no such image"
        return 0, printed(document, words)

    def _answer(self, name: str, words: Sequence[str]) -> object:
        match name:
            case "docker push":
                self.has_tag = True
            case "git tag":
                return "\n".join(self.git_tags)
            case "git status":
                return self.uncommitted
            case "aws ecr describe-images":
                return {"imageDetails": [{"imageDigest": DIGEST, "imageTags": [TAG]}]} if self.has_tag else None
            case "aws ecs register-task-definition":
                self.registered = json.loads(option(words, "--cli-input-json"))
                return {"taskDefinition": {**self.registered, **COMPUTED, "taskDefinitionArn": NEW, "revision": 6}}
            case "aws ecs update-service":
                self._running = CURRENT if self.rolls_back else option(words, "--task-definition")
                return {"service": self._service()}
            case "aws ecs describe-task-definition":
                return {"taskDefinition": {**COMPUTED, **DEFINITION}, "tags": TAGS}
            case "aws ecs describe-services":
                return {"services": [self._service()]}
        return ANSWERS.get(name, "")

    def _service(self) -> dict[str, object]:
        deployment = {"status": "PRIMARY", "taskDefinition": self._running, "rolloutState": "COMPLETED"}
        counts = {"desiredCount": 2, "runningCount": 1 if self.lacks_a_task else 2, "pendingCount": 0}
        return {"serviceName": SERVICE, "taskDefinition": self._running, "deployments": [deployment], **counts}

    @property
    def steps(self) -> tuple[str, ...]:
        """The calls of the script that changed something or waited for it, in order."""
        return tuple(call for call in self.calls if call in (*CHANGING, WAITING))


def _name(words: Sequence[str]) -> str:
    """What a call is of.

    >>> _name(["docker", "push", "image"]), _name(["aws", "ecs", "wait", "services-stable"]), _name(["git", "-C", "/here", "tag"])
    ('docker push', 'aws ecs wait', 'git tag')
    """
    match words:
        case ["git", "-C", _, *asked]:
            return f"git {asked[0]}"
        case ["docker", "buildx", *_] | ["aws", *_]:
            return " ".join(words[:3])
    return " ".join(words[:2])


ANSWERS: Mapping[str, object] = {
    "git rev-parse": HEAD,
    "aws sts get-caller-identity": {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/terraform-deploy"},
    "aws ecr describe-repositories": {"repositories": [{"repositoryUri": REPOSITORY}]},
    "aws ecr get-login-password": "a password for twelve hours",
    "aws elbv2 describe-load-balancers": {"LoadBalancers": [{"DNSName": "triflow-ai-production-alb-1.elb.amazonaws.com"}]},
}


def option(words: Sequence[str], name: str) -> str:
    """The word after an option; empty if there is none."""
    return words[words.index(name) + 1] if name in words[:-1] else ""


def printed(document: object, words: Sequence[str]) -> str:
    """An answer as the AWS CLI prints it: what the query finds, as text or JSON.

    >>> printed({"services": [{"runningCount": 2}]}, ["--query", "services[0].runningCount", "--output", "text"])
    '2\\n'
    """
    if isinstance(document, str):
        return f"{document}\n" if document else ""
    import jmespath

    query = option(words, "--query")
    found = jmespath.search(query, document) if query else document
    if option(words, "--output") != "text":
        return f"{json.dumps(found)}\n"
    return "\t".join(str(one) for one in (found if isinstance(found, list) else [found])) + "\n"


def install(program: Path, bash: str, port: int) -> None:
    """Make a fake that asks at a port. ``bash`` is a path, since ``env`` takes a quarter of the time of a call to find it."""
    program.write_text(_PROGRAM.replace("BASH", bash, 1).replace("PORT", str(port)))
    program.chmod(0o755)


@contextmanager
def answering(answer: Answer) -> Iterator[int]:
    """Let the fakes' questions be answered, one after the other; the port where they ask."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_answer_all, args=(server, answer), daemon=True)
        thread.start()
        port = server.getsockname()[1]
        try:
            yield port
        finally:
            with socket.create_connection(("127.0.0.1", port)) as end:
                end.sendall(b"0\0")
            thread.join()


def _answer_all(server: socket.socket, answer: Answer) -> None:
    while True:
        connection, _ = server.accept()
        with connection, connection.makefile("rb") as asked:
            words = _words(asked.read1)
            if not words:
                return
            status, text = answer(words)
            connection.sendall(f"{status}\n{text}".encode())


def _words(read: Callable[[int], bytes]) -> list[str]:
    """The words of a call: their number, and each of them, each with a zero after it."""
    text = b""
    while text.count(b"\0") < 1 or text.count(b"\0") < 1 + int(text.partition(b"\0")[0]):
        more = read(65536)
        if not more:
            break
        text += more
    return [word.decode() for word in text.split(b"\0")[1:-1]]
