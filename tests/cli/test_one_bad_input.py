"""Test that an unexpected error at any stage fails only its input, in one line."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from audiocli.audio.decode import AudioStream, read
from audiocli.batch.inputs import Input
from audiocli.errors import ExitCode
from audiocli.models.families.silero import SileroVad
from audiocli.models.families.whisper.recogniser import WhisperRecogniser
from audiocli.models.families.yamnet import YAMNet
from audiocli.models.families.yamnet_encoder import YAMNetEncoder
from audiocli.render import json as json_format
from audiocli.tasks.acoustics import features
from audiocli.tasks.classification import event_detection as sound_events
from audiocli.tasks.diarization.engines import ClusteringEngine
from inprocess import Ran, files_below

OFFSET = 0.05  # of the samples of the bad recording, by which a stage knows it


@pytest.fixture
def recordings(jfk: Path, tmp_path: Path) -> Path:
    """A folder with one recording that goes well, and one, first, that will not."""
    folder = tmp_path / "in"
    folder.mkdir()
    samples = read(jfk, rate=16_000).samples[0][: 6 * 16_000]
    soundfile.write(folder / "a_bad.wav", samples * 0.5 + OFFSET, 16_000)
    soundfile.write(folder / "b_good.wav", samples, 16_000)
    for name in ("a_bad", "b_good"):
        (folder / f"{name}.txt").write_text("and so my fellow americans ask not")
    return folder


def is_bad(value: Any) -> bool:
    """Whether something is, names or holds the bad recording."""
    if isinstance(value, np.ndarray):
        return bool(value.size and value.mean() > OFFSET / 4)
    if isinstance(value, list | tuple):
        return any(map(is_bad, value))
    if hasattr(value, "samples"):
        return is_bad(value.samples)
    name = getattr(value, "name", None) or getattr(value, "source", None) or value
    return isinstance(name, str | Path) and "a_bad" in str(name)


def breaking(function: Callable[..., Any], error: type[Exception]) -> Callable[..., Any]:
    """Make a function break on the bad recording."""

    def broken(*arguments: Any, **named: Any) -> Any:
        if any(map(is_bad, arguments)):
            raise error("of the test")
        return function(*arguments, **named)

    return broken


STAGES: dict[str, tuple[object, str]] = {
    "open": (Input, "open"),
    "decode": (AudioStream, "blocks"),
    "voice detector": (SileroVad, "probabilities"),
    "recogniser": (WhisperRecogniser, "recognise"),
    "diarizer": (ClusteringEngine, "diarize"),
    "scores": (YAMNet, "scores"),
    "encoder": (YAMNetEncoder, "encode"),
    "measure": (features, "of_stream"),
    "render": (type(json_format.RENDERER), "body"),
}
COMMANDS = {
    "transcribe": (["transcribe"], ["voice detector", "recogniser"]),
    "transcribe --diarize": (
        ["transcribe", "--diarize"],
        ["voice detector", "recogniser", "diarizer"],
    ),
    "align": (["align"], ["voice detector", "recogniser"]),
    "classify": (["classify", "--per-window"], ["scores"]),
    "diarize": (["diarize"], ["diarizer"]),
    "embed": (["embed"], ["encoder"]),
    "features": (["features"], ["measure"]),
    "spectrogram": (["spectrogram"], []),
}
CASES = [
    (command, stage)
    for command, (_, stages) in COMMANDS.items()
    for stage in ["open", "decode", *stages, "render"]
]


@pytest.mark.parametrize("error", [ZeroDivisionError, MemoryError])
@pytest.mark.parametrize(("command", "stage"), CASES)
def test_an_error_at_any_stage_fails_one_input(
    command: str,
    stage: str,
    error: type[Exception],
    run: Callable[..., Ran],
    recordings: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    owner, name = STAGES[stage]
    monkeypatch.setattr(owner, name, breaking(getattr(owner, name), error))
    line = COMMANDS[command][0]
    texts = ["--text-file", recordings] if command == "align" else []
    ran = run(*line, recordings, *texts, "-f", "json", "-d", tmp_path / "out")
    assert ran.code == ExitCode.SOME_FAILED, ran.stderr
    assert [path.name for path in (tmp_path / "out").rglob("*.json")] == ["b_good.json"]
    problem = "not enough memory" if error is MemoryError else f"unexpected {error.__name__}"
    (told,) = [text for text in ran.stderr.splitlines() if text.startswith("error:")]
    assert told.startswith(f"error: {recordings / 'a_bad.wav'}: {problem}")
    assert "Traceback" not in ran.stderr


def test_verbose_shows_where(
    run: Callable[..., Ran], recordings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(YAMNet, "scores", breaking(YAMNet.scores, ZeroDivisionError))
    ran = run("classify", recordings, "-f", "jsonl", "--verbose")
    assert "Traceback" in ran.stderr
    assert "in broken" in ran.stderr
    assert "b_good.wav" in ran.stdout


def test_stdout_holds_the_others(
    run: Callable[..., Ran], recordings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(YAMNet, "scores", breaking(YAMNet.scores, ZeroDivisionError))
    ran = run("classify", recordings, "-f", "csv")
    assert (ran.code, ran.stderr.count("\n")) == (ExitCode.SOME_FAILED, 1)
    assert "a_bad" not in ran.stdout
    assert "b_good" in ran.stdout


def test_an_error_in_the_events_of_one_recording(
    run: Callable[..., Ran], recordings: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is made of the scores, too, belongs to one recording."""
    calls = iter([True, *[False] * 1000])
    feed = sound_events.EventDetector.feed

    def broken(self: Any, *arguments: Any) -> None:
        if next(calls):
            raise ZeroDivisionError("of the test")
        feed(self, *arguments)

    monkeypatch.setattr(sound_events.EventDetector, "feed", broken)
    ran = run("classify", recordings, "--events", "-f", "json", "-d", tmp_path / "out")
    assert ran.code == ExitCode.SOME_FAILED
    assert len(files_below(tmp_path / "out")) == 1


def test_one_result_or_text_or_clip_of_many(
    run: Callable[..., Ran], recordings: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Commands whose inputs are no recordings, or that gather all of them."""
    made = tmp_path / "made"
    assert run("classify", recordings, "-f", "json", "-d", made).code == 0
    (made / "a_bad.json").write_text("[" * 100_000)
    ran = run("convert", made, "-f", "csv", "-d", tmp_path / "converted")
    assert ran.code == ExitCode.SOME_FAILED
    assert ran.stderr.count("\n") == 1
    assert len(list((tmp_path / "converted").glob("*.csv"))) == 1
    monkeypatch.setattr(YAMNetEncoder, "encode", breaking(YAMNetEncoder.encode, ZeroDivisionError))
    ran = run("index", "add", tmp_path / "sounds.index", recordings)
    assert ran.code == ExitCode.SOME_FAILED
    assert "1 in the index" in ran.stderr
    shutil.rmtree(made)


def test_a_problem_of_several_inputs_has_its_hint_once(
    run: Callable[..., Ran], tmp_path: Path
) -> None:
    (tmp_path / "empty.wav").touch()
    ran = run("classify", "a.wav", "b.wav", tmp_path / "empty.wav")
    first, second, third = ran.stderr.splitlines()
    assert (first, second) == (
        "error: a.wav: no such file (check the path)",
        "error: b.wav: no such file",
    )
    assert third.endswith(")")
