"""Which words of a script are which of the words that were heard.

The pairs go forward in both. Short texts are matched by edit distance; long ones are
first anchored at runs of words that occur once in each ("patience" difference), so that
an hour of words costs a moment and little memory.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Pair = tuple[int, int]  # positions in the script and in what was heard

_RUN = 3  # words of an anchor
_CELLS = 4_000_000  # of a table of edit distances, a byte each
_OTHER, _GAP = 3, 2  # costs: one word for another, a word that the other side lacks
_MARKS = re.compile(r"[\W_]+")


def normal(word: str) -> str:
    """A word as it compares: letters and digits in lower case."""
    return _MARKS.sub("", word.casefold())


def matched(script: Sequence[str], heard: Sequence[str]) -> list[Pair]:
    """Pair the words that are the same on both sides.

    Parameters
    ----------
    script, heard : words in their `normal` form
    """
    if len(script) * len(heard) <= _CELLS:
        return list(_closest(script, heard))
    pairs: list[Pair] = []
    ends = [(-1, -1), *_anchors(script, heard), (len(script), len(heard))]
    for (a, b), (c, d) in pairwise(ends):
        between_script, between_heard = script[a + 1 : c], heard[b + 1 : d]
        if len(between_script) * len(between_heard) <= _CELLS:  # else they have nothing in common
            inside = _closest(between_script, between_heard)
            pairs += [(a + 1 + i, b + 1 + j) for i, j in inside]
        if c < len(script):
            pairs.append((c, d))
    return pairs


def _anchors(script: Sequence[str], heard: Sequence[str]) -> list[Pair]:
    """Words of runs that occur once on each side, as many as go forward in both."""
    places = [_once(script), _once(heard)]
    common = sorted((places[0][run], places[1][run]) for run in places[0].keys() & places[1].keys())
    chosen = _longest_rising(common)
    return sorted({(i + k, j + k) for i, j in chosen for k in range(_RUN)})


def _once(words: Sequence[str]) -> dict[tuple[str, ...], int]:
    """Where each run of words begins that occurs exactly once."""
    runs = [tuple(words[n : n + _RUN]) for n in range(len(words) - _RUN + 1)]
    counts = Counter(runs)
    return {run: n for n, run in enumerate(runs) if counts[run] == 1}


def _longest_rising(pairs: Sequence[Pair]) -> list[Pair]:
    """Take the longest part of pairs, sorted by the first, in which the second rises too."""
    tails: list[int] = []  # the smallest second that ends a part of each length
    tail_of: list[int] = []  # and which pair it is
    before: list[int] = []
    for n, (_, second) in enumerate(pairs):
        length = bisect_left(tails, second)
        before.append(tail_of[length - 1] if length else -1)
        tails[length:] = [second, *tails[length + 1 :]]
        tail_of[length:] = [n, *tail_of[length + 1 :]]
    chosen = []
    at = tail_of[-1] if tail_of else -1
    while at >= 0:
        chosen.append(pairs[at])
        at = before[at]
    return chosen[::-1]


def _closest(script: Sequence[str], heard: Sequence[str]) -> Iterator[Pair]:
    """Pair equal words on a path of least edit distance."""
    steps = _edit_steps(script, heard)
    i, j = len(script), len(heard)
    pairs = []
    while i and j:
        step = steps[i, j]
        if step == 0 and script[i - 1] == heard[j - 1]:
            pairs.append((i - 1, j - 1))
        i, j = i - (step != 2), j - (step != 1)
    return reversed(pairs)


def _edit_steps(script: Sequence[str], heard: Sequence[str]) -> NDArray[np.uint8]:
    """The last step to each cell of the table: 0 both words, 1 one of the script, 2 one heard.

    A row at a time: what comes along the row is a running minimum, since every step along
    it costs the same.
    """
    numbers = {word: n for n, word in enumerate({*script, *heard})}
    columns = np.array([numbers[word] for word in heard], np.int64)
    along = _GAP * np.arange(len(heard) + 1)
    steps = np.full((len(script) + 1, len(heard) + 1), 2, np.uint8)
    row = along.copy()
    for i, word in enumerate(script, start=1):
        both = row[:-1] + np.where(columns == numbers[word], 0, _OTHER)
        best = row + _GAP
        steps[i] = 1
        steps[i, 1:][both <= best[1:]] = 0
        best[1:] = np.minimum(both, best[1:])
        reached = np.minimum.accumulate(best - along) + along
        steps[i][reached < best] = 2
        row = reached
    return steps
