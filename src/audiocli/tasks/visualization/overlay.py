"""Read words, turns and events of other results, to show them below a spectrogram."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from audiocli.errors import WRONG_FILE, InputError, hint_for, reason
from audiocli.results import MAX_SECONDS, Classification, Result, Span
from audiocli.results.lanes import by_lane, spans_of
from audiocli.text.encodings import decode
from audiocli.whole_files import MAX_RESULTS, read_whole

_MAX_EVENTS = 8  # maximum number of event lanes, by total duration


def read_spans(path: Path) -> tuple[Span, ...]:
    """Read a transcript, a diarization or a classification as JSON, or turns as RTTM.

    Raises
    ------
    InputError : the file cannot be read, or has nothing with times
    """
    if path.suffix.lower() == ".rttm":
        try:
            spans = tuple(_turns_of_rttm(_text(path)))
        except ValueError as error:
            raise InputError(path, str(error), WRONG_FILE) from error
    else:
        spans = tuple(span for result in read_results(path) for span in _spans(result))
    if not spans:
        raise InputError(path, "has no words, turns or events with times", WRONG_FILE)
    return spans


def read_results(path: Path) -> list[Result]:
    """Read results in audiocli's JSON or JSON lines.

    Raises
    ------
    InputError : the file cannot be read, or holds something else
    """
    from audiocli.schema import SchemaError, loads
    from audiocli.tasks.alignment.corrections import realign_corrected_words

    try:
        return [realign_corrected_words(result) for result in loads(_text(path))]
    except SchemaError as error:
        raise InputError(path, error.message, error.hint) from error


def _text(path: Path) -> str:
    try:
        return decode(read_whole(path, path, MAX_RESULTS), path)
    except OSError as error:
        raise InputError(path, reason(error), hint_for(error)) from error


def _spans(result: Result) -> tuple[Span, ...]:
    spans = spans_of(result)
    if not isinstance(result, Classification):
        return spans
    longest = list(by_lane(spans).values())[:_MAX_EVENTS]
    return tuple(chain.from_iterable(longest))


def _turns_of_rttm(text: str) -> Iterator[Span]:
    """Yield the turns of lines such as `SPEAKER file 1 0.50 2.25 <NA> <NA> anna <NA> <NA>`."""
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split()
        if not fields or fields[0] != "SPEAKER":
            continue
        if len(fields) < 8:
            raise ValueError(f"line {number} has {len(fields)} fields; RTTM has 9 or 10")
        start, length = float(fields[3]), float(fields[4])
        if not (0 <= start <= MAX_SECONDS and 0 <= length <= MAX_SECONDS):
            raise ValueError(f"line {number}: {fields[3]} and {fields[4]} are not times in seconds")
        yield Span(start=start, end=start + length, text=fields[7], lane=fields[7])
