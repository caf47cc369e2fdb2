"""A closed or full stdout is one line, whatever the command prints."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")

LINES = [
    ["--help"],
    ["--version"],
    ["transcribe", "--help"],
    ["models", "list"],
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
]


@pytest.mark.parametrize("stdout", ["closed", "full"])
@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_stdout_that_cannot_be_written(line: list[str], stdout: str, jfk: Path) -> None:
    arguments = [str(jfk) if word == "JFK" else word for word in line]
    command = [sys.executable, "-m", "audiocli", *arguments]
    redirect = ">&-" if stdout == "closed" else ">/dev/full"
    ran = subprocess.run(
        ["sh", "-c", f'exec "$@" {redirect}', "sh", *command],
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
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
