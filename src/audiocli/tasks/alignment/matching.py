"""Match the words of a script with recognised words by edit distance.

The table of two texts of an hour each has a hundred million cells. It is divided until
its parts are small (Hirschberg 1975, "A linear space algorithm for computing maximal
common subsequences"), so memory is bounded.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Pair = tuple[int, int]  # positions in the script and in the recognised words

_CELLS = 4_000_000  # maximum size of a table, one byte per cell
_SUBSTITUTION_COST = 3
_GAP_COST = 2  # of an insertion or deletion
_MARKS = re.compile(r"[\W_]+")


def normalise_word(word: str) -> str:
    """Return the letters and digits of a word in lower case, for comparison."""
    return _MARKS.sub("", word.casefold())


def match_words(script: Sequence[str], recognised: Sequence[str]) -> list[Pair]:
    """Return the positions of equal words on the path of lowest edit distance.

    Among paths of equal cost, consecutive matches are preferred.

    Parameters
    ----------
    script, recognised : words as returned by `normalise_word`
    """
    return list(
        chain.from_iterable(_joined_runs(_runs(_align(script, recognised)), script, recognised))
    )


def _runs(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """Group pairs that are consecutive on both sides."""
    runs: list[list[Pair]] = []
    for i, j in pairs:
        if runs and runs[-1][-1] == (i - 1, j - 1):
            runs[-1].append((i, j))
        else:
            runs.append([(i, j)])
    return runs


def _joined_runs(
    runs: Sequence[list[Pair]], script: Sequence[str], recognised: Sequence[str]
) -> list[list[Pair]]:
    """Move a run next to the one before or after it if its words match there too."""
    kept: list[list[Pair]] = []
    for run in runs:
        before = kept[-1] if kept else []
        i, j = before[-1] if before else (-1, -1)
        k, m = run[0]
        if len(run) <= len(before):
            behind = [(i + 1 + n, j + 1 + n) for n in range(len(run))]
            if _same(behind, script, recognised):
                before += behind
                continue
        elif before:
            ahead = [(k - n, m - n) for n in range(len(before), 0, -1)]
            if _same(ahead, script, recognised):
                kept[-1] = [*ahead, *run]
                continue
        kept.append(run)
    return kept


def _same(pairs: Sequence[Pair], script: Sequence[str], recognised: Sequence[str]) -> bool:
    return all(
        0 <= i < len(script) and 0 <= j < len(recognised) and script[i] == recognised[j]
        for i, j in pairs
    )


def _align(script: Sequence[str], recognised: Sequence[str]) -> list[Pair]:
    """Return the pairs of equal words on a path of lowest edit distance."""
    if len(script) * len(recognised) <= _CELLS or len(script) < 2:
        return _backtrace(script, recognised)
    half = len(script) // 2
    above = _distances(script[:half], recognised)
    below = _distances(script[half:][::-1], recognised[::-1])[::-1]
    split = int(np.argmin(above + below))
    rest = _align(script[half:], recognised[split:])
    return [*_align(script[:half], recognised[:split]), *((half + i, split + j) for i, j in rest)]


def _backtrace(script: Sequence[str], recognised: Sequence[str]) -> list[Pair]:
    """Fill the full edit-distance table and backtrace to the pairs of equal words."""
    rows = [steps for steps, _ in _rows(script, recognised)]
    i, j = len(script), len(recognised)
    pairs = []
    while i and j:
        step = rows[i][j]
        if step == 0 and script[i - 1] == recognised[j - 1]:
            pairs.append((i - 1, j - 1))
        i, j = i - int(step != 2), j - int(step != 1)
    return pairs[::-1]


def _distances(script: Sequence[str], recognised: Sequence[str]) -> NDArray[np.int64]:
    """Return the edit distance of the script to each prefix of the recognised words."""
    ((_, distances),) = deque(_rows(script, recognised), maxlen=1)
    return distances


def _rows(
    script: Sequence[str], recognised: Sequence[str]
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
    """Yield the rows of the table: the last step to each cell, and its distance.

    Step 0 consumes a word of both sides, 1 one of the script, 2 one of the recognised words.
    As steps within a row have equal costs, a row is computed with a running minimum.
    """
    numbers = {word: n for n, word in enumerate({*script, *recognised})}
    columns = np.array([numbers[word] for word in recognised], np.int64)
    along = _GAP_COST * np.arange(len(recognised) + 1)
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
