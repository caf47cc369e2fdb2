"""Pairs of words, against plain implementations."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiocli.tasks import matching
from audiocli.tasks.align import Script

texts = st.lists(st.sampled_from("abcd"), max_size=25)


def distance(a: list[str], b: list[str]) -> int:
    """Edit distance with the costs of `matching`, cell by cell."""
    row = [matching._GAP * n for n in range(len(b) + 1)]
    for i, word in enumerate(a, start=1):
        before, row = row, [matching._GAP * i]
        for j, other in enumerate(b, start=1):
            both = before[j - 1] + (0 if word == other else matching._OTHER)
            row.append(min(both, before[j] + matching._GAP, row[-1] + matching._GAP))
    return row[-1]


def cost(pairs: list[tuple[int, int]], a: list[str], b: list[str]) -> int:
    """The least that a path through these pairs costs."""
    total = 0
    for (i, j), (k, m) in pairwise([(-1, -1), *pairs, (len(a), len(b))]):
        left, right = k - i - 1, m - j - 1
        swapped = min(left, right)
        total += min(matching._OTHER, 2 * matching._GAP) * swapped
        total += matching._GAP * (max(left, right) - swapped)
    return total


@given(texts, texts)
@settings(deadline=None)
def test_pairs_are_equal_rising_and_on_a_best_path(a: list[str], b: list[str]) -> None:
    pairs = matching.matched(a, b)
    assert all(a[i] == b[j] for i, j in pairs)
    assert all(i < k and j < m for (i, j), (k, m) in pairwise(pairs))
    assert cost(pairs, a, b) == distance(a, b)


@given(st.integers(0, 60), st.integers(0, 60))
@settings(max_examples=40, deadline=None)
def test_long_texts_are_anchored(at: int, cut: int) -> None:
    """A text with a part left out and another put in: the rest pairs up, word by word."""
    script = [f"word{n % 97}" for n in range(300)]  # every run of three occurs several times
    script = [f"{word}x{n // 97}" if n % 5 else "the" for n, word in enumerate(script)]
    heard = [*script[:at], *["um"] * cut, *script[at + cut :]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "_CELLS", 10_000)
        pairs = matching.matched(script, heard)
    kept = [*range(at), *range(at + cut, len(script))]
    rest = [*range(at), *range(at + cut, len(heard))]
    assert pairs == list(zip(kept, rest, strict=True))


def test_nothing_in_common_is_no_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "_CELLS", 10)
    assert matching.matched(list("abcdefgh"), list("ijklmnop")) == []


def test_script_is_split_into_words() -> None:
    script = Script.of("text", "“Well — hello,”\n\n - said she...\n你好，世界 ok\n***\n")
    assert script.lines == (
        ("“Well —", "hello,”"),
        ("- said", "she..."),
        ("你", "好，", "世", "界", "ok"),
    )
