"""Table of a search: a row for each hit."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from audiocli.escaping import plain
from audiocli.render.base import timestamp
from audiocli.results import Search


def table(result: Search) -> Table:
    """Return a table of the hits."""
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    grid.add_column("similarity", justify="right", style="cyan", no_wrap=True)
    grid.add_column("start", justify="right", style="green", no_wrap=True)
    grid.add_column("end", justify="right", style="green", no_wrap=True)
    grid.add_column("recording", overflow="fold")
    for hit in result.hits:
        grid.add_row(
            f"{hit.similarity:.4f}",
            timestamp(hit.start, digits=1),
            timestamp(hit.end, digits=1),
            Text(plain(hit.source)),
        )
    return grid
