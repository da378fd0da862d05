"""What holds of every control on every plan, whatever it is about.

Adding what is unknown hides no failure; deleting a companion leaves no pass that it made; how a known value is written changes nothing;
and neither does what the provider remembers of before where the sources have a resource that decides.
"""

import copy
import functools
import os
import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from proofs import harness
from proofs.cases import Case
from proofs.harness import on_plan, unknown, with_resource, without
from proofs.plans import FROM_NOTHING, RUNNING, UPDATE, compliant_plan
from proofs.rows import CASES
from stackproof.core.controls import catalogue
from stackproof.core.verdicts import Verdict
from stackproof.testing import plans

CONTROLS = [control for control in harness.controls(*harness.ON_AWS) if "P" in catalogue()[control].stages]
CHOSEN = random.Random(11)
FAILING = [case for case in CASES if case.stage == "plan" and case.verdict is Verdict.FAIL]
SOME = FAILING if "STACKPROOF_ATTACK" in os.environ else CHOSEN.sample(FAILING, 60)
"""All of them in `make attack`."""

ADDED: dict[str, tuple[str, dict[str, Any]]] = {
    "aws_security_group_rule": (
        "security_group_id",
        {"type": "ingress", "protocol": "tcp", "from_port": 1, "to_port": 1, "cidr_blocks": ["10.0.0.0/8"]},
    ),
    "aws_vpc_security_group_ingress_rule": ("security_group_id", {"ip_protocol": "-1", "cidr_ipv4": "10.0.0.0/8"}),
    "aws_iam_role_policy_attachment": ("role", {"policy_arn": "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"}),
    "aws_iam_role_policy": ("role", {"policy": '{"Statement": []}'}),
    "aws_lb_listener": ("load_balancer_arn", {"protocol": "HTTPS", "port": 1, "default_action": [{"type": "fixed-response"}]}),
    "aws_route": ("route_table_id", {"destination_cidr_block": "192.0.2.0/24", "nat_gateway_id": "nat-0a1b", "gateway_id": None}),
}
"""Resources that belong to something that is not known, by the attribute that says to what; none that could be what is missing."""


def added() -> Iterator[harness.Edit]:
    for kind, (attribute, values) in ADDED.items():
        yield with_resource(f"{kind}.unrelated", **values)
        yield unknown(f"{kind}.unrelated", attribute)


COULD_BE_IT = {
    "SEC-ALB-01, plan: no listener": "aws_lb_listener",
    "SEC-SG-01, plan: a declared way is closed": "aws_security_group_rule",
}
"""What is missing, and may be what is not known."""


@pytest.mark.parametrize("case", SOME, ids=str)
def test_what_is_unknown_beside_it_hides_no_failure(case: Case) -> None:
    if str(case) not in COULD_BE_IT:
        judgement = case.judge(*added())
        assert judgement.verdict is Verdict.FAIL, judgement.message


LISTS = {
    "aws_security_group": "ingress",
    "aws_security_group_rule": "cidr_blocks",
    "aws_db_instance": "vpc_security_group_ids",
    "aws_lb": "security_groups",
    "aws_route_table": "route",
    "aws_iam_role": "managed_policy_arns",
    "aws_cloudwatch_metric_alarm": "alarm_actions",
}
"""Lists that may have one more element, which is not known: whatever it is, it takes nothing away from what the others do."""


NESTED = {"aws_security_group": {"ingress": ("cidr_blocks", "security_groups"), "egress": ("cidr_blocks",)}}
"""Lists inside the blocks of a resource, likewise."""
ONE_EXPRESSION = {"aws_route_table": FROM_NOTHING}
"""Which block an expression is of cannot be told of one that is unknown as a whole: so not where gateways are known after apply."""


def lengthened(document: dict[str, Any], base: str = RUNNING) -> list[str]:
    """Give every such list that is known an element that is not; returns the addresses."""
    found = []
    for kind, name in LISTS.items():
        if ONE_EXPRESSION.get(kind) == base:
            continue
        for address in harness.planned_addresses(document, kind):
            resource, change = plans._planned(document, address)
            known, mask = resource["values"].get(name), change["after_unknown"].get(name) or []
            if known and mask is not True and True not in mask:
                resource["values"][name] = change["after"][name] = [*known, None]
                change["after_unknown"][name] = [*(mask or [{}] * len(known)), True]
                found.append(address)
    return found


def test_there_are_lists_to_lengthen() -> None:
    assert len({address.split(".")[-2] for address in lengthened(copy.deepcopy(compliant_plan(RUNNING)))}) >= 4
    assert len(lengthened_inside(copy.deepcopy(compliant_plan(RUNNING)))) >= 3


def lengthened_inside(document: dict[str, Any]) -> list[str]:
    """Give every such list inside a block an element that is not known; returns the addresses."""
    found = []
    for kind, blocks in NESTED.items():
        for address in harness.planned_addresses(document, kind):
            resource, change = plans._planned(document, address)
            for name, lists in blocks.items():
                known, masks = resource["values"].get(name) or [], change["after_unknown"].get(name)
                masks = masks if isinstance(masks, list) and len(masks) == len(known) else [{} for _ in known]
                pairs = [_with_one_more(block, mask, lists) for block, mask in zip(known, masks, strict=True)]
                if known and change["after_unknown"].get(name) is not True:
                    resource["values"][name] = change["after"][name] = [block for block, _ in pairs]
                    change["after_unknown"][name] = [mask for _, mask in pairs]
                    found.append(address)
    return found


def _with_one_more(block: Any, mask: Any, lists: tuple[str, ...]) -> tuple[Any, Any]:
    if not isinstance(block, dict) or mask is True:
        return block, mask
    longer = {name: block[name] for name in lists if block.get(name) and not mask.get(name)}
    return (
        block | {name: [*known, None] for name, known in longer.items()},
        mask | {name: [*(False for _ in known), True] for name, known in longer.items()},
    )


def _with(more: Callable[[dict[str, Any]], object], document: dict[str, Any]) -> None:
    more(document)


@pytest.mark.parametrize("base", [FROM_NOTHING, RUNNING, UPDATE])
@pytest.mark.parametrize("case", SOME, ids=str)
def test_an_unknown_element_hides_no_failure(case: Case, base: str) -> None:
    if case.judge(base=base).verdict is Verdict.FAIL:
        for more in (partial(lengthened, base=base), lengthened_inside):
            judgement = case.judge(partial(_with, more), base=base)
            assert judgement.verdict is Verdict.FAIL, judgement.message


COMPANIONS = (
    "aws_s3_bucket_policy.app",
    "aws_s3_bucket_public_access_block.app",
    "aws_secretsmanager_secret_rotation.database",
    "aws_flow_log.main",
    "aws_iam_role_policy.task",
    "aws_lb_listener.https",
    "aws_default_security_group.closed",
    "aws_route_table_association.public_a",
    "module.central_logging.aws_s3_bucket_policy.audit",
    "module.central_logging.aws_s3_bucket_public_access_block.audit",
)


@functools.cache
def lost(companion: str) -> tuple[harness.Edit, list[str]]:
    """The edit that takes a companion away, and the controls that do not pass in a new stack without it."""
    edit = without(companion)
    return edit, [control for control in CONTROLS if on_plan(control, edit).verdict is not Verdict.PASS]


@pytest.mark.parametrize("base", [RUNNING, UPDATE])
@pytest.mark.parametrize("companion", COMPANIONS)
def test_a_deleted_companion_leaves_no_pass_that_it_made(companion: str, base: str) -> None:
    """What passes only because of a companion in a new stack does not pass in a running one that loses it."""
    edit, made = lost(companion)
    left = {control: on_plan(control, edit, base=base) for control in made}
    assert [control for control, judgement in left.items() if judgement.verdict is Verdict.PASS] == []


@functools.cache
def compliant(control: str, base: str) -> Verdict:
    """The verdict on a compliant plan."""
    return on_plan(control, base=base).verdict


def by_reference(document: dict[str, Any]) -> None:
    """Write every known value as what some other resource says; what is planned stays as it is."""
    known = {"references": ["aws_vpc.main.cidr_block", "aws_vpc.main"]}

    def rewritten(node: Any) -> Any:
        if isinstance(node, dict):
            return known if "constant_value" in node else {name: rewritten(part) for name, part in node.items()}
        return [rewritten(part) for part in node] if isinstance(node, list) else node

    for module in modules(document["configuration"]["root_module"]):
        for resource in module.get("resources", ()):
            resource["expressions"] = rewritten(resource.get("expressions", {}))


def modules(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield module
    for call in module.get("module_calls", {}).values():
        yield from modules(call["module"])


@pytest.mark.parametrize("base", [FROM_NOTHING, RUNNING])
@pytest.mark.parametrize("control", CONTROLS)
def test_a_reference_to_what_is_known_is_as_good_as_a_literal(control: str, base: str) -> None:
    assert on_plan(control, by_reference, base=base).verdict is compliant(control, base)


STAR = '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}'
STALE: dict[str, dict[str, Any]] = {
    "aws_s3_bucket.app": {"policy": STAR},
    "module.central_logging.aws_s3_bucket.audit": {"policy": STAR},
    "aws_iam_role.task": {"inline_policy": [{"name": "old", "policy": STAR}]},
    "aws_iam_role.execution": {"inline_policy": [{"name": "old", "policy": STAR}]},
    "aws_secretsmanager_secret.database": {"rotation_lambda_arn": "arn:aws:lambda:::old", "rotation_enabled": False},
}
"""What the provider computed before, where the sources have a resource that decides."""


def remembered(document: dict[str, Any]) -> None:
    for address, values in STALE.items():
        resource, change = plans._planned(document, address)
        resource["values"] |= values
        change["before"] = {**(change.get("before") or {}), **values}
        change["after"] = resource["values"]


@pytest.mark.parametrize("base", [RUNNING, UPDATE])
@pytest.mark.parametrize("control", CONTROLS)
def test_what_the_provider_remembers_decides_nothing(control: str, base: str) -> None:
    assert on_plan(control, remembered, base=base).verdict is compliant(control, base)
