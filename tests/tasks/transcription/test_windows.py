"""A stream is cut into windows of speech."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiocli.tasks.transcription.speech_windows import (
    NO_VAD,
    SpeechWindow,
    VadOptions,
    speech_windows,
    whole_frames,
)

RATE, FRAME = 16_000, 512
SECOND = RATE / FRAME  # frames


class Loudness:
    """A detector whose speech probability is the peak of the frame."""

    rate, frame = RATE, FRAME

    def probabilities(self, samples: np.ndarray) -> np.ndarray:
        return np.abs(samples.reshape(-1, FRAME)).max(axis=1)


def sound(*spans: tuple[float, float]) -> np.ndarray:
    """Return audio that is alternately loud and silent for the given seconds."""
    parts = []
    for loud, silent in spans:
        parts += [np.full(round(loud * RATE), 0.9), np.zeros(round(silent * RATE))]
    return np.concatenate(parts).astype(np.float32)


def cut(samples: np.ndarray, options: VadOptions, block: int = 50_000) -> list[SpeechWindow]:
    blocks = [samples[n : n + block] for n in range(0, len(samples), block)]
    loudness: Any = Loudness()
    return list(speech_windows(blocks, loudness, options))


def test_a_long_pause_ends_a_window_and_a_short_one_does_not() -> None:
    windows = cut(sound((0, 1), (2, 1), (2, 4), (3, 1)), VadOptions(min_silence=2.0, padding=0.3))
    assert [round(w.start, 1) for w in windows] == pytest.approx([0.7, 9.7], abs=0.1)
    assert [round(w.duration, 1) for w in windows] == pytest.approx([5.6, 3.6], abs=0.1)
    assert windows[0].speech == pytest.approx(np.array([[0.3, 2.3], [3.3, 5.3]]), abs=0.05)


def test_long_window_is_cut_in_the_middle_of_its_longest_pause() -> None:
    windows = cut(
        sound((6, 0.2), (1, 0.8), (3, 0)), VadOptions(max_seconds=9.0, min_silence=2.0, padding=0.1)
    )
    assert windows[0].duration == pytest.approx(
        7.2 + 0.1, abs=0.1
    )  # without the silence at its end
    assert windows[1].start == pytest.approx(8.0 - 0.1, abs=0.1)


def test_without_a_pause_nothing_is_lost_at_the_cut() -> None:
    samples = sound((20, 0))
    windows = cut(samples, VadOptions(max_seconds=6.0))
    assert max(w.duration for w in windows) <= 6.0
    assert np.concatenate([w.samples for w in windows])[: len(samples)] == pytest.approx(samples)


def test_speech_is_padded() -> None:
    (window,) = cut(sound((0, 2), (2, 3)), VadOptions())
    assert window.start == pytest.approx(1.7, abs=0.05)
    assert window.end == pytest.approx(4.3, abs=0.05)


def test_speech_ends_at_a_lower_probability_than_it_starts_at() -> None:
    quiet = 0.45 * np.ones(RATE, np.float32)  # between the two thresholds
    assert cut(np.concatenate([quiet, sound((0, 2))]), VadOptions()) == []
    (window,) = cut(np.concatenate([sound((1, 0)), quiet, sound((0, 2))]), VadOptions())
    assert window.speech == pytest.approx(np.array([[0.0, 2.0]]), abs=0.05)


def test_silence_and_clicks_give_no_window() -> None:
    assert cut(sound((0, 5)), VadOptions()) == []
    assert cut(sound((0, 2), (0.03, 3)), VadOptions(min_speech=0.1)) == []


def test_no_vad_keeps_silence() -> None:
    samples = sound((0, 4), (1, 4))
    (window,) = cut(samples, NO_VAD)
    assert window.duration == pytest.approx(9.0, abs=0.04)


@given(
    spans=st.lists(st.tuples(st.floats(0.2, 8), st.floats(0, 5)), min_size=1, max_size=5),
    block=st.integers(100, 200_000),
)
def test_windows_do_not_depend_on_blocks_and_hold_all_speech(
    spans: list[tuple[float, float]], block: int
) -> None:
    samples = sound(*spans)
    options = VadOptions(max_seconds=7.0, min_silence=1.0, padding=0.2)
    windows = cut(samples, options, block)
    whole = cut(samples, options, len(samples))
    assert [(w.start, len(w.samples)) for w in windows] == [
        (w.start, len(w.samples)) for w in whole
    ]
    assert sum((w.samples > 0).sum() for w in windows) == (samples > 0).sum()
    ends = [w.start + w.duration for w in windows]
    assert all(end <= w.start + 1e-6 for end, w in zip(ends, windows[1:], strict=False))


@given(st.lists(st.integers(0, 1500), max_size=8))
def test_whole_frames_keep_every_sample(lengths: list[int]) -> None:
    blocks = [np.full(length, n + 1, np.float32) for n, length in enumerate(lengths)]
    frames = list(whole_frames(blocks, FRAME))
    assert all(len(frame) % FRAME == 0 and len(frame) for frame in frames)
    joined = np.concatenate([*frames, np.zeros(0, np.float32)])
    expected = np.concatenate([*blocks, np.zeros(0, np.float32)])
    assert np.array_equal(joined[: len(expected)], expected)
    assert len(joined) - len(expected) < FRAME
