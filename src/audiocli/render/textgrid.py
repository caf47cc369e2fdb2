"""Praat TextGrid, long text form (https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from audiocli.escaping import plain
from audiocli.render.base import Layout, Renderer
from audiocli.render.sound_events import events_of
from audiocli.results import (
    Alignment,
    Classification,
    Diarization,
    Result,
    Segment,
    Transcript,
    Word,
)

SHORTEST = 0.001  # seconds; Praat rejects intervals without length


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval of a tier; silence has no text."""

    start: float
    end: float
    text: str = ""


class TextGrid(Renderer):
    """Tiers of words, segments and phonemes; or one for each label or speaker."""

    name = "textgrid"
    extension = "TextGrid"
    wants_words = True
    wants_events = True
    accepts = (Transcript, Classification, Diarization)

    def body(self, result: Result, layout: Layout) -> Iterator[str]:  # noqa: ARG002
        """Yield the header, then each tier."""
        tiers = _tiers(result)
        end = max([round(result.duration, 3), *(i.end for tier in tiers.values() for i in tier)])
        yield 'File type = "ooTextFile"\nObject class = "TextGrid"\n\n'
        yield f"xmin = 0 \nxmax = {_number(end)} \n"
        yield f"tiers? <exists> \nsize = {len(tiers)} \nitem []: \n"
        for number, (name, intervals) in enumerate(tiers.items(), start=1):
            yield _tier(number, name, list(_complete(intervals, end)), end)


def _tiers(result: Result) -> dict[str, list[Interval]]:
    if isinstance(result, Diarization):
        return _turns(result)
    if isinstance(result, Classification):
        return _events(result)
    assert isinstance(result, Transcript)
    return _speech(result)


def _turns(result: Diarization) -> dict[str, list[Interval]]:
    """Return a tier for each speaker, whose turns do not overlap."""
    tiers: dict[str, list[Interval]] = {}
    for turn in result.turns:
        interval = Interval(round(turn.start, 3), round(turn.end, 3), plain(turn.speaker))
        tiers.setdefault(plain(turn.speaker), []).append(interval)
    return tiers or {"speakers": []}


def _events(result: Classification) -> dict[str, list[Interval]]:
    """Return a tier for each label, whose events do not overlap."""
    tiers: dict[str, list[Interval]] = {}
    for event in events_of(result):
        interval = Interval(round(event.start, 3), round(event.end, 3), plain(event.label))
        tiers.setdefault(plain(event.label), []).append(interval)
    return tiers or {"events": []}


def _speech(transcript: Transcript) -> dict[str, list[Interval]]:
    """Return tiers of words (if any) and segments for each speaker, and one of phonemes."""
    tiers: dict[str, list[Word | Segment]] = {}
    for segment in transcript.segments:
        for word in segment.words:
            tiers.setdefault(_name(word.speaker or segment.speaker, "words"), []).append(word)
        tiers.setdefault(_name(segment.speaker, "segments"), []).append(segment)
    if isinstance(transcript, Alignment) and transcript.phonemes:
        tiers["phonemes"] = list(transcript.phonemes)
    return {name: _labelled(items) for name, items in (tiers or {"segments": []}).items()}


def _name(speaker: str | None, what: str) -> str:
    return f"{plain(speaker)} - {what}" if speaker else what


def _labelled(items: Iterable[Word | Segment]) -> list[Interval]:
    """Return intervals in order of time without overlap; all texts are kept."""
    intervals: list[Interval] = []
    clock = 0.0
    for item in items:
        start = max(round(item.start, 3), clock)
        clock = round(max(item.end, start + SHORTEST), 3)
        intervals.append(Interval(start, clock, plain(item.text)))
    return intervals


def _complete(intervals: Iterable[Interval], end: float) -> Iterator[Interval]:
    """Yield the intervals with silence between them, from 0 to `end`, as Praat requires."""
    clock = 0.0
    for interval in intervals:
        if interval.start > clock:
            yield Interval(clock, interval.start)
        yield interval
        clock = interval.end
    if end > clock:
        yield Interval(clock, end)


def _tier(number: int, name: str, intervals: list[Interval], end: float) -> str:
    lines = [
        f"    item [{number}]:",
        '        class = "IntervalTier" ',
        f"        name = {_quoted(name)} ",
        "        xmin = 0 ",
        f"        xmax = {_number(end)} ",
        f"        intervals: size = {len(intervals)} ",
    ]
    for index, interval in enumerate(intervals, start=1):
        lines += [
            f"        intervals [{index}]:",
            f"            xmin = {_number(interval.start)} ",
            f"            xmax = {_number(interval.end)} ",
            f"            text = {_quoted(interval.text)} ",
        ]
    return "\n".join(lines) + "\n"


def _number(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".")


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


RENDERER = TextGrid()
