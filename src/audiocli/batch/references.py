"""Read the references of recordings from the columns of a manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from audiocli.batch.manifests import ManifestRow
from audiocli.errors import InputError, UsageError
from audiocli.results import MAX_SECONDS, Segment, Turn
from audiocli.tasks.diarization.rttm import read_rttm
from audiocli.tasks.evaluation.reference import Reference

_ADD = "add it to the manifest, or leave the line out"

# The columns that may hold the reference of a task, and what is read beside them.
REFERENCE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "transcribe": ("text", "sentence", "transcription", "transcript"),
    "diarize": ("rttm", "turns"),
    "align": ("words", "turns"),
    "classify": ("label", "labels"),
    "language": ("language",),
    "embed": ("label", "speaker"),
    "enhance": ("clean",),
}


def read_reference(row: ManifestRow, task: str, column: str | None = None) -> Reference:
    """Return what a task is scored against.

    Parameters
    ----------
    task : a key of `REFERENCE_COLUMNS`
    column : the column of the reference, if it has another name

    Raises
    ------
    InputError : the column is missing, or its value is not valid
    """
    input, name = row.input, row.input.name
    if input.problem:
        raise InputError(name, input.problem)
    columns = (column,) if column else REFERENCE_COLUMNS[task]
    absent: tuple[Any, ...] = (None, [])
    if task != "transcribe":  # silence has an empty text
        absent += ("",)
    found = next((one for one in columns if row.columns.get(one) not in absent), None)
    if found is None:
        raise InputError(name, f"has no column {' or '.join(columns)}", _ADD)
    value = row.columns[found]
    common: dict[str, Any] = {"name": name, "duration": _seconds_or_none(row, "duration")}
    return _READERS[task](row, found, value, common)


def _transcript(row: ManifestRow, column: str, value: Any, common: Mapping[str, Any]) -> Reference:
    spans = row.columns.get("turns")
    segments = tuple(_segments(row, "turns", spans)) if isinstance(spans, list) else ()
    return Reference(
        text=_text(row, column, value),
        language=_language(row),
        segments=segments if all(one.text and one.speaker for one in segments) else (),
        **common,
    )


def _speakers(row: ManifestRow, column: str, value: Any, common: Mapping[str, Any]) -> Reference:
    if isinstance(value, str):
        turns = [turn for _, turn in read_rttm(row.folder / value)]
        return Reference(turns=tuple(turns), **common)
    segments = _segments(row, column, value)
    turns = [Turn(start=one.start, end=one.end, speaker=one.speaker or "") for one in segments]
    return Reference(turns=tuple(turns), **common)


def _alignment(row: ManifestRow, column: str, value: Any, common: Mapping[str, Any]) -> Reference:
    segments = tuple(_segments(row, column, value))
    text = "\n".join(segment.text for segment in segments)
    return Reference(text=text, segments=segments, language=_language(row), **common)


def _labels(row: ManifestRow, column: str, value: Any, common: Mapping[str, Any]) -> Reference:
    values = value if isinstance(value, list) else [value]
    return Reference(labels=tuple(_text(row, column, one) for one in values), **common)


def _languages(row: ManifestRow, column: str, value: Any, common: Mapping[str, Any]) -> Reference:
    return Reference(labels=(_code(_text(row, column, value)),), **common)


def _clean(row: ManifestRow, column: str, value: Any, common: Mapping[str, Any]) -> Reference:
    return Reference(clean=row.folder / _text(row, column, value), **common)


_READERS: Mapping[str, Callable[..., Reference]] = {
    "transcribe": _transcript,
    "diarize": _speakers,
    "align": _alignment,
    "classify": _labels,
    "language": _languages,
    "embed": _labels,
    "enhance": _clean,
}


def _segments(row: ManifestRow, column: str, value: Any) -> Iterator[Segment]:
    """Yield the spans of a list of objects with start, end, and text or speaker."""
    if not isinstance(value, list):
        raise InputError(row.input.name, f"{column} is not a list of spans", _ADD)
    for number, span in enumerate(value):
        place = f"{column}[{number}]"
        if not isinstance(span, dict):
            raise InputError(row.input.name, f"{place} is not an object", _ADD)
        start, end = (_seconds(row, f"{place}.{key}", span.get(key)) for key in ("start", "end"))
        text = str(span.get("text") or span.get("word") or "")
        speaker = span.get("speaker")
        yield Segment(
            start=start, end=end, text=text, speaker=None if speaker is None else str(speaker)
        )


def _text(row: ManifestRow, column: str, value: Any) -> str:
    if not isinstance(value, str | int):
        raise InputError(row.input.name, f"{column} is not text", "correct the manifest")
    return str(value)


def _seconds(row: ManifestRow, column: str, value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = -1.0
    if not 0 <= seconds <= MAX_SECONDS:
        raise InputError(
            row.input.name, f"{column} is not a time in seconds", "correct the manifest"
        )
    return seconds


def _seconds_or_none(row: ManifestRow, column: str) -> float | None:
    value = row.columns.get(column)
    return None if value in (None, "") else _seconds(row, column, value)


def _language(row: ManifestRow) -> str | None:
    value = row.columns.get("language")
    return _code(value) if isinstance(value, str) and value else None


def _code(language: str) -> str:
    """Return the code of a language, or the name itself if it is not known, such as mul."""
    from audiocli.text.languages import language_code

    try:
        return language_code(language)
    except UsageError:
        return language


def selected_rows(
    rows: Sequence[ManifestRow], task: str, where: Mapping[str, str]
) -> list[ManifestRow]:
    """Return the rows whose columns have the given values, and of these the rows of the task.

    If the column `task` of a row names the task, rows of other tasks are left out. Rows that
    cannot be read are kept.
    """
    chosen = [row for row in rows if has_values(row, where)]
    if all(row.columns.get("task") != task for row in chosen):
        return chosen
    return [row for row in chosen if row.columns.get("task") in (task, None)]


def has_values(row: ManifestRow, where: Mapping[str, str]) -> bool:
    """Return whether columns have the given values, or the row cannot be read."""
    if row.input.problem:
        return True
    return all(_shown(row.columns.get(name)) == value for name, value in where.items())


def _shown(value: Any) -> str:
    """Return a value as it is written on the command line."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def group_of(row: ManifestRow, column: str | None) -> str | None:
    """Return the value of a column that forms groups."""
    return _shown(row.columns.get(column)) or "(none)" if column else None
