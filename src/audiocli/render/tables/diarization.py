"""Table of a diarization: a row with a timeline for each speaker."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from audiocli.escaping import plain
from audiocli.render.base import timestamp
from audiocli.render.tables.lanes import LaneCell, TimeHeader
from audiocli.results import Diarization
from audiocli.results.lanes import by_lane, spans_of, total_seconds


def table(result: Diarization) -> Table:
    """Return a table of the speakers with duration, number and times of turns."""
    end = result.start + result.duration
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, expand=True)
    grid.add_column("speaker", style="magenta", overflow="fold", min_width=10)
    grid.add_column("speech", justify="right", style="cyan", no_wrap=True)
    grid.add_column("turns", justify="right", no_wrap=True)
    grid.add_column(TimeHeader(result.start, end), style="green", no_wrap=True, ratio=1)
    for speaker, turns in by_lane(spans_of(result)).items():
        length = timestamp(total_seconds(turns), digits=1)
        lane = LaneCell(result.start, end, turns)
        grid.add_row(Text(plain(speaker)), length, str(len(turns)), lane)
    return grid
