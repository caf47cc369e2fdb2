"""`audiocli transcribe --live`: a real process, fed at the pace of speech."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import IO

import jiwer
import numpy as np
import pytest
import soundfile as sf

from conftest import Ran
from inprocess import context

SAID = (
    "and so my fellow americans ask not what your country can do for you "
    "ask what you can do for your country"
)


def plain(text: str) -> str:
    return " ".join(re.sub(r"[^a-z ]", "", text.lower()).split())


def listener(*args: object, stdout: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "audiocli", "transcribe", "-", "--live", "-m", "tiny.en"]
    pipe = subprocess.PIPE
    return subprocess.Popen([*command, *map(str, args)], stdin=pipe, stdout=stdout, stderr=pipe)


def speak(into: IO[bytes] | None, jfk: Path, *, then_close: bool) -> Thread:
    """Write a recording as it is said, a tenth of a second at a time."""
    assert into is not None
    samples, rate = sf.read(jfk, dtype="int16")

    def run() -> None:
        # An AU header may leave the length open; nothing else comes before the samples.
        head = [0x2E736E64, 24, 0xFFFFFFFF, 3, rate, 1]
        begin = time.monotonic()
        with suppress(BrokenPipeError):  # the listener was told to end
            into.write(np.array(head, ">u4").tobytes())
            for n in range(0, len(samples), rate // 10):
                time.sleep(max(0.0, begin + n / rate - time.monotonic()))
                into.write(samples[n : n + rate // 10].astype(">i2").tobytes())
                into.flush()
            if then_close:
                into.close()

    thread = Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_confirmed_segments_come_while_it_is_said(jfk: Path) -> None:
    process = listener("-f", "jsonl")
    speaking = speak(process.stdin, jfk, then_close=True)
    assert process.stdout is not None and process.stderr is not None
    arrived = []
    for line in process.stdout:
        arrived.append((json.loads(line), speaking.is_alive()))
    assert (process.wait(30), process.stderr.read()) == (0, b"")
    text = " ".join(result["text"] for result, _ in arrived)
    assert jiwer.wer(SAID, plain(text)) <= 0.2
    assert len(arrived) >= 2
    assert arrived[0][1], "the first segment came while the rest was still being said"
    starts = [result["segments"][0]["start"] for result, _ in arrived]
    assert starts == sorted(starts)


def test_ctrl_c_ends_the_stream_and_leaves_what_was_said(jfk: Path, tmp_path: Path) -> None:
    out = tmp_path / "minutes.json"
    process = listener("-o", out)
    speak(process.stdin, jfk, then_close=False)
    time.sleep(8.0)  # about eight seconds have been said; the pipe stays open
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None and process.stderr is not None
    assert (process.wait(30), process.stdout.read(), process.stderr.read()) == (0, b"", b"")
    result = json.loads(out.read_text())
    assert plain(result["text"]).startswith("and so my fellow americans")
    assert 5.0 < result["duration"] < 10.0
    assert "ask what you can do for your country" not in plain(result["text"])


def test_the_file_written_is_what_the_recording_gives(run: Callable[..., Ran], jfk: Path) -> None:
    pipe = jfk.read_bytes()
    whole = run("transcribe", jfk, "-m", "tiny.en", "-f", "json", "-w").json
    live = run("transcribe", "-", "--live", "-m", "tiny.en", "-f", "json", "-w", stdin=pipe).json
    assert live["text"] == whole["text"]
    assert live["segments"] == whole["segments"]
    assert live["duration"] == whole["duration"]


HELP = "(see `audiocli transcribe --help`)"


@pytest.mark.parametrize("format", ["txt", "srt", "vtt", "csv", "jsonl"])
def test_every_format_of_segments_can_be_live(
    run: Callable[..., Ran], jfk: Path, format: str
) -> None:
    ran = run("transcribe", "-", "--live", "-m", "tiny.en", "-f", format, stdin=jfk.read_bytes())
    assert (ran.code, ran.stderr) == (0, "")
    assert "fellow" in ran.stdout and ran.stdout.endswith("\n")


def transcript_of(run: Callable[..., Ran], jfk: Path) -> str:
    """The confirmed segments as lines; in memory, so that nothing depends on the pace."""
    ran = run("transcribe", "-", "--live", "-m", "tiny.en", "-f", "txt", stdin=jfk.read_bytes())
    return ran.stdout


def screen(output: str) -> str:
    """What a terminal shows in the end; it knows line feeds, returns, going up and erasing."""
    lines, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", output):
        if part == "\r":
            column = 0
        elif part == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif part.endswith("A"):
            row -= int(part[2:-1])
        elif part.endswith("K"):
            lines[row] = ""
        elif not part.startswith("\x1b"):
            lines[row] = lines[row][:column].ljust(column) + part + lines[row][column + len(part) :]
            column += len(part)
    return "\n".join(lines)


def test_a_terminal_shows_confirmed_words_plain_and_the_rest_dim(
    run: Callable[..., Ran], jfk: Path
) -> None:
    ran = run("transcribe", "-", "--live", "-m", "tiny.en", stdin=jfk.read_bytes(), terminal=True)
    assert ran.code == 0
    assert plain(screen(ran.stdout)) == plain(transcript_of(run, jfk))
    dim = re.findall(r"\x1b\[2m(.+?)\x1b\[0m", ran.stdout)
    assert any(word in SAID.split() for guess in dim for word in plain(guess).split())


@pytest.mark.parametrize(
    ("args", "stdin", "code", "message"),
    [
        (("--mic", "{jfk}"), b"", 2, f"--mic reads the microphone and takes no inputs {HELP}"),
        (
            ("--live", "{jfk}"),
            b"",
            2,
            "--live reads one stream from stdin (name it -, or use --mic)",
        ),
        (
            ("--live", "-", "--diarize"),
            b"",
            2,
            f"--diarize does not apply with --live {HELP}",
        ),
        (("--live", "-", "--start", "3"), b"", 2, f"--start does not apply with --live {HELP}"),
        (
            ("--live", "-", "-m", "tiny.en"),
            b"not sound at all, though it is long enough to look at",
            4,
            "stdin: is not audio in a supported format "
            "(if a player can open it, convert it to WAV)",
        ),
    ],
)
def test_bad_requests_get_one_line(
    run: Callable[..., Ran],
    jfk: Path,
    args: tuple[str, ...],
    stdin: bytes,
    code: int,
    message: str,
) -> None:
    ran = run("transcribe", *(arg.format(jfk=jfk) for arg in args), stdin=stdin)
    assert (ran.code, ran.stdout, ran.stderr) == (code, "", f"error: {message}\n")


def test_a_stream_that_breaks_off_keeps_what_was_said(
    run: Callable[..., Ran], jfk: Path, tmp_path: Path
) -> None:
    samples, rate = sf.read(jfk, dtype="float32")
    sound, out = io.BytesIO(), tmp_path / "out.txt"
    sf.write(sound, np.append(samples, np.full(rate, np.nan)), rate, "FLOAT", format="WAV")
    ran = run("transcribe", "-", "--live", "-m", "tiny.en", "-o", out, stdin=sound.getvalue())
    assert ran.code == 4
    assert ran.stderr.startswith("error: stdin: the sample at 0:11.0 is not a number")
    assert "your country" in out.read_text()


def test_a_warning_is_a_line_above_the_partial_text() -> None:
    from audiocli.cli.live import _partial_text
    from audiocli.tasks.transcription.live import LiveUpdate

    world = context(terminal=True, TERM="xterm", COLUMNS="60")
    world.stderr = terminal = world.stdout
    with _partial_text(world, terminal) as show:
        show(LiveUpdate((), (), "And so my", "fellow"))
        world.warn("warning: something")
        show(LiveUpdate((), (), "And so my fellow", ""))
    assert world.stderr is terminal
    seen = terminal.getvalue()  # type: ignore[attr-defined]
    assert "\x1b[2Kwarning: something\n" in seen
    assert seen.index("fellow") < seen.index("warning: something") < seen.rindex("fellow")
