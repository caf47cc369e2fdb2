"""Labels from folders and tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiocli.batch.labelled import LabelledClip, find_labelled_clips
from audiocli.errors import UsageError


def clip_labels(clips: list[LabelledClip], base: Path) -> list[tuple[str, str, str | None]]:
    return [(str(c.input.path.relative_to(base)), c.label, c.group) for c in clips if c.input.path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (
        "dog, barking/a.wav",
        "dog, barking/deep/b.wav",
        "Ünïcödé 🐦/c.flac",
        "empty/x.txt",
    ):
        path = tmp_path / "sounds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "sounds"


def test_folders(folder: Path) -> None:
    expected = [
        ("dog, barking/a.wav", "dog, barking", None),
        ("dog, barking/deep/b.wav", "dog, barking", None),
        ("Ünïcödé 🐦/c.flac", "Ünïcödé 🐦", None),
    ]
    assert clip_labels(find_labelled_clips([str(folder)], None), folder) == expected
    each = [str(folder / "Ünïcödé 🐦")]  # a folder without subfolders is itself a label
    assert clip_labels(find_labelled_clips(each, None), folder) == expected[2:]
    grouped = find_labelled_clips([str(folder)], r"([abc])\.")
    assert [clip.group for clip in grouped] == ["a", "b", "c"]
    with pytest.raises(UsageError, match=r"does not match .*a\.wav"):
        find_labelled_clips([str(folder)], "zz")
    (folder / "stray.wav").touch()
    with pytest.raises(UsageError, match=r"both subfolders and audio without a label: stray\.wav"):
        find_labelled_clips([str(folder)], None)


def test_tables(tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text(
        '\ufeffpath,label,speaker\nsub/a.wav,"rain, heavy",ada\n"b,c.wav", été ,bob\n', "utf-8"
    )
    assert clip_labels(find_labelled_clips([str(table)], "speaker"), tmp_path) == [
        ("sub/a.wav", "rain, heavy", "ada"),
        ("b,c.wav", "été", "bob"),
    ]
    tsv = tmp_path / "labels.tsv"
    tsv.write_text("label\tfilename\nx\ta.wav\n")
    assert clip_labels(find_labelled_clips([str(tsv)], None), tmp_path) == [("a.wav", "x", None)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a,b\n1,2\n", "its header has no columns path and label"),
        ("path,label\na.wav,\n", "line 2: the path or the label is missing"),
        ("path,label\na.wav,x\na.wav,y\n", "labelled both 'x' and 'y'"),
        ("path,label\na.wav,\xff\n".encode("latin-1"), "is not UTF-8 text .byte 17"),
        ("", "its header has no columns"),
    ],
)
def test_bad_tables(tmp_path: Path, text: str | bytes, problem: str) -> None:
    table = tmp_path / "labels.csv"
    table.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UsageError, match=problem):
        find_labelled_clips([str(table)], None)


def test_a_group_without_a_column(tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("path,label\na.wav,x\n")
    with pytest.raises(UsageError, match="has no column speaker"):
        find_labelled_clips([str(table)], "speaker")
