"""Split script lines into passages, the units that are synthesized one at a time."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from audiocli.text.cleaning import is_speakable
from audiocli.text.normalization import Reading, readings, spoken_form
from audiocli.text.normalization.reading import pieces
from audiocli.text.script import BREATH, CLAUSE, SENTENCE, Mark, ScriptLine
from audiocli.text.sentences import CLOSING, split_sentences

_CLAUSE_END = re.compile(rf"(?:[,:](?!\d)|[;、，；：،؛—–])+[{re.escape(CLOSING)}]*\s*|\s[—–-]+\s")

# Characters of a sentence. A longer one is divided before it is read, because the time of some
# rules grows with the square of its length.
_MAX_SENTENCE = 1000

AddReadings = Callable[[str, Sequence[Reading]], Sequence[Reading]]


@dataclass(frozen=True, kw_only=True)
class PassageSplitter:
    """Splitter of lines into passages.

    Attributes
    ----------
    max_chars : maximum number of characters of a passage, after normalization
    language : ISO 639 code; selects normalization rules and abbreviations
    add_readings : adds readings to those given with a line, as a lexicon does
    """

    max_chars: int
    language: str | None = None
    add_readings: AddReadings | None = None

    def passages(self, lines: Iterable[ScriptLine]) -> Iterator[ScriptLine]:
        """Yield the passages of lines: sentences, or parts of sentences that are too long.

        Each passage is a line with all its readings. Text without a letter or digit is
        dropped, but its pause and its marks are kept.
        """
        for line in lines:
            parts = [part for part in map(self._read, self._sentences(line)) if spoken_text(part)]
            if not parts:
                yield replace(line, text="", readings=(), marks=_at_start(line.marks))
            for number, part in enumerate(parts):
                is_first, is_last = number == 0, number == len(parts) - 1
                sentence = replace(
                    part,
                    pause=line.pause if is_last else part.pause,
                    chapter=line.chapter if is_first else None,
                )
                yield from self._portions(sentence)

    def _sentences(self, line: ScriptLine) -> Iterator[ScriptLine]:
        """Yield the sentences of a line with the pause after each."""
        start = position = 0
        for sentence in split_sentences(line.text, self.language):
            position = line.text.index(sentence, position) + len(sentence)
            if _free_end(line.readings, position) == position:
                yield from _divided(line, start, position)
                start = position
        if start < len(line.text):
            yield from _divided(line, start, len(line.text))

    def _read(self, sentence: ScriptLine) -> ScriptLine:
        given: Sequence[Reading] = sentence.readings
        if self.add_readings:
            given = self.add_readings(sentence.text, given)
        return replace(sentence, readings=tuple(readings(sentence.text, self.language, given)))

    def _portions(self, sentence: ScriptLine) -> Iterator[ScriptLine]:
        """Split a sentence that is too long after normalization."""
        while (limit := self._max_written_chars(sentence)) < len(sentence.text):
            before, is_clause = _cut(sentence.text, limit)
            before = _free_end(sentence.readings, before)
            head = _slice(sentence, 0, before)
            if spoken_text(head):
                yield replace(head, pause=CLAUSE if is_clause else BREATH)
                sentence = replace(sentence, chapter=None)
            sentence = _slice(sentence, before, len(sentence.text))
        if spoken_text(sentence):
            yield sentence

    def _max_written_chars(self, sentence: ScriptLine) -> int:
        """Return how many written characters fit into one passage."""
        parts = list(pieces(sentence.text, sentence.readings))
        limit = len(sentence.text)
        for part, total in zip(parts, accumulate(len(p.spoken) for p in parts), strict=True):
            if total > self.max_chars:
                over = total - self.max_chars
                is_plain = sentence.text[part.start : part.end] == part.spoken
                limit = part.end - over if is_plain else part.start
                break
        return max(limit, 1)


def spoken_text(passage: ScriptLine) -> str:
    """Return the normalized words of a passage; empty without a letter or digit."""
    spoken = spoken_form(passage.text, passage.readings)
    return spoken if is_speakable(spoken) else ""


def _divided(line: ScriptLine, start: int, end: int) -> Iterator[ScriptLine]:
    """Yield a sentence, in parts if it is longer than `_MAX_SENTENCE`."""
    while end - start > _MAX_SENTENCE:
        length, is_clause = _cut(line.text[start : start + _MAX_SENTENCE + 1], _MAX_SENTENCE)
        cut = min(end, _free_end(line.readings, start + length))
        yield replace(_slice(line, start, cut), pause=CLAUSE if is_clause else BREATH)
        start = cut
    yield replace(_slice(line, start, end), pause=SENTENCE)


def _slice(line: ScriptLine, start: int, end: int) -> ScriptLine:
    """Return the part of a line between two positions, stripped of surrounding space.

    The readings and the marks of a line are in order.
    """
    marks = _marks_in(line, start, end)
    text = line.text[start:end]
    start += len(text) - len(text.lstrip())
    end = start + len(text.strip())
    return replace(
        line,
        text=line.text[start:end],
        readings=tuple(r.shifted(-start) for r in _readings_in(line, start, end)),
        marks=tuple(Mark(m.name, max(0, m.at - start)) for m in marks),
    )


def _readings_in(line: ScriptLine, start: int, end: int) -> Sequence[Reading]:
    first = bisect_left(line.readings, start, key=lambda reading: reading.start)
    return line.readings[first : bisect_left(line.readings, end, key=lambda r: r.start)]


def _marks_in(line: ScriptLine, start: int, end: int) -> Sequence[Mark]:
    """Return the marks of a part; the last part includes those after the last word."""
    first = bisect_left(line.marks, start, key=lambda mark: mark.at)
    if end == len(line.text):
        return line.marks[first:]
    return line.marks[first : bisect_left(line.marks, end, key=lambda mark: mark.at)]


def _free_end(found: Sequence[Reading], place: int) -> int:
    """Return the end of the reading that spans a position, or the position."""
    number = bisect_left(found, place, key=lambda reading: reading.start)
    return max(place, found[number - 1].end) if number else place


def _at_start(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    return tuple(Mark(mark.name, 0) for mark in marks)


def _cut(text: str, limit: int) -> tuple[int, bool]:
    """Find where to split a text: after the last comma that fits, else at a space.

    Parameters
    ----------
    limit : maximum number of characters before the split

    Returns
    -------
    the index of the split, and whether it follows a comma
    """
    commas = [m.end() for m in _CLAUSE_END.finditer(text[:limit]) if m.end() > limit // 4]
    return (commas[-1], True) if commas else (_word_end(text, limit), False)


def _word_end(text: str, longest: int) -> int:
    """Return the last space that fits, else an index that does not separate accents."""
    space = text.rfind(" ", 1, longest + 1)
    if space > 0:
        return space
    cut = longest
    while cut > 1 and unicodedata.combining(text[cut]):
        cut -= 1
    return cut if cut > 1 else longest
