"""eGeMAPS matches openSMILE; without it, a one-line error is shown."""

from __future__ import annotations

import csv
import io
import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from audiocli.results.egemaps import names
from inprocess import audiocli
from sounds import pcm

JFK = Path(__file__).parents[2] / "data" / "jfk.flac"
is_here = find_spec("opensmile") is not None
needs_it = pytest.mark.skipif(not is_here, reason="openSMILE is not installed")


def test_all_88_functionals_are_computed() -> None:
    assert len(set(names())) == 88


@pytest.mark.skipif(is_here, reason="openSMILE is installed")
def test_missing_opensmile_is_reported_in_one_line() -> None:
    said = audiocli("features", JFK, "--feature-set", "egemaps")
    assert (
        said.code == 3
        and said.stdout == ""
        and said.stderr
        == (
            "error: eGeMAPS needs the extra 'egemaps', which is not installed "
            "(pip install 'audiocli[egemaps]')\n"
        )
    )


def test_transcripts_are_refused() -> None:
    said = audiocli("features", JFK, "--feature-set", "egemaps", "--transcript", "a.json")
    assert said.code == 2 and "--transcript does not apply to --feature-set egemaps" in said.stderr


@needs_it
def test_functionals_match_opensmile() -> None:
    import opensmile
    import soundfile

    sets, levels = opensmile.FeatureSet, opensmile.FeatureLevel
    extractor = opensmile.Smile(sets.eGeMAPSv02, levels.Functionals)
    theirs = extractor.process_signal(*soundfile.read(JFK, dtype="float32")).iloc[0]
    assert names() == tuple(theirs.index)
    told = json.loads(audiocli("features", JFK, "--feature-set", "egemaps", "-f", "json").stdout)
    assert told["functionals"] == pytest.approx(theirs.to_dict())
    (row,) = csv.DictReader(
        io.StringIO(audiocli("features", JFK, "--feature-set", "egemaps", "-f", "csv").stdout)
    )
    assert [float(row[name]) for name in names()] == pytest.approx(theirs.tolist(), rel=1e-6)


@needs_it
def test_only_the_too_short_recording_fails(tmp_path: Path) -> None:
    short = tmp_path / "short.wav"
    short.write_bytes(pcm(np.ones((1, 1), np.float32)))
    said = audiocli("features", short, JFK, "--feature-set", "egemaps", "-f", "table")
    assert said.code == 1 and "short.wav: is too short for eGeMAPS" in said.stderr
    assert "F0semitoneFrom27.5Hz_sma3nz_amean" in said.stdout
