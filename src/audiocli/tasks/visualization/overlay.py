"""Read words, turns and events of other results, to show them below a spectrogram."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePath

from audiocli.errors import WRONG_FILE, InputError, hint_for, reason
from audiocli.results import Classification, Result, Span, Turn
from audiocli.results.lanes import by_lane, spans_of
from audiocli.tasks.diarization.rttm import read_rttm
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
        turns = read_rttm(path)
        sources = [name for name, _ in turns]
        spans = tuple(_lane(turn) for _, turn in turns)
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


def _lane(turn: Turn) -> Span:
    return Span(start=turn.start, end=turn.end, text=turn.speaker, lane=turn.speaker)


def _spans(result: Result) -> tuple[Span, ...]:
    spans = spans_of(result)
    if not isinstance(result, Classification):
        return spans
    longest = list(by_lane(spans).values())[:_MAX_EVENTS]
    return tuple(chain.from_iterable(longest))
