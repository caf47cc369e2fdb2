"""Table of an embedding: a row with the first values of each vector."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table

from audiocli.render.base import timestamp
from audiocli.results import Embedding

_ROWS = 20
_VALUES = 4


def table(result: Embedding) -> Table:
    """Return a table of the first vectors with their norms."""
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    grid.add_column("start", justify="right", style="green")
    grid.add_column("end", justify="right", style="green")
    grid.add_column("length", justify="right")
    grid.add_column(f"vector of {result.dimension}", no_wrap=True)
    rows = zip(result.starts, result.ends, result.vectors, strict=True)
    for start, end, vector in list(rows)[:_ROWS]:
        length = sum(float(value) ** 2 for value in vector) ** 0.5
        shown = "  ".join(f"{float(value):8.4f}" for value in vector[:_VALUES])
        grid.add_row(timestamp(start, digits=2), timestamp(end, digits=2), f"{length:.3f}", shown)
    if (more := len(result.vectors) - _ROWS) > 0:
        grid.add_row("", "", "", f"and {more} more (--format npz, parquet or jsonl)")
    return grid
