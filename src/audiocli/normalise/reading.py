"""How a stretch of written text is said, and rules that find such stretches."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple


class Reading(NamedTuple):
    """What is said in place of `text[start:end]`.

    Attributes
    ----------
    spoken : the words to say; nothing where the stretch is silent
    phonemes : their sounds in the International Phonetic Alphabet, where they are given
    """

    start: int
    end: int
    spoken: str
    phonemes: str | None = None

    def shifted(self, by: int) -> Reading:
        """The same reading in a text where it begins `by` characters later."""
        return self._replace(start=self.start + by, end=self.end + by)


class Rule(NamedTuple):
    """A pattern, and how its matches are said; None leaves a match as it is written."""

    pattern: re.Pattern[str]
    read: Callable[[re.Match[str]], str | None]


def rule(pattern: str, read: Callable[[re.Match[str]], str | None], flags: int = 0) -> Rule:
    """Make a rule of a pattern in verbose syntax."""
    return Rule(re.compile(pattern, flags | re.VERBOSE), read)


def find_readings(text: str, rules: Iterable[Rule], taken: Sequence[Reading] = ()) -> list[Reading]:
    """Apply rules in order, each to what no earlier one has read.

    Every rule sees the text as it was written, so that what stands around a match can
    decide; what is read already is not read again.

    Parameters
    ----------
    taken : readings that are settled; they are part of the answer
    """
    found = list(taken)
    is_free = bytearray(b"\1" * len(text))
    for reading in found:
        is_free[reading.start : reading.end] = bytes(reading.end - reading.start)
    for one in rules:
        for match in one.pattern.finditer(text):
            start, end = match.span()
            if start == end or not all(is_free[start:end]):
                continue
            spoken = one.read(match)
            if spoken is not None:
                found.append(Reading(start, end, spoken))
                is_free[start:end] = bytes(end - start)
    return sorted(found)


def spoken_form(text: str, readings: Iterable[Reading]) -> str:
    """The whole text as it is said."""
    said = ""
    for part in pieces(text, readings):
        is_stopped = said.endswith(".") and re.match(r"\.(?!\.)", part.spoken)
        said += part.spoken[1:] if is_stopped else part.spoken  # "P.M." ends a sentence too
    said = re.sub(r"\s+", " ", said)
    said = re.sub(r"(?: ?,)+ ?(?=[,.;:!?])|^[ ,]+|[ ,]+$", "", said)
    return re.sub(r" +(?=[,.;:!?])", "", said).strip()


def pieces(text: str, readings: Iterable[Reading]) -> Iterator[Reading]:
    """Divide a text into readings without a gap; what has none is said as it is written."""
    position = 0
    for reading in sorted(readings):
        if reading.start > position:
            yield Reading(position, reading.start, text[position : reading.start])
        yield reading
        position = reading.end
    if position < len(text):
        yield Reading(position, len(text), text[position:])
