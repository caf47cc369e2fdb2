"""Split script lines into passages, the units that are synthesized one at a time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from audiocli.text.cleaning import is_speakable
from audiocli.text.normalization import Reading, readings, spoken_form
from audiocli.text.normalization.reading import pieces
from audiocli.text.script import BREATH, CLAUSE, SENTENCE, Mark, ScriptLine
from audiocli.text.sentences import CLOSING, split_sentences

_CLAUSE_END = re.compile(rf"(?:[,:](?!\d)|[;、，；：،؛—–])+[{re.escape(CLOSING)}]*\s*|\s[—–-]+\s")

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
                    pause=line.pause if is_last else SENTENCE,
                    chapter=line.chapter if is_first else None,
                )
                yield from self._portions(sentence)

    def _sentences(self, line: ScriptLine) -> Iterator[ScriptLine]:
        start = position = 0
        for sentence in split_sentences(line.text, self.language):
            position = line.text.index(sentence, position) + len(sentence)
            if _is_free(line.readings, position):
                yield _slice(line, start, position)
                start = position
        if start < len(line.text):
            yield _slice(line, start, len(line.text))

    def _read(self, sentence: ScriptLine) -> ScriptLine:
        given: Sequence[Reading] = sentence.readings
        if self.add_readings:
            given = self.add_readings(sentence.text, given)
        return replace(sentence, readings=tuple(readings(sentence.text, self.language, given)))

    def _portions(self, sentence: ScriptLine) -> Iterator[ScriptLine]:
        """Split a sentence that is too long after normalization."""
        while (limit := self._max_written_chars(sentence)) < len(sentence.text):
            before, is_clause = _cut(sentence.text, limit)
            while before < len(sentence.text) and not _is_free(sentence.readings, before):
                before += 1
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


def _slice(line: ScriptLine, start: int, end: int) -> ScriptLine:
    """Return the part of a line between two positions, stripped of surrounding space."""
    marks = tuple(_marks_in(line, start, end))
    text = line.text[start:end]
    start += len(text) - len(text.lstrip())
    end = start + len(text.strip())
    return replace(
        line,
        text=line.text[start:end],
        readings=tuple(r.shifted(-start) for r in line.readings if start <= r.start < end),
        marks=tuple(Mark(m.name, max(0, m.at - start)) for m in marks),
    )


def _marks_in(line: ScriptLine, start: int, end: int) -> Iterator[Mark]:
    """Yield the marks of a part; the last part includes those after the last word."""
    is_last = end == len(line.text)
    return (mark for mark in line.marks if start <= mark.at and (is_last or mark.at < end))


def _is_free(found: Iterable[Reading], place: int) -> bool:
    """Return whether no reading spans a position."""
    return not any(reading.start < place < reading.end for reading in found)


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
    return cut
