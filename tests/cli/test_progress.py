"""Progress on a terminal: never on the line of a result, never more than is done."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile

from audiocli.audio.decode import read
from audiocli.audio.selection import Selection
from audiocli.batch.inputs import Input
from audiocli.cli import report, warnings_shown
from audiocli.cli.progress import SoundProgress, download_progress
from audiocli.cli.progress_line import INTERVAL, PIPE_DELAY, Pace, bar, progress_line
from audiocli.context import Context
from audiocli.errors import InputError
from audiocli.tasks.common.events import Recording
from inprocess import ENVIRON, Terminal, audiocli, context
from pseudo_terminal import audiocli_on_terminal, screen

TINY = ("-m", "whisper-tiny.en")


@pytest.fixture
def world() -> Context:
    """A context whose stdout and stderr are one terminal."""
    made = context(terminal=True, TERM="xterm")
    made.stderr = made.stdout
    return made


def seen(world: Context) -> tuple[list[str], list[str]]:
    """The lines of the screen, and the states of the progress line."""
    return screen(world.stdout.getvalue(), 80)  # type: ignore[attr-defined]


def tick() -> None:
    time.sleep(4 * INTERVAL)


def test_results_warnings_and_errors_are_whole_lines_above_the_bar(world: Context) -> None:
    with warnings_shown(world), progress_line(world, lambda _: "working 50%"):
        tick()
        world.stdout.write("a result\n")
        tick()
        print("x", "y", sep="\t", file=world.stdout)
        logging.getLogger("audiocli.test").warning("a warning")
        tick()
        report(InputError("a.wav", "is broken"), world)
        world.warn("a\x1b[2Jnote")
        tick()
    lines, bars = seen(world)
    assert lines == [
        "a result",
        "x\ty",
        "warning: a warning",
        "error: a.wav: is broken",
        r"a\x1b[2Jnote",
    ]
    assert len(bars) >= 4


def test_the_bar_waits_for_the_end_of_a_line(world: Context) -> None:
    with progress_line(world, lambda _: "working 50%"):
        tick()
        world.stdout.write("half ")
        tick()
        world.stdout.write("a line\n")
        tick()
    lines, bars = seen(world)
    assert lines == ["half a line"]
    assert set(bars) == {"working 50%"}


def test_the_bar_leaves_time_to_the_reader_of_a_pipe() -> None:
    world = context(TERM="xterm")
    world.stderr = Terminal()
    reader, writer = os.pipe()
    with os.fdopen(reader), os.fdopen(writer, "w") as world.stdout:
        with progress_line(world, lambda _: "working 50%"):
            tick()
            print("a result", file=world.stdout)
            time.sleep(PIPE_DELAY / 2)
            _, before = screen(world.stderr.getvalue(), 80)
            time.sleep(PIPE_DELAY)
        _, after = screen(world.stderr.getvalue(), 80)
    assert (len(before), len(after)) == (1, 2)


def test_libraries_that_print_to_stderr_do_so_above(
    world: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", world.stderr)
    with progress_line(world, lambda _: "working 50%"):
        tick()
        sys.stderr.write("from a library\n")
        tick()
    assert sys.stderr is world.stderr
    assert seen(world)[0] == ["from a library"]


def test_an_error_leaves_no_bar(world: Context) -> None:
    with pytest.raises(KeyboardInterrupt), progress_line(world, lambda _: "working 50%"):
        tick()
        raise KeyboardInterrupt
    assert seen(world) == ([], ["working 50%"])
    assert isinstance(world.stdout, Terminal)


def test_a_bar_inside_a_bar_takes_its_place(world: Context) -> None:
    with progress_line(world, lambda _: "outer"):
        tick()
        with progress_line(world, lambda _: "inner"):
            tick()
            world.stdout.write("a result\n")
        tick()
    lines, bars = seen(world)
    assert lines == ["a result"]
    assert bars[0] == bars[-1] == "outer"
    assert "inner" in bars


@pytest.mark.parametrize("environ", [{"TERM": "dumb"}, {}])
def test_no_bar_on_a_dumb_terminal_or_in_quiet(environ: dict[str, Any]) -> None:
    world = context(terminal=True, **environ)
    world.stderr = world.stdout
    world.quiet = not environ
    with progress_line(world, lambda _: "working"):
        tick()
    assert seen(world) == ([], [])


# --- what the bar says ---------------------------------------------------------


def test_a_bar_fits_the_terminal_and_never_says_100() -> None:
    assert bar("x", 0.5, ("2x",), 40, colour=False) == "x  " + "━" * 14 + "─" * 14 + "  50%  2x"
    for columns in range(1, 120):
        shown = bar("talk\n会議会議会議" * 9, 1.2, ("12 of 30 files", "5x"), columns, colour=False)
        assert "100%" not in shown and "\n" not in shown
        wide = sum("\u4e00" <= character <= "\u9fff" for character in shown)
        assert len(shown) + wide <= columns
    assert " 99%" in bar("x", 1.0, (), 80, colour=False)
    assert bar("x", None, ("0:12",), 80, colour=False) == "x  0:12"


def test_time_left_follows_the_pace() -> None:
    assert Pace().time_left(30.0, 25, 100) == "1:30 left"
    assert Pace().time_left(3600.0, 25, 100) == "3:00:00 left"
    assert Pace().time_left(1.0, 0, 100) == Pace().time_left(1.0, 9, None) == ""
    assert Pace().time_left(9.0, 100, 100) == Pace().time_left(100.0, 999, 1000) == ""


def test_time_left_counts_down_while_nothing_advances() -> None:
    pace = Pace()
    shown = [pace.time_left(second, 25.0, 100.0) for second in (10.0, 20.0, 39.0, 40.0, 99.0)]
    assert (shown, pace.speed) == (["0:30 left", "0:20 left", "0:01 left", "", ""], 2.5)
    assert pace.time_left(100.0, 50.0, 100.0) == "1:40 left"


def load_diarizer() -> Any:
    from audiocli.cli.commands.diarize import open_diarizer
    from audiocli.cli.speaker_options import SpeakerRequest
    from audiocli.models.base import DeviceOptions

    return open_diarizer(context(**ENVIRON), SpeakerRequest(), None, DeviceOptions())


def inputs(tmp_path: Path, **sizes: int) -> list[Input]:
    for name, size in sizes.items():
        (tmp_path / name.replace("_", ".")).write_bytes(bytes(size))
    names = [name.replace("_", ".") for name in sizes]
    return [Input(name, tmp_path / name, Path(name)) for name in names]


def opened(progress: SoundProgress, input: Input, seconds: float | None) -> None:
    from contextlib import contextmanager

    @contextmanager
    def open_stream(_rate: int | None) -> Iterator[Any]:
        yield SimpleNamespace(duration=seconds)

    with progress.watched(Recording(input, input.name, open_stream)).open(None):
        pass


def test_the_total_is_known_or_estimated_from_sizes(tmp_path: Path) -> None:
    a, b, c, d = found = inputs(tmp_path, a_wav=1000, b_wav=3000, c_mp3=100, d_mp3=200)
    progress = SoundProgress(found)
    assert (progress.total, progress.line(80)) == (None, "")
    opened(progress, a, 10.0)
    assert progress.total == pytest.approx(10.0 + 30.0 + 3.0)
    opened(progress, c, 20.0)
    assert progress.total == pytest.approx(10.0 + 30.0 + 20.0 + 40.0)
    progress.update(10.0)
    assert " 10%" in progress.line(80) and "0 of 4 files" in progress.line(80)
    progress.settle(d, failed=True)  # cannot be opened
    progress.settle(c, failed=True)  # broke off
    assert progress.total == pytest.approx(10.0 + 30.0)
    progress.settle(a)
    opened(progress, b, 35.0)
    progress.update(9.0)  # a is complete, whatever the task reports
    assert " 22%" in progress.line(80)
    progress.update(46.0)  # longer than the header says
    assert progress.total == 46.0
    assert " 99%" in progress.line(80) and "3 of 4 files" in progress.line(80)


def test_diarize_reports_what_is_done(jfk: Path) -> None:
    """What waits to be embedded counts half; a finished recording counts whole."""
    from audiocli.cli.batch import recording

    told: list[float] = []
    diarizer = load_diarizer()
    found = [
        Input(str(path), path, Path(path.name)) for path in (jfk, jfk.with_name("no.wav"), jfk)
    ]
    events = diarizer.run(
        (recording(input, context(), Selection()) for input in found), told.append
    )
    assert [type(event).__name__ for event in events] == ["Done", "Failed", "Done"]
    assert told == sorted(told)
    assert told[-1] == 22.0
    assert 5.5 <= told[0] < 9.0


def test_a_stream_of_unknown_length_has_no_percentage(tmp_path: Path) -> None:
    found = [Input("-", None, Path("stdin")), *inputs(tmp_path, a_wav=10)]
    progress = SoundProgress(found)
    opened(progress, found[0], None)
    progress.update(75.0)
    assert "%" not in progress.line(80) and "1:15" in progress.line(80)
    progress.settle(found[0])
    opened(progress, found[1], 5.0)
    progress.update(75.0)
    assert " 99%" in progress.line(80)


def test_a_download_is_shown_until_it_is_complete(world: Context) -> None:
    with download_progress(world) as show:
        show("here-already", 10, 10)
        tick()
        show("base", 30_000_000, 120_000_000)
        tick()
        world.warn("a note")
        tick()
        show("base", 120_000_000, 120_000_000)
        tick()
        lines, bars = seen(world)  # before the block ends
    assert lines == ["a note"]
    assert all("base" in line and " 25%" in line for line in bars)
    assert "30.0 MB of 120.0 MB" in bars[0]


# --- every command, as a process on a terminal ---------------------------------


@pytest.fixture
def sounds(jfk: Path, tmp_path: Path) -> list[Path]:
    """Clips, one of them a minute long, and one that is no sound between them."""
    samples = read(jfk).samples[0]
    soundfile.write(tmp_path / "long.wav", np.tile(samples, 6), 16_000)
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no sound")
    rooster = jfk.with_name("rooster.ogg")
    return [jfk, broken, rooster, tmp_path / "long.wav"]


COMMANDS = {
    "transcribe": (*TINY,),
    "transcribe -f txt": (*TINY, "-f", "txt"),
    "transcribe --diarize": (*TINY, "--diarize", "-f", "jsonl"),
    "diarize": (),
    "classify": ("--per-window",),
    "features": ("--feature-set", "basic"),
    "embed": ("-m", "campplus"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_screen_is_what_it_is_without_a_bar(command: str, sounds: list[Path]) -> None:
    name, options = command.split()[0], COMMANDS[command]
    shown = audiocli_on_terminal(name, *sounds, *options)
    quiet = audiocli_on_terminal(name, *sounds, *options, "--quiet")
    assert shown.lines == quiet.lines
    assert (shown.code, quiet.code, quiet.bars) == (1, 1, [])
    assert shown.bars
    assert all(line.startswith("processing  ") and "100%" not in line for line in shown.bars)


def test_the_reader_of_a_pipe_has_the_terminal_to_itself(sounds: list[Path]) -> None:
    """Its lines come a little later than the results, and by another process."""
    command = ("diarize", *sounds, "-f", "rttm")
    reader = 'while read -r line; do sleep 0.1; echo "$line"; done'
    shown = audiocli_on_terminal(*command, piped_into=reader)
    quiet = audiocli_on_terminal(*command, "--quiet", piped_into="cat")
    assert sorted(shown.lines) == sorted(quiet.lines)
    assert shown.bars


def test_align_search_train_and_speak_leave_clean_screens(jfk: Path, tmp_path: Path) -> None:
    text = tmp_path / "jfk.txt"
    text.write_text("ask what you can do for your country")
    for label in "ab":
        (tmp_path / "clips" / label).mkdir(parents=True)
        for number in range(6):
            copy = tmp_path / "clips" / label / f"{number}.flac"
            copy.write_bytes(jfk.read_bytes())
    index = tmp_path / "sounds.index"
    assert audiocli("index", "add", index, jfk.parent).code == 0
    long = "The meeting was on Monday, and everybody came. " * 4
    for command, label in (
        (("align", jfk, "--text-file", text, *TINY), "processing"),
        (("search", index, jfk), "processing"),
        (("train", tmp_path / "clips", "-o", tmp_path / "model", "--overwrite"), "processing"),
        (("speak", long, "-o", tmp_path / "said.wav", "-f", "srt", "--overwrite"), "text"),
    ):
        quiet = audiocli_on_terminal(*command, "--quiet")
        shown = audiocli_on_terminal(*command)
        assert (shown.code, shown.lines) == (quiet.code, quiet.lines)
        assert all(line.startswith(label) for line in shown.bars)
