"""Names of files, models, voices and options cannot control the terminal or forge lines."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from audiocli.batch.voice_store import EnrolledVoice, VoiceStore
from audiocli.cli.progress_line import bar
from inprocess import Ran

Run = Callable[..., Ran]
NAME = "\x1b]0;x\x07\x1b[2J\n\r\t\x9b31m\u202e"


def check(text: str) -> None:
    """There is the escaped name, and no control character but tabs and line ends."""
    assert r"\x1b]0;x\x07\x1b[2J" in text
    assert all(line.isprintable() for line in text.replace("\t", "").split("\n"))


LINES: list[list[str]] = [
    ["features", NAME],
    ["features", f"@{NAME}"],
    ["features", "JFK", f"--{NAME}"],
    ["features", "JFK", "--format", NAME],
    ["features", "JFK", "--start", NAME],
    ["convert", NAME],
    ["convert", "RESULT", "--rename", f"{NAME}=x"],
    ["classify", "JFK", "--labels-file", NAME],
    ["diarize", "JFK", "--model", NAME],
    ["speak", "yes", "--lexicon", NAME],
    ["speak", "--file", NAME],
    ["train", NAME, "-d", "model"],
    ["search", NAME, "JFK"],
    ["index", "list", NAME],
    ["voices", "remove", NAME],
    ["models", "show", NAME],
    ["models", "list", "--for-task", NAME],
    ["codec", "decode", NAME, "-o", "out.wav"],
    ["schema", NAME],
    [NAME],
]


@pytest.mark.parametrize("line", LINES, ids=lambda line: "-".join(line).replace(NAME, "NAME"))
def test_messages_escape_names(run: Run, tmp_path: Path, jfk: Path, line: list[str]) -> None:
    result = tmp_path / "result.json"
    result.write_text(run("features", jfk, "-f", "json").stdout)
    words = [{"JFK": str(jfk), "RESULT": str(result)}.get(word, word) for word in line]
    ran = run(*words)
    check(ran.stderr)
    assert ran.stderr.count("\n") == 1
    if len(words) > 1:
        check(run(*words, "--verbose").stderr)  # a traceback


def test_lists_escape_names(run: Run, tmp_path: Path, jfk: Path) -> None:
    folder = tmp_path / NAME
    folder.mkdir()
    shutil.copy(jfk, folder / "two  spaces.flac")
    index = tmp_path / "sounds.index"
    assert run("index", "add", index, folder).code == 0
    (line,) = run("index", "list", index).stdout.splitlines()
    check(line)
    assert "two  spaces.flac" in line
    voices = tmp_path / "voices.json"
    VoiceStore(voices).add(EnrolledVoice(NAME, NAME, 1.0, (NAME,), (0.5,)))
    (line,) = run("voices", "list", AUDIOCLI_VOICES=str(voices)).stdout.splitlines()
    check(line)


def test_progress_escapes_names() -> None:
    check(bar(NAME, 0.5, (), 100, colour=False))
