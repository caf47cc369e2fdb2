"""Worker processes: --jobs and --timeout."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile

from inprocess import Ran, audiocli, files_below, without_summary
from other_process import claimed_elsewhere
from pseudo_terminal import audiocli_on_terminal

RATE = 8000
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    folder = tmp_path / "clips"
    folder.mkdir()
    for number in range(6):
        noise = np.random.default_rng(number).normal(size=RATE // 2).astype(np.float32)
        soundfile.write(folder / f"{number}.wav", 0.1 * noise, RATE)
    return folder


def features(clips: Path, out: str, *options: object) -> Ran:
    return audiocli("features", clips, "-d", clips.parent / out, "-f", "json", *options)


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in files_below(folder)}


def workers_of(process: subprocess.Popen[bytes]) -> list[int]:
    """Wait until a run has workers, and return their numbers."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if found := [int(number) for number in children.read_text().split()]:
            return found
        time.sleep(0.01)
    return []


def wait_for_end(process: int) -> None:
    """Wait until a process has ended; it may be a zombie."""
    deadline = time.monotonic() + 60
    with suppress(FileNotFoundError):
        while " Z " not in Path(f"/proc/{process}/stat").read_text():
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_workers_write_what_one_process_writes(clips: Path, tmp_path: Path) -> None:
    (clips / "bad.wav").write_bytes(b"broken")
    alone, shared = features(clips, "alone"), features(clips, "shared", "--jobs", 2)
    assert (alone.code, shared.code) == (1, 1)
    assert contents(tmp_path / "alone") == contents(tmp_path / "shared")
    assert without_summary(alone.stderr) == without_summary(shared.stderr)
    assert "6 of 7 inputs processed" in shared.stderr
    assert "6 of 7 outputs exist already" in features(clips, "shared", "-j", 2).stderr


def test_models_are_loaded_in_workers(jfk: Path, tmp_path: Path) -> None:
    ran = audiocli("classify", jfk, "-d", tmp_path / "out", "-f", "json", "--timeout", 60)
    assert (ran.code, ran.stderr) == (0, "")
    written = json.loads((tmp_path / "out/jfk.json").read_text())
    assert written == audiocli("classify", jfk, "-f", "json").json


def test_an_error_of_all_inputs_is_reported_once(clips: Path) -> None:
    ran = audiocli("embed", clips, "-m", "no-such-model", "-d", clips.parent / "out", "-j", 2)
    assert ran.code == 3
    assert len(ran.stderr.splitlines()) == 1


def test_an_input_that_takes_too_long_fails_alone(clips: Path) -> None:
    os.mkfifo(clips / "slow.wav")  # nobody writes to it
    names = [str(path) for path in sorted(clips.iterdir())]
    out = clips.parent / "out"
    ran = audiocli("features", *names, "-d", out, "-f", "json", "--timeout", 3, "-j", 2)
    assert ran.code == 1
    (line,) = without_summary(ran.stderr).splitlines()
    told = "not finished after 3 s (raise --timeout, or use --end)"
    assert line == f"error: {clips / 'slow.wav'}: {told}"
    assert len(files_below(out)) == 6
    (clips / "slow.wav").unlink()
    soundfile.write(clips / "slow.wav", np.zeros(RATE), RATE)
    assert features(clips, "out", "--retry-failed").code == 0
    assert "slow.json" in files_below(out)


def test_a_worker_that_is_killed_loses_nothing(clips: Path, tmp_path: Path) -> None:
    if not Path("/proc/self/task").exists():
        pytest.skip("needs /proc")
    os.mkfifo(clips / "held.wav")
    names = [str(path) for path in sorted(clips.iterdir())]
    command = [sys.executable, "-m", "audiocli", "features", *names, "-d", str(tmp_path / "out")]
    with subprocess.Popen([*command, "-f", "json", "-j", "2"], stderr=subprocess.PIPE) as run:
        with (clips / "held.wav").open("wb"):  # when a worker opens it
            for worker in workers_of(run):
                os.kill(worker, signal.SIGKILL)
                wait_for_end(worker)
            with (clips / "held.wav").open("wb") as held:  # the second try
                held.write((clips / "0.wav").read_bytes())
        _, err = run.communicate(timeout=120)
    assert (run.returncode, err.decode()[:23]) == (0, "7 of 7 inputs processed")
    assert len(files_below(tmp_path / "out")) == 7


def test_workers_end_with_their_main_process(clips: Path, tmp_path: Path) -> None:
    if not Path("/proc/self/task").exists():
        pytest.skip("needs /proc")
    os.mkfifo(clips / "held.wav")
    command = [sys.executable, "-m", "audiocli", "features", str(clips / "held.wav")]
    with subprocess.Popen([*command, "-d", str(tmp_path / "out"), "--timeout", "600"]) as run:
        held = (clips / "held.wav").open("wb")
        (worker,) = workers_of(run)
        run.kill()
    wait_for_end(worker)
    held.close()


@pytest.mark.parametrize("option", [("--jobs", "2"), ("--timeout", "9")])
def test_workers_require_an_output_folder(clips: Path, option: tuple[str, str]) -> None:
    ran = audiocli("features", clips, *option)
    assert (ran.code, ran.stderr.split(" (")[0]) == (2, f"error: {option[0]} requires --output-dir")


def test_a_claimed_input_is_left_to_the_other_run(clips: Path, tmp_path: Path) -> None:
    with claimed_elsewhere(tmp_path / "out" / "1.json"):
        ran = features(clips, "out", "-j", 2)
    assert ran.code == 0
    assert "5 of 6 inputs processed" in ran.stderr
    assert "1 left to another run" in ran.stderr


def test_shards_are_equal_parts(clips: Path, tmp_path: Path) -> None:
    for shard in ("1/4", "2/4", "3/4", "4/4"):
        features(clips, shard[0], "--shard", shard)
    parts = [files_below(tmp_path / str(number)) for number in range(1, 5)]
    assert parts == [["0.json", "4.json"], ["1.json", "5.json"], ["2.json"], ["3.json"]]


@pytest.mark.parametrize("shard", ["0/4", "5/4", "1", "a/b", "1/0", "-1/4"])
def test_a_shard_that_does_not_exist_is_refused(clips: Path, shard: str) -> None:
    ran = features(clips, "out", f"--shard={shard}")
    assert (ran.code, ran.stderr.split(" (")[0]) == (2, f"error: --shard {shard!r} is not valid")


def test_the_report_has_the_outcome_of_each_input(clips: Path, tmp_path: Path) -> None:
    features(clips, "out")
    (tmp_path / "out/2.json").unlink()
    (clips / "bad.wav").write_bytes(b"broken")
    report = tmp_path / "report.json"
    ran = features(clips, "out", "--report", report)
    document = json.loads(report.read_text())
    assert (document["command"], document["exit_code"]) == ("features", ran.code)
    assert document["counts"] == {"processed": 1, "failed": 1, "unchanged": 5, "left": 0}
    assert document["duration"] == 0.5
    states = {Path(entry["source"]).name: entry for entry in document["inputs"]}
    assert len(states) == 7
    assert states["2.wav"]["outputs"] == [str(tmp_path / "out/2.json")]
    assert states["bad.wav"]["error"] in ran.stderr
    assert list(document["reasons"].values()) == [1]


def test_the_report_of_a_run_that_has_nothing_to_do(clips: Path, tmp_path: Path) -> None:
    features(clips, "out")
    features(clips, "out", "--report", tmp_path / "report.json")
    counts = json.loads((tmp_path / "report.json").read_text())["counts"]
    assert counts == {"processed": 0, "failed": 0, "unchanged": 6, "left": 0}


def test_workers_report_progress(jfk: Path, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        shutil.copy(jfk, tmp_path / f"{name}.flac")
    inputs = [tmp_path / f"{name}.flac" for name in ("a", "b", "c")]
    seen = audiocli_on_terminal("transcribe", *inputs, "-d", tmp_path / "out", "-f", "txt", "-j", 2)
    assert seen.code == 0
    assert any("of 3 files" in bar for bar in seen.bars)
    assert len(seen.lines) == 1
