"""Synthesis with the embedded voice: progress and pitch."""

from __future__ import annotations

import io
import time
from typing import Any

import numpy as np
import pytest

from audiocli.context import Context
from audiocli.loading import default_store
from audiocli.models.base import DeviceOptions
from audiocli.models.protocols.synthesis import SynthesisOptions
from audiocli.tasks.synthesis.text_to_speech import SynthesisRequestOptions, TextToSpeech
from audiocli.tasks.synthesis.voices import load_text_to_speech


def speaker(**options: Any) -> TextToSpeech:
    return load_text_to_speech(
        None, None, SynthesisRequestOptions(**options), DeviceOptions(), default_store()
    )


def test_progress_counts_synthesised_characters() -> None:
    seen: list[tuple[int, int]] = []
    text = "One two.  Three four!\n\n***\n\nFive."
    spoken = speaker().synthesise_text(text, "text", lambda *at: seen.append(at))
    next(spoken)
    assert seen == [(0, 28)]  # reported after the passage is finished
    list(spoken)
    assert seen == [(0, 28), (8, 28), (19, 28), (19, 28)]


def test_progress_bar_is_shown_only_on_a_terminal() -> None:
    from audiocli.cli.progress_line import INTERVAL
    from audiocli.cli.speaking_progress import speaking_progress

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def shown(stream: io.StringIO, *, is_watched: bool = True, quiet: bool = False) -> str:
        environment = {"TERM": "xterm"}
        context = Context(io.BytesIO(), io.StringIO(), stream, environment, quiet=quiet)
        with speaking_progress(context, "story.txt", is_watched=is_watched) as advance:
            advance(10, 40)
            time.sleep(3 * INTERVAL)
        return stream.getvalue()

    assert "story.txt" in (bar := shown(Terminal()))
    assert "25%" in bar and "10/40 characters" in bar
    assert bar.endswith("\r\x1b[K")
    assert shown(io.StringIO()) == ""
    assert shown(Terminal(), is_watched=False) == ""
    assert shown(Terminal(), quiet=True) == ""


@pytest.mark.parametrize("semitones", [-4, 4])
def test_pitch_changes_without_changing_the_speed(semitones: float) -> None:
    text = "The quick brown fox jumps over the lazy dog."

    def said(pitch: float) -> np.ndarray:
        (spoken,) = speaker(pitch=pitch, synthesis=SynthesisOptions()).synthesise_text(text, "text")
        return spoken.samples

    plain, moved = said(0), said(semitones)
    ratio = fundamental(moved) / fundamental(plain)
    assert ratio == pytest.approx(2 ** (semitones / 12), rel=0.04)
    assert moved.size == pytest.approx(plain.size, rel=0.12)


def fundamental(samples: np.ndarray) -> float:
    """Return the median pitch in Hz, by librosa's YIN."""
    librosa = pytest.importorskip("librosa")
    pitch, _, _ = librosa.pyin(samples, fmin=80, fmax=500, sr=24_000)
    return float(np.nanmedian(pitch))
