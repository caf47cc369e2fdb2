"""Measure the time and the memory of a run."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from audiocli.results import ComputeCost


class CostMeter:
    """Measures elapsed time and processor time from its creation until it is stopped."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._cpu_start = time.process_time()
        self._seconds = self._cpu_seconds = 0.0
        self._peak_memory: float | None = None

    def stop(self) -> None:
        """End the measurement."""
        self._seconds = time.perf_counter() - self._start
        self._cpu_seconds = time.process_time() - self._cpu_start
        self._peak_memory = peak_memory()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave out the time that this thread spends in the block."""
        start, cpu_start = time.perf_counter(), time.thread_time()
        yield
        self._start += time.perf_counter() - start
        self._cpu_start += time.thread_time() - cpu_start

    def cost(self, duration: float, *, with_memory: bool = True) -> ComputeCost:
        """Return the cost until `stop`.

        Parameters
        ----------
        duration : seconds of audio that were processed
        with_memory : whether the peak memory of the process is that of the run
        """
        return ComputeCost(
            duration=duration,
            seconds=self._seconds,
            cpu_seconds=self._cpu_seconds,
            speed=duration / max(self._seconds, 1e-9),
            peak_memory=self._peak_memory if with_memory else None,
        )


def peak_memory() -> float | None:
    """Return the maximum resident memory of this process in MB; None where it is unknown."""
    try:
        # The maximum that getrusage returns includes that of the parent process on Linux.
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return float(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6
    except (OSError, IndexError, ValueError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024  # bytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
