"""Rows of an evaluation: one for each metric of each group and system."""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.escaping import plain
from audiocli.results import EvaluationReport

COLUMNS = ("system", "group", "recordings", "metric", "unit", "value", "low", "high")


def rows(report: EvaluationReport) -> Iterator[tuple[str | None, ...]]:
    """Yield each metric; the group of all recordings is empty."""
    for system in report.systems:
        for group in system.groups:
            for score in group.metrics:
                yield (
                    plain(system.name),
                    None if group.group is None else plain(group.group),
                    str(group.recordings),
                    plain(score.metric),
                    score.unit,
                    *map(_number, (score.value, score.low, score.high)),
                )


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.6g}"
