"""The places where Terraform sources declare planned resources: file and line."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from stackproof.core.resource import without_keys
from stackproof.core.verdicts import CouldNotVerify, UsageError
from stackproof.terraform import sources
from stackproof.util.once import Once

Place = tuple[str, int]


class Locations:
    """The places of the blocks in the sources of some stacks, read when the first is asked for."""

    def __init__(self, root: Path, stacks: Mapping[str, Path]) -> None:
        """``stacks`` are the directories of the root modules by what comes before the addresses of a stack in the joined plan."""
        self._root = root
        self._stacks = stacks
        self._places = Once(lambda: dict(self._found()))

    def of(self, address: str) -> Place:
        """The file, from the root of the repository, and the line; nothing and 0 where no block of that address is at hand."""
        return self._places().get(without_keys(address), ("", 0))

    def _found(self) -> Iterator[tuple[str, Place]]:
        for prefix, directory in self._stacks.items():
            try:
                for module, calls in sources.modules(directory).items():
                    declared = sources.read(module).resources
                    for one in declared:
                        place = (self._shown(module / Path(one.file).name), one.line)
                        yield from ((f"{prefix}{call}{one.address}", place) for call in calls)
            except (CouldNotVerify, UsageError, OSError, ValueError):  # a control of its own judges whether they can be read
                continue

    def _shown(self, file: Path) -> str:
        root = self._root.resolve()
        return file.relative_to(root).as_posix() if root in file.parents else file.as_posix()
