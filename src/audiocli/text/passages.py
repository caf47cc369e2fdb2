"""Lines to the passages that are spoken one at a time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from audiocli.text.cleaning import is_speakable
from audiocli.text.normalization import Reading, readings, spoken_form
from audiocli.text.normalization.reading import pieces
from audiocli.text.script import BREATH, CLAUSE, SENTENCE, Line, Mark
from audiocli.text.sentences import CLOSING, split_sentences

_CLAUSE_END = re.compile(rf"(?:[,:](?!\d)|[;、，；：،؛—–])+[{re.escape(CLOSING)}]*\s*|\s[—–-]+\s")

Settle = Callable[[str, Sequence[Reading]], Sequence[Reading]]


@dataclass(frozen=True, kw_only=True)
class Reader:
    """How written lines are made passages.

    Attributes
    ----------
    longest : characters of a passage at most, as it is said
    language : ISO 639 code; decides how numbers are said, and where sentences end
    settle : adds readings of its own to those given with a line, as a lexicon does
    """

    longest: int
    language: str | None = None
    settle: Settle | None = None

    def passages(self, lines: Iterable[Line]) -> Iterator[Line]:
        """Divide lines into sentences, and what is too long where it hurts least.

        Each passage is a line with all its readings. What cannot be said is dropped,
        but its pause and its marks are not.
        """
        for line in lines:
            told = [part for part in map(self._read, self._sentences(line)) if said(part)]
            if not told:
                yield replace(line, text="", readings=(), marks=_at_start(line.marks))
            for number, part in enumerate(told):
                is_first, is_last = number == 0, number == len(told) - 1
                sentence = replace(
                    part,
                    pause=line.pause if is_last else SENTENCE,
                    chapter=line.chapter if is_first else None,
                )
                yield from self._portions(sentence)

    def _sentences(self, line: Line) -> Iterator[Line]:
        start = position = 0
        for sentence in split_sentences(line.text, self.language):
            position = line.text.index(sentence, position) + len(sentence)
            if _is_free(line.readings, position):
                yield _slice(line, start, position)
                start = position
        if start < len(line.text):
            yield _slice(line, start, len(line.text))

    def _read(self, sentence: Line) -> Line:
        given: Sequence[Reading] = sentence.readings
        if self.settle:
            given = self.settle(sentence.text, given)
        return replace(sentence, readings=tuple(readings(sentence.text, self.language, given)))

    def _portions(self, sentence: Line) -> Iterator[Line]:
        """Cut a sentence that is too long when it is said."""
        while (room := self._room(sentence)) < len(sentence.text):
            before, is_clause = _cut(sentence.text, room)
            while before < len(sentence.text) and not _is_free(sentence.readings, before):
                before += 1
            head = _slice(sentence, 0, before)
            if said(head):
                yield replace(head, pause=CLAUSE if is_clause else BREATH)
                sentence = replace(sentence, chapter=None)
            sentence = _slice(sentence, before, len(sentence.text))
        if said(sentence):
            yield sentence

    def _room(self, sentence: Line) -> int:
        """How many characters, as written, can be said at once."""
        parts = list(pieces(sentence.text, sentence.readings))
        room = len(sentence.text)
        for part, said in zip(parts, accumulate(len(p.spoken) for p in parts), strict=True):
            if said > self.longest:
                over = said - self.longest
                is_plain = sentence.text[part.start : part.end] == part.spoken
                room = part.end - over if is_plain else part.start
                break
        return max(room, 1)


def said(passage: Line) -> str:
    """The words of a passage as they are said; nothing where there is no letter and no digit."""
    spoken = spoken_form(passage.text, passage.readings)
    return spoken if is_speakable(spoken) else ""


def _slice(line: Line, start: int, end: int) -> Line:
    """The part of a line between two places, without the space around it."""
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


def _marks_in(line: Line, start: int, end: int) -> Iterator[Mark]:
    """The marks of a part; the last part has those after the last word too."""
    is_last = end == len(line.text)
    return (mark for mark in line.marks if start <= mark.at and (is_last or mark.at < end))


def _is_free(found: Iterable[Reading], place: int) -> bool:
    """Whether a text may be cut at a place: no reading reaches over it."""
    return not any(reading.start < place < reading.end for reading in found)


def _at_start(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    return tuple(Mark(mark.name, 0) for mark in marks)


def _cut(text: str, room: int) -> tuple[int, bool]:
    """Find where to cut a text that is too long: after its last comma that fits, else at a space.

    Parameters
    ----------
    room : characters before the cut at most

    Returns
    -------
    how many characters come before the cut, and whether a comma does
    """
    commas = [m.end() for m in _CLAUSE_END.finditer(text[:room]) if m.end() > room // 4]
    return (commas[-1], True) if commas else (_word_end(text, room), False)


def _word_end(text: str, longest: int) -> int:
    """Find the last space that fits; without one, a place that keeps accents on letters."""
    space = text.rfind(" ", 1, longest + 1)
    if space > 0:
        return space
    cut = longest
    while cut > 1 and unicodedata.combining(text[cut]):
        cut -= 1
    return cut
