"""Divide units into cues and lines with minimal cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf

from audiocli.render.base import Layout
from audiocli.render.subtitles.units import TextUnit, joined

# The cost of a cue is 1; see `units` for the costs of breaks.
LONG_PAUSE = 1.0  # seconds; longer pauses should not be inside a cue
LONG_PAUSE_COST = 5.0
LONGEST = 7.0  # seconds; maximum duration of a cue
OVERTIME_COST = 0.5  # per second beyond LONGEST
LINE_COST = 100.0  # dominates, so that there are no more lines than needed
MAX_UNITS = 300  # of a cue, whatever its size, so that the time is linear
RAGGED_COST = 8.0  # of an empty line; lower for fuller lines

Costs = Callable[[int], Iterator[float]]


def into_cues(units: list[TextUnit], layout: Layout, label_width: int = 0) -> list[list[TextUnit]]:
    """Divide the units of a segment into cues.

    The label of the speaker takes `label_width` columns of the first line of each cue.
    """
    capacity = layout.max_line_width * layout.max_lines

    def costs(first: int) -> Iterator[float]:
        lines, column, filled, pauses = 1, label_width, label_width, 0.0
        for index in range(first, min(len(units), first + MAX_UNITS)):
            unit = units[index]
            if index > first:
                wanted = unit.spaced + unit.width
                if column + wanted > layout.max_line_width:
                    lines, column, wanted = lines + 1, 0, unit.width
                if lines > layout.max_lines:
                    return
                pauses += unit.start - units[index - 1].end >= LONG_PAUSE
            else:
                wanted = unit.width
            column += wanted
            filled += wanted
            overtime = max(0.0, unit.end - units[first].start - LONGEST)
            is_last = index == len(units) - 1
            yield (
                1.0
                + (0.0 if is_last else unit.break_cost)
                + max(0.0, 1 - filled / capacity) ** 2
                + LONG_PAUSE_COST * pauses
                + OVERTIME_COST * overtime
            )

    return _cheapest(units, costs)


def into_lines(units: list[TextUnit], max_width: int, label_width: int = 0) -> list[str]:
    """Divide the units of a cue into as few lines as possible, of similar length."""

    def costs(first: int) -> Iterator[float]:
        width = 0 if first else label_width
        for index in range(first, len(units)):
            unit = units[index]
            width += unit.width + (unit.spaced and index > first)
            if width > max_width and index > first:
                return
            is_last = index == len(units) - 1
            ragged = max(0.0, 1 - width / max_width) ** 2
            yield LINE_COST + RAGGED_COST * ragged + (0.0 if is_last else unit.break_cost)

    return [joined(line) for line in _cheapest(units, costs)]


def _cheapest(units: list[TextUnit], costs: Costs) -> list[list[TextUnit]]:
    """Divide units into runs with the minimal sum of costs.

    `costs(first)` yields the costs of the runs of 1, 2, ... units from `first`, as long as
    they fit; one unit always fits.
    """
    best = [0.0] + [inf] * len(units)  # minimal cost of the units before each index
    begins = [0] * (len(units) + 1)  # start of the last run before each index
    for first in range(len(units)):
        for end, cost in enumerate(costs(first), start=first + 1):
            if best[first] + cost < best[end]:
                best[end], begins[end] = best[first] + cost, first
    runs, end = [], len(units)
    while end:
        runs.append(units[begins[end] : end])
        end = begins[end]
    return runs[::-1]
