"""Parquet files with audio, as `datasets` writes them, or with paths of audio.

Rows are read one by one, but a page of a column has to be read whole. Writers put up to a row
group in a page; `datasets` writes row groups of 100 samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import PurePosixPath
from typing import Any

from audiocli.audio.source import is_url
from audiocli.batch.datasets.base import (
    PATH_COLUMNS,
    DatasetOptions,
    Sample,
    scalars,
)
from audiocli.batch.datasets.shards import Shard, find_shards, samples_of_shards
from audiocli.errors import MissingExtra, UsageError

PARQUET_SUFFIXES = (".parquet",)
_BATCH = 1  # rows; a result must not wait for the next sample
_BUFFER = 1 << 20  # bytes of a column that are read at a time
_NAMES = ("id", "key", "uid", "utt_id", "__key__")  # columns that name a sample


def samples(place: str, options: DatasetOptions) -> Iterator[Sample]:
    """Yield the rows of Parquet files."""
    if find_spec("pyarrow") is None:
        raise MissingExtra("--dataset with Parquet files", "parquet")
    shards = find_shards(place, options, PARQUET_SUFFIXES)
    return samples_of_shards(shards, partial(_samples_of, options=options))


def _samples_of(shard: Shard, options: DatasetOptions) -> Iterator[Sample]:
    import pyarrow.parquet as pq

    with shard.open() as opened:
        # A path is read without the interpreter.
        place = opened if is_url(shard.place) else shard.place
        file = pq.ParquetFile(place, buffer_size=_BUFFER, pre_buffer=False)
        audio = audio_column(file.schema_arrow, options)
        wanted = [audio, *_scalar_columns(file.schema_arrow, audio)]
        row = 0
        for batch in file.iter_batches(_BATCH, columns=wanted):
            for values in batch.to_pylist():
                yield sample_of_row(row, values, audio, shard)
                row += 1


def sample_of_row(row: int, values: Mapping[str, Any], audio: str, shard: Shard) -> Sample:
    """Return the sample of a row.

    Parameters
    ----------
    row : its number, which makes its key unique
    audio : the column with the audio: bytes, a path or URL, or both as `bytes` and `path`
    """
    value = values[audio]
    content, path = value, None
    if isinstance(value, Mapping):
        content, path = value.get("bytes"), value.get("path")
    elif isinstance(value, str):
        content, path = None, value
    named = next((str(values[name]) for name in _NAMES if values.get(name)), path or "")
    stem = PurePosixPath(named.replace("\\", "/")).stem
    key = shard.key_of(f"{row:06}-{stem}" if stem else f"{row:06}")
    columns = scalars(values, without=[audio])
    if content is not None:
        return Sample(key, content, columns)
    if path:
        return Sample(key, shard.beside(path), columns)
    return Sample(key, None, columns, problem=f"has no audio in column {audio} (check the dataset)")


def audio_column(schema: Any, options: DatasetOptions) -> str:
    """Return the column with the audio: a struct with `bytes`, bytes, or paths.

    Raises
    ------
    UsageError : there is none, or there are several
    """
    import pyarrow.types as kinds

    names = list(schema.names)
    if options.column:
        if options.column not in names:
            problem = f"{options.spec}: has no column {options.column}"
            raise UsageError(problem, f"it has {', '.join(names)}")
        return options.column
    structs = [
        field.name
        for field in schema
        if kinds.is_struct(field.type) and field.type.get_field_index("bytes") >= 0
    ]
    blobs = [
        field.name
        for field in schema
        if kinds.is_binary(field.type) or kinds.is_large_binary(field.type)
    ]
    paths = [name for name in PATH_COLUMNS if name in names][:1]
    found = structs or blobs or paths
    if len(found) == 1:
        return found[0]
    if found:
        problem = f"{options.spec}: has several columns of audio: {', '.join(found)}"
        raise UsageError(problem, "choose one with --column")
    raise UsageError(
        f"{options.spec}: has no column of audio among {', '.join(names)}", "name it with --column"
    )


def _scalar_columns(schema: Any, audio: str) -> list[str]:
    import pyarrow.types as kinds

    tests = (
        *(kinds.is_string, kinds.is_large_string, kinds.is_boolean),
        *(kinds.is_integer, kinds.is_floating, kinds.is_null),
    )
    return [
        field.name
        for field in schema
        if field.name != audio and any(test(field.type) for test in tests)
    ]
