"""Units of subtitle text, and the cost of line breaks between them."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from audiocli.escaping import plain
from audiocli.results import Segment
from audiocli.text.sentences import ends_sentence

# Cost of a break after a unit, by what ends there.
SENTENCE, CLAUSE, WORD, SHORT_WORD = 0.0, 0.5, 2.5, 3.5
PAUSE = 0.3  # seconds; a longer pause after a word counts as the end of a clause

_CONTEXT = 8  # units before and after a break for the detection of sentence ends
_CLAUSE_END = frozenset(",;:–—、，；：،؛")
_CLOSING = "\"')]}’”»›）］｝〉》」』】"

# Japanese and Chinese line breaking rules (JIS X 4051, GB/T 15834): characters that may not
# begin or end a line.
_NOT_FIRST = frozenset(
    "、。，．・：；？！）］｝〉》」』】〕〗〙〟’”)]},.:;?!ーゝゞ々…‥％%℃～〜"
    "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
)
_NOT_LAST = frozenset("（［｛〈《「『【〔〖〘〝‘“([{$¥￥£€")
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff]")
# Thai, Lao, Burmese and Khmer have no spaces; lines break only between words, if these are
# known.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_ZERO_WIDTH_JOINER = "\u200d"


@dataclass(frozen=True, slots=True)
class TextUnit:
    """Text without a line break opportunity.

    Attributes
    ----------
    width : width in columns
    spaced : whether a space precedes it within a line
    start, end : in seconds
    break_cost : cost of a break after it
    """

    text: str
    width: int
    spaced: bool
    start: float
    end: float
    break_cost: float


def columns(text: str) -> int:
    """Return the width of text: 2 for wide East Asian characters, 0 for combining ones, else 1."""
    if text.isascii():
        return len(text)
    return sum(
        2 if unicodedata.east_asian_width(c) in "WF" else unicodedata.category(c) not in _ATTACHED
        for c in text
    )


_ATTACHED = frozenset({"Mn", "Me", "Cf"})  # combining marks and joiners


def joined(units: list[TextUnit]) -> str:
    """Return the text of units on one line."""
    return "".join(" " * unit.spaced + unit.text for unit in units).lstrip(" ")


def units_of(segment: Segment) -> list[TextUnit]:
    """Divide the text of a segment at all line break opportunities.

    Times are those of the words. If the segment has none, or they do not match its text, its
    duration is divided in proportion to the characters.
    """
    words = _words_spelling(segment)
    ends = list(accumulate(len(letters) for letters, _, _ in words))
    units: list[TextUnit] = []
    position = 0  # in characters without spaces
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
    """Return characters, start and end of words that match the text, ignoring white space."""
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
    """Return start and end of a character, assuming equal durations within a word."""
    index = bisect_right(ends, position)
    letters, start, end = words[index]
    step = (end - start) / len(letters)
    place = position - (ends[index] - len(letters))
    last = end if place == len(letters) - 1 else start + step * (place + 1)
    return start + step * place, last


def _pieces(text: str, word_ends: frozenset[int]) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a text, and whether a space precedes each.

    `word_ends` are positions in characters without spaces.
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
    """Return whether a line may break between two adjacent characters."""
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
    """Return whether lines may break around a character: wide, except Korean."""
    return unicodedata.east_asian_width(character) in "WF" and not _HANGUL.match(character)


def _break_costs(units: list[TextUnit], language: str | None) -> Iterator[float]:
    """Yield the cost of a break after each unit, by its punctuation."""
    first = 0  # unit of the sentence
    for number, unit in enumerate(units, start=1):
        sentence = joined(units[max(first, number - _CONTEXT) : number])
        if ends_sentence(sentence, joined(units[number : number + _CONTEXT]), language):
            first = number
            yield SENTENCE
        elif unit.text.rstrip(_CLOSING)[-1:] in _CLAUSE_END:
            yield CLAUSE
        else:
            # Short words, such as articles, and abbreviations, such as titles, should stay on
            # the line of the next word.
            is_short = len(unit.text) <= 3 or unit.text.endswith(".")
            yield SHORT_WORD if is_short else WORD
