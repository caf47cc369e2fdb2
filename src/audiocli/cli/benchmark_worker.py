"""The process in which `audiocli bench` measures one model.

It reads a request as JSON from stdin and writes the measurements to stdout.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from audiocli.errors import AudioCliError, ExitCode


def main() -> int:
    """Measure a model; an error is part of the answer."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # libraries may print
    try:
        measured = measure(**json.load(sys.stdin))
    except AudioCliError as error:
        measured = {"error": [error.message, error.hint, error.exit_code]}
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    json.dump(measured, answer)
    answer.close()
    return ExitCode.OK


def measure(
    *,
    task: Any,
    model: str | None,
    language: str | None,
    file: str,
    seconds: float | None,
    runs: int,
    device_options: dict[str, Any],
) -> dict[str, Any]:
    """Load a model and run it several times.

    Parameters
    ----------
    seconds : repeat the recording up to this duration; None takes it as it is
    """
    start = time.perf_counter()
    from audiocli.cli.allocator import keep_large_blocks
    from audiocli.cli.task_models import TaskModel
    from audiocli.loading import Loader, default_store
    from audiocli.models.base import DeviceOptions
    from audiocli.tasks.common.compute_cost import CostMeter, peak_memory
    from audiocli.tasks.common.events import Done, Failed, Recording, ignore_progress

    keep_large_blocks()
    loader = Loader(DeviceOptions(**device_options), default_store())
    run, info = TaskModel(task=task, model=model, language=language).open(loader)
    load_seconds = time.perf_counter() - start
    opened = partial(_opened, Path(file), seconds)
    costs = []
    for number in range(runs):
        meter = CostMeter()
        duration = 0.0
        for event in run([Recording(number, file, opened)], ignore_progress):
            if isinstance(event, Failed):
                raise event.error
            if isinstance(event, Done):
                duration = event.result.duration
        meter.stop()
        costs.append(meter.cost(duration))
    median = sorted(costs, key=lambda cost: cost.seconds)[(runs - 1) // 2]
    return {
        "name": info.name,
        "revision": info.revision,
        "load_seconds": load_seconds,
        "duration": median.duration,
        "seconds": median.seconds,
        "cpu_seconds": median.cpu_seconds,
        "peak_memory": peak_memory(),
    }


@contextmanager
def _opened(file: Path, seconds: float | None, rate: int | None) -> Iterator[Any]:
    """Open a recording, repeated up to a duration."""
    from audiocli.audio.decode import open_array, open_audio, read

    if seconds is None:
        with open_audio(file, rate=rate) as stream:
            yield stream
        return
    import numpy as np

    clip = read(file)
    length = round(seconds * clip.rate)
    samples = np.resize(clip.samples[0], length)
    with open_array(samples, clip.rate, rate=rate, name=file.name) as stream:
        yield stream


if __name__ == "__main__":
    raise SystemExit(main())
