"""Which words of a script are which of the words that were heard: least edit distance.

An hour of words against an hour of words is a table of a hundred million cells. It is
halved until its parts are small (Hirschberg 1975, "A linear space algorithm for computing
maximal common subsequences"), so memory stays bounded, and a row is filled at once.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Pair = tuple[int, int]  # positions in the script and in what was heard

_CELLS = 4_000_000  # of a table that is kept, a byte each
_SUBSTITUTION_COST, _GAP_COST = (
    3,
    2,
)  # costs: one word for another, a word that the other side lacks
_MARKS = re.compile(r"[\W_]+")


def normalise_word(word: str) -> str:
    """A word as it compares: letters and digits in lower case."""
    return _MARKS.sub("", word.casefold())


def match_words(script: Sequence[str], heard: Sequence[str]) -> list[Pair]:
    """Pair the words that are the same on both sides.

    Of the ways that cost the same, words stay with their neighbours as far as they can.

    Parameters
    ----------
    script, heard : words as returned by `normalise_word`
    """
    return list(chain.from_iterable(_joined_runs(_runs(_align(script, heard)), script, heard)))


def _runs(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """Group pairs that follow each other on both sides."""
    runs: list[list[Pair]] = []
    for i, j in pairs:
        if runs and runs[-1][-1] == (i - 1, j - 1):
            runs[-1].append((i, j))
        else:
            runs.append([(i, j)])
    return runs


def _joined_runs(
    runs: Sequence[list[Pair]], script: Sequence[str], heard: Sequence[str]
) -> list[list[Pair]]:
    """Move a run to the one before or behind it, the shorter to the longer, if it fits there."""
    kept: list[list[Pair]] = []
    for run in runs:
        before = kept[-1] if kept else []
        i, j = before[-1] if before else (-1, -1)
        k, m = run[0]
        behind = [(i + 1 + n, j + 1 + n) for n in range(len(run))]
        ahead = [(k - len(before) + n, m - len(before) + n) for n in range(len(before))]
        if len(run) <= len(before) and _same(behind, script, heard):
            before += behind
        elif before and len(before) < len(run) and _same(ahead, script, heard):
            kept[-1] = [*ahead, *run]
        else:
            kept.append(run)
    return kept


def _same(pairs: Sequence[Pair], script: Sequence[str], heard: Sequence[str]) -> bool:
    return all(
        0 <= i < len(script) and 0 <= j < len(heard) and script[i] == heard[j] for i, j in pairs
    )


def _align(script: Sequence[str], heard: Sequence[str]) -> list[Pair]:
    """Pair equal words on a path of least edit distance."""
    if len(script) * len(heard) <= _CELLS or len(script) < 2:
        return _backtrace(script, heard)
    half = len(script) // 2
    above = _distances(script[:half], heard)
    below = _distances(script[half:][::-1], heard[::-1])[::-1]
    split = int(np.argmin(above + below))
    rest = _align(script[half:], heard[split:])
    return [*_align(script[:half], heard[:split]), *((half + i, split + j) for i, j in rest)]


def _backtrace(script: Sequence[str], heard: Sequence[str]) -> list[Pair]:
    """Go back through the whole table, along its steps."""
    rows = [steps for steps, _ in _rows(script, heard)]
    i, j = len(script), len(heard)
    pairs = []
    while i and j:
        step = rows[i][j]
        if step == 0 and script[i - 1] == heard[j - 1]:
            pairs.append((i - 1, j - 1))
        i, j = i - int(step != 2), j - int(step != 1)
    return pairs[::-1]


def _distances(script: Sequence[str], heard: Sequence[str]) -> NDArray[np.int64]:
    """Edit distance of the script to every beginning of what was heard."""
    ((_, distances),) = deque(_rows(script, heard), maxlen=1)
    return distances


def _rows(
    script: Sequence[str], heard: Sequence[str]
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
    """Yield the rows of the table: the last step to each cell, and its distance.

    A step is 0 for both words, 1 for one of the script, 2 for one heard. What comes along
    a row is a running minimum, since every step along it costs the same.
    """
    numbers = {word: n for n, word in enumerate({*script, *heard})}
    columns = np.array([numbers[word] for word in heard], np.int64)
    along = _GAP_COST * np.arange(len(heard) + 1)
    row = along
    yield np.full(len(row), 2, np.uint8), row
    for word in script:
        both = row[:-1] + np.where(columns == numbers[word], 0, _SUBSTITUTION_COST)
        best = row + _GAP_COST
        steps = np.ones(len(row), np.uint8)
        steps[1:][both <= best[1:]] = 0
        best[1:] = np.minimum(both, best[1:])
        row = np.minimum.accumulate(best - along) + along
        steps[row < best] = 2
        yield steps, row
