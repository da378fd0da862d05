"""Sentences of the suite in Korean: the English at the place of use is the key, ``messages.ko.toml`` is the catalogue.

The code writes English, as plain f-strings, and results hold English. Whoever shows a sentence to a person asks for it in that person's
language: it is recognised by the words between its values, and so are the values that are sentences themselves (``{0}: not JSON: {1}``).
What nobody here wrote (the message of AWS, the name of a resource) stays as it is. A test reads every sentence in the source and says
which one has no Korean.
"""

import functools
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

from stackproof.core.messages import Language, users_language
from stackproof.util import toml_document

KOREAN = Path(__file__).with_name("messages.ko.toml")

_VALUES = "words"
"""The room of the catalogue for what no literal of the source says alone."""
_DEPTH = 8
"""Of values in values."""
_LONGEST = 20_000
"""Characters; a longer text is nobody's sentence."""
_COMMON = frozenset(
    [
        "a",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "for",
        "from",
        "has",
        "have",
        "in",
        "is",
        "it",
        "no",
        "not",
        "nor",
        "of",
        "on",
        "or",
        "that",
        "the",
        "this",
        "to",
        "was",
        "were",
        "with",
    ]
)
"""Words that are in anybody's sentences."""
_LEAST = 8
"""Letters of other words; a sentence that has less (``{0} by default``) could be a part of anybody's."""
_WORDS = re.compile(r"[A-Za-z]{2,}")
_ENDINGS = {
    "이(가)": ("가", "이", "이"),
    "을(를)": ("를", "을", "을"),
    "은(는)": ("는", "은", "은"),
    "과(와)": ("와", "과", "과"),
    "(으)로": ("로", "으로", "로"),
}
"""The endings of Korean: behind a vowel, behind a consonant, behind ㄹ."""
_ENDING = re.compile(f"([가-힣0-9])({'|'.join(map(re.escape, _ENDINGS))})")


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
    is_value: bool = False
    """True for what stands in the place of a value in other sentences, alone or in a list: ``3 controls``, ``2 to add``."""

    @functools.cached_property
    def weight(self) -> int:
        return sum(map(len, self.pieces))

    @functools.cached_property
    def letters(self) -> int:
        """Of its words that are not in anybody's sentences: they say whose it is."""
        words = (word for piece in self.pieces for word in _WORDS.findall(piece))
        return sum(len(word) for word in words if word.lower() not in _COMMON)

    @property
    def is_light(self) -> bool:
        return self.letters < _LEAST

    def is_sure(self, values: Sequence[str]) -> bool:
        """True where no value may be a piece of another English sentence; behind a colon anything may stand."""
        before = zip(self.pieces, values, strict=False)
        return all(piece.endswith(": ") or self._fits(value) for piece, value in before)

    def _fits(self, value: str) -> bool:
        """True for a name (of a sentence without a word of its own, one in small letters is none), and for a sentence that is known."""
        if " " in value:
            return _korean(value, _DEPTH) != value
        return bool(self.letters) or not value.isalpha() or not value.islower()

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
    return {english: korean for _, english, korean in _entries(file)}


def _entries(file: Path) -> Iterator[tuple[str, str, str]]:
    document = toml_document.read(file)
    return ((room, english, korean) for room, each in document.items() for english, korean in each.items())


@functools.cache
def _index() -> tuple[Mapping[str, _Sentence], Mapping[str, Sequence[_Sentence]]]:
    """The sentences without a value by their text; the others by the rarest of their words."""
    known = [_Sentence(*_parsed(english), korean, room == _VALUES) for room, english, korean in _entries(KOREAN)]
    plain = {one.pieces[0]: one for one in known if not one.names}
    rest = [(one, set(_own_words(one.pieces))) for one in known]
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


@functools.lru_cache(maxsize=1024)
def _korean(text: str, depth: int = 0) -> str:
    plain, by_word = _index()
    if text in plain:
        return plain[text].korean.format()
    if depth > _DEPTH or " " not in text or len(text) > _LONGEST:
        return text
    heaviest = _candidates(text, by_word)
    found, values = _whole(text, heaviest)
    head, colon, rest = text.partition(": ")
    if colon and " " not in head.replace(", ", ","):  # names before a colon, and a sentence of its own
        own, _ = _whole(rest, _candidates(rest, by_word))
        if own and (found is None or own.weight + len(colon) > found.weight):
            return f"{head}: {_korean(rest, depth)}"
    if found:
        return _filled(found, values, depth)
    if "\n" in text:
        return "\n".join(_korean(line, depth) for line in text.split("\n"))
    for sentence in heaviest:
        if sentence.pieces[0].strip() and not (sentence.is_light and sentence.pieces[0][0].isalpha()):
            part = sentence.found_in(text)
            if part and _stands_apart(text, part[0], part[1]):
                begin, end, values = part
                before, after = _korean(text[:begin], depth + 1), _korean(text[end:], depth + 1)
                return before + _filled(sentence, values, depth) + after
    return text


def _candidates(text: str, by_word: Mapping[str, Sequence[_Sentence]]) -> Sequence[_Sentence]:
    """The sentences of which the text has the rarest word, the heaviest first."""
    found = {id(one): one for word in set(_WORDS.findall(text)) for one in by_word.get(word, ())}
    return sorted(found.values(), key=lambda one: -one.weight)


def _whole(text: str, candidates: Sequence[_Sentence]) -> tuple[_Sentence | None, list[str]]:
    """The first sentence that a text is from its start to its end, and its values."""
    for sentence in candidates:
        values = sentence.is_whole(text)
        if any("\n" in value for value in values or ()) and not any("\n" in piece for piece in sentence.pieces):
            continue  # it is a sentence of one of the lines
        if values is not None and (not sentence.is_light or sentence.is_sure(values)):
            return sentence, values
    return None, []


def _stands_apart(text: str, begin: int, end: int) -> bool:
    """True for a part that is cut off from what stands around it, so that it is no part of somebody else's sentence."""
    before, after = text[:begin], text[end:]
    starts = not before or not text[begin].isalnum() or before.endswith((": ", "; ", ", ", ". ", "(", "> "))
    return starts and (not after or after[0] in ".;:,)")


def _filled(sentence: _Sentence, values: Sequence[str], depth: int) -> str:
    said = {name: _value(value, depth) for name, value in zip(sentence.names, values, strict=True)}
    return fitted(Formatter().vformat(sentence.korean, [said.get(str(number), "") for number in range(len(said))], said))


def fitted(text: str) -> str:
    """Korean in which an ending that is written both ways fits the syllable or the digit before it; behind other letters both stay.

    >>> fitted("계정은(는) 버킷을(를) 3(으)로 db이(가) 서울(으)로 명령과(와)")
    '계정은 버킷을 3으로 db이(가) 서울로 명령과'
    """
    return _ENDING.sub(lambda found: found[1] + _ENDINGS[found[2]][_last_sound(found[1])], text)


def _last_sound(letter: str) -> int:
    """0 for a syllable or a digit that ends in a vowel, 1 in a consonant, 2 in ㄹ."""
    syllable = "영일이삼사오육칠팔구"[int(letter)] if letter.isdigit() else letter
    final = (ord(syllable) - ord("가")) % 28
    return 0 if final == 0 else 2 if final == 8 else 1


def _value(text: str, depth: int) -> str:
    """A value that is a sentence, or a list of words or sentences, in Korean."""
    parts = text.split(", ")
    if len(parts) > 1 and all(map(_is_word, parts)):
        return ", ".join(_korean(part, depth + 1) for part in parts)
    whole = _korean(text, depth + 1)
    if whole != text or depth > _DEPTH:
        return whole
    separator = "; " if "; " in text else ", "
    return separator.join(_korean(part, depth + 1) for part in text.split(separator))


def _is_word(text: str) -> bool:
    plain, by_word = _index()
    found, _ = _whole(text, _candidates(text, by_word))
    return text in plain or (found is not None and found.is_value)
