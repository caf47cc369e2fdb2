"""SIGTERM and SIGINT at any moment: one line, the right code, finished results kept."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from audiocli.__main__ import run
from audiocli.cli import STOP_DELAY, signals_raise
from inprocess import Terminal, context

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


def started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "audiocli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [(signal.SIGTERM, 143, "terminated"), (signal.SIGINT, 130, "interrupted")],
)
def test_finished_results_are_kept(
    number: int, code: int, word: str, jfk: Path, tmp_path: Path
) -> None:
    recordings, out = tmp_path / "in", tmp_path / "out"
    recordings.mkdir()
    for n in range(40):
        shutil.copy(jfk, recordings / f"{n:02}.flac")
    process = started("classify", str(recordings), "-f", "json", "-d", str(out), "--window", "0.96")
    deadline = time.monotonic() + 60
    while not list(out.glob("*.json")) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (code, f"{word}\n")
    assert list(out.glob("*.json"))
    assert list(out.glob(".*.part")) == []


def test_ctrl_c_that_python_replaces_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Python 3.11 raises RuntimeError for an interruption while it creates a class."""

    def interrupted(*_: object) -> None:
        raise RuntimeError("Error calling __set_name__") from KeyboardInterrupt()

    def broken(*_: object) -> None:
        raise RuntimeError("Error calling __set_name__")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("audiocli.cli.main", interrupted)
        assert run() == 130
        patch.setattr("audiocli.cli.main", broken)
        with pytest.raises(RuntimeError):
            run()
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.parametrize("delay", [0.02, 0.05, 0.1, 0.2, 0.4, 0.8])
def test_ctrl_c_while_it_starts(delay: float, jfk: Path) -> None:
    """Also while modules are imported, but those of `run` itself."""
    script = "import sys; from audiocli.__main__ import run; print(flush=True); sys.exit(run())"
    process = subprocess.Popen(
        [sys.executable, "-c", script, "diarize", str(jfk), "-f", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    process.stdout.readline()
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) in [(130, "interrupted\n"), (0, "")]


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [(signal.SIGTERM, 143, "terminated"), (signal.SIGINT, 130, "interrupted")],
)
def test_native_code_may_replace_the_exception_of_a_signal(
    number: int, code: int, word: str
) -> None:
    """As NumPy does if it is interrupted while another extension imports it."""
    script = f"""
import os, time
from audiocli import cli
def program(*_):
    try:
        os.kill(os.getpid(), {int(number)})
        time.sleep(60)
    except KeyboardInterrupt:
        raise ImportError("import numpy failed")
cli.program = program
raise SystemExit(cli.main())
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stderr) == (code, f"{word}\n")


SECOND = """
import atexit, os, signal, time
from audiocli import cli
from audiocli.__main__ import run
def send():
    os.kill(os.getpid(), signal.SIGINT)
def program(*_):
    try:
        send()
        time.sleep(60)
    finally:
        time.sleep({delay})
        send()
        time.sleep({busy})
        print("cleaned up")
cli.program = program
atexit.register(send)
raise SystemExit(run())
"""


@pytest.mark.parametrize(
    ("delay", "busy", "out"), [(0.0, 0.1, "cleaned up\n"), (2 * STOP_DELAY, 60.0, "")]
)
def test_ctrl_c_twice(delay: float, busy: float, out: str) -> None:
    """Soon after the first it changes nothing, also while Python ends; later it ends the run."""
    script = SECOND.format(delay=delay, busy=busy)
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=50)
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, out, "interrupted\n")


@pytest.mark.parametrize(("delay", "shown"), [(4 * STOP_DELAY, "stopping ...\n"), (0.0, "")])
def test_a_slow_stop_is_announced_on_a_terminal(delay: float, shown: str) -> None:
    world = context(TERM="xterm")
    world.stderr = terminal = Terminal()
    try:
        with pytest.raises(KeyboardInterrupt), signals_raise(world, is_process=True):
            try:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(60)
            finally:
                time.sleep(delay)  # as a batch does
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    time.sleep(2 * STOP_DELAY)
    assert terminal.getvalue() == shown
