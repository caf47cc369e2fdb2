"""What of a script still needs times, once the words that were recognised have theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from audiocli.results import Word
from audiocli.tasks.matching import Pair

LONGEST = 25.0  # seconds of a passage; Whisper reads 30 at once
CONTEXT = 3.0  # seconds of recognised words around a gap: models align better in a sentence


@dataclass(frozen=True)
class Gap:
    """Words of the script between two that were recognised, and what was heard there.

    Attributes
    ----------
    script, heard : positions
    start, end : where the recognised words around it end and begin, in seconds
    """

    script: range
    heard: range
    start: float
    end: float


@dataclass(frozen=True)
class Passage:
    """A stretch of sound with the text that is thought to be said in it.

    Attributes
    ----------
    words : of the script in gaps; elsewhere as recognised
    places : position in the script of each word of a gap, None for the others
    """

    start: float
    end: float
    gaps: tuple[Gap, ...]
    words: tuple[str, ...] = field(default=())
    places: tuple[int | None, ...] = field(default=())


def find_gaps(
    pairs: Sequence[Pair], script: Sequence[str], heard: Sequence[Word], start: float, end: float
) -> Iterator[Gap]:
    """Yield what lies between recognised words, also where only one side has words.

    Parameters
    ----------
    start, end : of the recording
    """
    edges = [(-1, -1), *pairs, (len(script), len(heard))]
    for (a, b), (c, d) in pairwise(edges):
        if c - a > 1 or d - b > 1:
            first = heard[b].end if b >= 0 else start
            last = heard[d].start if d < len(heard) else end
            yield Gap(range(a + 1, c), range(b + 1, d), first, max(first, last))


def passages(gaps: Sequence[Gap], script: Sequence[str], heard: Sequence[Word]) -> list[Passage]:
    """Join gaps that are near to each other and give each passage its context."""
    found: list[list[Gap]] = []
    for gap in gaps:
        if found and gap.end - found[-1][0].start <= LONGEST - 2 * CONTEXT:
            found[-1].append(gap)
        else:
            found.append([gap])
    return [_passage(members, script, heard) for members in found]


def _passage(gaps: Sequence[Gap], script: Sequence[str], heard: Sequence[Word]) -> Passage:
    start, end = gaps[0].start, gaps[-1].end
    first, last = gaps[0].heard.start, gaps[-1].heard.stop
    while first and heard[first - 1].start > start - CONTEXT:
        first -= 1
    while last < len(heard) and heard[last].end < end + CONTEXT:
        last += 1
    words: list[str] = []
    places: list[int | None] = []
    at = first
    for gap in gaps:
        words += [word.text for word in heard[at : gap.heard.start]]
        places += [None] * (gap.heard.start - at)
        words += [script[place] for place in gap.script]
        places += gap.script
        at = gap.heard.stop
    words += [word.text for word in heard[at:last]]
    places += [None] * (last - at)
    return Passage(
        min(start, heard[first].start) if first < gaps[0].heard.start else start,
        max(end, heard[last - 1].end) if last > gaps[-1].heard.stop else end,
        tuple(gaps),
        tuple(words),
        tuple(places),
    )
