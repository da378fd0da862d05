"""An edited plan is the plan that the product makes of the same document."""

import json
from typing import Any

import pytest

from proofs import harness
from proofs.edited_plans import EditedPlan
from proofs.harness import planned
from proofs.plans import BASES, compliant_plan
from stackproof.redaction import redaction
from stackproof.sources.plan.document import Plan
from stackproof.testing import plans

DATABASE, SECRET = "aws_db_instance.main", "Tr0ub4dor$3xKq9v"


def with_secrets(document: dict[str, Any]) -> None:
    """In a resource, by its name, by its mark and by its form; in a variable, which hides it everywhere; and in what a module is given."""
    planned(DATABASE, password=SECRET, description=f"DB_PASSWORD={SECRET}", license_model="it is the7thHarbour")(document)
    for module in plans._planned_modules(document["planned_values"]["root_module"]):
        for one in module.get("resources", ()):
            if one["address"] == DATABASE:
                one["sensitive_values"] = {"engine": True}
    root = document["configuration"]["root_module"]
    root["variables"] = {**root.get("variables", {}), "note": {"sensitive": True, "default": "x"}}
    document["variables"] = {**document.get("variables", {}), "note": {"value": "y"}, "db_password": {"value": "the7thHarbour"}}
    next(iter(root["module_calls"].values())).setdefault("expressions", {})["token"] = {"constant_value": SECRET}


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("edit", [lambda document: None, with_secrets], ids=["compliant", "with secrets"])
def test_it_is_what_a_plan_is(base: str, edit: harness.Edit, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):  # the second time it is remembered
        shown = []
        for kind in (EditedPlan, Plan):
            monkeypatch.setattr(redaction, "_registered", set())
            redaction._redacted.cache_clear()
            document = compliant_plan(base)
            edit(document)
            shown.append(json.dumps(kind(document, "a plan").document))
        is_alike = shown[0] == shown[1]  # nobody reads how two texts of this length differ
        assert is_alike
        assert SECRET not in shown[0]


def test_what_is_shared_between_plans_stays_as_it_is() -> None:
    before = json.dumps(EditedPlan(compliant_plan(), "a plan").document)
    harness.on_plan("SEC-RDS-01", planned(DATABASE, publicly_accessible=True))
    is_alike = json.dumps(EditedPlan(compliant_plan(), "a plan").document) == before
    assert is_alike
