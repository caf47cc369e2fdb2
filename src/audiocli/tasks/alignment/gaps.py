"""What of a script still needs times, once the words that were recognised have theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise

from audiocli.results import Word
from audiocli.tasks.alignment.matching import Pair, normalise_word

MAX_PASSAGE = 25.0  # seconds of a passage; Whisper reads 30 at once
_SPELLED_APART = 0.8  # of letters shared: one word there is two here, such as "shop boy"
CONTEXT = 3.0  # seconds of recognised words around a gap: models align better in a sentence


@dataclass(frozen=True)
class ScriptGap:
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
    gaps: tuple[ScriptGap, ...]
    words: tuple[str, ...] = field(default=())
    places: tuple[int | None, ...] = field(default=())


def find_gaps(
    pairs: Sequence[Pair], script: Sequence[str], heard: Sequence[Word], start: float, end: float
) -> Iterator[ScriptGap]:
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
            yield ScriptGap(range(a + 1, c), range(b + 1, d), first, max(first, last))


def trim_gap(gap: ScriptGap, script: Sequence[str], heard: Sequence[Word]) -> list[ScriptGap]:
    """Leave out of a gap what the other side lacks, where one has many more words.

    What belongs together lies at the edges, next to recognised words; the letters tell how
    much of it. Gaps whose sides are about as long stay whole.
    """
    many, few = max(gap.script, gap.heard, key=len), min(gap.script, gap.heard, key=len)
    if not few or len(many) <= 2 * len(few) + 2:
        return [gap]
    texts = {True: script, False: [word.text for word in heard]}
    is_script = many is gap.script
    of_many, of_few = texts[is_script], texts[not is_script]
    sides = []
    for split in range(len(few) + 1):
        front = _shared_letters(
            of_few[few.start : few.start + split], of_many[many.start : many.stop], 1
        )
        back = _shared_letters(
            of_few[few.start + split : few.stop], of_many[many.start : many.stop], -1
        )
        sides.append((front[0] + back[0], split, front[1], back[1]))
    _, split, front_count, back_count = max(sides)
    edges = [
        (range(few.start, few.start + split), range(many.start, many.start + front_count)),
        (range(few.start + split, few.stop), range(many.stop - back_count, many.stop)),
    ]
    ordered = [(m, f) if is_script else (f, m) for f, m in edges]
    return [_bounded(gap, s, h, heard) for s, h in ordered if s]


def _shared_letters(few: Sequence[str], many: Sequence[str], way: int) -> tuple[float, int]:
    """How many letters some words share with as many others, or one more, at one end.

    Returns
    -------
    letters shared, and how many of the others they are shared with
    """
    if not few:
        return 0.0, 0
    letters = normalise_word("".join(few))
    as_many, one_more = (
        SequenceMatcher(None, letters, normalise_word("".join(others)), autojunk=False).ratio()
        for others in (
            many[:count] if way > 0 else many[-count:] for count in (len(few), len(few) + 1)
        )
    )
    if one_more > max(as_many, _SPELLED_APART):
        return one_more * len(letters), len(few) + 1
    return as_many * len(letters), len(few)


def _bounded(gap: ScriptGap, script: range, heard: range, words: Sequence[Word]) -> ScriptGap:
    """Make a part of a gap; where words were heard in its place, between those before and after."""
    if not heard:
        return ScriptGap(script, heard, gap.start, gap.start)
    start = words[heard.start - 1].end if heard.start > gap.heard.start else gap.start
    end = words[heard.stop].start if heard.stop < gap.heard.stop else gap.end
    return ScriptGap(script, heard, start, end)


def make_passages(
    gaps: Sequence[ScriptGap], script: Sequence[str], heard: Sequence[Word]
) -> list[Passage]:
    """Join gaps that are near to each other and give each passage its context."""
    found: list[list[ScriptGap]] = []
    for gap in gaps:
        if found and gap.end - found[-1][0].start <= MAX_PASSAGE - 2 * CONTEXT:
            found[-1].append(gap)
        else:
            found.append([gap])
    return [_passage(members, script, heard) for members in found]


def _passage(gaps: Sequence[ScriptGap], script: Sequence[str], heard: Sequence[Word]) -> Passage:
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
