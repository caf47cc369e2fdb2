"""How a run goes through its inputs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class BatchPolicy:
    """How a run goes through its inputs.

    Attributes
    ----------
    fail_fast : stop at the first failure
    unordered : write results to a common output in the order in which they complete
    report : file for the outcome of each input
    jobs : number of worker processes
    timeout : seconds after which an input fails
    """

    fail_fast: bool = False
    unordered: bool = False
    report: Path | None = None
    jobs: int = 1
    timeout: float | None = None
