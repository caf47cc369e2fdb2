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
