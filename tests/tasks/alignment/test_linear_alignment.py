"""Texts to align take time in proportion to their length, whatever they consist of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from audiocli.results import ModelInfo, Segment, Transcript, Word
from audiocli.tasks.alignment import corrections, gaps, matching
from audiocli.tasks.alignment.corrections import realign_corrected_words
from audiocli.tasks.alignment.gaps import ScriptGap, find_gaps, trim_gap
from audiocli.tasks.alignment.matching import match_words, normalise_word
from audiocli.tasks.alignment.scripts import AlignmentScript
from audiocli.tasks.transcription.segments import segments
from growth import MAX_GROWTH, growth

UNITS = ["a ", "- ", "a- ", "a", "-", "a\n", "-\n", "語", "。", "語。 ", "'", ". ", "one two "]
SPOKEN = [Word(start=n * 0.3, end=n * 0.3 + 0.3, text=text) for n, text in enumerate("abcde" * 10)]


def _script(text: str) -> list[str]:
    return AlignmentScript.of("name", text).words


def _match(text: str) -> object:
    script = [normalise_word(word) for word in _script(text)]
    return match_words(script, [word.text for word in SPOKEN])


def _trim(text: str) -> object:
    script = _script(text)
    return [trim_gap(gap, script, SPOKEN) for gap in find_gaps([], script, SPOKEN, 0.0, 15.0)]


def _segments(text: str) -> object:
    words = [Word(start=n * 0.1, end=n * 0.1 + 0.1, text=w) for n, w in enumerate(_script(text))]
    return list(segments(words, "en"))


WORK: dict[str, tuple[Callable[[str], object], int]] = {
    "script": (_script, 20_000),
    "match": (_match, 4_000),
    "trim": (_trim, 4_000),
    "segments": (_segments, 40_000),
}


@pytest.mark.parametrize("name", WORK)
def test_scripts(name: str) -> None:
    work, characters = WORK[name]
    slow = {unit for unit in UNITS if growth(work, unit, characters) > MAX_GROWTH}
    assert not slow


@pytest.mark.parametrize("unit", ["- ", "語。 "])
def test_punctuation_between_words(unit: str) -> None:
    assert growth(_script, unit, 160_000) < MAX_GROWTH


@pytest.mark.parametrize("is_script", [True, False])
def test_long_gaps(is_script: bool) -> None:
    """A gap with more words than a passage holds on both sides is not compared."""

    def trim(units: str) -> object:
        many = [f"w{n % 7}" for n in range(3 * len(units) + 3)]
        few, longer = range(len(units)), range(len(many))
        sides = (longer, few) if is_script else (few, longer)
        spoken = [Word(start=0.0, end=1.0, text=text) for text in many]
        return trim_gap(ScriptGap(*sides, 0.0, 9.0), many, spoken)

    assert growth(trim, "x", 400) < MAX_GROWTH


def test_long_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first and last letters of a gap are compared."""
    monkeypatch.setattr(gaps, "_MAX_TRIM_LETTERS", 100)

    def trim(word: str) -> object:
        gap = ScriptGap(range(12), range(4), 0.0, 9.0)
        return trim_gap(gap, [word] * 12, [replace(SPOKEN[0], text=word)] * 4)

    assert growth(trim, "x", 1_000) < MAX_GROWTH


def test_runs_that_join() -> None:
    """Runs next to a long one are moved without copies of the long one."""

    def join(units: str) -> object:
        half = len(units) // 2
        pairs = [(n, n) for n in range(2 * half)]
        return matching._joined_runs([pairs[:half], *([p] for p in pairs[half:])], units, units)

    assert growth(join, "x", 20_000) < MAX_GROWTH


def test_corrected_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """A segment with more words than can be matched in seconds is timed by its letters."""
    words = tuple(Word(start=n / 10, end=n / 10 + 0.1, text=f"w{n}") for n in range(50))
    text = " ".join(["x", *(word.text for word in words)])
    segment = Segment(start=0.0, end=5.0, text=text, words=words)
    result = Transcript(
        source="a", duration=5.0, model=ModelInfo("m"), parameters={}, segments=(segment,)
    )
    (kept,) = realign_corrected_words(result).segments
    assert kept.words[-1] == words[-1]
    monkeypatch.setattr(corrections, "_MAX_CELLS", 50 * 50)
    (timed,) = realign_corrected_words(result).segments
    assert [word.text for word in timed.words] == segment.text.split()
    assert timed.words[-1].end == 5.0
    assert timed.words[1:] != words
