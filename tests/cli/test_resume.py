"""Long recordings: an interrupted run continues, and its result is that of an undisturbed one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiocli.audio.decode import read
from audiocli.batch.checkpoint_file import checkpoint_path
from audiocli.cli.progress import SoundProgress
from audiocli.cli.run_summary import RunSummary
from audiocli.schema import loads
from conftest import DATA
from inprocess import ENVIRON, audiocli, context

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

RATE = 16_000
# Checkpoints are created with the first window, not after some seconds of work. The pauses let
# signals arrive between windows.
PROGRAM = """
import sys, time
from audiocli.batch import checkpoint_file
checkpoint_file.MIN_COST = 0.0
put = checkpoint_file.CheckpointFile.put
def put_and_wait(*arguments):
    put(*arguments)
    time.sleep(0.2)
checkpoint_file.CheckpointFile.put = put_and_wait
from audiocli.__main__ import run
sys.exit(run())
"""
TINY = ("-m", "whisper-tiny.en", "--threads", "1")


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """About a minute of speech in windows of different lengths."""
    rng = np.random.default_rng(3)
    clips = [read(DATA / f"{name}.flac", rate=RATE).samples[0] for name in ("jfk", "account")]
    parts = []
    for number in range(7):
        seconds = rng.uniform(4, 11)
        parts += [clips[number % 2][: round(seconds * RATE)] * rng.uniform(0.6, 1.0)]
        parts += [1e-4 * rng.normal(size=round(2.5 * RATE))]
    path = tmp_path_factory.mktemp("talk") / "talk.wav"
    soundfile.write(path, np.concatenate(parts), RATE)
    return path


@pytest.fixture(scope="module")
def whole(talk: Path) -> Callable[..., bytes]:
    """Return the result of an undisturbed run of a command."""

    @cache
    def run(*command: str) -> bytes:
        output = talk.with_name("whole.json")
        ran = audiocli(*command, talk, "-o", output, "--overwrite", **ENVIRON)
        assert (ran.code, ran.stderr) == (0, "")
        return output.read_bytes()

    return run


def started(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def keys(checkpoint: Path) -> list[str]:
    """Return the keys of what was computed."""
    try:
        lines = checkpoint.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    found = (line.split(b" ")[1].decode() for line in lines)
    return [key for key in found if key not in ("provenance", "output")]


def stopped(checkpoint: Path, count: int, number: signal.Signals, *arguments: object) -> str:
    """Start a run, send a signal after `count` recognitions, and return its messages."""
    process = started(*arguments)
    while len(keys(checkpoint)) < count and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode != 0, err
    return err


def hidden(folder: Path) -> list[str]:
    """Return the hidden files that are no journals."""
    names = (path.name for path in folder.glob(".*"))
    return [name for name in names if "journal" not in name]


@pytest.mark.parametrize(
    ("command", "place", "kills", "windows"),
    [
        (("transcribe", *TINY), "-o", (1, 4), 7),
        (("transcribe", *TINY), "-d", (3,), 7),
        (("transcribe", *TINY, "--diarize"), "-o", (5,), 7 + 3),
        (("diarize",), "-o", (1,), 3),
    ],
)
def test_a_killed_run_continues_and_computes_nothing_twice(
    command: tuple[str, ...],
    place: str,
    kills: tuple[int, ...],
    windows: int,
    talk: Path,
    whole: Callable[..., bytes],
    tmp_path: Path,
) -> None:
    output = tmp_path / "talk.json"
    checkpoint = checkpoint_path(output)
    target = output if place == "-o" else tmp_path
    arguments: Sequence[object] = (*command, talk, place, target, "-f", "json")
    for count in kills:
        stopped(checkpoint, count, signal.SIGKILL, *arguments)
        assert not output.exists()
    kept = tmp_path / "kept"
    os.link(checkpoint, kept)  # also holds what the last run adds
    assert len(keys(kept)) >= kills[-1]
    _, err = (process := started(*arguments)).communicate(timeout=60)
    assert process.returncode == 0
    assert err.startswith(f"{talk}: continues at 0:")
    assert err.endswith(" of 1:04 (an earlier run was interrupted)\n")
    assert output.read_bytes() == whole(*command)
    found = Counter(keys(kept))
    assert len(found) == windows
    assert set(found.values()) == {1}
    assert hidden(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "word"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")]
)
def test_an_interrupted_run_writes_what_is_whole(
    number: signal.Signals, word: str, talk: Path, whole: Callable[..., bytes], tmp_path: Path
) -> None:
    output = tmp_path / "talk.json"
    command = ("transcribe", talk, *TINY, "-o", output)
    err = stopped(checkpoint_path(output), 4, number, *command)
    partial = json.loads(output.read_text())
    full = json.loads(expected := whole("transcribe", *TINY))
    assert partial.pop("partial") is True
    assert "partial" not in full
    count = len(partial["segments"])
    assert 0 < count < len(full["segments"])
    assert partial["segments"] == full["segments"][:count]
    assert partial["segments"][-1]["end"] <= partial["duration"] < full["duration"]
    about, last = err.splitlines()
    assert about.startswith(f"{output} holds the first 0:")
    assert about.endswith(f" of 1:04 of {talk}; run the same command to continue")
    assert last == word

    ran = audiocli(*command, "--prompt", "x", **ENVIRON)  # another command
    assert (ran.code, "exists already" in ran.stderr) == (2, True)
    ran = audiocli("classify", talk, "-o", output, **ENVIRON)
    assert (ran.code, "exists already" in ran.stderr) == (2, True)
    ran = audiocli(*command, **ENVIRON)
    assert (ran.code, "continues at" in ran.stderr) == (0, True)
    assert output.read_bytes() == expected
    assert hidden(tmp_path) == []
    assert audiocli(*command, **ENVIRON).code == 2  # the complete output is not replaced


def test_an_edited_partial_result_is_not_replaced(talk: Path, tmp_path: Path) -> None:
    output = tmp_path / "talk.srt"
    command = ("transcribe", talk, *TINY, "-o", output)
    stopped(checkpoint_path(output), 2, signal.SIGINT, *command)
    output.write_text(edited := output.read_text() + "\n")
    ran = audiocli(*command, **ENVIRON)
    assert (ran.code, "exists already" in ran.stderr) == (2, True)
    assert output.read_text() == edited


def test_recognitions_of_another_model_are_discarded(talk: Path, tmp_path: Path) -> None:
    """The windows and the options are the same."""
    output = tmp_path / "talk.txt"
    command = ("transcribe", talk, "-o", output, "-l", "en", "--end", "25")
    stopped(checkpoint_path(output), 1, signal.SIGKILL, *command, *TINY)
    ran = audiocli(*command, "-m", "moonshine-tiny", **ENVIRON)
    assert (ran.code, ran.stderr) == (0, "")
    expected = audiocli("transcribe", talk, "-l", "en", "--end", "25", "-m", "moonshine-tiny")
    assert output.read_text() == expected.stdout
    assert hidden(tmp_path) == []


def test_the_results_of_finished_inputs_are_continued_too(
    talk: Path, jfk: Path, tmp_path: Path
) -> None:
    output = tmp_path / "all.jsonl"
    command = ("transcribe", jfk, talk, *TINY, "-o", output)
    stopped(checkpoint_path(output), 7, signal.SIGINT, *command)
    first, second = loads(output.read_text())
    assert (first.source, second.source) == (str(jfk), str(talk))
    assert audiocli(*command, **ENVIRON).code == 0
    again, talked = loads(output.read_text())
    assert again == first
    assert talked.duration > second.duration


def test_a_finished_output_leaves_no_checkpoint(jfk: Path, tmp_path: Path) -> None:
    """Of a run that was killed after its output was in place."""
    command = ("transcribe", jfk, *TINY, "-d", tmp_path, "-f", "txt")
    assert audiocli(*command, **ENVIRON).code == 0
    checkpoint = checkpoint_path(tmp_path / "jfk.txt")
    checkpoint.write_text("anything")
    assert audiocli(*command, "--dry-run", **ENVIRON).code == 0
    assert checkpoint.exists()
    assert audiocli(*command, **ENVIRON).code == 0
    assert not checkpoint.exists()


def test_restored_audio_does_not_count_as_speed() -> None:
    progress = SoundProgress([])
    begin = time.monotonic()
    for second in range(1, 101):
        progress.restore(36.0)
        progress.update(36.0 * second)
    assert "x" not in progress.line(80).split()[-1]
    while time.monotonic() < begin + 0.3:
        time.sleep(0.01)
    progress.update(3600.0 + 0.9)
    line = progress.line(80)
    assert line.startswith("processing  1:00:01  ")
    assert float(line.split()[-1].removesuffix("x")) <= 3.1
    summary = RunSummary(context(), 2, duration=3700.0, restored=progress.restored)
    summary.start = time.time() - 100.0
    assert summary.line().endswith(" 1:01:40 of audio in 1:40 (1.0x real time)")
