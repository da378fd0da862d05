"""All rows: what the modules of the folders of `harness.ON_AWS` list as ``CASES``."""

import importlib
import pkgutil
from pathlib import Path

from proofs.cases import Case
from proofs.harness import ON_AWS

CASES: list[Case] = [
    case
    for folder in ON_AWS
    for module in pkgutil.iter_modules([str(Path(__file__).with_name(folder))], f"proofs.{folder}.")
    for case in getattr(importlib.import_module(module.name), "CASES", ())
]
