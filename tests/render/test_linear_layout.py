"""Formats of transcripts take time in proportion to the length of the text."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from audiocli.render import get, names_for
from audiocli.render.base import BinaryRenderer, Layout
from audiocli.render.subtitles import fit
from audiocli.results import ModelInfo, Segment, Transcript, Word
from growth import MAX_GROWTH, growth

UNITS = ["a ", "a", "a. ", "語", "。 a", "é ", "\u0301 ", "\u0301", "<", "\x1b[", "-->"]
WIDE = Layout(max_line_width=10**9, max_lines=10**6)


def _transcript(text: str, *, is_divided: bool) -> Transcript:
    """Return a transcript of one segment, or one for each word."""
    words = tuple(
        Word(start=n / 10, end=n / 10 + 0.1, text=word) for n, word in enumerate(text.split())
    )
    whole = Segment(start=0.0, end=len(words) / 10, text=text, words=words, speaker="anna")
    divided = tuple(Segment(start=w.start, end=w.end, text=w.text) for w in words)
    return Transcript(
        source="a.wav",
        duration=len(words) / 10,
        model=ModelInfo("m"),
        parameters={},
        segments=divided if is_divided else (whole,),
    )


def _slow(
    name: str,
    characters: int,
    *,
    units: Sequence[str] = UNITS,
    layout: Layout = Layout(),
    is_divided: bool = False,
) -> set[str]:
    renderer = get(name)

    def render(text: str) -> object:
        transcript = _transcript(text, is_divided=is_divided)
        if isinstance(renderer, BinaryRenderer):
            return renderer.encode(transcript, layout)
        return list(renderer.body(transcript, layout))

    return {unit for unit in units if growth(render, unit, characters) > MAX_GROWTH}


@pytest.mark.parametrize("name", [n for n in names_for(Transcript) if n != "parquet"])
def test_one_long_segment(name: str) -> None:
    assert not _slow(name, 4000)


@pytest.mark.parametrize("name", [n for n in names_for(Transcript) if n != "parquet"])
def test_many_segments(name: str) -> None:
    assert not _slow(name, 2000, is_divided=True)


def test_cues_of_any_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "MAX_UNITS", 50)
    assert not _slow("srt", 2000, units=["a ", "語"], layout=WIDE)
