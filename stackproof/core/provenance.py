"""Where a fact came from: a text for people that also knows the evidence files behind it."""

from collections.abc import Iterable


class Provenance(str):
    """``rds:DescribeDBInstances ap-northeast-2`` or ``plan aws_db_instance.main``, with the files that hold it.

    Text that is made from one is plain text again: say more with `within`, and join several with `joined`.
    """

    __slots__ = ("evidence",)  # there are many of them

    evidence: tuple[str, ...]
    """Paths inside the evidence folder."""

    def __new__(cls, text: str, *evidence: str) -> "Provenance":
        made = super().__new__(cls, text)
        made.evidence = evidence
        return made


def evidence_behind(source: str) -> tuple[str, ...]:
    """The evidence files of a source; none for plain text.

    >>> evidence_behind(Provenance("plan aws_vpc.main", "documents/plan.json.gz")), evidence_behind("git ls-files")
    (('documents/plan.json.gz',), ())
    """
    return source.evidence if isinstance(source, Provenance) else ()


def within(source: str, detail: str) -> Provenance:
    """A source with more text behind it, and the same evidence.

    >>> within(Provenance("plan aws_vpc.main", "documents/plan.json.gz"), ".tags").evidence
    ('documents/plan.json.gz',)
    """
    return Provenance(f"{source}{detail}", *evidence_behind(source))


def joined(sources: Iterable[str]) -> Provenance:
    """Several sources as one, each once.

    >>> both = joined([Provenance("a", "a.json.gz"), Provenance("b", "b.json.gz"), Provenance("a", "a.json.gz")])
    >>> both, both.evidence
    ('a; b', ('a.json.gz', 'b.json.gz'))
    """
    found = list(dict.fromkeys(sources))
    return Provenance("; ".join(found), *dict.fromkeys(path for source in found for path in evidence_behind(source)))
