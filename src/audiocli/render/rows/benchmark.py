"""Rows of a benchmark: one for each model."""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.escaping import plain
from audiocli.results import BenchmarkReport

COLUMNS = (
    *("model", "size_mb", "load_seconds", "speed", "cpu_seconds_per_second"),
    "peak_memory_mb",
)


def rows(report: BenchmarkReport) -> Iterator[tuple[str | None, ...]]:
    """Yield each model."""
    for one in report.models:
        cost = one.cost
        yield (
            plain(one.name),
            f"{one.size:.1f}",
            f"{one.load_seconds:.3f}",
            f"{cost.speed:.3f}",
            f"{cost.cpu_seconds / cost.duration:.4f}" if cost.duration else None,
            None if cost.peak_memory is None else f"{cost.peak_memory:.0f}",
        )
