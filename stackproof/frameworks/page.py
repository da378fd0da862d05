"""The page of the frameworks, ``docs/frameworks.md``: ``python -m stackproof.frameworks.page > docs/frameworks.md`` writes it."""

from collections.abc import Iterator

from stackproof.frameworks.catalogue import Framework, Requirement, frameworks, unmapped

_HEAD = """\
# Frameworks

Which requirements of public frameworks the controls say something about, how far, and why. The ids are the frameworks' own, the reasons
are in our own words; the texts belong to their publishers. `make documents` writes this page.

- **fully**: passes of these controls on live AWS, together, show all of the requirement for every resource of the stack.
- **partly**: a pass shows a part of it: for the stack and not the whole account, or one condition of several.
- **Only a PASS on live AWS counts.** A plan, an emulator or a recording proves nothing about an account, and a waived control did not pass.
- **Contradictions** are said where a control expects something else than the framework; such a requirement is never covered fully.

`stackproof.frameworks.coverage` is the function from what passed to what is covered; every requirement of a list is in the answer, covered
or not. No result of it is a certificate: the frameworks are judged by people, and what they have to confirm is said below.

To map a control, add its id to `fully` or `partly` of the requirements in [`stackproof/frameworks/`](../stackproof/frameworks) (and say
in the reason what it shows, and what it does not), or to `unmapped.toml` with the reason why no requirement asks for it, in both languages.
`unit/test_frameworks.py` holds every control to that.
"""


def page() -> str:
    """The page as Markdown."""
    parts = [_HEAD, *_overview(), *(line for one in frameworks() for line in _section(one)), *_unmapped()]
    return "\n".join(parts) + "\n"


def _overview() -> Iterator[str]:
    yield "| framework | requirements in the list | fully, at most | partly, at most | contradicted |"
    yield "| --- | --- | --- | --- | --- |"
    for one in frameworks():
        fully = sum(bool(requirement.fully) for requirement in one.requirements.values())
        contradicted = sum(bool(requirement.contradicts) for requirement in one.requirements.values())
        yield f"| {one.title} | {len(one.ids)} | {fully} | {len(one.requirements) - fully} | {contradicted} |"


def _section(one: Framework) -> Iterator[str]:
    yield f"\n## {one.title}\n"
    yield f"{one.publisher}. The list has {one.list}: {len(one.ids)}. {one.confirm}\n"
    yield "| requirement | fully | partly | reason |"
    yield "| --- | --- | --- | --- |"
    for requirement in one.requirements.values():
        yield f"| {requirement.id} | {', '.join(requirement.fully)} | {', '.join(requirement.partly)} | {_said(requirement)} |"


def _said(requirement: Requirement) -> str:
    if not requirement.contradicts:
        return requirement.reason
    return f"{requirement.reason} **Contradicted by {', '.join(requirement.contradicts)}**: {requirement.conflict}"


def _unmapped() -> Iterator[str]:
    yield "\n## Mapped to nothing\n"
    yield "| control | why |"
    yield "| --- | --- |"
    yield from (f"| {id} | {why.reason} |" for id, why in unmapped().items())


if __name__ == "__main__":
    print(page(), end="")
