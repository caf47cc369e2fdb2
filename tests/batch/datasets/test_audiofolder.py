"""Folders with labels or metadata, and tables of paths."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from audiocli.errors import UsageError
from datasets_of_tones import clip, keys, read, rows, write_json_lines


def write_clips(folder: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(clip(number))
    return folder


def test_subfolders_are_labels_and_splits(tmp_path: Path) -> None:
    write_clips(tmp_path, "train/dog/b.wav", "train/cat/a.wav", "test/dog/c.flac", "x/.h.wav")
    (tmp_path / "train/notes.txt").write_text("none")
    found = {str(one.relative): dict(one.columns) for one in read(tmp_path)}
    assert found == {
        "test/dog/c.flac": {"label": "dog"},
        "train/cat/a.wav": {"label": "cat"},
        "train/dog/b.wav": {"label": "dog"},
    }
    assert keys(tmp_path, split="train") == ["train/cat/a.wav", "train/dog/b.wav"]
    with pytest.raises(UsageError, match="split dev of the dataset has no samples"):
        read(tmp_path, split="dev")


@pytest.mark.parametrize("name", ["metadata.csv", "metadata.jsonl"])
def test_a_table_names_the_files_of_its_folder(run, tmp_path: Path, name: str) -> None:
    write_clips(tmp_path, "a.wav", "in/b.wav", "not-named.wav")
    table = [
        {"file_name": "in/b.wav", "text": "two", "split": "test"},
        {"file_name": "a.wav", "text": "größe, \"x\"", "split": "train"},
        {"file_name": "missing.wav", "text": "", "split": "train"},
    ]  # fmt: skip
    if name.endswith(".jsonl"):
        write_json_lines(tmp_path / name, table)
    else:
        lines = ["file_name,text,split", "in/b.wav,two,test", 'a.wav,"größe, ""x""",train']
        (tmp_path / name).write_text("\n".join([*lines, "missing.wav,,train"]), "utf-8-sig")
    ran = run("features", "--dataset", tmp_path, "-f", "jsonl")
    assert ran.code == 1
    assert [(one["source"], one["columns"]["text"]) for one in rows(ran)] == [
        (f"{tmp_path}#in/b.wav", "two"),
        (f"{tmp_path}#a.wav", 'größe, "x"'),
    ]
    assert f"error: {tmp_path}#missing.wav: no such file" in ran.stderr
    assert keys(tmp_path, split="test") == ["in/b.wav"]


def test_a_table_may_be_given_by_itself(tmp_path: Path) -> None:
    write_clips(tmp_path, "wavs/a.wav", "wavs/b.wav")
    path = write_json_lines(
        tmp_path / "manifest.jsonl",
        [{"path": "wavs/a.wav", "label": "x"}, {"path": "wavs/b.wav", "duration": 2.5}],
    )
    with path.open("a") as file:
        file.write('{"path": \n[1]\n{"text": "no path"}\n{"path": "wavs/a.wav"}\n')
    samples = read(path)
    assert [one.relative.as_posix() for one in samples][:2] == ["wavs/a.wav", "wavs/b.wav"]
    assert [one.columns for one in samples[:2]] == [{"label": "x"}, {"duration": 2.5}]
    assert [one.problem for one in samples[2:]] == [
        f"line 3 of {path} is not JSON",
        f"line 4 of {path} is not a JSON object",
        f"line 5 of {path} has no path",
        f"is named twice in {path}",
    ]


def test_the_column_of_a_table_is_chosen(tmp_path: Path) -> None:
    write_clips(tmp_path, "a.wav", "b.wav")
    table = write_json_lines(tmp_path / "x.jsonl", [{"near": "a.wav", "far": "b.wav"}])
    with pytest.raises(UsageError, match="has no column of audio among near, far"):
        read(table)
    assert keys(table, column="far") == ["b.wav"]
    with pytest.raises(UsageError, match=r"has no column no \(it has near, far\)"):
        read(table, column="no")


def test_paths_outside_the_folder_stay_in_the_output(run, tmp_path: Path) -> None:
    write_clips(tmp_path, "out.wav", "in/a.wav")
    write_json_lines(
        tmp_path / "in/metadata.jsonl",
        [{"file_name": "../out.wav"}, {"file_name": str(tmp_path / "in/a.wav")}],
    )
    ran = run("features", "--dataset", tmp_path / "in", "-d", tmp_path / "deep/x", "-f", "json")
    assert ran.code == 0, ran.stderr
    written = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.json"))
    assert len(written) == 2
    assert all(path.parts[:2] == ("deep", "x") for path in written)


def test_unreadable_tables_and_folders_fail_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_clips(tmp_path, "a/x.wav", "b/y.wav", "c/z.wav")
    (tmp_path / "a/metadata.csv").write_text('file_name,text\nx.wav,so\n"y.wav"oh,x\n')
    (tmp_path / "b/metadata.csv").write_bytes(b"file_name,text\n\xff\xfe\n")
    scandir = os.scandir

    def refuse(folder: Path) -> object:
        if Path(folder).name == "c":
            raise PermissionError(errno.EACCES, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    found = {str(one.relative): one.problem or "" for one in read(f"audiofolder:{tmp_path}")}
    assert found["a/x.wav"] == ""
    assert found["c"] == "permission denied (change its permissions)"
    problems = [text for text in found.values() if "metadata.csv" in text]
    assert len(problems) == 2
    assert all("cannot be read: " in text for text in problems)
