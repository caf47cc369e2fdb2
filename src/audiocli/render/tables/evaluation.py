"""Tables of an evaluation: the metrics of each system, of each group, and the cost."""

from __future__ import annotations

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from audiocli.escaping import plain
from audiocli.render.base import timestamp
from audiocli.results import EvaluationReport, MetricScore, SystemScores

_ACRONYMS = {"wer", "cer", "der", "jer", "uar", "eer", "stoi", "pesq", "f1"}
_NAMES = {"cpwer": "cpWER", "map": "mAP", "si_sdr": "SI-SDR", "precision_at_1": "precision at 1"}


def table(report: EvaluationReport) -> Group:
    """Return the tables."""
    return Group(*_parts(report))


def _parts(report: EvaluationReport) -> Iterator[RenderableType]:
    systems = tuple(system for system in report.systems if system.groups)
    for system in systems:
        whole = system.groups[0]
        failed = f", {system.failed} failed" if system.failed else ""
        length = f", {timestamp(whole.duration, digits=1)}" if whole.duration else ""
        yield Text(f"{plain(system.name)}: {whole.recordings} recordings{length}{failed}")
    if not systems:
        return
    yield Text("")
    yield _metrics(systems)
    if systems[0].groups[0].metrics and any(len(system.groups) > 1 for system in systems):
        yield Text("")
        yield _groups(systems)
    if any(system.cost for system in systems):
        yield Text("")
        yield _costs(systems)


def _metrics(systems: tuple[SystemScores, ...]) -> Table:
    """Return a row for each metric; with several systems, a section with a row for each."""
    first, *others = systems
    grid = _grid("metric")
    _add_numbers(grid, "value", "95 % interval")
    if others:
        _add_numbers(grid, "difference", "95 % interval")
    for score in first.groups[0].metrics:
        name = _name(score.metric)
        if not others:
            grid.add_row(name, value_of(score), interval_of(score))
            continue
        grid.add_row(name)
        for system in systems:
            own = _find(system.groups[0].metrics, score.metric)
            change = _find(system.differences, score.metric)
            cells = [f"  {plain(system.name)}"]
            cells += [value_of(own), interval_of(own)] if own else []
            cells += [value_of(change, "+"), interval_of(change, "+")] if own and change else []
            grid.add_row(*map(Text, cells))
        grid.add_section()
    return grid


def _groups(systems: tuple[SystemScores, ...]) -> Table:
    """Return a row for each group and system, with the first metric."""
    first = systems[0].groups[0].metrics[0]
    grid = _grid("group", *(["system"] if len(systems) > 1 else []))
    _add_numbers(grid, "recordings", _name(first.metric), "95 % interval")
    for group in systems[0].groups[1:]:
        for number, system in enumerate(systems):
            own = next((one for one in system.groups if one.group == group.group), None)
            score = _find(own.metrics, first.metric) if own else None
            if own is None or score is None:
                continue
            cells = [plain(group.group or "") if number == 0 else ""]
            cells += [plain(system.name)] if len(systems) > 1 else []
            cells += [str(own.recordings), value_of(score), interval_of(score)]
            grid.add_row(*map(Text, cells))
    return grid


def _costs(systems: tuple[SystemScores, ...]) -> Table:
    grid = _grid("system")
    _add_numbers(grid, "x real time", "CPU s per s", "peak MB")
    for system in systems:
        if cost := system.cost:
            cpu = cost.cpu_seconds / cost.duration if cost.duration else 0.0
            memory = "" if cost.peak_memory is None else f"{cost.peak_memory:.0f}"
            cells = (plain(system.name), f"{cost.speed:.1f}", f"{cpu:.3f}", memory)
            grid.add_row(*map(Text, cells))
    return grid


def _find(scores: tuple[MetricScore, ...], metric: str) -> MetricScore | None:
    return next((score for score in scores if score.metric == metric), None)


def _grid(*names: str) -> Table:
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in names:
        grid.add_column(name, style="cyan" if name == "metric" else "", overflow="fold")
    return grid


def _add_numbers(grid: Table, *names: str) -> None:
    for name in names:
        grid.add_column(name, justify="right", no_wrap=True)


def _name(metric: str) -> str:
    if metric in _NAMES:
        return _NAMES[metric]
    return metric.upper() if metric in _ACRONYMS else plain(metric.replace("_", " "))


def value_of(score: MetricScore, sign: str = "") -> str:
    """Return a value with its unit: percent for ratios, milliseconds for times."""
    number, unit = _number(score, score.value, sign), _unit(score)
    return f"{number} {unit}".rstrip()


def interval_of(score: MetricScore, sign: str = "") -> str:
    """Return the confidence interval; empty without one."""
    if score.low is None or score.high is None:
        return ""
    low, high = (_number(score, value, sign) for value in (score.low, score.high))
    return f"{low} to {high}"


def _unit(score: MetricScore) -> str:
    return {"ratio": "%", "seconds": "ms", "dB": "dB", "score": ""}[score.unit]


def _number(score: MetricScore, value: float | None, sign: str) -> str:
    if value is None:
        return "-"
    factor, digits = {"ratio": (100, 1), "seconds": (1000, 0), "dB": (1, 1), "score": (1, 3)}[
        score.unit
    ]
    return f"{factor * value:{sign}.{digits}f}"
