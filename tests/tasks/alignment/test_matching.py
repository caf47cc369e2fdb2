"""Word matching against plain implementations."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiocli.results import Word
from audiocli.tasks.alignment import matching
from audiocli.tasks.alignment.gaps import find_gaps, trim_gap
from audiocli.tasks.alignment.scripts import AlignmentScript

texts = st.lists(st.sampled_from("abcd"), max_size=25)


def distance(a: list[str], b: list[str]) -> int:
    """Return the edit distance with the costs of `matching`, cell by cell."""
    row = [matching._GAP_COST * n for n in range(len(b) + 1)]
    for i, word in enumerate(a, start=1):
        before, row = row, [matching._GAP_COST * i]
        for j, other in enumerate(b, start=1):
            both = before[j - 1] + (0 if word == other else matching._SUBSTITUTION_COST)
            row.append(min(both, before[j] + matching._GAP_COST, row[-1] + matching._GAP_COST))
    return row[-1]


def cost(pairs: list[tuple[int, int]], a: list[str], b: list[str]) -> int:
    """Return the lowest cost of a path through these pairs."""
    total = 0
    for (i, j), (k, m) in pairwise([(-1, -1), *pairs, (len(a), len(b))]):
        left, right = k - i - 1, m - j - 1
        swapped = min(left, right)
        total += min(matching._SUBSTITUTION_COST, 2 * matching._GAP_COST) * swapped
        total += matching._GAP_COST * (max(left, right) - swapped)
    return total


@pytest.mark.parametrize("cells", [matching._CELLS, 30])  # as a whole, and divided several times
@given(a=texts, b=texts)
def test_pairs_are_equal_increasing_and_of_minimum_cost(
    cells: int, a: list[str], b: list[str]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "_CELLS", cells)
        pairs = matching.match_words(a, b)
    assert all(a[i] == b[j] for i, j in pairs)
    assert all(i < k and j < m for (i, j), (k, m) in pairwise(pairs))
    assert cost(pairs, a, b) == distance(a, b)


@pytest.mark.parametrize(
    ("script", "recognised", "expected"),
    [
        # The recognised "me" matches either; it is matched next to its neighbour.
        ("to me so silly me then out", "to me out", [(0, 0), (1, 1), (6, 2)]),
        ("point him out to me you thought me so", "out to me", [(2, 0), (3, 1), (4, 2)]),
        ("the cat sat", "the dog ran to the cat sat", [(0, 4), (1, 5), (2, 6)]),
    ],
)
def test_consecutive_matches_are_preferred(
    script: str, recognised: str, expected: list[tuple[int, int]]
) -> None:
    assert matching.match_words(script.split(), recognised.split()) == expected


@pytest.mark.parametrize(
    ("script", "recognised", "expected"),
    [
        # Unspoken lines, and wrongly recognised words at the edges of the lines around them.
        ("shop boy and then nobody said any of this hath", "shopboy. has", ["shop boy", "hath"]),
        ("strangest of all the words that were never said here", "strangers", ["strangest"]),
        # Speech that is not in the text.
        ("mister", "so they said a lot of other things to Mr.", ["mister"]),
        ("one two", "won too", ["one two"]),
        ("nothing was recognised", "", ["nothing was recognised"]),
    ],
)  # fmt: skip
def test_unspoken_middle_of_a_gap_is_removed(
    script: str, recognised: str, expected: list[str]
) -> None:
    words = [Word(start=n, end=n + 1, text=text) for n, text in enumerate(recognised.split())]
    (gap,) = find_gaps([], script.split(), words, 0.0, float(len(words)))
    parts = trim_gap(gap, script.split(), words)
    kept = [
        " ".join(script.split()[i] for i in part.script)
        for part in parts
        if part.recognised or not recognised
    ]
    assert kept == expected
    if script == "mister":
        assert parts[0].start == 9.0


def test_script_is_split_into_words() -> None:
    script = AlignmentScript.of("text", "“Well — hello,”\n\n - said she...\n你好，世界 ok\n***\n")
    assert script.lines == (
        ("“Well —", "hello,”"),
        ("- said", "she..."),
        ("你", "好，", "世", "界", "ok"),
    )
