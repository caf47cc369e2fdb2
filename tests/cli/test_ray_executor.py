"""--executor ray, on a cluster of two workers on this machine."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from datasets_of_tones import clip, write_parquet
from inprocess import Ran, audiocli, files_below, without_summary

RATE = 8000
HEAD = """
import os, sys
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
import ray
context = ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
print(context.address_info["gcs_address"], flush=True)
sys.stdin.read()
"""


def require_ray() -> None:
    if not find_spec("ray"):  # an import would keep the token of the environment
        pytest.skip("needs the extra ray")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Address of a cluster of other processes."""
    require_ray()
    if not Path("/proc/self/task").exists():
        pytest.skip("needs /proc")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")  # the default of Ray, with a token of its own
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        quiet: Any = {"stderr": subprocess.DEVNULL, "text": True}
        with subprocess.Popen([sys.executable, "-c", HEAD], **pipes, **quiet) as head:
            assert head.stdout
            yield head.stdout.readline().strip()
            head.communicate(timeout=60)


@pytest.fixture
def clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of 16 recordings, beside which the test runs."""
    monkeypatch.chdir(tmp_path)
    Path("clips").mkdir()
    for number in range(16):
        noise = np.random.default_rng(number).normal(size=RATE // 4).astype(np.float32)
        soundfile.write(f"clips/{number:02}.wav", 0.1 * noise, RATE)
    return Path("clips")


@pytest.fixture
def held(clips: Path) -> None:
    """Replace the second recording by a pipe."""
    (clips / "01.wav").rename("sound.wav")
    os.mkfifo(clips / "01.wav")


def command(address: str, *options: object) -> list[str]:
    names = sorted(map(str, Path("clips").iterdir()))  # a folder is not searched for pipes
    features = ["features", *names, "-d", "out", "-f", "json", "--executor", "ray"]
    ray = ["--address", address, "--num-cpus", "0.5"]
    return [sys.executable, "-m", "audiocli", *features, *ray, *map(str, options)]


def features(address: str, *options: object) -> Ran:
    ran = subprocess.run(command(address, *options), capture_output=True, text=True, timeout=120)
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def start(address: str, *options: str) -> subprocess.Popen[bytes]:
    """Start a run with one worker."""
    one = command(address, *options, "--max-workers", 1)
    return subprocess.Popen(one, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def contents(folder: str) -> dict[str, bytes]:
    return {name: Path(folder, name).read_bytes() for name in files_below(folder)}


def times(folder: str) -> dict[str, int]:
    return {name: Path(folder, name).stat().st_mtime_ns for name in files_below(folder)}


def worker_of(run: Path) -> int:
    """Return the process that runs a command in a folder."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_worker = b"audiocli.cli.worker" in (process / "cmdline").read_bytes()
            if is_worker and (process / "cwd").resolve() == run:
                return int(process.name)
    raise AssertionError("no worker")


def parent_of(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if "PPid" in line)


def wait_for(is_true: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def worker_held(run: Path) -> Iterator[int]:
    """Yield the process of a worker that has finished `00.wav` and waits for `01.wav`.

    When it has, the input is a file.
    """
    with Path("clips/01.wav").open("wb"):  # when the worker opens it
        wait_for(lambda: "00.json" in files_below("out"))
        Path("clips/01.wav").unlink()
        Path("sound.wav").rename("clips/01.wav")
        yield (worker := worker_of(run))
        wait_for(lambda: not Path(f"/proc/{worker}").exists())


def test_the_results_are_those_of_a_local_run(address: str, clips: Path) -> None:
    (clips / "bad.wav").write_bytes(b"broken")
    shared = features(address, "--min-workers", 2, "--max-workers", 2, "--report", "report.json")
    local = audiocli("features", "clips", "-d", "local", "-f", "json")
    assert (local.code, shared.code) == (1, 1)
    assert contents("local") == contents("out")
    assert without_summary(local.stderr) == without_summary(shared.stderr)
    assert "16 of 17 inputs processed: 0:04 of audio" in shared.stderr
    assert json.loads(Path("report.json").read_text())["counts"]["failed"] == 1


def test_an_input_that_takes_too_long_fails_alone(address: str, clips: Path) -> None:
    os.mkfifo(clips / "slow.wav")  # nobody writes to it
    ran = features(address, "--timeout", 3, "--fail-fast", "--max-workers", 1)
    assert ran.code == 1
    told = "not finished after 3 s (raise --timeout, or use --end)"
    assert f"error: clips/slow.wav: {told}" in ran.stderr


@pytest.mark.usefixtures("held")
def test_an_actor_that_is_killed_loses_nothing_and_doubles_nothing(
    address: str, tmp_path: Path
) -> None:
    with start(address, "--report", "report.json") as run:
        with worker_held(tmp_path) as worker:
            before = times("out")
            os.kill(parent_of(worker), signal.SIGKILL)
        out, err = run.communicate(timeout=120)
    assert out == b""  # no messages of Ray
    assert (run.returncode, err.decode()[:25]) == (0, "16 of 16 inputs processed")
    assert before.items() <= times("out").items()
    assert len(files_below("out")) == 16
    assert json.loads(Path("report.json").read_text())["counts"]["processed"] == 16


@pytest.mark.usefixtures("held")
def test_a_driver_that_is_killed_loses_nothing_and_doubles_nothing(
    address: str, tmp_path: Path
) -> None:
    with start(address) as run, worker_held(tmp_path):
        before = times("out")
        run.kill()
    ran = features(address)
    done = len(before)
    assert ran.code == 0
    assert f"{done} of 16 outputs exist already" in ran.stderr
    assert f"{16 - done} of {16 - done} inputs processed" in ran.stderr
    assert before.items() <= times("out").items()
    assert len(files_below("out")) == 16


@pytest.mark.usefixtures("clips")
def test_the_python_example(address: str) -> None:
    page = Path(__file__).parents[2] / "docs/clusters.md"
    script = "".join(re.findall(r"```python\n(.*?)```", page.read_text(), flags=re.DOTALL))
    for name, path in (("a.wav", "clips/00.wav"), ("b.wav", "clips/01.wav")):
        script = script.replace(f"/shared/{name}", str(Path(path).resolve()))
    script = script.replace("/shared/features", str(Path("features").resolve()))
    environ = {**os.environ, "RAY_ADDRESS": address}
    command = [sys.executable, "-c", script]
    subprocess.run(command, env=environ, check=True, capture_output=True, timeout=120)
    import pyarrow.parquet

    rows = pyarrow.parquet.read_table("features").to_pylist()
    assert [row["duration"] for row in rows] == [0.25, 0.25]


@pytest.mark.usefixtures("clips")
def test_an_error_of_all_inputs_is_reported_once(address: str) -> None:
    ray = ("--executor", "ray", "--address", address)
    embed = ("embed", "clips", "-m", "no-such-model", "-d", "out", *ray)
    ran = subprocess.run(
        [sys.executable, "-m", "audiocli", *embed], capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 3
    assert len(ran.stderr.splitlines()) == 1


@pytest.mark.usefixtures("held")
def test_ctrl_c_ends_the_cluster_that_the_run_started(tmp_path: Path) -> None:
    require_ray()
    with start("local") as run:
        with worker_held(tmp_path):
            run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=60)
    assert (run.returncode, err) == (130, b"interrupted\n")


@pytest.mark.usefixtures("clips")
def test_an_address_without_a_cluster_is_refused() -> None:
    require_ray()
    ran = features("127.0.0.1:9")
    hint = "(start one with `ray start --head`)"
    told = f"error: --address 127.0.0.1:9: no cluster can be reached {hint}\n"
    assert (ran.code, ran.stderr) == (2, told)


@pytest.mark.usefixtures("clips")
@pytest.mark.parametrize("value", ["nonsense", "ray://127.0.0.1:10001", "host:"])
def test_an_address_that_is_not_valid_is_refused(value: str) -> None:
    ran = features(value)
    assert (ran.code, ran.stderr.split(" (")[0]) == (2, f"error: --address {value!r} is not valid")


def test_a_missing_package_is_named(clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    ran = audiocli("features", clips, "-d", "out", "-f", "json", "--executor", "ray")
    assert ran.code == 3
    assert ran.stderr.endswith("(pip install 'audiocli[ray]')\n")


def test_embedded_audio_is_not_passed(tmp_path: Path) -> None:
    write_parquet(tmp_path / "data/part.parquet", [{"audio": {"bytes": clip(), "path": "0.wav"}}])
    options = ("-d", tmp_path / "out", "-f", "json", "--executor", "ray")
    ran = audiocli("features", "--dataset", tmp_path / "data", *options)
    assert ran.code == 2
    assert "is embedded in its files" in ran.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--executor", "ray"], "--executor requires --output-dir"),
        (["-d", "out", "--address", "local"], "--address requires --executor ray"),
        (["-d", "out", "--num-cpus", "2"], "--num-cpus requires --executor ray"),
        (["-d", "out", "--num-gpus", "1"], "--num-gpus requires --executor ray"),
        (["-d", "out", "--min-workers", "2"], "--min-workers requires --executor ray"),
        (["-d", "out", "--max-workers", "2"], "--max-workers requires --executor ray"),
        (["-d", "out", "--executor", "ray", "-j", "2"], "--jobs does not apply"),
        (
            ["-d", "out", "--executor", "ray", "--min-workers", "2", "--max-workers", "1"],
            "--max-workers is less than --min-workers",
        ),
    ],
)
def test_options_that_do_not_apply_are_refused(clips: Path, options: list[str], told: str) -> None:
    ran = audiocli("features", clips, *options)
    assert ran.code == 2
    assert told in ran.stderr
