"""Make infrastructure/terraform/README.md and its Korean twin of the stacks' sources: `python -m scripts.documents`."""

import functools
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

from stackproof.terraform import sources

ROOT = Path(__file__).parents[1]
STACKS = ("account", "central_logging", "", "modules/cloudwatch-log-group")

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "The Terraform stacks",
        "made": "Variables and outputs are made of the sources by `python -m scripts.documents`; edit those, not this.",
        "order": "They are applied in this order, and know each other by names alone, so that each can be planned and judged "
        "by itself. "
        "Each has a `terraform.tfvars.example`, which with a database password is all that a plan takes, and a `backend.tf.example` "
        "for a state that is encrypted and locked.",
        "account": "`account`: what holds for the whole account",
        "central_logging": "`central_logging`: logs, audit, billing alarm",
        "": "The app stack, in this folder",
        "modules/cloudwatch-log-group": "`modules/cloudwatch-log-group`: a log group by the design",
        "variable": "variable",
        "type": "type",
        "default": "default",
        "meaning": "meaning",
        "output": "output",
        "required": "required",
        "sensitive": "sensitive",
        "resources": "Provider: `{provider}`. Resources are in {files}.",
    },
    "ko": {
        "title": "Terraform 스택",
        "made": "변수와 출력은 `python -m scripts.documents`가 소스에서 만든다. 이 문서가 아니라 소스를 고친다.",
        "order": "아래 순서로 적용하며, 서로를 이름으로만 알기 때문에 각각 따로 계획하고 판정할 수 있다. 각 스택에는 "
        "`terraform.tfvars.example`이 있으며, 여기에 데이터베이스 암호만 더하면 계획할 수 있다. "
        "`backend.tf.example`은 암호화되고 잠기는 상태 저장소의 예이다.",
        "account": "`account`: 계정 전체에 적용되는 것",
        "central_logging": "`central_logging`: 로그, 감사, 청구 경보",
        "": "이 폴더의 앱 스택",
        "modules/cloudwatch-log-group": "`modules/cloudwatch-log-group`: 설계를 따르는 로그 그룹",
        "variable": "변수",
        "type": "형식",
        "default": "기본값",
        "meaning": "의미",
        "output": "출력",
        "required": "필수",
        "sensitive": "민감한 값",
        "resources": "프로바이더: `{provider}`. 리소스는 {files}에 있다.",
    },
}
IN_KOREAN = Path(__file__).with_suffix(".ko.toml")


def page(language: str) -> str:
    """The page in a language. Raises `LookupError` for a description without a translation."""
    words = WORDS[language]
    lines = [f"# {words['title']}", "", words["made"], "", words["order"], ""]
    for stack in STACKS:
        lines += [f"## {words[stack]}", "", *_stack(stack, words, language)]
    return "\n".join(lines)


def _stack(stack: str, words: dict[str, str], language: str) -> Iterator[str]:
    read = sources.read(ROOT / "infrastructure" / "terraform" / stack)
    provider = read.required_providers["aws"]
    files = ", ".join(f"`{name}`" for name in sorted({Path(one.file).name for one in read.resources}))
    yield words["resources"].format(provider=f"{provider.source} {provider.version}", files=files)
    yield ""
    yield f"| {words['variable']} | {words['type']} | {words['default']} | {words['meaning']} |"
    yield "| --- | --- | --- | --- |"
    for one in read.variables.values():
        default = words["required"] if one.is_required else f"`{json.dumps(one.default)}`"
        meaning = _said(one.description, language) + (f" ({words['sensitive']})" if one.is_sensitive else "")
        yield f"| `{one.name}` | `{' '.join(one.type.split())}` | {default} | {meaning} |"
    yield ""
    if read.outputs:
        yield f"| {words['output']} | {words['meaning']} |"
        yield "| --- | --- |"
        yield from (f"| `{one.name}` | {_said(one.description, language)} |" for one in read.outputs.values())
        yield ""


def _said(description: str, language: str) -> str:
    if language == "en":
        return description
    if description not in _in_korean():
        raise LookupError(f"{IN_KOREAN.name} has no translation of: {description}")
    return _in_korean()[description]


@functools.cache
def _in_korean() -> dict[str, str]:
    return tomllib.loads(IN_KOREAN.read_text(encoding="utf-8"))
