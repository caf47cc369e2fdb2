"""Parquet files with audio or paths of audio."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiocli.errors import UsageError
from datasets_of_tones import clip, keys, length, read, rows, write_parquet


def audio(number: int) -> dict[str, object]:
    return {"bytes": clip(number), "path": f"talks/{number}.wav"}


def test_rows_with_audio(run, tmp_path: Path) -> None:
    table = [
        {"audio": audio(n), "text": f"t{n}", "age": n, "tags": ["x"], "thumb": {"a": 1}}
        for n in range(3)
    ]
    file = write_parquet(tmp_path / "x.parquet", table, row_group_size=2)
    found = rows(run("features", "--dataset", file, "-f", "jsonl"))
    assert [one["source"] for one in found] == [f"{file}#00000{n}-{n}" for n in range(3)]
    assert [one["columns"] for one in found] == [{"text": f"t{n}", "age": n} for n in range(3)]
    assert [one["duration"] for one in found] == [length(n) for n in range(3)]


def test_rows_with_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "wavs").mkdir()
    (tmp_path / "wavs/a.wav").write_bytes(clip())
    file = write_parquet(tmp_path / "x.parquet", [{"path": "wavs/a.wav", "id": "first"}])
    (sample,) = read(file)
    assert (sample.audio, sample.columns) == (tmp_path / "wavs/a.wav", {"id": "first"})
    assert sample.relative == Path("000000-first")


def test_bytes_without_a_struct_and_missing_audio(tmp_path: Path) -> None:
    file = write_parquet(tmp_path / "x.parquet", [{"sound": clip()}, {"sound": None}])
    whole, missing = read(file)
    assert whole.audio == clip()
    assert missing.problem == "has no audio in column sound (check the dataset)"


def test_one_of_several_columns_is_chosen(tmp_path: Path) -> None:
    file = write_parquet(tmp_path / "x.parquet", [{"near": audio(1), "far": audio(2), "text": "t"}])
    with pytest.raises(UsageError, match=r"has several columns of audio: near, far \(choose one"):
        read(file)
    (sample,) = read(file, column="far")
    assert (sample.audio, sample.columns) == (clip(2), {"text": "t"})
    with pytest.raises(UsageError, match=r"has no column x \(it has near, far, text\)"):
        read(file, column="x")
    (tmp_path / "y.parquet").write_bytes(
        write_parquet(tmp_path / "z.parquet", [{"words": "t"}]).read_bytes()
    )
    with pytest.raises(UsageError, match="has no column of audio among words"):
        read(tmp_path / "y.parquet")


def test_files_of_a_folder_and_a_broken_one(tmp_path: Path) -> None:
    for name in ("train-0", "train-1", "test-0"):
        write_parquet(tmp_path / f"data/{name}.parquet", [{"audio": audio(1)}])
    assert keys(tmp_path, split="train") == ["train-0/000000-1", "train-1/000000-1"]
    (tmp_path / "data/train-0.parquet").write_bytes(b"PAR1 and no more")
    test, broken, train = read(tmp_path)
    assert (test.problem, train.problem) == (None, None)
    assert broken.problem and broken.problem.startswith("is damaged: ")
    with pytest.raises(UsageError, match="no file name contains the split dev"):
        read(tmp_path, split="dev")


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    noise = [bytes([n]) * 200_000 for n in range(60)]
    settings = {"use_dictionary": False, "compression": "none", "row_group_size": 5}
    small = write_parquet(tmp_path / "s.parquet", [{"a": one} for one in noise[:10]], **settings)
    large = write_parquet(tmp_path / "l.parquet", [{"a": one} for one in noise], **settings)

    def peak(file: Path) -> int:
        from audiocli.batch.datasets.base import DatasetOptions
        from audiocli.batch.datasets.dataset_inputs import open_dataset

        highest = 0
        for _ in open_dataset(DatasetOptions(spec=str(file))):
            highest = max(highest, pyarrow.total_allocated_bytes())
        return highest

    assert peak(large) < 1.5 * peak(small)
