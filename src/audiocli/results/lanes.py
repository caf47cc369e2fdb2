"""Words, turns and events of a result as spans in lanes, for drawing them over time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audiocli.results.base import Result
from audiocli.results.classification import Classification
from audiocli.results.speakers import Diarization
from audiocli.results.spectrogram import Span
from audiocli.results.transcript import Transcript


def spans_of(result: Result) -> tuple[Span, ...]:
    """Return the spans of a result, lane by lane; empty for results without times.

    A transcript has a lane for each speaker, with words, or segments if it has no words. A
    diarization has a lane for each speaker. A classification has a lane for each label, with
    its events or else the windows whose most probable label it is, longest first.
    """
    if isinstance(result, Transcript):
        return tuple(_words(result))
    if isinstance(result, Diarization):
        return tuple(_turns(result))
    if isinstance(result, Classification):
        return tuple(_longest_first(_sounds(result)))
    return ()


def by_lane(spans: Iterable[Span]) -> dict[str, list[Span]]:
    """Group spans by lane, in order of first appearance."""
    lanes: dict[str, list[Span]] = {}
    for span in spans:
        lanes.setdefault(span.lane, []).append(span)
    return lanes


def total_seconds(spans: Iterable[Span]) -> float:
    """Return the total duration of spans; time covered by several spans is counted once."""
    seconds, reached = 0.0, float("-inf")
    for span in sorted(spans, key=lambda span: span.start):
        seconds += max(0.0, span.end - max(span.start, reached))
        reached = max(reached, span.end)
    return seconds


def _words(transcript: Transcript) -> Iterator[Span]:
    for segment in transcript.segments:
        for part in segment.words or (segment,):
            lane = part.speaker or segment.speaker or "words"
            yield Span(start=part.start, end=part.end, text=part.text, lane=lane)


def _turns(diarization: Diarization) -> Iterator[Span]:
    for turn in diarization.turns:
        yield Span(start=turn.start, end=turn.end, text=turn.speaker, lane=turn.speaker)


def _sounds(classification: Classification) -> Iterator[Span]:
    for event in classification.events or ():
        yield Span(start=event.start, end=event.end, text=event.label, lane=event.label)
    if classification.events is None:
        for window in classification.windows or ():
            for top in window.labels[:1]:
                yield Span(start=window.start, end=window.end, text=top.label, lane=top.label)


def _longest_first(spans: Iterable[Span]) -> Iterator[Span]:
    for lane in sorted(by_lane(spans).values(), key=lambda lane: -total_seconds(lane)):
        yield from lane
