"""Table of a classification: a row for each label, with a bar, and a timeline of its events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from audiocli.escaping import plain
from audiocli.render.tables.lanes import LaneCell, TimeHeader
from audiocli.results import Classification, SoundEvent
from audiocli.results.lanes import by_lane, spans_of
from audiocli.text.languages import language_name

_BAR = 8  # columns
_MORE = 5  # labels of events that are not among the labels of the whole
_LEGEND = "score: whole recording; peak: maximum of the events; -f csv: events with times"
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def table(result: Classification) -> Table:
    """Return a table of labels with scores and the times of events."""
    end = result.start + result.duration
    lanes = by_lane(spans_of(result)) if result.events else {}
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, expand=bool(lanes))
    grid.add_column("label", overflow="fold", min_width=10)
    grid.add_column("score", justify="right", style="cyan", no_wrap=True)
    grid.add_column("", no_wrap=True)
    if lanes:
        grid.add_column("peak", justify="right", style="cyan", no_wrap=True)
        grid.add_column(TimeHeader(result.start, end), style="green", no_wrap=True, ratio=1)
        grid.caption, grid.caption_justify = _LEGEND, "left"
    peaks = _peaks(result.events or ())
    for label, score in _rows(result, lanes):
        cells = [_shown(score), _bar(score or 0.0)]
        lane = LaneCell(result.start, end, lanes.get(label, ()), mark="■")
        events: list[Any] = [_shown(peaks.get(label)), lane] if lanes else []
        grid.add_row(Text(plain(_label(result, label))), *cells, *events)
    return grid


def _label(result: Classification, label: str) -> str:
    """Return a label as it is shown: a language with its name and code."""
    if result.task != "language" or not (name := language_name(label)):
        return label
    return f"{name} ({label})"


def _peaks(events: Sequence[SoundEvent]) -> dict[str, float]:
    """Return the highest score of the events of each label."""
    peaks: dict[str, float] = {}
    for event in events:
        peaks[event.label] = max(event.score, peaks.get(event.label, 0.0))
    return peaks


def _shown(score: float | None) -> str:
    return "" if score is None else f"{score:.3f}"


def _rows(result: Classification, lanes: Iterable[str]) -> list[tuple[str, float | None]]:
    """Return the labels of the whole, then those of the longest events."""
    named = {label.label: label.score for label in result.labels}
    others = [lane for lane in lanes if lane not in named]
    return [*named.items(), *((label, None) for label in others[:_MORE])]


def _bar(share: float) -> str:
    eighths = round(share * _BAR * 8)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).strip()
