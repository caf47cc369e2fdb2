"""The table of a diarization: a lane a speaker, over the time of the recording."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from audiocli.render.base import plain, timestamp
from audiocli.results import Diarization, Turn

_LANE = 40  # columns


def table(result: Diarization) -> Table:
    """Show who speaks when, for how long, and how often."""
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    grid.add_column("speaker", style="magenta", overflow="fold", min_width=10)
    grid.add_column("speech", justify="right", style="cyan", no_wrap=True)
    grid.add_column("turns", justify="right", no_wrap=True)
    grid.add_column(_span(result), style="green", no_wrap=True)
    for speaker in result.speakers:
        own = [turn for turn in result.turns if turn.speaker == speaker]
        seconds = sum(turn.end - turn.start for turn in own)
        length = timestamp(seconds, digits=1)
        grid.add_row(Text(plain(speaker)), length, str(len(own)), _lane(own, result))
    return grid


def _span(result: Diarization) -> str:
    """Write the times at the two ends of the lanes."""
    begin = timestamp(result.start, digits=1)
    end = timestamp(result.start + result.duration, digits=1)
    return f"{begin}{end:>{_LANE - len(begin)}}"


def _lane(turns: Sequence[Turn], result: Diarization) -> str:
    """Draw where turns lie; one too short for a column still takes one."""
    columns = [" "] * _LANE
    scale = _LANE / result.duration
    for turn in turns:
        first = min(_LANE - 1, int((turn.start - result.start) * scale))
        last = min(_LANE, max(first + 1, round((turn.end - result.start) * scale)))
        columns[first:last] = "█" * (last - first)
    return "".join(columns).rstrip()
