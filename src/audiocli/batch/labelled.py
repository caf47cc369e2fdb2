"""Read labelled clips from folders named after labels, or from tables."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path

from audiocli.audio.formats import has_sound_suffix
from audiocli.batch.datasets.base import PATH_COLUMNS
from audiocli.batch.inputs import Input, find_inputs
from audiocli.batch.manifests import TABLES
from audiocli.errors import InputError, UsageError, reason
from audiocli.text.encodings import decode
from audiocli.whole_files import read_whole


@dataclass(frozen=True)
class LabelledClip:
    """A clip and its label.

    Attributes
    ----------
    group : clips of one group (a speaker, a recording) stay in the same fold; None if unset
    """

    input: Input
    label: str
    group: str | None = None


def find_labelled_clips(arguments: Sequence[str], group: str | None) -> list[LabelledClip]:
    """Read folders and tables.

    The label of a clip in a folder is the name of the subfolder that contains it; a folder
    without subfolders is itself a label. A table (.csv, .tsv) has a header with `label` and
    one of path, file, filename, source; paths are relative to the folder of the table.

    Parameters
    ----------
    group : a column of the table; for folders, a regular expression that is searched in the
        path (the first group of the match, else the whole match)

    Raises
    ------
    UsageError : labels are missing or ambiguous, or a group is not found
    """
    found = [one for argument in arguments for one in _read(Path(argument), group)]
    seen: dict[Path, LabelledClip] = {}
    for one in found:
        path = one.input.path
        assert path is not None
        before = seen.setdefault(path.absolute(), one)
        if before.label != one.label:
            raise UsageError(f"{path} is labelled both {before.label!r} and {one.label!r}")
    return list(seen.values())


def _read(path: Path, group: str | None) -> Iterator[LabelledClip]:
    if path.is_dir():
        yield from _in_folder(path, _group_finder(group))
    elif path.suffix.lower() in TABLES:
        yield from _in_table(path, group)
    elif not path.exists():
        raise UsageError(f"{path}: no such file or folder")
    else:
        raise UsageError(
            f"{path}: is neither a folder nor a table of labels (.csv, .tsv)",
            "the subfolders of a folder are its labels",
        )


def _in_folder(folder: Path, group_of: Callable[[str], str | None]) -> Iterator[LabelledClip]:
    inner = sorted(p for p in folder.iterdir() if p.is_dir() and p.name[0] != ".")
    if not inner:
        named = [(folder, folder.resolve().name)]
    elif stray := next((p for p in sorted(folder.iterdir()) if has_sound_suffix(p)), None):
        raise UsageError(
            f"{folder} contains both subfolders and audio without a label: {stray.name}",
            "move it into a subfolder, or write a table with the columns path and label",
        )
    else:
        named = [(one, one.name) for one in inner]
    for place, label in named:
        for input in find_inputs([str(place)], stdin=BytesIO()):
            if not input.path or not input.path.is_dir():  # ignore folders without audio
                yield LabelledClip(input, label, group_of(input.name))


def _in_table(path: Path, group: str | None) -> Iterator[LabelledClip]:
    try:
        with StringIO(decode(read_whole(path, path), path), newline="") as file:
            rows = csv.DictReader(file, delimiter=TABLES[path.suffix.lower()], strict=True)
            column = next((name for name in PATH_COLUMNS if name in (rows.fieldnames or ())), None)
            if column is None or "label" not in (rows.fieldnames or ()):
                raise UsageError(f"{path}: its header has no columns path and label")
            if group is not None and group not in (rows.fieldnames or ()):
                raise UsageError(f"{path}: has no column {group}")
            for row in rows:
                name, label = row[column], (row["label"] or "").strip()
                if not name or not label:
                    raise UsageError(
                        f"{path}, line {rows.line_num}: the path or the label is missing"
                    )
                clip = path.parent / name
                yield LabelledClip(
                    Input(str(clip), clip, Path(name)), label, row[group] if group else None
                )
    except InputError as error:
        raise UsageError(error.message, error.hint) from error
    except (OSError, csv.Error) as error:
        problem = reason(error) if isinstance(error, OSError) else str(error)
        raise UsageError(f"{path}: the table cannot be read: {problem}") from error


def _group_finder(pattern: str | None) -> Callable[[str], str | None]:
    if pattern is None:
        return lambda _: None
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"{pattern!r} is not a regular expression: {error}") from error

    def group_of(name: str) -> str:
        match = compiled.search(name)
        if match is None:
            raise UsageError(f"--group {pattern} does not match {name}")
        return match[1] if compiled.groups else match[0]

    return group_of
