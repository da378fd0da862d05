"""Make docs/logs.md and its Korean twin: each Logs Insights template, when to use it, and what it finds in recorded log events.

`python -m scripts.documents` writes them. The events are those that the reference workload wrote to the embedded cloud
(`proofs/compliant/cloud.json`). Nobody but CloudWatch runs Logs Insights: the few commands of the templates are followed here.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from stackproof.profile.loading import load
from stackproof.profile.logs import LogQuery

ROOT = Path(__file__).parents[1]
EVENTS = ROOT / "proofs" / "compliant" / "cloud.json"
SHOWN = 3
"""Lines of a result, at most."""

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Reading the logs",
        "made": "Made by `python -m scripts.documents` from `environments/production.toml` and from recorded events; edit "
        "those, not this.",
        "intro": "The templates are saved queries of CloudWatch Logs Insights (control LOG-11 holds them word by word), and "
        "panels of the "
        "Grafana dashboard `logs`. Who may read is in `logs.readers` (LOG-14); what a query scans is billed, so choose the "
        "shortest time.",
        "groups": "Groups",
        "when": "When",
        "run": "Run it",
        "found": "What it finds in {count} events that the reference workload wrote, followed here step by step:",
        "nothing": "Nothing in {count} events that the reference workload wrote. {why}",
        "triflow-ai/errors": "Something is wrong, and you do not know what: the newest lines that say ERROR, over all groups "
        "of the services.",
        "triflow-ai/errors nothing": "It logged no error.",
        "triflow-ai/one-request": "A user tells the id of a request, or an error names it: put it in the place of `abc123`, "
        "and read what "
        "happened to it, oldest first.",
        "triflow-ai/one-request nothing": 'The design writes the id as `request_id="abc123"`; this backend writes JSON, in '
        "which it stands as "
        '`"request_id":"abc123"`. In its groups ask by the field: `filter request_id = "abc123"`, of which this is an example:',
        "triflow-ai/response-time": "It is slow, or somebody says so: average, longest and shortest time in milliseconds, "
        "each five minutes.",
        "triflow-ai/response-time nothing": "No line has a duration.",
        "triflow-ai/llm-cost": "The bill of the language model grows: what its calls cost and how many tokens they took, each hour.",
        "triflow-ai/llm-cost nothing": "No line has a cost.",
        "tail": "Follow a group",
        "tail_text": "What the deployment guide has for the first look; a pattern keeps the lines that have it.",
    },
    "ko": {
        "title": "로그 읽기",
        "made": "`environments/production.toml`과 기록된 이벤트로 `python -m scripts.documents`가 만든다. 이 문서가 아니라 그 "
        "파일을 고친다.",
        "intro": "템플릿은 CloudWatch Logs Insights에 저장된 쿼리이며(컨트롤 LOG-11이 글자 그대로 확인한다) Grafana 대시보드 `logs`의 "
        "패널이기도 하다. 누가 읽을 수 있는지는 `logs.readers`에 있다(LOG-14). 스캔한 만큼 요금이 나오므로 가장 짧은 기간을 고른다.",
        "groups": "그룹",
        "when": "언제",
        "run": "실행",
        "found": "참조 워크로드가 남긴 이벤트 {count}개에서 찾은 결과(여기에서 단계별로 따라 계산함):",
        "nothing": "참조 워크로드가 남긴 이벤트 {count}개에서는 찾은 것이 없다. {why}",
        "triflow-ai/errors": "무언가 잘못되었는데 무엇인지 모를 때. 모든 서비스 그룹에서 ERROR가 있는 최근 줄을 보여 준다.",
        "triflow-ai/errors nothing": "오류를 남기지 않았다.",
        "triflow-ai/one-request": "사용자가 요청 ID를 알려 주거나 오류에 ID가 있을 때. `abc123` 자리에 넣고 그 요청에 일어난 "
        "일을 오래된 "
        "순서로 읽는다.",
        "triflow-ai/one-request nothing": '설계는 ID를 `request_id="abc123"`으로 적지만 이 백엔드는 JSON을 남기므로 '
        '`"request_id":"abc123"`으로 '
        '적힌다. 이 그룹에서는 필드로 조회한다: `filter request_id = "abc123"`. 예:',
        "triflow-ai/response-time": "느리거나 느리다는 말이 있을 때. 5분마다 평균, 최대, 최소 시간을 밀리초로 보여 준다.",
        "triflow-ai/response-time nothing": "duration이 있는 줄이 없다.",
        "triflow-ai/llm-cost": "언어 모델의 비용이 늘 때. 한 시간마다 호출 비용과 토큰 수를 보여 준다.",
        "triflow-ai/llm-cost nothing": "비용이 있는 줄이 없다.",
        "tail": "그룹 따라가기",
        "tail_text": "배포 가이드가 처음 볼 때 쓰는 명령이다. 패턴을 주면 그 패턴이 있는 줄만 남는다.",
    },
}


class Event(NamedTuple):
    """A recorded log event, with the fields that Logs Insights discovers in JSON."""

    at: int
    message: str
    fields: Mapping[str, Any]


Row = dict[str, Any]


def page(language: str) -> str:
    """The page in a language."""
    words, logs = WORDS[language], load("production", ROOT / "environments").logs
    lines = [f"# {words['title']}", "", words["made"], "", words["intro"], ""]
    for name, query in logs.queries.items():
        lines += [f"## {name}", "", f"{words['when']}: {words[name]}", ""]
        lines += ["```", *query.text.replace(" | ", "\n| ").splitlines(), "```", ""]
        lines += [f"{words['groups']}: {', '.join(f'`{group}`' for group in query.groups)}", "", f"{words['run']}:", ""]
        lines += ["```bash", *_command(query), "```", "", *_found(name, query, words), ""]
    group = load("production", ROOT / "environments").observability.log_group
    lines += [f"## {words['tail']}", "", words["tail_text"], "", "```bash", f"aws logs tail {group} --follow"]
    lines += [f"aws logs tail {group} --since 1h --filter-pattern ERROR", "```", ""]
    return "\n".join(lines)


def _command(query: LogQuery) -> Iterator[str]:
    quote = "'" if "'" not in query.text else '"'
    yield "aws logs start-query --start-time $(date -d '1 hour ago' +%s) --end-time $(date +%s) \\"
    yield f"  --log-group-names {' '.join(query.groups)} \\"
    yield f"  --query-string {quote}{query.text}{quote}"
    yield "aws logs get-query-results --query-id QUERY_ID"


def _found(name: str, query: LogQuery, words: Mapping[str, str]) -> Iterator[str]:
    events = list(_events(query.groups))
    rows = followed(query.text, events)
    if rows:
        yield words["found"].format(count=len(events))
    else:
        yield words["nothing"].format(count=len(events), why=words[f"{name} nothing"])
        request = next((str(one.fields["request_id"]) for one in events if len(str(one.fields.get("request_id", ""))) > 1), None)
        if name != "triflow-ai/one-request" or request is None:
            return
        rows = [row for row in followed("fields @timestamp, @message", events) if request in row["@message"]]
    yield ""
    yield "```"
    yield from (json.dumps(row, ensure_ascii=False) for row in rows[:SHOWN])
    yield "```"


def _events(groups: Iterable[str]) -> Iterator[Event]:
    """The recorded events of some groups, each once."""
    seen: dict[tuple[int, str], None] = {}
    for call in json.loads(EVENTS.read_text(encoding="utf-8")):
        if call["operation"] == "logs:FilterLogEvents" and call["parameters"]["logGroupName"] in groups:
            seen |= {(event["timestamp"], event["message"]): None for page in call["pages"] for event in page["events"]}
    for at, message in sorted(seen):
        try:
            found = json.loads(message)
        except ValueError:
            found = {}
        yield Event(at, message, found if isinstance(found, dict) else {})


def followed(text: str, events: Iterable[Event]) -> list[Row]:
    """The rows that a query finds. Raises `ValueError` for a command that no template has."""
    rows = [{**one.fields, "@timestamp": _time(one.at), "@message": one.message} for one in events]
    shown: list[str] | None = None
    for command in (part.strip() for part in text.split(" | ")):
        if command.startswith("fields "):
            shown = re.split(r",\s*", command.removeprefix("fields "))
        else:
            rows = _step(command, rows)
        if command.startswith("stats "):
            shown = None
    return rows if shown is None else [{name: row[name] for name in shown if name in row} for row in rows]


def _step(command: str, rows: list[Row]) -> list[Row]:
    name, _, rest = command.partition(" ")
    match name:
        case "filter" if found := re.fullmatch(r"(\S+) like /(.*)/", rest):
            return [row for row in rows if re.search(found[2], str(row.get(found[1], "")))]
        case "filter" if found := re.fullmatch(r"ispresent\((\w+)\)", rest):
            return [row for row in rows if row.get(found[1]) is not None]
        case "sort" if found := re.fullmatch(r"(\S+) (asc|desc)", rest):
            return sorted(rows, key=lambda row: row[found[1]], reverse=found[2] == "desc")
        case "limit":
            return rows[: int(rest)]
        case "stats" if found := re.fullmatch(r"(.+) by bin\((\d+)([mh])\)", rest):
            return _grouped(found[1], int(found[2]) * {"m": 60, "h": 3600}[found[3]], rows)
    raise ValueError(f"nobody follows {command!r} here")


FUNCTIONS: Mapping[str, Callable[[list[float]], float]] = {
    "avg": lambda values: sum(values) / len(values),
    "max": max,
    "min": min,
    "sum": sum,
}


def _grouped(asked: str, seconds: int, rows: list[Row]) -> list[Row]:
    bins: dict[int, list[Row]] = {}
    for row in rows:
        at = int(datetime.fromisoformat(row["@timestamp"]).timestamp()) // seconds * seconds
        bins.setdefault(at, []).append(row)
    columns = [re.fullmatch(r"(\w+)\(([^()]+)\)(?: as (\w+))?", one.strip()) for one in asked.split(",")]
    return [
        {
            "bin": _time(at * 1000),
            **{
                column[3] or f"{column[1]}({column[2]})": round(
                    FUNCTIONS[column[1]]([sum(float(row[part]) for part in column[2].split(" + ")) for row in inside]), 9
                )
                for column in columns
                if column
            },
        }
        for at, inside in sorted(bins.items())
    ]


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
