"""The language of a recording is detected from several seconds of speech."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from audiocli.models.common.language_detection import likeliest_language
from audiocli.tasks.transcription import window_items
from audiocli.tasks.transcription.speech_windows import SpeechWindow
from audiocli.tasks.transcription.window_items import with_language_windows
from conftest import DATA, Ran

Run = Callable[..., Ran]
RATE = 16_000


def window(start: float, seconds: float) -> SpeechWindow:
    samples = np.zeros(round(seconds * RATE), np.float32)
    return SpeechWindow(start, samples, RATE, np.array([[0.0, seconds]]), 1.0)


def test_first_window_carries_the_language_windows() -> None:
    windows = [window(0, 1.0), window(5, 2.0), window(9, 3.0), window(20, 9.0)]
    found = list(with_language_windows(windows))
    assert [one for one, _ in found] == windows
    assert [len(evidence) for _, evidence in found] == [3, 0, 0, 0]


def test_long_first_window_is_enough() -> None:
    assert [
        len(evidence) for _, evidence in with_language_windows([window(0, 6), window(9, 6)])
    ] == [0, 0]


def test_probabilities_are_pooled_by_seconds_among_the_candidates() -> None:
    found = [{"ru": 0.6, "en": 0.3, "es": 0.1}, {"ru": 0.1, "en": 0.8, "es": 0.1}]
    language, probability = likeliest_language(found, [1.0, 4.0], ())
    assert language == "en"
    assert 0.7 < probability < 0.8
    assert likeliest_language(found, [1.0, 0.0], ())[0] == "ru"
    assert likeliest_language(found, [1.0, 0.0], ("en", "es")) == ("en", pytest.approx(0.75))


@pytest.fixture
def mumble_first(tmp_path: Path) -> Path:
    """Return a short stretch of reversed speech, four seconds of silence, then English."""
    speech, rate = sf.read(DATA / "hold-on.flac")
    mumble = speech[round(2.2 * rate) : round(3.0 * rate)][::-1]
    path = tmp_path / "mumble.wav"
    sf.write(
        path, np.concatenate([mumble, np.zeros(4 * rate), sf.read(DATA / "jfk.flac")[0]]), rate
    )
    return path


def test_language_is_not_detected_from_a_short_mumble(
    run: Run, mumble_first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run("transcribe", mumble_first, "-f", "json").json
    assert result["language"] == "en"
    assert result["language_probability"] > 0.9
    assert "country" in result["text"]
    monkeypatch.setattr(window_items, "LANGUAGE_SPEECH", 0.0)
    alone = run("transcribe", mumble_first, "-f", "json").json
    assert alone["language_probability"] < 0.9


def test_detection_is_limited_to_the_candidates(run: Run, jfk: Path) -> None:
    ran = run("transcribe", jfk, "-f", "json", "--language", "Spanish,de-AT")
    assert ran.code == 0
    assert ran.json["language"] in {"es", "de"}
    assert ran.json["parameters"]["candidates"] == ["es", "de"]
    ran = run("transcribe", jfk, "--language", "klingon")
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr == (
        "error: unknown language 'klingon' (give a code such as en, or a name such as English)\n"
    )
