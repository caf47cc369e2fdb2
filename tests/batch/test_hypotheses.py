"""Results that were made earlier are found by recording."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiocli.batch.hypotheses import Hypotheses
from audiocli.batch.inputs import Input, input_below
from audiocli.errors import InputError, UsageError
from audiocli.results import Diarization, ModelInfo, Segment, Transcript
from audiocli.schema import dumps


def transcript(source: str, text: str) -> str:
    segments = (Segment(start=0.0, end=1.0, text=text),)
    return dumps(Transcript(source=source, duration=1.0, model=ModelInfo("m"), segments=segments))


@pytest.fixture
def recording(tmp_path: Path) -> Input:
    return input_below(tmp_path / "data/a/x.wav", tmp_path / "data")


def found_text(path: Path, recording: Input) -> str:
    found = Hypotheses(path, "transcribe", Transcript).find(recording)
    assert isinstance(found, Transcript)
    return found.text


@pytest.mark.parametrize("name", ["a/x.json", "a/x.wav.json", "x.json", "elsewhere/X.json"])
def test_a_folder_of_json(tmp_path: Path, recording: Input, name: str) -> None:
    file = tmp_path / "out" / name
    file.parent.mkdir(parents=True)
    file.write_text(transcript("other.wav", "hello"))
    (tmp_path / "out/.x.json").write_text("not read")
    (tmp_path / "out/y.json").write_text("not read")
    if "wav" not in name:
        (tmp_path / "out/b").mkdir()
    assert found_text(tmp_path / "out", recording) == "hello"


def test_the_tree_of_the_recordings_comes_first(tmp_path: Path, recording: Input) -> None:
    for folder, text in (("a", "mine"), ("b", "of another")):
        (tmp_path / "out" / folder).mkdir(parents=True)
        (tmp_path / "out" / folder / "x.json").write_text(transcript("x.wav", text))
    assert found_text(tmp_path / "out", recording) == "mine"
    other = input_below(tmp_path / "data/c/x.wav", tmp_path / "data")
    with pytest.raises(InputError, match="has 2 results of that name"):
        Hypotheses(tmp_path / "out", "transcribe", Transcript).find(other)


def test_texts(tmp_path: Path, recording: Input) -> None:
    (tmp_path / "x.txt").write_text("hello\nthere\n")
    assert found_text(tmp_path, recording) == "hello there"
    (tmp_path / "x.txt").write_text("")
    assert found_text(tmp_path, recording) == ""


def test_json_lines_are_found_by_source_then_by_name(tmp_path: Path, recording: Input) -> None:
    file = tmp_path / "r.jsonl"
    sources = {recording.name: "mine", "elsewhere/x.wav": "of another", "q/z.wav": "by name"}
    file.write_text("".join(f"{transcript(name, text)}\n" for name, text in sources.items()))
    assert found_text(file, recording) == "mine"
    assert found_text(file, input_below(tmp_path / "z.flac", tmp_path)) == "by name"


def test_rttm(tmp_path: Path, recording: Input) -> None:
    """One file of all recordings, or a file for each; one without turns has no speech."""
    lines = [
        f"SPEAKER {name} 1 {start} 1.0 <NA> <NA> ada <NA> <NA>"
        for name, start in (("x", 0.5), ("my_talk", 2), ("x", 3))
    ]
    (tmp_path / "all.rttm").write_text("\n".join(lines))
    one = Hypotheses(tmp_path / "all.rttm", "diarize", Diarization)
    assert [turn.start for turn in one.find(recording).turns] == [0.5, 3.0]
    talk = input_below(tmp_path / "my talk.wav", tmp_path)
    assert [turn.start for turn in one.find(talk).turns] == [2.0]
    (tmp_path / "out").mkdir()
    (tmp_path / "out/x.rttm").write_text("")
    each = Hypotheses(tmp_path / "out", "diarize", Diarization)
    assert each.find(recording).turns == ()


def test_audio(tmp_path: Path, recording: Input) -> None:
    (tmp_path / "x.flac").touch()
    (tmp_path / "x.json").touch()
    assert Hypotheses(tmp_path, "enhance", None).find(recording) == tmp_path / "x.flac"


def test_results_that_cannot_be_used(tmp_path: Path, recording: Input) -> None:
    with pytest.raises(UsageError, match="no such file"):
        Hypotheses(tmp_path / "missing", "transcribe", Transcript)
    with pytest.raises(InputError, match="has no result in"):
        Hypotheses(tmp_path, "transcribe", Transcript).find(recording)
    (tmp_path / "x.json").write_text(transcript("x.wav", "hello"))
    with pytest.raises(InputError, match="holds transcript, not diarization"):
        Hypotheses(tmp_path, "diarize", Diarization).find(recording)
    (tmp_path / "x.json").write_text(transcript("x.wav", "a") + transcript("x.wav", "b"))
    with pytest.raises(InputError, match="holds 2 results, not one"):
        Hypotheses(tmp_path, "transcribe", Transcript).find(recording)
