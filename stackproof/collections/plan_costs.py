"""Collections of what a month of a plan costs."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial

from stackproof.collections.registry import collection
from stackproof.core.resource import Reference, StaticOrigin
from stackproof.core.verdicts import CouldNotVerify, NotYetKnown
from stackproof.judgement.plan_costs import At, Cost, monthly, of_use, table, tasks, total
from stackproof.resources.plan_costs import PlannedCost, PlannedMonth
from stackproof.resources.service import planned_definitions
from stackproof.sources.plan.blocks import PlannedBlock
from stackproof.targets.base import Stage

SERVICE = "aws_ecs_service"


@collection
def planned_costs(stage: Stage) -> tuple[PlannedCost, ...]:
    """Every planned resource that costs something, or whose price is not known; then what goes by use, as far as the profile says."""
    _ = stage.profile.costs.monthly_budget_usd  # where nobody has a budget, no price is missed
    used = stage.profile.costs.usage
    return tuple(_planned_cost(name, source, cost, used) for name, source, cost in _costs(stage, stage.plan().every()))


@collection
def planned_month(stage: Stage) -> PlannedMonth:
    """A month of everything that the plan makes and keeps, as far as it is known."""
    plan = stage.plan()
    after, before = (
        total(_known(_costs(stage, blocks, was=was))) for blocks, was in ((plan.every(), False), (plan.every_before(), True))
    )
    prices = f"prices of {table()['region']}, {table()['as_of']}, confirmed second hand"
    source = f"{plan.where}; {prices}; {before:.2f} USD before the apply"
    return PlannedMonth("a month", StaticOrigin({"known_usd": float(after)}, source), source)


Priced = tuple[str, str, Callable[[], Cost]]
"""The name of what costs something, where that is from, and its cost."""


def _planned_cost(name: str, source: str, cost: Callable[[], Cost], used: Collection[str]) -> PlannedCost:
    try:
        found = cost()
    except (CouldNotVerify, NotYetKnown) as error:
        return PlannedCost(name, StaticOrigin({"monthly_usd": error}, source), source)
    how = f"{source}: {found.how}"
    if found.beside and found.beside not in used:
        how += f"; not counted, since it goes by use: {found.beside}"
    if found.unconfirmed:
        how += f"; by a price that nothing confirms: {', '.join(found.unconfirmed)}"
    return PlannedCost(name, StaticOrigin({"monthly_usd": found.usd}, how), how)


def _costs(stage: Stage, blocks: Iterable[PlannedBlock], *, was: bool = False) -> Iterator[Priced]:
    costs = stage.profile.costs
    for block in blocks:
        if block.type.startswith("aws_") and block.type not in table()["free"]:
            yield block.address, block.source, partial(_cost, block, costs.prices, was=was)
    for unit, amount in costs.usage.items():
        yield unit, f"[costs] usage of {stage.profile.name}", partial(of_use, unit, amount)


def _known(costs: Iterable[Priced]) -> Iterator[Cost]:
    for *_, cost in costs:
        with suppress(CouldNotVerify, NotYetKnown):  # whose cost is not known is told by itself
            yield cost()


def _cost(block: PlannedBlock, own: Mapping[str, float], *, was: bool) -> Cost:
    return _service(block, own, was=was) if block.type == SERVICE else monthly(block.type, _values(block), own)


def _values(block: PlannedBlock) -> At:
    def at(attribute: str) -> object:
        value = block.at(attribute)
        if isinstance(value, Reference):
            raise NotYetKnown(f"{block.address}.{attribute} is known only after apply")
        return value

    return at


def _service(block: PlannedBlock, own: Mapping[str, float], *, was: bool) -> Cost:
    """Its tasks on Fargate; on instances of one's own the instances cost."""
    at = _values(block)
    if at("launch_type") == "EC2":
        return Cost(0.0, "its tasks run on instances, which are counted by themselves")
    definitions = [one.origin for one in planned_definitions(block) if isinstance(one.origin, PlannedBlock)]
    definition = definitions[0 if was else -1]
    size = _values(definition)
    architecture = next((one.at("cpu_architecture") for one in definition.blocks("runtime_platform")), None)
    return tasks(int(at("desired_count") or 0), float(size("cpu")), float(size("memory")), architecture or "X86_64", own)
