"""Small datasets in each form, with tones as audio, and functions that read them."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from audiocli.batch.datasets.base import DatasetOptions
from audiocli.batch.datasets.dataset_inputs import DatasetInput, open_dataset
from inprocess import Ran
from sounds import pcm, tone


@cache
def clip(number: int = 0) -> bytes:
    """Return a WAV file that is 0.1 s longer than that of the number before."""
    return pcm(tone(0.3 + number / 10))


def length(number: int) -> float:
    """Return the duration of a clip in seconds."""
    return round(0.3 + number / 10, 3)


def write_tar(path: Path, files: Iterable[tuple[str, bytes]], mode: str = "w") -> Path:
    """Write a tar file of names and contents."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def write_parquet(path: Path, rows: list[dict[str, Any]], **options: Any) -> Path:
    """Write a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path, **options)
    return path


def write_json_lines(path: Path, items: Iterable[Mapping[str, Any]]) -> Path:
    """Write JSON lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    return path


def samples_of_tar(count: int) -> list[tuple[str, bytes]]:
    """Return the files of a shard with texts and speakers."""
    files = []
    for number in range(count):
        about = {"speaker": f"s{number}", "tags": ["x"], "score": 0.5}
        files += [
            (f"a/{number:03}.wav", clip(number)),
            (f"a/{number:03}.json", json.dumps(about).encode()),
            (f"a/{number:03}.txt", f"text {number}\n".encode()),
            (f"a/{number:03}.cls", b"7"),
        ]
    return files


def read(spec: object, **options: Any) -> list[DatasetInput]:
    """Return the samples of a dataset."""
    found = open_dataset(DatasetOptions(spec=str(spec), **options))
    return [one for one in found if isinstance(one, DatasetInput)]


def keys(spec: object, **options: Any) -> list[str]:
    """Return the keys of the samples of a dataset."""
    return [one.relative.as_posix() for one in read(spec, **options)]


def rows(ran: Ran) -> list[Any]:
    """Return the JSON lines on stdout."""
    return [json.loads(line) for line in ran.stdout.splitlines()]
