"""Write down what AWS's models say of the answers: ``python -m proofs.enums``, or for what some controls ask: ``... ID ID``.

These are the values of the enumerations that some control compares, and the types of all values of the operations that are asked.
"""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from proofs.harness import asked
from proofs.rows import CASES
from proofs.test_counterexamples import ON_CLOUD
from stackproof.resources import allowed_operations
from stackproof.sources.aws import enums, shapes
from stackproof.sources.aws.readonly import PROBES
from stackproof.testing.models import noting, operation_model

TABLE = Path(enums.__file__).with_suffix(".toml")
SHAPES = Path(shapes.__file__).with_suffix(".json")
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


DECODED = "policyDocumentType"
"""IAM's policies, which botocore decodes."""
LETTERS = {"string": "s", "character": "s", "boolean": "b", "float": "f", "double": "f", "timestamp": "t", "blob": "B"}


def types() -> dict[str, Any]:
    """The shapes of the answers of all operations that the guard lets through."""
    operations = sorted(one for one in allowed_operations() if one.partition(":")[0] not in PROBES)
    return {one: type_of(shape) for one in operations if (shape := operation_model(one).output_shape)}


def type_of(shape: Shape, inside: tuple[str, ...] = ()) -> Any:
    """A shape as the table has it; one that is inside itself is anything there."""
    if shape.name in (DECODED, *inside):
        return None
    inside = (*inside, shape.name)
    match shape:
        case StructureShape():
            return {name: type_of(one, inside) for name, one in shape.members.items()}
        case ListShape():
            return [type_of(shape.member, inside)]
        case MapShape():
            return {shapes.OF_A_MAP: type_of(shape.value, inside)}
    if shape.type_name in ("integer", "long"):
        return "n" if shape.metadata.get("min", -1) >= 0 else "i"
    return LETTERS[shape.type_name]


def main(controls: Collection[str] = ()) -> None:
    """Write it down. With controls, only what these compare is added: all that is known stays."""
    lines = (f"{json.dumps(operation)}: {json.dumps(shape, separators=(',', ':'))}" for operation, shape in types().items())
    SHAPES.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    with noting() as compared:
        for control in controls or ON_CLOUD:
            asked(control)
        for case in CASES:
            if case.stage == "cloud" and (case.control in controls or not controls):
                asked(case.control, *case.edits)
    table: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for operation, path in sorted({*compared, *((one, path) for one, members in enums.known().items() for path in members)}):
        table[operation][path] = values(operation, path)
    TABLE.write_text(HEAD + "".join(_section(operation, members) for operation, members in table.items()), encoding="utf-8")


def _section(operation: str, members: dict[str, list[str]]) -> str:
    return f'\n["{operation}"]\n' + "".join(f"{json.dumps(path)} = {json.dumps(known)}\n" for path, known in members.items())


if __name__ == "__main__":
    main(sys.argv[1:])
