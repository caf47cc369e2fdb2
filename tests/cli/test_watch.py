"""`audiocli watch`: files that arrive in a folder."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiocli.batch.arrivals import arrivals
from audiocli.batch.folder_search import FolderFilter
from inprocess import Ran, audiocli, files_below

RATE = 8000


@pytest.fixture
def box(tmp_path: Path) -> Path:
    folder = tmp_path / "box"
    folder.mkdir()
    return folder


def write_clip(path: Path) -> None:
    soundfile.write(path, np.zeros(RATE, np.float32), RATE)


def watch(box: Path, *options: object) -> Ran:
    timing = ("--settle", 0.2, "--until-idle", 1)
    command = ("features", "-d", box.parent / "out", "-f", "json")
    return audiocli("watch", box, *timing, *options, "--", *command)


def test_files_are_processed_once_as_they_arrive(box: Path) -> None:
    write_clip(box / "first.wav")
    write_clip(box.parent / "later.wav")
    late = threading.Timer(1.0, (box.parent / "later.wav").rename, [box / "later.wav"])
    late.start()
    ran = watch(box)
    late.join()
    assert (ran.code, files_below(box.parent / "out")) == (0, ["first.json", "later.json"])
    again = watch(box)
    assert again.stderr == "2 of 2 outputs exist already (use --overwrite to replace them)\n"


def test_a_file_is_complete_when_it_no_longer_changes(box: Path) -> None:
    found = arrivals(box, FolderFilter(), settle=0.5, until_idle=1.0)
    with (box / "long.wav").open("wb") as file:
        seen = threading.Thread(target=lambda: names.append(next(found).name))
        names: list[str] = []
        seen.start()
        for _ in range(6):
            file.write(bytes(1000))
            file.flush()
            seen.join(0.3)
            assert names == []
        if sys.platform == "linux":  # nothing changes, but a program has it open
            seen.join(1.5)
            assert names == []
    seen.join(10)
    assert names == [str(box / "long.wav")]
    assert list(found) == []


def test_a_file_that_changes_is_processed_again(box: Path) -> None:
    found = arrivals(box, FolderFilter(), settle=0.0, until_idle=1.0)
    write_clip(box / "a.wav")
    assert next(found).relative == Path("a.wav")
    soundfile.write(box / "a.wav", np.zeros(2 * RATE), RATE)
    assert next(found).relative == Path("a.wav")
    assert list(found) == []


def test_the_hook_runs_for_each_result(box: Path) -> None:
    log = box.parent / "log.txt"
    script = box.parent / "hook.py"
    script.write_text(
        "import sys\n"
        f"open({str(log)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n"
        "sys.exit('b.wav' in sys.argv[1])\n"
    )
    for name in ("a.wav", "b.wav"):
        write_clip(box / name)
    (box / "broken.wav").write_bytes(b"broken")
    ran = watch(box, "--hook", f"{sys.executable} {script}")
    out = box.parent / "out"
    assert sorted(log.read_text().splitlines()) == [
        f"{box / 'a.wav'} {out / 'a.json'}",
        f"{box / 'b.wav'} {out / 'b.json'}",
    ]
    assert f"warning: {box / 'b.wav'}: --hook ended with exit code 1\n" in ran.stderr
    assert ran.code == 1


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["speak", "hello"], "error: cannot watch with speak (one of align, classify,"),
        (["features"], "error: watch requires --output-dir of features"),
        (["features", "a.wav", "-d", "out"], "error: INPUT does not apply with watch"),
        (["features", "-d", "out", "--dry-run"], "error: --dry-run does not apply with watch"),
        (["features", "-d", "out", "--executor", "ray"], "error: --executor does not apply"),
    ],
)
def test_commands_that_cannot_watch(box: Path, command: list[str], told: str) -> None:
    ran = audiocli("watch", box, "--", *command)
    assert ran.code == 2
    assert ran.stderr.startswith(told)
