"""Write down the values of the enumerations that some control compares: ``python -m proofs.enums``."""

import json
import re
from collections import defaultdict
from pathlib import Path

from botocore.model import ListShape, MapShape, StringShape, StructureShape

from proofs.harness import asked
from proofs.rows import CASES
from proofs.test_counterexamples import ON_CLOUD
from stackproof.sources.aws import enums
from stackproof.testing.models import noting, operation_model

TABLE = Path(enums.__file__).with_suffix(".toml")
HEAD = "# The known values of AWS's enumerations that some control compares, by operation and path. Written by python -m proofs.enums.\n"


def values(operation: str, path: str) -> list[str]:
    """The values of an enumeration in the model. Raises `LookupError` where there is none."""
    shape = operation_model(operation).output_shape
    for step in re.findall(r"\[\]|\{\}|[^.\[\]{}]+", path):
        match shape, step:
            case ListShape(), "[]":
                shape = shape.member
            case MapShape(), "{}":
                shape = shape.value
            case StructureShape(), name if name in shape.members:
                shape = shape.members[name]
            case _:
                raise LookupError(f"{operation} has no {path}")
    if not isinstance(shape, StringShape) or not shape.enum:
        raise LookupError(f"{operation} {path} is no enumeration")
    return sorted(shape.enum)


def main() -> None:
    with noting() as compared:
        for control in ON_CLOUD:
            asked(control)
        for case in CASES:
            if case.stage == "cloud":
                asked(case.control, *case.edits)
    table: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for operation, path in sorted({*compared, *((one, path) for one, members in enums.known().items() for path in members)}):
        table[operation][path] = values(operation, path)
    TABLE.write_text(HEAD + "".join(_section(operation, members) for operation, members in table.items()), encoding="utf-8")


def _section(operation: str, members: dict[str, list[str]]) -> str:
    return f'\n["{operation}"]\n' + "".join(f"{json.dumps(path)} = {json.dumps(known)}\n" for path, known in members.items())


if __name__ == "__main__":
    main()
