"""Make docs/architecture-diagram.md and its Korean twin of the references in a plan of the stacks: `python -m scripts.documents`."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PLAN = ROOT / "proofs" / "compliant" / "plan.json"

AREAS = {
    "network": r"vpc|subnet|(default_)?route\w*|internet_gateway|nat_gateway|eip|flow_log|(default_)?security_group",
    "front": r"lb|lb_\w+",
    "service": r"ecs_\w+|ecr_\w+",
    "data": r"db_\w+|s3_bucket\w*|secretsmanager_\w+",
    "identity": r"iam_\w+|account_\w+|accessanalyzer_\w+|s3_account\w+",
    "keys": r"kms_\w+|ebs_encryption\w*",
    "watch": r"cloud\w+|sns_\w+|config_\w+|guardduty_\w+|inspector2_\w+|groups",
}
"""The boxes of a drawing, each with the types of its resources, without ``aws_``."""

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "The stacks as they are planned",
        "made": "Made by `python -m scripts.documents` of the references in a plan of all stacks (`proofs/compliant/plan.json`), so "
        "that it cannot drift: an arrow goes from a resource to the one whose attribute it takes. The stacks name each "
        "other's resources by "
        "variables, and no arrow goes from one to another. The plan is one of the packaged provider, which has some of the "
        "S3 settings as blocks of the bucket.",
        "app": "The app stack",
        "central_logging": "Central logging",
        "account": "The account",
        "request": "The way of a request",
        "request_text": "The same, without what is not in its way: who is behind whom, by the security groups and the target group.",
        "network": "network",
        "front": "load balancer",
        "service": "service",
        "data": "data",
        "identity": "identities",
        "keys": "keys",
        "watch": "logs, alarms, audit",
    },
    "ko": {
        "title": "계획된 스택의 구조",
        "made": "모든 스택의 계획(`proofs/compliant/plan.json`)에 있는 참조로 `python -m scripts.documents`가 만든다. 따라서 코드와 "
        "어긋날 수 없다. 화살표는 리소스에서, 그 리소스가 속성을 가져오는 리소스로 향한다. 스택들은 서로의 리소스를 변수로 "
        "지정하므로 스택 사이에는 화살표가 없다. 이 계획은 패키지에 든 프로바이더로 만든 것이어서 일부 S3 설정은 버킷의 블록이다.",
        "app": "앱 스택",
        "central_logging": "중앙 로깅",
        "account": "계정",
        "request": "요청이 지나는 길",
        "request_text": "같은 그림에서 요청이 지나는 것만 남긴 것이다. 보안 그룹과 대상 그룹으로 누가 누구 뒤에 있는지 보여 준다.",
        "network": "네트워크",
        "front": "로드 밸런서",
        "service": "서비스",
        "data": "데이터",
        "identity": "자격",
        "keys": "키",
        "watch": "로그, 경보, 감사",
    },
}
IN_THE_WAY = (
    "aws_lb",
    "aws_lb_listener",
    "aws_lb_target_group",
    "aws_ecs_service",
    "aws_ecs_task_definition",
    "aws_security_group",
)
MORE_IN_THE_WAY = ("aws_db_instance", "aws_secretsmanager_secret", "aws_ecr_repository")


def page(language: str) -> str:
    """The page in a language."""
    words = WORDS[language]
    root = json.loads(PLAN.read_text(encoding="utf-8"))["configuration"]["root_module"]
    app = {"resources": root["resources"]}
    others = {name: call["module"] for name, call in root["module_calls"].items() if name in words}
    lines = [f"# {words['title']}", "", words["made"], ""]
    lines += [f"## {words['request']}", "", words["request_text"], "", *_drawn(app, words, (*IN_THE_WAY, *MORE_IN_THE_WAY))]
    for name, module in {"app": app, **others}.items():
        lines += ["", f"## {words[name]}", "", *_drawn(module, words)]
    return "\n".join([*lines, ""])


def _drawn(module: Mapping[str, Any], words: Mapping[str, str], types: tuple[str, ...] = ()) -> Iterator[str]:
    """A drawing of the resources of a module, or of those of some types."""
    expressions = {one["address"]: one.get("expressions", {}) for one in module["resources"] if one["mode"] == "managed"}
    expressions |= {f"module.{name}": call.get("expressions", {}) for name, call in module.get("module_calls", {}).items()}
    if types:
        expressions = {name: one for name, one in expressions.items() if name.partition(".")[0] in types}
    yield "```mermaid"
    yield "flowchart LR"
    for area, pattern in AREAS.items():
        inside = [name for name in expressions if re.fullmatch(pattern, _kind(name))]
        if inside:
            yield f'  subgraph {area}["{words[area]}"]'
            yield from (f'    {_id(name)}["{_shown(name)}"]' for name in sorted(inside))
            yield "  end"
    for name in sorted(expressions):
        yield from (f"  {_id(name)} --> {_id(other)}" for other in sorted(_referred(expressions[name], expressions) - {name}))
    yield "```"


def _kind(address: str) -> str:
    return _shown(address).removeprefix("module.").partition(".")[0]


def _shown(address: str) -> str:
    """The address without what every one begins with; also of one that the packaged provider has no type for."""
    return address.removeprefix("terraform_data.").removeprefix("aws_")


def _id(address: str) -> str:
    return re.sub(r"\W", "_", address)


def _referred(expression: Any, known: Mapping[str, Any]) -> set[str]:
    """The resources, of those that are known, that an expression of a configuration refers to."""
    if isinstance(expression, list):
        return {found for part in expression for found in _referred(part, known)}
    if not isinstance(expression, Mapping):
        return set()
    written = [".".join(one.split(".")[:2]).partition("[")[0] for one in expression.get("references", ())]
    return {one for one in written if one in known} | {found for part in expression.values() for found in _referred(part, known)}
