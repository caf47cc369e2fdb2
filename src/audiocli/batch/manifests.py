"""Read manifests: JSON lines, CSV or TSV with a labelled recording on each line."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from audiocli.audio.source import is_url
from audiocli.batch.datasets.base import PATH_COLUMNS
from audiocli.batch.inputs import Input, input_below, input_of_url
from audiocli.errors import NO_SUCH_FILE, UsageError, hint_for, reason
from audiocli.text.encodings import encoding_of
from audiocli.whole_files import read_whole

TABLES = {".csv": ",", ".tsv": "\t"}


@dataclass(frozen=True, eq=False)
class ManifestRow:
    """A recording and what is known about it.

    Attributes
    ----------
    input : the recording; its `problem` says why the line cannot be used
    columns : values by name; of tables, text that is not empty
    folder : folder that paths in the columns are relative to
    """

    input: Input
    columns: Mapping[str, Any]
    folder: Path


def read_manifest(path: Path) -> list[ManifestRow]:
    """Return the rows of a manifest, by its suffix: .csv, .tsv, else JSON lines.

    The path of a recording is in one of `PATH_COLUMNS`, and relative to the folder of the
    manifest. A line that cannot be read is a row whose input has a `problem`.

    Raises
    ------
    UsageError : the manifest cannot be read, or is empty
    """
    try:
        data = read_whole(path, path)
        text = data.decode(encoding_of(data)).removeprefix("\ufeff")
    except FileNotFoundError:
        raise UsageError(f"{path}: {NO_SUCH_FILE[0]}", NO_SUCH_FILE[1]) from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {reason(error)}", hint_for(error)) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is not text", "give JSON lines, CSV or TSV") from error
    delimiter = TABLES.get(path.suffix.lower())
    lines = _table_lines(path, text, delimiter) if delimiter else _json_lines(text)
    rows = [_row(path, number, columns) for number, columns in lines]
    if not rows:
        raise UsageError(f"{path}: has no recordings", "give JSON lines, CSV or TSV")
    return rows


def _table_lines(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, Any]]:
    """Yield the number and the columns of each line; a string is why it cannot be used."""
    rows = csv.DictReader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        if not set(PATH_COLUMNS) & set(rows.fieldnames or ()):
            listed = ", ".join(PATH_COLUMNS)
            raise UsageError(f"{path}: its header has no column with paths", f"one of: {listed}")
        for row in rows:
            if None in row:
                yield rows.line_num, "has more columns than the header"
            else:
                yield rows.line_num, {name: value for name, value in row.items() if value}
    except csv.Error as error:
        yield rows.line_num, f"is not valid: {error}"


def _json_lines(text: str) -> Iterator[tuple[int, Any]]:
    """Yield the number and the object of each line; a string is why it cannot be used."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            yield number, "is not JSON"
        else:
            yield number, value if isinstance(value, dict) else "is not a JSON object"


def _row(path: Path, number: int, columns: Any) -> ManifestRow:
    place = f"{path}, line {number}"
    if isinstance(columns, str):
        return ManifestRow(_broken(place, f"{columns} (correct the line)"), {}, path.parent)
    name = next((columns[column] for column in PATH_COLUMNS if columns.get(column)), None)
    if not isinstance(name, str) or "\0" in name:
        problem = f"has no path of a recording (add one of: {', '.join(PATH_COLUMNS)})"
        return ManifestRow(_broken(place, problem), columns, path.parent)
    if is_url(name):
        return ManifestRow(input_of_url(name), columns, path.parent)
    return ManifestRow(input_below(path.parent / name, path.parent), columns, path.parent)


def _broken(place: str, problem: str) -> Input:
    return Input(place, None, Path(place.replace("/", "_")), problem)
