#!/usr/bin/env python3
"""Write docs/cost-calculator.md and its Korean twin: the price table, the month of the reference stack, and the example of the logs.

python scripts/cost_calculator.py            # write them
python scripts/cost_calculator.py --check    # exit status 1 if they are not what this would write
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from proofs import harness  # noqa: E402
from stackproof.collections.plan_costs import planned_costs, planned_month  # noqa: E402
from stackproof.judgement.cost import Volume, forecast  # noqa: E402
from stackproof.judgement.plan_costs import confirmation_of, page_of, table  # noqa: E402
from stackproof.sources.plan.document import Plan  # noqa: E402

WORDS = {
    "en": {
        "title": "What a month costs",
        "made": "Made by `python scripts/cost_calculator.py` from "
        "[`prices.toml`](../stackproof/judgement/prices.toml); edit that, not this.",
        "intro": "Control COST-03 forecasts the month of a plan by this table and holds it against `[costs] monthly_budget_usd`. "
        "A resource type that is not in it is an ERROR, never nothing: give it a price in `[costs] prices`. Of what goes by use a "
        "plan tells nothing: it is named beside the resource, and counted as far as `[costs] usage` says how much. Prices are "
        "without tax, of {region}. They are of {as_of}; each has its page at AWS, and what confirms it: AWS's price list or a bill, as "
        "others published it. Nothing confirms {unconfirmed} of {count}; COST-03 says so beside what it counts by such a price. No page "
        "of AWS was read here: look there before you rest a decision on them.",
        "stack": "The month of the reference stack",
        "resource": "resource",
        "usd": "USD a month",
        "how": "how",
        "sum": "sum",
        "logs": "The example of the logging design",
        "logs_text": "5 GB a day, kept for 14 days, of which queries scan 100 GB, and one key:",
        "table": "The price table",
        "key": "what",
        "hour": "USD an hour",
        "month": "USD a month",
        "unit": "USD a unit",
        "free": "Nothing is charged for",
        "page": "page",
        "confirmed": "confirmed by",
        "nothing": "**nothing**",
        "parts": ("ingestion", "storage", "queries", "keys"),
    },
    "ko": {
        "title": "한 달 비용",
        "made": "`python scripts/cost_calculator.py`가 [`prices.toml`](../stackproof/judgement/prices.toml)에서 만든 "
        "문서이다. 이 문서가 아니라 그 파일을 고친다.",
        "intro": "통제 COST-03은 이 표로 계획의 한 달 비용을 예측해 `[costs] monthly_budget_usd`와 비교한다. 표에 없는 "
        "리소스 유형은 무료가 아니라 ERROR이며 `[costs] prices`에 가격을 적는다. 사용량에 따른 비용은 계획에 나오지 "
        "않으므로 리소스 옆에 이름만 적고, `[costs] usage`에 적은 만큼 더한다. 가격은 {region} 리전 기준이며 세금은 "
        "제외한다. {as_of}의 값이며, 값마다 AWS 페이지와 확인 근거(다른 사람들이 공개한 AWS 가격 목록이나 청구서)가 있다. {count}개 가운데 "
        "확인되지 않은 것은 {unconfirmed}개이며, 그런 가격으로 계산하면 COST-03이 그 옆에 적는다. AWS 페이지를 직접 본 것은 "
        "아니므로 결정에 쓰기 전에 확인한다.",
        "stack": "참조 스택의 한 달",
        "resource": "리소스",
        "usd": "월 USD",
        "how": "산출 방법",
        "sum": "합계",
        "logs": "로깅 설계의 예",
        "logs_text": "하루 5GB를 14일 보관하고, 쿼리가 100GB를 스캔하며, 키가 하나인 경우:",
        "table": "가격표",
        "key": "항목",
        "hour": "시간당 USD",
        "month": "월 USD",
        "unit": "단위당 USD",
        "free": "요금이 없는 것",
        "page": "페이지",
        "confirmed": "확인 근거",
        "nothing": "**없음**",
        "parts": ("수집", "저장", "쿼리", "키"),
    },
}


def page(language: str) -> str:
    """The page in a language."""
    words = WORDS[language]
    prices = table()
    keys = [key for part in ("hourly", "monthly", "usage") for key in prices[part]]
    unconfirmed = sum(1 for key in keys if confirmation_of(key) is None)
    intro = str(words["intro"]).format(region=prices["region"], as_of=prices["as_of"], unconfirmed=unconfirmed, count=len(keys))
    lines = [f"# {words['title']}", "", str(words["made"]), "", intro, "", f"## {words['stack']}", ""]
    lines += [
        *_stack(words),
        "",
        f"## {words['logs']}",
        "",
        str(words["logs_text"]),
        "",
        *_logs(words),
        "",
        f"## {words['table']}",
        "",
    ]
    for part, unit in (("hourly", "hour"), ("monthly", "month"), ("usage", "unit")):
        lines += [f"| {words['key']} | {words[unit]} | {words['page']} | {words['confirmed']} |", "| --- | ---: | --- | --- |"]
        lines += [
            *(f"| `{key}` | {price:g} | {page_of(key)} | {_confirmed(key, words)} |" for key, price in prices[part].items()),
            "",
        ]
    return "\n".join([*lines, f"{words['free']}: {', '.join(f'`{kind}`' for kind in prices['free'])}.", ""])


def _confirmed(key: str, words: Mapping[str, object]) -> str:
    found = confirmation_of(key)
    return str(words["nothing"]) if found is None else f"{found['source']}; {found['on']}"


def _stack(words: Mapping[str, object]) -> Iterator[str]:
    plan = Plan(json.loads((ROOT / "proofs" / "compliant" / "plan.json").read_text(encoding="utf-8")), "a plan")
    stage = harness.PlanStage(plan, harness.profile("production"))
    yield from (f"| {words['resource']} | {words['usd']} | {words['how']} |", "| --- | ---: | --- |")
    for one in planned_costs(stage):
        if one.monthly_usd:
            how = one.origin.source.partition(": ")[2]  # type: ignore[attr-defined]
            yield f"| `{one.name}` | {one.monthly_usd:.2f} | {how} |"
    yield f"| **{words['sum']}** | **{planned_month(stage).known_usd:.2f}** | |"


def _logs(words: Mapping[str, object]) -> Iterator[str]:
    cost = harness.profile("production").logs.cost
    prices = {
        name: getattr(cost, name) for name in ("ingestion_per_gb", "storage_per_gb_month", "scanned_per_gb", "key_per_month")
    }
    example = forecast([Volume(5, 14)], SimpleNamespace(**prices, scanned_gb=100, keys=1))
    names = words["parts"]
    assert isinstance(names, tuple)
    figures = (example.ingestion, example.storage, example.queries, example.keys, example.total)
    yield "| " + " | ".join((*names, str(words["sum"]))) + " |"
    yield "| " + " | ".join("---:" for _ in figures) + " |"
    yield "| " + " | ".join(f"{figure:.2f}" for figure in figures) + " |"


def main() -> int:
    pages = {
        ROOT / "docs" / name: page(language) for name, language in (("cost-calculator.md", "en"), ("cost-calculator.ko.md", "ko"))
    }
    if "--check" in sys.argv:
        return int(any(not file.exists() or file.read_text(encoding="utf-8") != text for file, text in pages.items()))
    for file, text in pages.items():
        file.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
