"""Write down what each control asks AWS, here and in every proof on a cloud: ``python -m proofs.needs``."""

from collections import defaultdict
from pathlib import Path

import stackproof.sources.aws
from proofs.harness import asked
from proofs.rows import CASES
from proofs.test_counterexamples import ON_CLOUD

NEEDS = Path(stackproof.sources.aws.__path__[0]) / "needs.toml"
HEAD = "# What each control asks AWS, the network and the database, in some proof of it. Written by python -m proofs.needs.\n"


def main() -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for control in ON_CLOUD:
        found[control] |= {call.operation for call in asked(control)}
    for case in CASES:
        if case.stage == "cloud":
            found[case.control] |= {call.operation for call in asked(case.control, *case.edits)}
    lines = (f"{control} = [\n" + "".join(f'    "{one}",\n' for one in sorted(found[control])) + "]\n" for control in ON_CLOUD)
    NEEDS.write_text(HEAD + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
