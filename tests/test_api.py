"""Test the Python API."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import audiocli
from audiocli.errors import InputError, UsageError


def test_transcribe_gives_a_transcript(jfk: Path) -> None:
    finished: list[float] = []
    transcript = audiocli.transcribe(jfk, end=3.0, on_progress=finished.append)
    assert transcript.text.startswith("And so my fellow Americans")
    assert transcript.segments[0].words[0].text == "And"
    assert transcript.duration == 3.0
    assert finished[-1] == 3.0


def test_transcribe_takes_an_open_file_and_raises_for_a_bad_one(jfk: Path, tmp_path: Path) -> None:
    with jfk.open("rb") as file:
        assert "country" in audiocli.transcribe(file, model="tiny.en").text
    with pytest.raises(InputError, match="no such file"):
        audiocli.transcribe(tmp_path / "none.wav", model="tiny.en")


def test_spectrogram_gives_arrays_with_axes(jfk: Path) -> None:
    drawn = audiocli.spectrogram(jfk)
    assert drawn.values.shape == (len(drawn.bins), len(drawn.times))
    assert drawn.times[-1] == pytest.approx(11.0, abs=0.05)


def test_classify_tells_what_is_heard(jfk: Path) -> None:
    rooster = jfk.with_name("rooster.ogg")
    found = audiocli.classify(rooster, windows=True, events=True)
    assert "Chicken, rooster" in [label.label for label in found.labels]
    assert found.windows and found.events and len(found.labels) == 5
    assert audiocli.classify(jfk, top_k=1).labels[0].label == "Speech"


def test_diarize_tells_who_spoke_when(jfk: Path) -> None:
    found = audiocli.diarize(jfk, start=5.0)
    assert len(found.speakers) == 1 and found.turns[0].start >= 5.0
    with pytest.raises(InputError, match="no such file"):
        audiocli.diarize("none.wav")


def test_embed_gives_vectors_with_times(jfk: Path) -> None:
    found = audiocli.embed(jfk, window=2.0, hop=1.0, start=1.0)
    assert found.vectors.shape == (len(found.starts), 1024)
    assert (found.starts[:2].tolist(), found.ends[-1]) == ([1.0, 2.0], pytest.approx(11.0))
    with pytest.raises(UsageError, match="no hidden layers"):
        audiocli.embed(jfk, layer=3)


def test_features_measure(jfk: Path) -> None:
    said = audiocli.transcribe(jfk, model="tiny.en")
    found = audiocli.features(jfk, transcript=said)
    assert found.loudness == pytest.approx(-15.4, abs=0.1)
    assert found.speaking_rate and 120 < found.speaking_rate < 250


def test_importing_audiocli_imports_nothing_else() -> None:
    code = "import sys, audiocli; print(sorted(m for m in sys.modules if m.startswith('audiocli')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['audiocli']\n"
