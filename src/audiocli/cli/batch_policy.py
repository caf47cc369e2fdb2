"""How a run goes through its inputs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class RayOptions:
    """The cluster and the size of the workers with `--executor ray`.

    Attributes
    ----------
    address : `HOST:PORT`, `auto` or `local`; None takes `RAY_ADDRESS`, else `local`
    num_cpus, num_gpus : of each worker
    min_workers, max_workers : limits of the number of workers; None is as many as fit
    sets_threads : whether models use `num_cpus` threads
    """

    address: str | None = None
    num_cpus: float = 1.0
    num_gpus: float = 0.0
    min_workers: int = 1
    max_workers: int | None = None
    sets_threads: bool = False


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
    ray : the cluster that processes the inputs; None processes them on this machine
    """

    fail_fast: bool = False
    unordered: bool = False
    report: Path | None = None
    jobs: int = 1
    timeout: float | None = None
    ray: RayOptions | None = None
