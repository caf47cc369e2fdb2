"""Speed and memory of models on one machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from audiocli.results.base import Result, Seconds
from audiocli.results.evaluation import ComputeCost


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelBenchmark:
    """Speed and memory of one model, in a process of its own.

    Attributes
    ----------
    size : size of the files of the model in MB
    load_seconds : time to import the runtime and load the model
    cost : the run with the median elapsed time
    """

    name: str
    revision: str | None
    size: float
    load_seconds: Seconds
    cost: ComputeCost


@dataclass(frozen=True, kw_only=True)
class BenchmarkReport(Result):
    """Speed and memory of models of one task.

    Attributes
    ----------
    source : the recording
    duration : duration of the recording
    processor : name of the processor
    cores : number of logical cores that the process may use
    system : operating system and machine
    versions : versions of Python, of audiocli and of the runtimes
    models : measurements in the order of the command line
    """

    kind: ClassVar[str] = "benchmark"

    task: str
    processor: str
    cores: int
    system: str
    versions: Mapping[str, str]
    models: tuple[ModelBenchmark, ...]
