"""Test the programs of `make fuzz` and `make chaos`, with a short run of each."""

from __future__ import annotations

import os
import random
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from robustness.fuzz import Outcome, defects, shell_line
from robustness.mutations import damaged
from robustness.odd_options import with_odd_options

TESTS = Path(__file__).parents[1]
GOOD = Outcome(0, "", "", "", 0, ())
FAULTS = {
    "exit code 7": GOOD._replace(code=7, stderr="error: x (y)\n"),
    "exit code 4 with 0 error lines": GOOD._replace(code=4),
    "exit code 0 with 1 error lines": GOOD._replace(stderr="error: x (y)\n"),
    "2 error lines": GOOD._replace(code=4, stderr="error: x (y)\nerror: x (y)\n"),
    "traceback": GOOD._replace(stderr="Traceback (most recent call last):\n"),
    "unexpected error": GOOD._replace(code=4, stderr="error: unexpected KeyError: 'a' (b)\n"),
    "no hint": GOOD._replace(code=4, stderr="error: a.wav: is empty\n"),
    "control characters": GOOD._replace(stderr="warning: \x1b[2J\n"),
    "native output": GOOD._replace(native="FLAC: bad frame\n"),
    "memory": GOOD._replace(growth=2 << 30),
    "temporary file left": GOOD._replace(left=("out/.audiocli-1.part",)),
    "stdout is not JSON: NaN": GOOD._replace(stdout="NaN"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_kind_of_defect_is_found(name: str) -> None:
    (found, *_) = defects(FAULTS[name], "features a.wav -f json")
    assert found.startswith(name)


def test_what_is_right_is_no_defect() -> None:
    refused = GOOD._replace(code=4, stderr="error: a.wav: is empty (copy it again)\n")
    for outcome in (GOOD, refused):
        assert list(defects(outcome, "features a.wav")) == []
    assert list(defects("hang", "features a.wav")) == ["hang"]


def test_damage_depends_on_the_seed_only() -> None:
    data = b'{"a": [1, 2.5, "x"], "b": null}'
    first = [damaged(data, data, random.Random(n)) for n in range(50)]
    assert first == [damaged(data, data, random.Random(n)) for n in range(50)]
    assert len(set(first)) > 20


def test_every_option_is_given_odd_values() -> None:
    rng = random.Random(3)
    written = {with_odd_options("embed OPTIONS a.wav -f json", rng) for _ in range(3000)}
    words = [shlex.split(line) for line in written]
    assert all(line[0] == "embed" and "a.wav" in line for line in words)
    names = {word.partition("=")[0] for line in words for word in line if word.startswith("--")}
    assert {"--layer", "--pooling", "--threads", "--output-dir", "--offline"} <= names
    values = {word for line in words for word in line}
    assert {"--layer=nan", "--device=cuda"} <= values


def test_the_command_that_repeats_a_defect() -> None:
    line = shell_line("AUDIOCLI_VOICES={} voices list -o OUT/x", Path("kept/voices.json"))
    assert line == (
        "AUDIOCLI_OFFLINE=1 AUDIOCLI_VOICES=kept/voices.json audiocli voices list -o out/x"
    )


@pytest.mark.parametrize(
    ("program", "options", "last"),
    [
        ("fuzz", ["--count", "30", "--kind", "lexicon", "--kind", "rttm"], "30 inputs, 0 defects"),
        ("chaos", ["--kills", "3", "--scenario", "convert", "--processes", "0"], "; 0 defects"),
    ],
)
def test_a_short_run_finds_nothing(program: str, options: list[str], last: str) -> None:
    path = os.pathsep.join([str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
    ran = subprocess.run(
        [sys.executable, "-m", f"robustness.{program}", "--seed", "1", *options],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
    assert ran.stdout.startswith("seed 1, files in ")
    assert last in ran.stdout
