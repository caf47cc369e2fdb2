"""Several processes at once on one voice store, one index or one output folder."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

fcntl = pytest.importorskip("fcntl")

ENROLL = """
import sys
from pathlib import Path
from audiocli.batch.voice_store import EnrolledVoice, VoiceStore
sys.stdin.readline()  # all start together
for n in range(5):
    name = f"{sys.argv[2]}-{n}"
    VoiceStore(Path(sys.argv[1])).add(EnrolledVoice(name, "toy", 1.0, (), tuple([0.5] * 50)))
"""


def at_once(commands: list[list[str]]) -> list[tuple[int, str]]:
    """Start programs, release them together, and return their exit codes and stderr."""
    running = [
        subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for command in commands
    ]
    for process in running:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    return [(process.returncode, err) for process in running for err in [process.communicate()[1]]]


def test_no_voice_is_lost(tmp_path: Path) -> None:
    book = tmp_path / "voices" / "book.json"
    ended = at_once([["-c", ENROLL, str(book), str(n)] for n in range(8)])
    assert ended == [(0, "")] * 8
    names = {voice["name"] for voice in json.loads(book.read_text())["voices"]}
    assert len(names) == 40
    assert stat.S_IMODE(book.stat().st_mode) == 0o600


def test_a_private_file_is_private_before_it_is_complete(tmp_path: Path) -> None:
    from audiocli.batch.output import atomic_writer

    with atomic_writer(tmp_path / "book", private=True):
        (part,) = tmp_path.iterdir()
        assert stat.S_IMODE(part.stat().st_mode) == 0o600


def test_no_recording_is_lost_from_an_index(tmp_path: Path) -> None:
    """Four runs create the same index."""
    for run in range(4):
        (tmp_path / str(run)).mkdir()
        for number in range(6):
            noise = np.random.default_rng(run * 10 + number).normal(0, 0.1, 16_000)
            soundfile.write(tmp_path / str(run) / f"{number}.wav", noise, 16_000)
    index = str(tmp_path / "sounds.index")
    lines = [["-m", "audiocli", "index", "add", index, str(tmp_path / str(n))] for n in range(4)]
    ended = at_once(lines)
    assert [code for code, _ in ended] == [0] * 4, ended
    listed = subprocess.run(
        [sys.executable, "-m", "audiocli", "index", "list", index], capture_output=True, text=True
    )
    assert len(listed.stdout.splitlines()) == 24


def test_leftovers_of_killed_runs_are_removed_and_others_stay(tmp_path: Path) -> None:
    from audiocli.batch.output import atomic_writer

    dead, alive = tmp_path / ".audiocli-000000000000.part", tmp_path / ".audiocli-1.part"
    other = tmp_path / "mine.part"
    for path in (dead, alive, other):
        path.write_text("half")
    with alive.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with atomic_writer(tmp_path / "out.txt") as out:
            out.write("whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == [alive.name, "mine.part", "out.txt"]


def test_an_unfinished_file_of_a_running_process_is_kept(tmp_path: Path) -> None:
    from audiocli.batch.output import atomic_writer

    neighbour = (
        "from pathlib import Path; from audiocli.batch.output import atomic_writer\n"
        f"with atomic_writer(Path({str(tmp_path / 'theirs')!r})) as out: out.write('theirs')"
    )
    with atomic_writer(tmp_path / "ours") as out:
        out.write("ours")
        subprocess.run([sys.executable, "-c", neighbour], check=True, env=dict(os.environ))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ours", "theirs"]
