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
    return spoken_with_origins(text, readings)[0]


def spoken_with_origins(text: str, readings: Iterable[Reading]) -> tuple[str, list[float]]:
    """The whole text as it is said, and where in the text each character comes from.

    The characters of a reading are shared out over the stretch that it stands for.
    """
    said: list[str] = []
    origins: list[float] = []
    for part in pieces(text, readings):
        spoken = part.spoken
        if said and said[-1] == "." and re.match(r"\.(?!\.)", spoken):
            spoken = spoken[1:]  # the stop of "P.M." ends a sentence too
        step = (part.end - part.start) / max(1, len(spoken))
        said += spoken
        origins += (part.start + number * step for number in range(len(spoken)))
    kept = "".join(" " if character.isspace() else character for character in said)
    for superfluous in _SUPERFLUOUS:
        gone = {place for m in superfluous.finditer(kept) for place in range(*m.span())}
        origins = [origin for place, origin in enumerate(origins) if place not in gone]
        kept = superfluous.sub("", kept)
    return kept, origins


# Doubled spaces and commas, those at the ends, and spaces before a stop.
_SUPERFLUOUS = (
    re.compile(r"(?<= ) +"),
    re.compile(r"(?: ?,)+ ?(?=[,.;:!?])|^[ ,]+|[ ,]+$"),
    re.compile(r" +(?=[,.;:!?])"),
)


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
