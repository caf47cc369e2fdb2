"""The table of a classification: a row a label, with a bar, and a timeline where there is one."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from audiocli.render.base import plain, timestamp
from audiocli.results import Classification, SoundEvent

_BAR = 8  # columns
_TIMELINE = 30  # columns
_MORE = 5  # labels that are heard for a while, but not among the likeliest of the whole
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def table(result: Classification) -> Table:
    """Show what is heard, how surely, and when."""
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    grid.add_column("label", overflow="fold", min_width=10)
    grid.add_column("score", justify="right", style="cyan", no_wrap=True)
    grid.add_column("", no_wrap=True)
    events = result.events or ()
    if events:
        grid.add_column(_span(result), style="green", no_wrap=True)
    for label, score in _rows(result):
        cells: list[Text | str] = [
            Text(plain(label)),
            "" if score is None else f"{score:.3f}",
            _bar(score or 0.0),
        ]
        if events:
            cells.append(_timeline([e for e in events if e.label == label], result))
        grid.add_row(*cells)
    return grid


def _span(result: Classification) -> str:
    """Write the times at the two ends of the timeline."""
    begin = timestamp(result.start, digits=1)
    end = timestamp(result.start + result.duration, digits=1)
    return f"{begin}{end:>{_TIMELINE - len(begin)}}"


def _rows(result: Classification) -> list[tuple[str, float | None]]:
    """The labels of the whole, then those of the longest events."""
    rows = [(label.label, label.score) for label in result.labels]
    heard: dict[str, float] = {}
    for event in result.events or ():
        heard[event.label] = heard.get(event.label, 0.0) + event.end - event.start
    named = {label for label, _ in rows}
    others = sorted((label for label in heard if label not in named), key=lambda x: -heard[x])
    return rows + [(label, None) for label in others[:_MORE]]


def _bar(share: float) -> str:
    eighths = round(share * _BAR * 8)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).strip()


def _timeline(events: Sequence[SoundEvent], result: Classification) -> str:
    """Draw where events lie; one too short for a column still takes one."""
    columns = [" "] * _TIMELINE
    scale = _TIMELINE / result.duration
    for event in events:
        first = min(_TIMELINE - 1, int((event.start - result.start) * scale))
        last = max(first + 1, round((event.end - result.start) * scale))
        columns[first:last] = "■" * (min(last, _TIMELINE) - first)
    return "".join(columns).rstrip()
