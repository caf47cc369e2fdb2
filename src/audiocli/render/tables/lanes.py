"""Columns that show when: in a table with `expand`, as wide as the terminal has room."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

from audiocli.render.pictures.ticks import TimeAxis
from audiocli.results import Span

_NARROWEST = 24
_TICK = 10  # columns that a time may take


@dataclass(frozen=True)
class _TimeColumn:
    """Something drawn over the time from `start` to `end`, in seconds."""

    start: float
    end: float

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(_NARROWEST, _NARROWEST).clamp(max_width=options.max_width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(self.line(TimeAxis(self.start, self.end, options.max_width)))

    def line(self, time: TimeAxis) -> str:
        """Draw it, `time.width` columns wide at most."""
        raise NotImplementedError


@dataclass(frozen=True)
class TimeHeader(_TimeColumn):
    """The header of such a column: marks of time, each where it begins."""

    def line(self, time: TimeAxis) -> str:
        """Write the times."""
        columns = [" "] * time.width
        for value, label in time.ticks(_TICK):
            at = round(time.x(value))
            if at + len(label) <= time.width:
                columns[at : at + len(label)] = label
        return "".join(columns).rstrip()


@dataclass(frozen=True)
class LaneCell(_TimeColumn):
    """Where spans lie; one too short for a column still takes one."""

    spans: Iterable[Span]
    mark: str = "█"

    def line(self, time: TimeAxis) -> str:
        """Fill the columns."""
        columns = [" "] * time.width
        for span in self.spans:
            first = min(time.width - 1, int(time.x(span.start)))
            last = min(time.width, max(first + 1, round(time.x(span.end))))
            columns[first:last] = self.mark * (last - first)
        return "".join(columns).rstrip()
