"""Manifests and the references in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from audiocli.batch.manifests import read_manifest
from audiocli.batch.references import group_of, read_reference, selected_rows
from audiocli.errors import InputError, UsageError


def written(folder: Path, *rows: Any) -> Path:
    path = folder / "manifest.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return path


def test_paths_are_relative_to_the_manifest(tmp_path: Path) -> None:
    lines: list[Any] = [{"path": "a/x.wav", "text": "hello"}, {"audio": "y.wav"}]
    rows = read_manifest(written(tmp_path, *lines))
    assert [row.input.path for row in rows] == [tmp_path / "a/x.wav", tmp_path / "y.wav"]
    assert [row.input.relative for row in rows] == [Path("a/x.wav"), Path("y.wav")]
    assert rows[0].columns["text"] == "hello"


@pytest.mark.parametrize(("suffix", "delimiter"), [("csv", ","), ("tsv", "\t"), ("CSV", ",")])
def test_tables(tmp_path: Path, suffix: str, delimiter: str) -> None:
    lines = [("filename", "text", "speaker"), ("x.wav", '"one, two"', ""), ("y.wav", "b", "ada")]
    path = tmp_path / f"m.{suffix}"
    path.write_text("".join(f"{delimiter.join(line)}\n" for line in lines), "utf-16")
    first, second = read_manifest(path)
    assert first.columns == {"filename": "x.wav", "text": "one, two"}  # empty is absent
    assert second.columns["speaker"] == "ada"


def test_a_broken_line_is_the_problem_of_one_row(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text('{"path": "x.wav"}\n{"path"\n\n[1]\n{"text": "a"}\n{"path": 3}\n' + "[" * 9999)
    rows = read_manifest(path)
    assert [row.input.name for row in rows[1:]] == [f"{path}, line {n}" for n in (2, 4, 5, 6, 7)]
    problems = [str(row.input.problem) for row in rows]
    assert [text.partition(" (")[0] for text in problems] == [
        "None",
        "is not JSON",
        "is not a JSON object",
        "has no path of a recording",
        "has no path of a recording",
        "is not JSON",
    ]
    with pytest.raises(InputError, match="line 2: is not JSON"):
        read_reference(rows[1], "transcribe")


def test_a_table_with_surplus_columns_has_a_broken_row(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("path,text\nx.wav,a,b\ny.wav,c\n")
    first, second = read_manifest(path)
    assert "more columns" in str(first.input.problem) and second.input.problem is None


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("m.csv", b"text\nhello\n", "its header has no column with paths"),
        ("m.jsonl", b"", "has no recordings"),
        ("m.jsonl", b"\xff\xfe\xfa", "is not text"),
        (None, b"", "no such file"),
    ],
)
def test_a_manifest_that_cannot_be_read(
    tmp_path: Path, name: str | None, content: bytes, message: str
) -> None:
    path = tmp_path / (name or "missing.jsonl")
    if name:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=message) as error:
        read_manifest(path)
    assert error.value.hint


def test_rows_of_the_task_and_with_the_values_are_selected(tmp_path: Path) -> None:
    rows = read_manifest(
        written(
            tmp_path,
            {"path": "a.wav", "task": "transcribe", "set": "x", "snr": 5},
            {"path": "b.wav", "task": "diarize", "set": "x", "fast": True},
            {"path": "c.wav", "set": "y"},
        )
    )

    def names(task: str, **where: str) -> list[str]:
        return [row.input.relative.stem for row in selected_rows(rows, task, where)]

    assert names("transcribe") == ["a", "c"]
    assert names("transcribe", set="y") == ["c"]  # no row names the task
    assert names("classify") == ["a", "b", "c"]
    assert names("classify", snr="5") == ["a"]
    assert names("classify", fast="true") == ["b"]
    assert [group_of(row, "set") for row in rows] == ["x", "x", "y"]
    assert [group_of(row, "snr") for row in rows] == ["5", "(none)", "(none)"]


def test_references_of_each_task(tmp_path: Path) -> None:
    (tmp_path / "x.rttm").write_text("SPEAKER x 1 0.5 2.0 <NA> <NA> ada <NA> <NA>\n")
    spans = [{"start": 0, "end": 1.5, "speaker": "ada", "text": "good day"}]
    words = [{"start": 0, "end": 0.5, "word": "good"}, {"start": 0.5, "end": 1, "text": "day"}]
    (row,) = read_manifest(
        written(
            tmp_path,
            {
                "path": "x.wav",
                "text": "Good day",
                "language": "English",
                "rttm": "x.rttm",
                "turns": spans,
                "words": words,
                "label": "dog",
                "clean": "clean.wav",
                "duration": 3,
                "genre": "jazz",
            },
        )
    )
    transcribe = read_reference(row, "transcribe")
    assert (transcribe.text, transcribe.language, transcribe.duration) == ("Good day", "en", 3.0)
    assert transcribe.segments[0].speaker == "ada"
    (turn,) = read_reference(row, "diarize").turns or ()
    assert (turn.start, turn.end, turn.speaker) == (0.5, 2.5, "ada")
    (turn,) = read_reference(row, "diarize", "turns").turns or ()
    assert (turn.start, turn.end) == (0.0, 1.5)
    align = read_reference(row, "align")
    assert (align.text, len(align.segments)) == ("good\nday", 2)
    assert read_reference(row, "align", "turns").text == "good day"
    assert read_reference(row, "classify").labels == ("dog",)
    assert read_reference(row, "classify", "genre").labels == ("jazz",)
    assert read_reference(row, "language").labels == ("en",)
    assert read_reference(row, "enhance").clean == tmp_path / "clean.wav"


@pytest.mark.parametrize(
    ("task", "columns", "message"),
    [
        ("transcribe", {}, "has no column text"),
        ("transcribe", {"text": ["a"]}, "text is not text"),
        ("diarize", {"rttm": ""}, "has no column rttm or turns"),
        ("diarize", {"rttm": "gone.rttm"}, "no such file"),
        ("diarize", {"turns": [{"start": 0}]}, r"turns\[0\].end is not a time"),
        ("diarize", {"turns": [{"start": -1, "end": 2}]}, r"turns\[0\].start is not a time"),
        ("diarize", {"turns": [{"start": "nan", "end": 2}]}, r"turns\[0\].start is not a time"),
        ("align", {"words": 5}, "words is not a list"),
        ("align", {"words": ["hello"]}, r"words\[0\] is not an object"),
        ("classify", {"label": ""}, "has no column label or labels"),
        ("classify", {"label": "a", "duration": "long"}, "duration is not a time"),
    ],
)
def test_a_reference_that_is_not_valid(
    tmp_path: Path, task: str, columns: dict[str, Any], message: str
) -> None:
    (row,) = read_manifest(written(tmp_path, {"path": "x.wav", **columns}))
    with pytest.raises(InputError, match=message) as error:
        read_reference(row, task)
    assert error.value.hint


def test_silence_has_an_empty_text(tmp_path: Path) -> None:
    (row,) = read_manifest(written(tmp_path, {"path": "x.wav", "text": ""}))
    assert read_reference(row, "transcribe").text == ""
