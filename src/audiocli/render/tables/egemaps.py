"""Table of eGeMAPS: a row for each functional."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table

from audiocli.results import Egemaps


def table(result: Egemaps) -> Table:
    """Return a table of the functionals by openSMILE's names, which include the units."""
    grid = Table(box=SIMPLE_HEAD, pad_edge=False)
    grid.add_column("functional", style="cyan", overflow="fold")
    grid.add_column("value", justify="right")
    for name, value in result.functionals.items():
        grid.add_row(name, f"{value:.4f}")
    return grid
