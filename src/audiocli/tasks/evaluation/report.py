"""Scores of systems, from the counts of their recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from audiocli.results.evaluation import (
    ComputeCost,
    GroupScores,
    MetricScore,
    RecordingScores,
    SystemScores,
)
from audiocli.tasks.evaluation.reference import Reference
from audiocli.tasks.evaluation.statistics import Bootstrap, Metric


class Scorer(Protocol):
    """Counts the errors of a result, and computes the metrics of several recordings.

    Attributes
    ----------
    of_recording : names of the metrics that are meaningful for one recording
    """

    of_recording: ClassVar[tuple[str, ...]]

    def tally(self, reference: Reference, result: Any) -> Any:
        """Return the counts of one recording."""

    def metrics(self, tallies: Sequence[Any]) -> list[Metric]:
        """Return the metrics of recordings, the most important first."""


@dataclass(frozen=True)
class ScoredRecording:
    """The counts of one recording."""

    source: str
    group: str | None
    duration: float
    tally: Any


@dataclass(frozen=True, kw_only=True)
class ScoredSystem:
    """The counts of one system.

    Attributes
    ----------
    recordings : in the order of the manifest, which is the same for all systems
    """

    name: str
    revision: str | None
    failed: int
    recordings: Mapping[Any, ScoredRecording]
    cost: ComputeCost | None = None


def score_systems(
    systems: Sequence[ScoredSystem], scorer: Scorer, bootstrap: Bootstrap
) -> tuple[SystemScores, ...]:
    """Return the scores of all systems; each has recordings."""
    return tuple(
        SystemScores(
            name=system.name,
            revision=system.revision,
            failed=system.failed,
            groups=_groups(list(system.recordings.values()), scorer, bootstrap),
            differences=_differences(system, systems[0], scorer, bootstrap) if number else (),
            recordings=tuple(_recording(one, scorer) for one in system.recordings.values()),
            cost=system.cost,
        )
        for number, system in enumerate(systems)
    )


def _groups(
    recordings: Sequence[ScoredRecording], scorer: Scorer, bootstrap: Bootstrap
) -> tuple[GroupScores, ...]:
    """Return the scores of all recordings, then those of each group by name."""
    found = [_group(None, recordings, scorer, bootstrap)]
    for name in sorted({one.group for one in recordings if one.group is not None}):
        members = [one for one in recordings if one.group == name]
        found.append(_group(name, members, scorer, bootstrap))
    return tuple(found)


def _group(
    name: str | None, recordings: Sequence[ScoredRecording], scorer: Scorer, bootstrap: Bootstrap
) -> GroupScores:
    metrics = scorer.metrics([one.tally for one in recordings])
    return GroupScores(
        group=name,
        recordings=len(recordings),
        duration=sum(one.duration for one in recordings),
        metrics=bootstrap.scores(metrics, len(recordings)),
    )


def _differences(
    system: ScoredSystem, first: ScoredSystem, scorer: Scorer, bootstrap: Bootstrap
) -> tuple[MetricScore, ...]:
    """Return the differences to the first system on the recordings that both have."""
    common = [key for key in first.recordings if key in system.recordings]
    if not common:
        return ()
    baseline, own = (
        {m.name: m for m in scorer.metrics([one.recordings[key].tally for key in common])}
        for one in (first, system)
    )
    names = [name for name in own if name in baseline]
    return bootstrap.differences(
        [own[name] for name in names], [baseline[name] for name in names], len(common)
    )


def _recording(recording: ScoredRecording, scorer: Scorer) -> RecordingScores:
    values = {
        metric.name: metric.value(1)
        for metric in scorer.metrics([recording.tally])
        if metric.name in scorer.of_recording
    }
    metrics = {name: None if np.isnan(value) else value for name, value in values.items()}
    return RecordingScores(source=recording.source, group=recording.group, metrics=metrics)
