"""A closed or full stdout is one line, whatever the command prints."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import DATA
from inprocess import ENVIRON, audiocli

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")

LINES = [
    ["--help"],
    ["--version"],
    ["transcribe", "--help"],
    ["models", "list"],
    ["config", "path"],
    ["config", "show", "features"],
    ["schema"],
    ["schema", "transcript"],
    ["features", "JFK"],
    ["features", "JFK", "-f", "csv"],
    ["convert", "--help"],
    ["models", "list", "-f", "json"],
    ["models", "show", "yamnet"],
    ["models", "path", "yamnet"],
    ["speak", "Yes.", "--show-text"],
    ["speak", "--list-voices"],
    ["speak", "Yes."],
    ["transcribe", "JFK"],
    ["align", "JFK", "--text-file", "TEXT"],
    ["classify", "JFK"],
    ["diarize", "JFK", "-f", "rttm"],
    ["embed", "JFK", "-f", "jsonl"],
    ["spectrogram", "JFK"],
    ["verify", "JFK", "OTHER"],
    ["convert", "RESULT", "-f", "rttm"],
    ["voices", "list"],
    ["index", "list", "INDEX"],
    ["index", "show", "INDEX"],
    ["search", "INDEX", "JFK"],
]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return a recording, its text, result and index, and a file with an enrolled voice."""
    folder = tmp_path_factory.mktemp("places")
    names = {"TEXT": "jfk.txt", "RESULT": "jfk.json", "INDEX": "sounds.index"}
    found = {word: str(folder / name) for word, name in names.items()}
    found |= {
        "JFK": str(DATA / "jfk.flac"),
        "OTHER": str(DATA / "account.flac"),
        "AUDIOCLI_VOICES": str(folder / "voices.json"),
    }
    Path(found["TEXT"]).write_text("And so my fellow Americans, ask not.")
    voices = {"AUDIOCLI_VOICES": found["AUDIOCLI_VOICES"]}
    for line in (
        ("voices", "enroll", "Jack", found["JFK"]),
        ("index", "add", found["INDEX"], found["JFK"]),
        ("diarize", found["JFK"], "-o", found["RESULT"]),
    ):
        assert audiocli(*line, **ENVIRON | voices).code == 0
    return found


@pytest.mark.parametrize("stdout", ["closed", "full"])
@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_stdout_that_cannot_be_written(
    line: list[str], stdout: str, places: dict[str, str]
) -> None:
    arguments = [places.get(word, word) for word in line]
    command = [sys.executable, "-m", "audiocli", *arguments]
    redirect = ">&-" if stdout == "closed" else ">/dev/full"
    ran = subprocess.run(
        ["sh", "-c", f'exec "$@" {redirect}', "sh", *command],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"AUDIOCLI_VOICES": places["AUDIOCLI_VOICES"]},
    )
    assert ran.returncode == 4
    assert ran.stderr.startswith("error: ")
    assert ran.stderr.count("\n") == 1
    assert "defect" not in ran.stderr


@pytest.mark.parametrize("stderr", ["2>&-", "2>/dev/full"])
def test_stderr_that_cannot_be_written_changes_nothing(stderr: str, jfk: Path) -> None:
    for line, code in (["features", str(jfk)], 0), (["features", "gone.wav"], 4), (["gone"], 2):
        command = [sys.executable, "-m", "audiocli", *line]
        ran = subprocess.run(
            ["sh", "-c", f'exec "$@" {stderr}', "sh", *command], stdout=subprocess.PIPE, text=True
        )
        assert (ran.returncode, bool(ran.stdout)) == (code, code == 0)
