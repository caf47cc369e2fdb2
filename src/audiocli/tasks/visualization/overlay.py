"""Read words, turns and events of other results, to show them below a spectrogram."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePath

from audiocli.errors import WRONG_FILE, InputError, hint_for, reason
from audiocli.results import MAX_SECONDS, Classification, Result, Span
from audiocli.results.lanes import by_lane, spans_of
from audiocli.text.encodings import decode
from audiocli.whole_files import MAX_RESULTS, read_whole

_MAX_EVENTS = 8  # maximum number of event lanes, by total duration


@dataclass(frozen=True)
class Overlay:
    """Spans of a file, to show below a spectrogram.

    Attributes
    ----------
    sources : names of the recordings that the file is of
    """

    path: Path
    spans: tuple[Span, ...]
    sources: tuple[str, ...]

    def is_of(self, name: str) -> bool:
        """Return whether the file is of a recording; stdin may be any."""
        named = set(map(_stem, self.sources))
        return _stem(name) in named or "-" in {name, *named} or not named

    @property
    def mismatch(self) -> str:
        """Text of a warning about another recording."""
        return f"{self.path} is the result of another recording: {', '.join(self.sources)}"


def _stem(name: str) -> str:
    return PurePath(name).stem.casefold()


def read_overlay(path: Path) -> Overlay:
    """Read a transcript, a diarization or a classification as JSON, or turns as RTTM.

    Raises
    ------
    InputError : the file cannot be read, or has nothing with times
    """
    if path.suffix.lower() == ".rttm":
        try:
            turns = list(_turns_of_rttm(_text(path)))
        except ValueError as error:
            raise InputError(path, str(error), WRONG_FILE) from error
        sources, spans = [name for name, _ in turns], tuple(turn for _, turn in turns)
    else:
        results = read_results(path)
        sources = [result.source for result in results]
        spans = tuple(span for result in results for span in _spans(result))
    if not spans:
        raise InputError(path, "has no words, turns or events with times", WRONG_FILE)
    return Overlay(path, spans, tuple(dict.fromkeys(sources)))


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


def _turns_of_rttm(text: str) -> Iterator[tuple[str, Span]]:
    """Yield the file and the turn of each line.

    A line is `SPEAKER file 1 0.50 2.25 <NA> <NA> anna <NA> <NA>`.
    """
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split()
        if not fields or fields[0] != "SPEAKER":
            continue
        if len(fields) < 8:
            raise ValueError(f"line {number} has {len(fields)} fields; RTTM has 9 or 10")
        start, length = float(fields[3]), float(fields[4])
        if not (0 <= start <= MAX_SECONDS and 0 <= length <= MAX_SECONDS):
            raise ValueError(f"line {number}: {fields[3]} and {fields[4]} are not times in seconds")
        yield fields[1], Span(start=start, end=start + length, text=fields[7], lane=fields[7])
