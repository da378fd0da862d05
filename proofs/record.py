"""Record what the proofs start from: ``python -m proofs.record``.

The stacks are deployed to the embedded cloud, every control that reads AWS is judged there, and what was asked is kept, secrets
hidden; so is a plan of the stacks.
"""

import json

from proofs.harness import COMPLIANT, ON_AWS, ROOT, controls, judged
from stackproof.core.controls import catalogue
from stackproof.core.verdicts import Verdict
from stackproof.sources.aws.source import AwsSource
from stackproof.sources.replay import recorded, to_json
from stackproof.targets import open_stage
from stackproof.targets.request import resolve


def main() -> None:
    stage = open_stage(resolve(ROOT, "local"), print)
    try:
        for control in (control for control in controls(*ON_AWS) if catalogue()[control].stages != "S"):
            judgement = judged(control, stage)
            if judgement.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE):
                raise SystemExit(f"{control} is {judgement.verdict}: {judgement.message}")
        source = stage.source()
        assert isinstance(source, AwsSource)
        (COMPLIANT / "cloud.json").write_text(to_json(recorded(source.reader.answers.values())), encoding="utf-8")
        (COMPLIANT / "recorded_at.txt").write_text(f"{stage.now.isoformat()}\n", encoding="utf-8")
        plan = json.dumps(stage.plan().document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        (COMPLIANT / "plan.json").write_text(plan, encoding="utf-8")
    finally:
        stage.close()


if __name__ == "__main__":
    main()
