"""Runs a task over the inputs of a command.

An input that fails is reported in one line on stderr; the others are processed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import TYPE_CHECKING, Any

from audiocli.cli.allocator import trimming
from audiocli.cli.batch_policy import BatchPolicy
from audiocli.cli.checkpoints import partial_result_written
from audiocli.cli.emit import Emitter
from audiocli.cli.progress import SoundProgress, sound_progress
from audiocli.cli.run_summary import Outcome, RunSummary, write_report
from audiocli.context import Context
from audiocli.errors import AudioCliError, ExitCode, OutputError, input_failure
from audiocli.tasks.common.events import Done, Failed, Progress, Recording

if TYPE_CHECKING:
    from audiocli.audio.selection import Selection
    from audiocli.batch.inputs import Input
    from audiocli.cli.folder_output import FolderOutput

Run = Callable[[Iterable[Recording], Progress], Iterable[Any]]  # of Done, Failed and others


def run_batch(
    context: Context,
    emitter: Emitter,
    inputs: Iterable[Input],
    selection: Selection,
    run: Run,
    policy: BatchPolicy = BatchPolicy(),
) -> ExitCode:
    """Process the inputs and write each result as soon as it is complete.

    With an output folder, results are written in the order in which they complete, and inputs
    that another run processes are skipped; else results are in the order of the inputs.

    Parameters
    ----------
    inputs : if their number is unknown, they are read while they are processed
    run : the task: takes recordings and a callback for progress, yields events
    """
    from audiocli.cli.worker import WorkerContext

    if isinstance(context, WorkerContext):
        return context.work(emitter, selection, run)
    started: deque[Input] = deque()
    with (
        sound_progress(context, inputs) as progress,
        partial_result_written(emitter, started, progress),
    ):
        found = outcomes(
            context, emitter, inputs, selection, run, progress, started, policy.unordered
        )
        return conclude(context, emitter, found, policy, count_of(inputs), progress)


def count_of(inputs: Iterable[Input]) -> int | None:
    """Return the number of inputs, or None if it is unknown."""
    return len(inputs) if isinstance(inputs, Sized) else None


def conclude(
    context: Context,
    emitter: Emitter,
    outcomes: Iterable[Outcome],
    policy: BatchPolicy,
    total: int | None,
    progress: SoundProgress | None = None,
) -> ExitCode:
    """Count and report the outcomes as they arrive; print the summary and write the report.

    Parameters
    ----------
    total : number of inputs, or None if it is unknown
    """
    unchanged = emitter.folder.unchanged if emitter.folder else []
    summary = RunSummary(context, total, is_partial=bool(unchanged))
    try:
        for outcome in outcomes:
            summary.add(outcome)
            if policy.fail_fast and summary.failed:
                tried = summary.succeeded + summary.failed + summary.left
                summary.is_partial |= tried != total
                break
        emitter.write_combined()
        summary.restored = progress.restored if progress else 0.0
        if emitter.folder and total != 1 and summary.entries:
            context.warn(summary.line())
    finally:
        if policy.report:
            write_report(policy.report, summary.document(unchanged))
    return summary.exit_code


def outcomes(
    context: Context,
    emitter: Emitter,
    inputs: Iterable[Input],
    selection: Selection,
    run: Run,
    progress: SoundProgress,
    started: deque[Input],
    in_any_order: bool = False,
) -> Iterator[Outcome]:
    """Process inputs, write their results, and yield what became of each.

    Parameters
    ----------
    started : receives the inputs that are started and whose results are not written yet
    """
    left: list[Input] = []
    if emitter.folder:
        inputs = _claimed(emitter, inputs, left)
    recordings: Iterable[Recording] = (
        recording(input, context, selection) for input in _noted(inputs, started)
    )
    if emitter.checkpoints:
        recordings = emitter.checkpoints.attached(recordings, emitter, progress)
    events = run(map(progress.watched, recordings), trimming(progress.update))
    if emitter.checkpoints:
        events = emitter.checkpoints.observed(events)
    whole = settled(events, progress)
    for event in whole if emitter.folder or in_any_order else in_order(whole, started):
        outcome = _outcome(emitter, event)
        started.remove(outcome.input)
        if emitter.folder:
            _settle(emitter, emitter.folder, outcome)
        yield outcome
        yield from _left(left)
    yield from _left(left)


def _settle(emitter: Emitter, folder: FolderOutput[Input], outcome: Outcome) -> None:
    """Record a failure, and end the claim and the checkpoint of an input."""
    output = emitter.checkpointed_output(outcome.input)
    folder.settle(outcome.input, outcome.error)
    if emitter.checkpoints:
        emitter.checkpoints.settle(output, is_complete=outcome.error is None)


def _noted(inputs: Iterable[Input], noted: deque[Input]) -> Iterator[Input]:
    for input in inputs:
        noted.append(input)
        yield input


def _left(inputs: list[Input]) -> Iterator[Outcome]:
    while inputs:
        yield Outcome(inputs.pop(0), is_left=True)


def _claimed(emitter: Emitter, inputs: Iterable[Input], left: list[Input]) -> Iterator[Input]:
    """Yield the inputs that this process claims; append those of other runs to `left`."""
    assert emitter.folder
    for input in inputs:
        if emitter.folder.claim(input):
            yield input
        else:
            left.append(input)


def _outcome(emitter: Emitter, event: Done[Any] | Failed) -> Outcome:
    """Write a result, and return what became of its input.

    Raises
    ------
    AudioCliError, OSError : the format does not suit, or the common output cannot be written
    """
    if isinstance(event, Failed):
        return Outcome(event.key, event.error)
    try:
        emitter.emit(event.key, event.result)
    except (AudioCliError, OSError) as error:
        if not (emitter.folder and isinstance(error, OutputError)):
            raise
        return Outcome(event.key, error, is_partial=emitter.folder.has_some(event.key))
    except Exception as error:
        return Outcome(event.key, input_failure(error, event.result.source))
    outputs = emitter.folder.paths(event.key) if emitter.folder else ()
    return Outcome(event.key, duration=event.result.duration, outputs=outputs)


def settled(events: Iterable[Any], progress: SoundProgress) -> Iterator[Done[Any] | Failed]:
    """Yield the final event of each recording, and update the progress."""
    for event in events:
        if isinstance(event, Done | Failed):
            progress.settle(event.key, failed=isinstance(event, Failed))
            yield event


def finished(
    context: Context, inputs: Iterable[Input], run: Run, summary: RunSummary
) -> Iterator[Done[Any]]:
    """Process whole inputs and yield their results as they complete; report failures."""
    from audiocli.audio.selection import Selection

    with sound_progress(context, inputs) as progress:
        recordings = (recording(input, context, Selection()) for input in inputs)
        for event in settled(
            run(map(progress.watched, recordings), trimming(progress.update)), progress
        ):
            if isinstance(event, Failed):
                summary.fail(event.error)
            else:
                yield event


def recording(input: Input, context: Context, selection: Selection) -> Recording:
    """Return the recording of an input; its audio is opened when it is processed."""

    def open_stream(rate: int | None) -> Any:
        return input.open(context.stdin, rate=rate, selection=selection, offline=context.offline)

    return Recording(input, input.name, open_stream)


def in_order(
    events: Iterable[Done[Any] | Failed], inputs: deque[Input]
) -> Iterator[Done[Any] | Failed]:
    """Yield events in the order of `inputs`, from which the receiver removes each."""
    held: dict[Any, Done[Any] | Failed] = {}
    for event in events:
        held[event.key] = event
        while inputs and inputs[0] in held:
            yield held.pop(inputs[0])
