"""Table of a classification: a row for each label, with a bar, and a timeline of its events."""

from __future__ import annotations

from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from audiocli.escaping import plain
from audiocli.render.tables.lanes import LaneCell, TimeHeader
from audiocli.results import Classification
from audiocli.results.lanes import by_lane, spans_of

_BAR = 8  # columns
_MORE = 5  # labels of events that are not among the labels of the whole
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
        grid.add_column(TimeHeader(result.start, end), style="green", no_wrap=True, ratio=1)
    for label, score in _rows(result, lanes):
        shown = "" if score is None else f"{score:.3f}"
        lane = [LaneCell(result.start, end, lanes.get(label, ()), mark="■")] if lanes else []
        grid.add_row(Text(plain(label)), shown, _bar(score or 0.0), *lane)
    return grid


def _rows(result: Classification, lanes: Iterable[str]) -> list[tuple[str, float | None]]:
    """Return the labels of the whole, then those of the longest events."""
    named = {label.label: label.score for label in result.labels}
    others = [lane for lane in lanes if lane not in named]
    return [*named.items(), *((label, None) for label in others[:_MORE])]


def _bar(share: float) -> str:
    eighths = round(share * _BAR * 8)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).strip()
