"""What a wheel carries beside the package: the suite, the locks of tools with an environment of their own, and examples of profiles.

In a checkout each of these lies beside the package (`stackproof.util.shipped`); nothing of it is kept twice. pyproject.toml has the rest.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

CARRIED = {
    "suite": ("tests", ("*.py", "*.toml")),
    "requirements": ("requirements", ("*.txt",)),
    "environments": ("environments", ("*.toml",)),
}
"""The folder in the package, the folder of the repository, and which files of it."""


class BuildWithSuite(build_py):
    """Python's own build, and what it carries."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for source, target in self._carried().items():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return [*super().get_outputs(include_bytecode), *map(str, self._carried().values())]

    def _carried(self) -> dict[Path, Path]:
        return {
            path: Path(self.build_lib, "stackproof", name, path.relative_to(folder))
            for name, (folder, patterns) in CARRIED.items()
            for pattern in patterns
            for path in sorted(Path(folder).rglob(pattern))
        }


setup(cmdclass={"build_py": BuildWithSuite})
