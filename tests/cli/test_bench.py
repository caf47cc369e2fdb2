"""`audiocli bench` end to end."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from conftest import Ran

Run = Callable[..., Ran]


def test_models_are_measured_in_processes_of_their_own(run: Run, jfk: Path) -> None:
    """The memory of this process, which is larger, does not count."""
    ballast = np.ones(100_000_000)
    ran = run("bench", jfk, "-t", "classify", "--runs", "2", "--threads", "1", "-f", "json")
    assert (ran.code, ran.stderr) == (0, "measuring yamnet\n")
    report = ran.json
    (one,) = report["models"]
    cost = one["cost"]
    assert (one["name"], report["duration"]) == ("yamnet", 11.0)
    assert 50 < cost["peak_memory"] < ballast.nbytes / 1e6
    assert cost["speed"] == pytest.approx(11 / cost["seconds"], rel=0.05)
    assert cost["cpu_seconds"] > 0 and one["load_seconds"] > 0 and one["size"] > 1
    assert report["cores"] >= 1 and report["processor"]
    assert report["versions"]["onnxruntime"]


def test_the_embedded_clip_is_repeated_to_a_minute(run: Run) -> None:
    ran = run("bench", "-t", "embed", "-m", "yamnet", "-m", "nosuch", "--runs", "1", "-f", "csv")
    assert ran.code == 1
    assert ran.stderr.splitlines()[1:] == [
        "error: unknown model 'nosuch' (audiocli models list lists the names)"
    ]
    (row,) = csv.DictReader(StringIO(ran.stdout))
    assert row["model"] == "yamnet" and float(row["speed"]) > 0
    table = run("bench", "-t", "embed", "--runs", "1", terminal=True, NO_COLOR="1")
    assert table.stdout.startswith("embedded clip  00:01:00.0  bench\n")
    assert table.stdout.splitlines()[-1].split()[0] == "yamnet"


def test_errors_are_those_of_the_command(run: Run, tmp_path: Path) -> None:
    missing = run("bench", tmp_path / "x.wav")
    assert missing.stderr == f"error: {tmp_path / 'x.wav'}: no such file (check the path)\n"
    assert missing.code == 4
    assert run("bench", "-m", "nosuch").code == 3
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    broken = run("bench", tmp_path / "broken.wav", "-t", "embed", "-q")
    assert (broken.code, broken.stderr.count("\n")) == (4, 1)
    assert broken.stderr.startswith(f"error: {tmp_path / 'broken.wav'}: ")
    sf.write(tmp_path / "silence.wav", np.zeros(16_000), 16_000)
    option = run("bench", tmp_path / "silence.wav", "-m", "whisper-tiny.en", "-l", "fr", "-q")
    assert (option.code, option.stderr.count("\n")) == (2, 1)
    assert "does not support the language 'fr'" in option.stderr
