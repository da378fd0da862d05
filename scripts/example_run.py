"""Write docs/example-run.md and its Korean twin: a small plan, judged, and what the run prints.

python -m scripts.example_run
"""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from stackproof.cli.check import reported
from stackproof.core.messages import LANGUAGES, Language
from stackproof.reports.formats import finished_run, render

ROOT = Path(__file__).parents[1]

_INTRODUCTION: Mapping[Language, str] = {
    "en": """\
# A run, as it prints

[한국어](example-run.ko.md)

A plan with one bucket that blocks half of public access (`python helpers/small_plan.py > plan.json`), judged without a profile and
without a repository. `python -m scripts.example_run` makes this page by running it, and a test holds it.
""",
    "ko": """\
# 실행 결과가 출력되는 모습

[English](example-run.md)

퍼블릭 액세스를 절반만 막은 버킷 하나가 있는 plan(`python helpers/small_plan.py > plan.json`)을 프로파일도 저장소도 없이 판정합니다.
`python -m scripts.example_run`이 실제로 실행하여 이 문서를 만들고, 테스트가 확인합니다.
""",
}

_SUMMARY: Mapping[Language, str] = {
    "en": "The summary of a CI job, which is the comment of a plan gate, too:",
    "ko": "CI 작업 요약이자 plan 게이트가 다는 댓글:",
}


def pages() -> Mapping[str, str]:
    """The text of each page by its name, made by running the command once."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        plan = subprocess.run(
            [sys.executable, ROOT / "helpers" / "small_plan.py"], capture_output=True, text=True, check=True
        ).stdout
        (folder / "plan.json").write_text(plan, encoding="utf-8")
        command = [sys.executable, "-m", "stackproof.cli", "check", "plan.json", "--lang=en"]
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if ended.returncode != 1:
            raise RuntimeError(f"the plan has a finding, and the run says otherwise: {ended.stdout}{ended.stderr}")
        return {f"docs/example-run{'' if one == 'en' else f'.{one}'}.md": _page(folder, ended.stdout, one) for one in LANGUAGES}


def _page(folder: Path, printed: str, language: Language) -> str:
    finished = finished_run(folder / "reports" / "check-plan", language)
    assert finished.directory is not None
    report = finished.directory.relative_to(folder) / "report.html"
    said = printed if language == "en" else "\n".join(reported(finished.run, report, "plan.json", language))
    summary = render("md", finished)
    assert isinstance(summary, str)
    lang = "" if language == "en" else " --lang ko"
    blocks = [
        _INTRODUCTION[language],
        f"```\n$ stackproof check plan.json{lang}\n{_shortened(said.strip(), 'NOT_DECLARED')}\n```\n",
        f"{_SUMMARY[language]} `stackproof report reports/check-plan --format md{lang}`\n",
        f"```markdown\n{_shortened(summary.strip(), '| NOT_DECLARED')}\n```\n",
    ]
    return "\n".join(map(_without_what_changes, blocks))


def _shortened(text: str, begin: str) -> str:
    """The text without the lines about what was set aside, each of which there is for every kind of resource."""
    lines = text.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith(begin))
    return "\n".join([*lines[:first], "...", lines[-1]])


def stable(text: str) -> str:
    """The text without the numbers of controls, of which there are more from time to time."""
    return re.sub(
        r"\d+(?=/\d)|(?<=\d/)\d+|\d+(?= of \d)|\d+(?= controls were)|\d+(?=개 가운데|개만)|\d+(?= NOT_DECLARED| \|)", "#", text
    )


def _without_what_changes(text: str) -> str:
    """The text with the name, the commit and the moment of a run in the place of its own."""
    text = re.sub(r"\d{8}T\d{9}Z-[0-9a-f]{6}( [0-9a-f]{12})?", "20261128T120000000Z-1f0c2a", text)
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "2026-11-28 12:00:00 UTC", text)


def main() -> None:
    for name, text in pages().items():
        (ROOT / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
