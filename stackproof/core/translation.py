"""Sentences of the suite in Korean: the English at the place of use is the key, ``messages.ko.toml`` is the catalogue.

The code writes English, as plain f-strings, and results hold English. Whoever shows a sentence to a person asks for it in that person's
language: it is recognised by the words between its values, and so are the values that are sentences themselves (``{0}: not JSON: {1}``).
What nobody here wrote (the message of AWS, the name of a resource) stays as it is. A test reads every sentence in the source and says
which one has no Korean.
"""

import functools
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

from stackproof.core.messages import Language, users_language

KOREAN = Path(__file__).with_name("messages.ko.toml")

_DEPTH = 8
"""Of values in values."""
_LIGHT = 7
"""Letters of its own; a sentence that has no more (``{0} from {1}``) could be anybody's."""
_WORDS = re.compile(r"[A-Za-z]{2,}")
_PLAIN_WORD = re.compile(r"[A-Za-z]?[a-z]+")


def told(text: str, language: Language) -> str:
    """A text of the suite's own in a language; what is not in the catalogue as it is.

    >>> told("judged on the embedded cloud, live AWS; the target of this run is plan", "ko")
    '내장 클라우드, 실제 AWS에서 판정하는 항목입니다 (이 실행의 대상: plan)'
    >>> told("something else", "ko")
    'something else'
    """
    return text if language == "en" else _korean(text)


def for_user(text: str) -> str:
    """A text of the suite's own in the language of the user's locale."""
    return told(text, users_language())


@dataclass(frozen=True)
class _Sentence:
    pieces: Sequence[str]
    """The words around its values: one more than values."""
    names: Sequence[str]
    korean: str

    @property
    def weight(self) -> int:
        return sum(map(len, self.pieces))

    def found_in(self, text: str, start: int = 0) -> tuple[int, int, list[str]] | None:
        """Where its first piece stands at ``start`` or later, where its last one ends, and the values; None where it is not."""
        first, *rest = self.pieces
        begin = text.find(first, start)
        if begin < 0 or not rest:
            return None if begin < 0 else (begin, begin + len(first), [])
        values, at = [], begin + len(first)
        for piece in rest[:-1]:
            found = text.find(piece, at)
            if found < 0:
                return None
            values.append(text[at:found])
            at = found + len(piece)
        end = text.find(rest[-1], at) if rest[-1] else len(text)
        return None if end < 0 else (begin, end + len(rest[-1]), [*values, text[at:end]])

    def is_whole(self, text: str) -> list[str] | None:
        """The values of a text that is this sentence from its start to its end."""
        last = self.pieces[-1]
        if not text.startswith(self.pieces[0]) or not text.endswith(last):
            return None
        if len(self.pieces) == 1:
            return [] if text == last else None
        head = text[: len(text) - len(last)] if last else text
        found = _Sentence([*self.pieces[:-1], ""], self.names, "").found_in(head)
        return found[2] if found and found[0] == 0 else None


def sentences(file: Path = KOREAN) -> Mapping[str, str]:
    """The catalogue: the English with numbered values, and the Korean."""
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    return {english: korean for room in document.values() for english, korean in room.items()}


@functools.cache
def _index() -> tuple[Mapping[str, _Sentence], Mapping[str, Sequence[_Sentence]]]:
    """The sentences without a value by their text; the others by the rarest of their words."""
    plain: dict[str, _Sentence] = {}
    rest: list[tuple[_Sentence, set[str]]] = []
    for english, korean in sentences().items():
        sentence = _Sentence(*_parsed(english), korean)
        if sentence.names:
            rest.append((sentence, set(_own_words(sentence.pieces))))
        else:
            plain[sentence.pieces[0]] = sentence
            rest.append((sentence, set(_own_words(sentence.pieces))))
    common = Counter(word for _, words in rest for word in words)
    by_word: dict[str, list[_Sentence]] = defaultdict(list)
    for sentence, words in rest:
        if words:
            by_word[min(words, key=lambda word: (common[word], word))].append(sentence)
    return plain, by_word


def _parsed(english: str) -> tuple[list[str], list[str]]:
    """
    >>> _parsed("{0} has no {1}"), _parsed("nothing")
    ((['', ' has no ', ''], ['0', '1']), (['nothing'], []))
    """
    pieces, names = [""], []
    for literal, name, _, _ in Formatter().parse(english):
        pieces[-1] += literal
        if name is not None:
            names.append(name)
            pieces.append("")
    return pieces, names


def _own_words(pieces: Sequence[str]) -> Iterator[str]:
    """The words that stand whole between values: one that touches a value may be a part of another."""
    for number, piece in enumerate(pieces):
        for word in _WORDS.finditer(piece):
            touches = (number > 0 and word.start() == 0) or (number < len(pieces) - 1 and word.end() == len(piece))
            if not touches:
                yield word[0]


def _korean(text: str, depth: int = 0) -> str:
    plain, by_word = _index()
    if text in plain:
        return plain[text].korean.format()
    if depth > _DEPTH or " " not in text:
        return text
    candidates = {id(one): one for word in set(_WORDS.findall(text)) for one in by_word.get(word, ())}
    heaviest = sorted(candidates.values(), key=lambda one: -one.weight)
    for sentence in heaviest:
        values = sentence.is_whole(text)
        if values is not None and (sentence.weight > _LIGHT or all(map(_is_no_english, values))):
            return _filled(sentence, values, depth)
    if "\n" in text:
        return "\n".join(_korean(line, depth) for line in text.split("\n"))
    for sentence in heaviest:
        if sentence.weight > _LIGHT and sentence.pieces[0].strip():
            found = sentence.found_in(text)
            if found and _stands_apart(text, found[0], found[1]):
                begin, end, values = found
                before, after = _korean(text[:begin], depth + 1), _korean(text[end:], depth + 1)
                return before + _filled(sentence, values, depth) + after
    return text


def _is_no_english(value: str) -> bool:
    """True for a name, and for a sentence that is known: for what no English around it could be a part of."""
    return (" " not in value and not _PLAIN_WORD.fullmatch(value)) or _korean(value, _DEPTH) != value


def _stands_apart(text: str, begin: int, end: int) -> bool:
    """True for a part that is cut off from what stands around it, so that it is no part of somebody else's sentence."""
    before, after = text[:begin], text[end:]
    starts = not before or not text[begin].isalnum() or before.endswith((": ", "; ", ", ", ". ", "(", "> "))
    return starts and (not after or after[0] in ".;:,)")


def _filled(sentence: _Sentence, values: Sequence[str], depth: int) -> str:
    said = {name: _value(value, depth) for name, value in zip(sentence.names, values, strict=True)}
    return Formatter().vformat(sentence.korean, [said.get(str(n), "") for n in range(len(said))], said)


def _value(text: str, depth: int) -> str:
    """A value that is a sentence, or several after one another, in Korean."""
    whole = _korean(text, depth + 1)
    if whole != text or ", " not in text:
        return whole
    return ", ".join(_korean(part, depth + 1) for part in text.split(", "))
