"""Table of a conversation: a row for each speaker."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from audiocli.escaping import plain
from audiocli.render.base import timestamp
from audiocli.results import Conversation

_COLUMNS = ("speech", "share", "turns", "interrupts", "interrupted", "overlap")


def table(result: Conversation) -> Table:
    """Return a table of the statistics of the speakers."""
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    grid.add_column("speaker", style="magenta", overflow="fold", min_width=10)
    for name in _COLUMNS:
        grid.add_column(name, justify="right", no_wrap=True)
    for part in result.speakers:
        grid.add_row(
            Text(plain(part.speaker)),
            timestamp(part.seconds, digits=1),
            f"{part.share:.0%}",
            str(part.turns),
            str(part.interruptions),
            str(part.interrupted),
            timestamp(part.overlap, digits=1),
        )
    times = (result.speech, result.overlap, result.silence)
    speech, overlap, silence = (timestamp(seconds, digits=1) for seconds in times)
    grid.caption = f"speech {speech}, overlapped {overlap}, silence {silence}"
    return grid
