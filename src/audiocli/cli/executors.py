"""Process the inputs of a command outside of the main process."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from audiocli.cli.batch import conclude, count_of
from audiocli.cli.batch_policy import BatchPolicy
from audiocli.cli.emit import Emitter
from audiocli.cli.progress import sound_progress
from audiocli.cli.run_summary import Outcome
from audiocli.cli.watching import WatchContext
from audiocli.context import Context
from audiocli.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from audiocli.batch.inputs import Input


def run_in_workers(
    context: Context, emitter: Emitter, inputs: Iterable[Input], request: Any
) -> ExitCode:
    """Process inputs in worker processes.

    Raises
    ------
    UsageError : an input is stdin
    """
    from audiocli.cli.workers import WorkerPool

    if isinstance(inputs, Sequence) and any(input.name == "-" for input in inputs):
        raise UsageError("- (stdin) cannot be read with --jobs or --timeout", "give a file")
    batch = request.batch
    total = count_of(inputs)
    jobs = min(batch.jobs, total or batch.jobs)
    name, *options = context.arguments
    if getattr(request, "threads", None) == 0:  # all cores
        options = ["--threads", str(max(1, (os.cpu_count() or 1) // jobs)), *options]
    with sound_progress(context, inputs) as progress:
        pool = WorkerPool(context, [name, *options], progress, jobs=jobs, timeout=batch.timeout)
        outcomes = _recorded(emitter, pool.run(inputs))
        if isinstance(context, WatchContext):
            outcomes = context.hooked(outcomes)
        return conclude(context, emitter, outcomes, batch, total, progress)


def run_on_cluster(
    context: Context, emitter: Emitter, inputs: Sequence[Input], policy: BatchPolicy
) -> ExitCode:
    """Process inputs on a Ray cluster."""
    from audiocli.cli.ray_executor import run_on_ray

    assert emitter.folder
    with (
        sound_progress(context, inputs) as progress,
        closing(run_on_ray(context, inputs, emitter.folder, policy, progress)) as outcomes,
    ):
        return conclude(context, emitter, _recorded(emitter, outcomes), policy, len(inputs))


def _recorded(emitter: Emitter, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """Record failures in the journal, because a worker that was killed could not."""
    for outcome in outcomes:
        if emitter.folder and outcome.error:
            emitter.folder.settle(outcome.input, outcome.error)
        elif emitter.folder:
            emitter.folder.forget(outcome.input)
        yield outcome
