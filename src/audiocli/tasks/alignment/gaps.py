"""Find the parts of a script that are not in the transcript, to align them separately."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise

from audiocli.results import Word
from audiocli.tasks.alignment.matching import Pair, normalise_word

MAX_PASSAGE = 25.0  # maximum length of a passage in seconds; Whisper reads 30 s
_MIN_SPLIT_WORD_SIMILARITY = 0.8  # of one word with two, such as "shopboy" and "shop boy"
_MAX_TRIM_WORDS = 100  # of the shorter side of a gap; more do not fit into a passage
_MAX_TRIM_LETTERS = 1000  # of each side that are compared
CONTEXT = 3.0  # seconds of recognised words around a gap, which improve the alignment


@dataclass(frozen=True)
class ScriptGap:
    """Words of the script between two matched words, and the recognised words there.

    Attributes
    ----------
    script, recognised : ranges of word positions
    start, end : end and start of the matched words around the gap, in seconds
    """

    script: range
    recognised: range
    start: float
    end: float


@dataclass(frozen=True)
class Passage:
    """A stretch of audio with its presumed text.

    Attributes
    ----------
    words : of the script in gaps, of the transcript elsewhere
    places : position in the script of each word of a gap, None for the others
    """

    start: float
    end: float
    gaps: tuple[ScriptGap, ...]
    words: tuple[str, ...] = field(default=())
    places: tuple[int | None, ...] = field(default=())


def find_gaps(
    pairs: Sequence[Pair],
    script: Sequence[str],
    recognised: Sequence[Word],
    start: float,
    end: float,
) -> Iterator[ScriptGap]:
    """Yield the gaps between matched words, also those with words on only one side.

    Parameters
    ----------
    pairs : positions of matched words
    start, end : of the recording, in seconds
    """
    edges = [(-1, -1), *pairs, (len(script), len(recognised))]
    for (a, b), (c, d) in pairwise(edges):
        if c - a > 1 or d - b > 1:
            first = recognised[b].end if b >= 0 else start
            last = recognised[d].start if d < len(recognised) else end
            yield ScriptGap(range(a + 1, c), range(b + 1, d), first, max(first, last))


def trim_gap(gap: ScriptGap, script: Sequence[str], recognised: Sequence[Word]) -> list[ScriptGap]:
    """Remove words that have no counterpart if one side of a gap has many more words.

    Counterparts are found by their letters at both edges, next to the matched words. Gaps
    with sides of similar length are kept whole, and so are gaps too long to compare.
    """
    longer = max(gap.script, gap.recognised, key=len)
    shorter = min(gap.script, gap.recognised, key=len)
    if not shorter or len(longer) <= 2 * len(shorter) + 2 or len(shorter) > _MAX_TRIM_WORDS:
        return [gap]
    is_script = longer is gap.script
    spoken = [recognised[place].text for place in gap.recognised]
    written = script[gap.script.start : gap.script.stop]
    others, known = (written, spoken) if is_script else (spoken, written)
    sides = []
    for split in range(len(shorter) + 1):
        front = _shared_letters(known[:split], others, 1)
        back = _shared_letters(known[split:], others, -1)
        sides.append((front[0] + back[0], split, front[1], back[1]))
    _, split, front_count, back_count = max(sides)
    middle = shorter.start + split
    edges = [
        (range(shorter.start, middle), range(longer.start, longer.start + front_count)),
        (range(middle, shorter.stop), range(longer.stop - back_count, longer.stop)),
    ]
    ordered = [(m, f) if is_script else (f, m) for f, m in edges]
    return [_part_of(gap, s, h, recognised) for s, h in ordered if s]


def _shared_letters(
    shorter: Sequence[str], longer: Sequence[str], direction: int
) -> tuple[float, int]:
    """Compare words with as many words of the other side, or one more, at one end.

    Parameters
    ----------
    direction : 1 compares from the start, -1 from the end

    Returns
    -------
    number of shared letters, and number of words of the other side
    """
    if not shorter:
        return 0.0, 0
    limit = slice(_MAX_TRIM_LETTERS) if direction > 0 else slice(-_MAX_TRIM_LETTERS, None)
    letters = normalise_word("".join(shorter))[limit]
    same_count, one_more = (
        SequenceMatcher(
            None, letters, normalise_word("".join(others))[limit], autojunk=False
        ).ratio()
        for others in (
            longer[:count] if direction > 0 else longer[-count:]
            for count in (len(shorter), len(shorter) + 1)
        )
    )
    if one_more > max(same_count, _MIN_SPLIT_WORD_SIMILARITY):
        return one_more * len(letters), len(shorter) + 1
    return same_count * len(letters), len(shorter)


def _part_of(gap: ScriptGap, script: range, recognised: range, words: Sequence[Word]) -> ScriptGap:
    """Return a part of a gap, bounded by the adjacent recognised words if it has any."""
    if not recognised:
        return ScriptGap(script, recognised, gap.start, gap.start)
    start = (
        words[recognised.start - 1].end if recognised.start > gap.recognised.start else gap.start
    )
    end = words[recognised.stop].start if recognised.stop < gap.recognised.stop else gap.end
    return ScriptGap(script, recognised, start, end)


def make_passages(
    gaps: Sequence[ScriptGap], script: Sequence[str], recognised: Sequence[Word]
) -> list[Passage]:
    """Join gaps that are close to each other and add the recognised words around them."""
    found: list[list[ScriptGap]] = []
    for gap in gaps:
        if found and gap.end - found[-1][0].start <= MAX_PASSAGE - 2 * CONTEXT:
            found[-1].append(gap)
        else:
            found.append([gap])
    return [_passage(members, script, recognised) for members in found]


def _passage(
    gaps: Sequence[ScriptGap], script: Sequence[str], recognised: Sequence[Word]
) -> Passage:
    start, end = gaps[0].start, gaps[-1].end
    first, last = gaps[0].recognised.start, gaps[-1].recognised.stop
    while first and recognised[first - 1].start > start - CONTEXT:
        first -= 1
    while last < len(recognised) and recognised[last].end < end + CONTEXT:
        last += 1
    words: list[str] = []
    places: list[int | None] = []
    at = first
    for gap in gaps:
        words += [word.text for word in recognised[at : gap.recognised.start]]
        places += [None] * (gap.recognised.start - at)
        words += [script[place] for place in gap.script]
        places += gap.script
        at = gap.recognised.stop
    words += [word.text for word in recognised[at:last]]
    places += [None] * (last - at)
    return Passage(
        min(start, recognised[first].start) if first < gaps[0].recognised.start else start,
        max(end, recognised[last - 1].end) if last > gaps[-1].recognised.stop else end,
        tuple(gaps),
        tuple(words),
        tuple(places),
    )
