"""Folders of audio: labels are the names of subfolders, or columns of a metadata table.

The layout is that of `audiofolder` of Hugging Face datasets. A table may also be given by itself.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from audiocli.audio.formats import has_sound_suffix
from audiocli.audio.source import is_url
from audiocli.batch.datasets.base import DatasetOptions, Sample, in_split, path_column, scalars
from audiocli.errors import UsageError, hint_for, reason
from audiocli.text.encodings import encoding_by_mark

_TABLES = ("metadata.csv", "metadata.jsonl")
_SPLITS = {"train", "training", "validation", "valid", "val", "dev", "test", "testing", "data"}


def samples(place: str, options: DatasetOptions) -> Iterator[Sample]:
    """Yield the files of a folder or of a table, by name or in the order of the table."""
    path = Path(place)
    if path.is_file():
        return _of_table(path, path.parent, options)
    if not path.is_dir():
        raise UsageError(f"{options.spec}: no such file or folder", "check the path")
    if options.column and not any(path.rglob("metadata.*")):
        raise UsageError(f"{options.spec}: has no metadata table with a column {options.column}")
    return _of_folder(path, path, options)


def _of_folder(root: Path, folder: Path, options: DatasetOptions) -> Iterator[Sample]:
    """Yield the files below a folder; a table stands for all of them."""
    for name in _TABLES:
        if (folder / name).is_file():
            yield from _of_table(folder / name, root, options)
            return
    try:
        entries = list(os.scandir(folder))
    except OSError as error:
        key = folder.relative_to(root).as_posix()
        yield Sample(key, None, problem=f"{reason(error)} ({hint_for(error)})")
        return
    for entry in sorted(entries, key=lambda entry: (entry.is_dir(), entry.name)):
        path = Path(entry.path)
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _of_folder(root, path, options)
        elif has_sound_suffix(path):
            below = path.relative_to(root)
            label = "" if folder == root or folder.name in _SPLITS else folder.name
            if options.split is None or in_split(below.parent.as_posix(), options.split):
                yield Sample(below.as_posix(), path, {"label": label} if label else {})


def _of_table(table: Path, root: Path, options: DatasetOptions) -> Iterator[Sample]:
    """Yield the files of the rows of a table, whose paths are relative to it."""
    column = None
    in_folder = options.split and in_split(table.parent.relative_to(root).as_posix(), options.split)
    seen: set[int] = set()
    for line, row in _rows(table):
        if isinstance(row, str):
            yield Sample(f"{table.stem}-{line}", None, problem=f"line {line} of {table} {row}")
            continue
        column = column or path_column(row, options)
        if options.split and not in_folder and row.get("split") != options.split:
            continue
        yield _of_row(row, column, table, root, line, seen)


def _of_row(
    row: Mapping[str, Any], column: str, table: Path, root: Path, line: int, seen: set[int]
) -> Sample:
    name = row.get(column)
    columns = scalars({key: value for key, value in row.items() if key}, without=[column])
    if not isinstance(name, str) or not name:
        where = f"line {line} of {table}"
        return Sample(f"{table.stem}-{line}", None, columns, problem=f"{where} has no {column}")
    if is_url(name):
        return Sample(name.partition("://")[2], name, columns)
    path = table.parent / name
    is_below = path.is_relative_to(root) and ".." not in path.parts
    key = path.relative_to(root).as_posix() if is_below else name
    if hash(name) in seen:
        return Sample(f"{key}-{line}", None, columns, problem=f"is named twice in {table}")
    seen.add(hash(name))
    return Sample(key, path, columns)


def _rows(table: Path) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Yield the line number of each row and its values, or what is wrong with it."""
    number = 0
    try:
        with table.open("rb") as file:
            encoding = encoding_by_mark(file.read(4)) or "utf-8-sig"
        with table.open(encoding=encoding, newline="") as text:
            if table.suffix == ".jsonl":
                rows = _json_lines(text)
            else:
                delimiter = "\t" if table.suffix == ".tsv" else ","
                reader = csv.DictReader(text, delimiter=delimiter, strict=True)
                rows = ((reader.line_num, row) for row in reader)
            for number, row in rows:
                yield number, row
    except (OSError, UnicodeError, csv.Error) as error:
        problem = reason(error) if isinstance(error, OSError) else str(error)
        yield number + 1, f"cannot be read: {problem}"


def _json_lines(text: IO[str]) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    for number, line in enumerate(text, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            yield number, "is not JSON"
            continue
        yield number, row if isinstance(row, dict) else "is not a JSON object"
