"""The smallest pieces a subtitle is made of, and where lines may break between them."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from audiocli.render.base import plain
from audiocli.results import Segment
from audiocli.text.sentences import ends_sentence

# What a break after a unit costs: the less, the better a cue or a line ends there.
SENTENCE, CLAUSE, WORD, SHORT_WORD = 0.0, 0.5, 2.5, 3.5
PAUSE = 0.3  # seconds of silence after a word that make as good a break as a comma

_CONTEXT = 8  # units before a break that decide whether a sentence ends there
_CLAUSE_END = frozenset(",;:–—、，；：،؛")
_CLOSING = "\"')]}’”»›）］｝〉》」』】"

# Japanese and Chinese line breaking rules (JIS X 4051, GB/T 15834): characters that
# may not begin a line, and ones that may not end one.
_NOT_FIRST = frozenset(
    "、。，．・：；？！）］｝〉》」』】〕〗〙〟’”)]},.:;?!ーゝゞ々…‥％%℃～〜"
    "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
)
_NOT_LAST = frozenset("（［｛〈《「『【〔〖〘〝‘“([{$¥￥£€")
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff]")
# Thai, Lao, Burmese, Khmer: no spaces, and breaks only between words, which we
# know where the segment has them.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_ZERO_WIDTH_JOINER = "\u200d"


@dataclass(frozen=True, slots=True)
class TextUnit:
    """Text that no line break may divide.

    Attributes
    ----------
    width : in columns
    spaced : whether a space stands before it inside a line
    start, end : in seconds
    break_cost : how bad a break after it is
    """

    text: str
    width: int
    spaced: bool
    start: float
    end: float
    break_cost: float


def columns(text: str) -> int:
    """Width of text: 2 for a wide East Asian character, 0 for a combining one, else 1."""
    if text.isascii():
        return len(text)
    return sum(
        2 if unicodedata.east_asian_width(c) in "WF" else unicodedata.category(c) not in _ATTACHED
        for c in text
    )


_ATTACHED = frozenset({"Mn", "Me", "Cf"})  # combining marks and joiners


def joined(units: list[TextUnit]) -> str:
    """The units as one line."""
    return "".join(" " * unit.spaced + unit.text for unit in units).lstrip(" ")


def units_of(segment: Segment) -> list[TextUnit]:
    """Divide the text of a segment at every place a line may break, each unit with its time.

    Times come from the words; where the segment has none, or they do not spell
    its text, it is shared out by the number of characters.
    """
    words = _words_spelling(segment)
    ends = list(accumulate(len(letters) for letters, _, _ in words))
    units: list[TextUnit] = []
    position = 0  # in letters, spaces left out
    for text, spaced in _pieces(plain(segment.text), frozenset(ends)):
        start, _ = _time_of(position, words, ends)
        position += len(text)
        _, end = _time_of(position - 1, words, ends)
        pause = start - units[-1].end if units else 0.0
        if pause >= PAUSE:
            units[-1] = replace(units[-1], break_cost=min(units[-1].break_cost, CLAUSE))
        units.append(TextUnit(text, columns(text), spaced, start, end, SHORT_WORD))
    return [
        replace(unit, break_cost=min(unit.break_cost, cost))
        for unit, cost in zip(units, _break_costs(units, segment.language), strict=True)
    ]


def _words_spelling(segment: Segment) -> list[tuple[str, float, float]]:
    """Letters, start and end of words that together spell the text, white space aside."""
    letters = _letters(segment.text)
    words = [(_letters(word.text), word.start, word.end) for word in segment.words]
    if "".join(spelled for spelled, _, _ in words) == letters:
        return words
    return [(letters, segment.start, segment.end)]


def _letters(text: str) -> str:
    return plain(text).replace(" ", "")


def _time_of(
    position: int, words: list[tuple[str, float, float]], ends: list[int]
) -> tuple[float, float]:
    """When a letter is spoken, as if the letters of a word were equally long."""
    index = bisect_right(ends, position)
    letters, start, end = words[index]
    step = (end - start) / len(letters)
    place = position - (ends[index] - len(letters))
    last = end if place == len(letters) - 1 else start + step * (place + 1)
    return start + step * place, last


def _pieces(text: str, word_ends: frozenset[int]) -> Iterator[tuple[str, bool]]:
    """Yield each piece of text, and whether a space stands before it.

    `word_ends` counts letters from the start of the text, spaces left out.
    """
    letters = 0
    for number, chunk in enumerate(text.split()):
        begin, spaced = 0, number > 0
        for i, (a, b) in enumerate(pairwise(chunk), start=1):
            if _may_part(a, b, is_word_end=letters + i in word_ends):
                yield chunk[begin:i], spaced
                begin, spaced = i, False
        yield chunk[begin:], spaced
        letters += len(chunk)


def _may_part(a: str, b: str, is_word_end: bool) -> bool:
    """Whether a line may break between two characters with no space between them."""
    if a.isascii() and b.isascii():
        return False
    if a in _NOT_LAST or b in _NOT_FIRST or a == _ZERO_WIDTH_JOINER:
        return False
    if unicodedata.category(b) in {*_ATTACHED, "Mc", "Sk"}:
        return False
    if _UNSPACED.match(a) and _UNSPACED.match(b):
        return is_word_end
    return _is_ideographic(a) or _is_ideographic(b)


def _is_ideographic(character: str) -> bool:
    """Whether lines may break on either side: wide, but not Korean, which has spaces."""
    return unicodedata.east_asian_width(character) in "WF" and not _HANGUL.match(character)


def _break_costs(units: list[TextUnit], language: str | None) -> Iterator[float]:
    """Yield what a break after each unit costs, by its punctuation."""
    first = 0  # unit of the sentence
    for number, unit in enumerate(units, start=1):
        sentence = joined(units[max(first, number - _CONTEXT) : number])
        if ends_sentence(sentence, joined(units[number : number + _CONTEXT]), language):
            first = number
            yield SENTENCE
        elif unit.text.rstrip(_CLOSING)[-1:] in _CLAUSE_END:
            yield CLAUSE
        else:
            # Short words, such as articles and prepositions, belong to the next one, as do
            # abbreviations, such as titles.
            is_short = len(unit.text) <= 3 or unit.text.endswith(".")
            yield SHORT_WORD if is_short else WORD
