"""Scores of models on labelled recordings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from audiocli.results.base import Result, Seconds

ScoreUnit = Literal["ratio", "seconds", "dB", "score"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricScore:
    """A metric over several recordings, or its difference to another system.

    Attributes
    ----------
    metric : name of the metric, such as wer
    unit : unit of the values; a ratio of 1 is 100 %
    value : value over all recordings; null if it is not defined
    low, high : 95 % confidence interval by bootstrap; null without one
    """

    metric: str
    unit: ScoreUnit
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupScores:
    """Scores of one system on a group of recordings.

    Attributes
    ----------
    group : value of the column that forms the groups; null for all recordings
    recordings : number of recordings
    duration : total duration of the recordings
    """

    group: str | None
    recordings: int
    duration: Seconds
    metrics: tuple[MetricScore, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingScores:
    """Scores of one system on one recording.

    Attributes
    ----------
    metrics : values by name; null if not defined
    """

    source: str
    group: str | None
    metrics: Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputeCost:
    """Time and memory of a run.

    Attributes
    ----------
    duration : duration of the processed audio
    seconds : elapsed time
    cpu_seconds : processor time of all threads
    speed : duration divided by elapsed time
    peak_memory : maximum resident memory of the process in MB; null if not measured
    """

    duration: Seconds
    seconds: Seconds
    cpu_seconds: Seconds
    speed: float
    peak_memory: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemScores:
    """Scores of one system: a model, or results made earlier.

    Attributes
    ----------
    name : name of the model, or path of the results
    revision : revision of the model
    failed : number of recordings without a result
    groups : scores of all recordings, then of each group
    differences : differences to the first system on the recordings that both have
    recordings : scores of each recording
    cost : time and memory; null if no model ran
    """

    name: str
    revision: str | None
    failed: int
    groups: tuple[GroupScores, ...]
    differences: tuple[MetricScore, ...]
    recordings: tuple[RecordingScores, ...]
    cost: ComputeCost | None


@dataclass(frozen=True, kw_only=True)
class EvaluationReport(Result):
    """Scores of one or more systems on labelled recordings.

    Attributes
    ----------
    source : the manifest
    duration : total duration of the scored recordings, in seconds
    task : task of the systems
    systems : scores of each system
    """

    kind: ClassVar[str] = "evaluation"

    task: str
    systems: tuple[SystemScores, ...]
