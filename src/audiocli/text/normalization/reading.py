"""Readings (spoken words for a span of text) and the rules that find them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple


class Reading(NamedTuple):
    """Spoken words that replace `text[start:end]`.

    Attributes
    ----------
    spoken : words to say; empty for a silent span
    phonemes : pronunciation in the International Phonetic Alphabet, if given
    """

    start: int
    end: int
    spoken: str
    phonemes: str | None = None

    def shifted(self, by: int) -> Reading:
        """Return the reading moved by a number of characters."""
        return self._replace(start=self.start + by, end=self.end + by)


class ReadingRule(NamedTuple):
    """A pattern and a function from a match to spoken words, or None to skip the match."""

    pattern: re.Pattern[str]
    read: Callable[[re.Match[str]], str | None]


def rule(pattern: str, read: Callable[[re.Match[str]], str | None], flags: int = 0) -> ReadingRule:
    """Create a rule from a pattern in verbose syntax."""
    return ReadingRule(re.compile(pattern, flags | re.VERBOSE), read)


def find_readings(
    text: str, rules: Iterable[ReadingRule], taken: Sequence[Reading] = ()
) -> list[Reading]:
    """Apply rules in order; a match that overlaps an earlier reading is skipped.

    Every rule sees the text as written, so that patterns can test the context of a match.

    Parameters
    ----------
    taken : existing readings; they are part of the result
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
    """Return the text with all readings applied."""
    return spoken_with_origins(text, readings)[0]


def spoken_with_origins(text: str, readings: Iterable[Reading]) -> tuple[str, list[float]]:
    """Return the text with all readings applied, and the origin of each character.

    The origins of the characters of a reading are spread evenly over its span.
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
    """Yield readings that cover the whole text; gaps are filled with the text as written."""
    position = 0
    for reading in sorted(readings):
        if reading.start > position:
            yield Reading(position, reading.start, text[position : reading.start])
        yield reading
        position = reading.end
    if position < len(text):
        yield Reading(position, len(text), text[position:])
