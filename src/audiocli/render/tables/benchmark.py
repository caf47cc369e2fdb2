"""Table of a benchmark: the machine, and a row for each model."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from audiocli.escaping import plain
from audiocli.results import BenchmarkReport

_COLUMNS = ("size MB", "load s", "x real time", "CPU s per s", "peak MB")


def table(report: BenchmarkReport) -> Group:
    """Return the processor, the versions and the measurements."""
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    grid.add_column("model", overflow="fold")
    for name in _COLUMNS:
        grid.add_column(name, justify="right", no_wrap=True)
    for one in report.models:
        cost = one.cost
        cells = (
            plain(one.name),
            f"{one.size:.0f}",
            f"{one.load_seconds:.2f}",
            f"{cost.speed:.1f}",
            f"{cost.cpu_seconds / cost.duration:.3f}" if cost.duration else "-",
            "-" if cost.peak_memory is None else f"{cost.peak_memory:.0f}",
        )
        grid.add_row(*map(Text, cells))
    machine = f"{plain(report.processor)}, {report.cores} cores, {plain(report.system)}"
    versions = ", ".join(f"{plain(k)} {plain(v)}" for k, v in report.versions.items())
    return Group(Text(machine), Text(versions, style="dim"), Text(""), grid)
