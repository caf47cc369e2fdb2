"""Test that the examples of the README print what it says, and that it lists all commands."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from audiocli.cli.commands import COMMANDS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"^```python\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
EXAMPLES = re.findall(r"^```console\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def shape(output: str) -> str:
    """Put # for every number: times differ in the last digit from processor to processor."""
    return re.sub(r"\d+(\.\d+)?", "#", output)


@pytest.mark.models
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.partition("\n")[0])
def test_examples_print_what_is_shown(example: str, tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    shutil.copytree(ROOT / "tests" / "data", folder, ignore=shutil.ignore_patterns("sneeze*"))
    script = "set -o pipefail\n" + re.sub(r"^(?!\$ ).*\n", "", example, flags=re.MULTILINE)
    script = re.sub(r"^\$ ", "", script, flags=re.MULTILINE)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-ec", script],
        cwd=folder,
        env={**os.environ, "PATH": path, "LC_ALL": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    shown = re.sub(r"^\$ .*\n", "", example, flags=re.MULTILINE)
    assert (done.returncode, shape(done.stdout)) == (0, shape(shown))


@pytest.mark.models
@pytest.mark.parametrize("program", PYTHON, ids=range(len(PYTHON)))
def test_python_example_runs(program: str, tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    shutil.copytree(ROOT / "tests" / "data", folder)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("account.flac ") and not done.stderr
    assert (folder / "jfk.flac.srt").read_text(encoding="utf-8").startswith("1\n")


def test_there_are_five_examples() -> None:
    assert len(EXAMPLES) == 5


def test_all_commands_are_listed() -> None:
    table = README.partition("## Commands\n")[2].partition("\n## ")[0]
    rows = "".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| "))
    assert set(re.findall(r"`(\w+)`", rows)) == set(COMMANDS)
