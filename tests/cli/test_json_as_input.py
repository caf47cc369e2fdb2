"""A result in JSON, handed to a command that wants audio: the answer names `convert`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

TOLD = "is JSON, not audio (audiocli convert reads the results of audiocli)"
UNKNOWN = ("-m", "no-such-model")  # the model is not looked for


@pytest.fixture
def result(run: Callable, jfk: Path, tmp_path: Path) -> Path:
    path = tmp_path / "talk.json"
    assert run("features", jfk, "-o", path).code == 0
    return path


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("transcribe", UNKNOWN),
        ("align", ("--text-file", "-", *UNKNOWN)),
        ("diarize", UNKNOWN),
        ("classify", UNKNOWN),
        ("embed", UNKNOWN),
        ("features", ()),
        ("spectrogram", ()),
    ],
)
def test_each_task_says_so_before_a_model_is_loaded(
    run: Callable, result: Path, command: str, options: tuple[str, ...]
) -> None:
    answer = run(command, result, *options, stdin=b"the words")
    assert answer == (4, "", f"error: {result}: {TOLD}\n")


def test_beside_a_recording_it_fails_alone(run: Callable, result: Path, jfk: Path) -> None:
    answer = run("features", result, jfk, "-f", "jsonl")
    assert (answer.code, answer.stderr) == (1, f"error: {result}: {TOLD}\n")
    assert answer.stdout.count("\n") == 1


@pytest.mark.parametrize("begin", [b"", b"\xef\xbb\xbf\r\n", b"[\n  "])
def test_by_its_first_bytes(run: Callable, result: Path, begin: bytes) -> None:
    """Under any name, and on stdin."""
    data = begin + result.read_bytes()
    assert run("features", "-", stdin=data) == (4, "", f"error: stdin: {TOLD}\n")
    renamed = result.with_suffix(".wav")
    renamed.write_bytes(data)
    assert run("features", renamed) == (4, "", f"error: {renamed}: {TOLD}\n")


def test_other_commands_that_take_recordings(
    run: Callable, result: Path, jfk: Path, tmp_path: Path
) -> None:
    told = f"error: {result}: {TOLD}\n"
    for command in (
        ("codec", "encode", result, "-o", tmp_path / "x.npz", *UNKNOWN),
        ("speak", "Hello.", "--reference", result, "-o", tmp_path / "x.wav", *UNKNOWN),
        ("verify", result, jfk),
        ("voices", "enroll", "Ada", result),
    ):
        assert run(*command, AUDIOCLI_VOICES=str(tmp_path / "voices.json")) == (4, "", told)
    index = tmp_path / "sounds.index"
    answer = run("index", "add", index, result)
    assert (answer.code, answer.stderr.splitlines()[0]) == (4, told.rstrip())
