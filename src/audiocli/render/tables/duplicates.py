"""Table of duplicates: two rows for each pair."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from audiocli.escaping import plain
from audiocli.render.base import timestamp
from audiocli.results import Duplicates


def table(result: Duplicates) -> Table:
    """Return a table of the duplicates."""
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    grid.add_column("similarity", justify="right", style="cyan", no_wrap=True)
    grid.add_column("start", justify="right", style="green", no_wrap=True)
    grid.add_column("end", justify="right", style="green", no_wrap=True)
    grid.add_column("recording", overflow="fold")
    for pair in result.pairs:
        places = (pair.start, pair.end, pair.source), (pair.other_start, pair.other_end, pair.other)
        for start, end, source in places:
            shown = f"{pair.similarity:.4f}" if source is pair.source else ""
            times = (timestamp(start, digits=1), timestamp(end, digits=1))
            grid.add_row(shown, *times, Text(plain(source)))
        grid.add_section()
    return grid
