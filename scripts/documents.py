"""Write the documents that are made from the code, or say which are not as the code would make them.

python -m scripts.documents            # write them
python -m scripts.documents --check    # exit status 1, and their names, if one is not what this would write
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from scripts import architecture_diagram, cost_calculator, logs_guide, runbook, terraform_readme
from stackproof.frameworks import page
from stackproof.organisation import member_role
from stackproof.profile import loading, reference

ROOT = Path(__file__).parents[1]


def texts() -> Iterator[tuple[str, str]]:
    """The path of each document, from the root of the repository, and its text."""
    yield "docs/frameworks.md", page.page()
    yield "docs/profile.md", reference.reference("en")
    yield "docs/profile.ko.md", reference.reference("ko")
    for name, made in {
        "docs/cost-calculator": cost_calculator,
        "docs/architecture-diagram": architecture_diagram,
        "docs/logs": logs_guide,
        "docs/runbook": runbook,
        "infrastructure/terraform/README": terraform_readme,
    }.items():
        yield f"{name}.md", made.page("en")
        yield f"{name}.ko.md", made.page("ko")
    yield (
        "infrastructure/organisation/member.template.json",
        member_role.text(loading.load("production", ROOT / "environments")),
    )


def main() -> int:
    """Write what is not as it should be, or with ``--check`` name it."""
    made = {ROOT / name: text for name, text in texts()}
    other = [file for file, text in made.items() if not file.exists() or file.read_text(encoding="utf-8") != text]
    for file in other:
        print(file.relative_to(ROOT))
        if "--check" not in sys.argv:
            file.write_text(made[file], encoding="utf-8")
    return int("--check" in sys.argv and bool(other))


if __name__ == "__main__":
    sys.exit(main())
