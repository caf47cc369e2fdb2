"""Runs a task over the inputs of a command and counts successes and failures.

An input that fails is reported in one line on stderr; the others are processed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audiocli.cli import report
from audiocli.cli.allocator import trimming
from audiocli.cli.checkpoints import partial_result_written
from audiocli.cli.emit import Emitter
from audiocli.cli.progress import SoundProgress, sound_progress
from audiocli.context import Context
from audiocli.errors import AudioCliError, ExitCode, OutputError, input_failure
from audiocli.tasks.common.events import Done, Failed, Progress, Recording

if TYPE_CHECKING:
    from audiocli.audio.selection import Selection
    from audiocli.batch.inputs import Input

Run = Callable[[Iterable[Recording], Progress], Iterable[Any]]  # of Done, Failed and others


@dataclass
class RunSummary:
    """Counts successes and failures of a run, and reports failures on stderr."""

    context: Context
    succeeded: int = 0
    failed: int = 0
    is_partial: bool = False  # an input that failed has some files, or some were not tried

    def succeed(self) -> None:
        """Count an input that succeeded."""
        self.succeeded += 1

    def fail(self, error: AudioCliError, *, is_partial: bool = False) -> None:
        """Count an input that failed, and report it."""
        self.failed += 1
        self.is_partial |= is_partial
        report(error, self.context)

    @property
    def exit_code(self) -> ExitCode:
        """Return the exit code of the run."""
        if not self.failed:
            return ExitCode.OK
        has_results = self.succeeded or self.is_partial
        return ExitCode.SOME_FAILED if has_results else ExitCode.ALL_FAILED


def run_batch(
    context: Context,
    emitter: Emitter,
    inputs: Iterable[Input],
    selection: Selection,
    run: Run,
    *,
    fail_fast: bool = False,
) -> ExitCode:
    """Process the inputs and write each result as soon as it is complete.

    With an output folder, results are written in the order in which they complete, and inputs
    that another run processes are skipped; else results are in the order of the inputs.

    Parameters
    ----------
    inputs : if their number is unknown, they are read while they are processed
    run : the task: takes recordings and a callback for progress, yields events
    fail_fast : whether to stop at the first failure
    """
    summary = RunSummary(context)
    total = len(inputs) if isinstance(inputs, Sized) else None
    others: list[Input] = []
    started: deque[Input] = deque()
    with (
        sound_progress(context, inputs) as progress,
        partial_result_written(emitter, started, progress),
    ):
        claimed = _claimed(emitter, inputs, others) if emitter.folder else _noted(inputs, started)
        recordings: Iterable[Recording] = (
            recording(input, context, selection) for input in claimed
        )
        if checkpoints := emitter.checkpoints:
            recordings = checkpoints.attached(recordings, emitter, progress)
        events = run(map(progress.watched, recordings), trimming(progress.update))
        whole = settled(checkpoints.observed(events) if checkpoints else events, progress)
        for event in whole if emitter.folder else in_order(whole, started):
            if isinstance(event, Failed):
                error: AudioCliError | None = event.error
                summary.fail(event.error)
            else:
                error = _emit(emitter, event, summary)
            if emitter.folder:
                emitter.folder.settle(event.key, error)
            if emitter.folder and checkpoints:
                output = emitter.checkpointed_output(event.key)
                checkpoints.settle(output, is_complete=error is None)
            if fail_fast and summary.failed:
                summary.is_partial |= summary.failed != total
                break
    if others:
        count = f"{len(others)} of {total}" if total else f"{len(others)}"
        context.warn(f"{count} inputs are left to another run")
    return summary.exit_code


def _claimed(emitter: Emitter, inputs: Iterable[Input], others: list[Input]) -> Iterator[Input]:
    """Yield the inputs that this process claims; append those of other runs to `others`."""
    assert emitter.folder
    for input in inputs:
        if emitter.folder.claim(input):
            yield input
        else:
            others.append(input)


def _emit(emitter: Emitter, event: Done[Any], summary: RunSummary) -> AudioCliError | None:
    """Write a result; return the error that fails only its input, or None.

    Raises
    ------
    AudioCliError, OSError : the format does not suit, or the common output cannot be written
    """
    try:
        emitter.emit(event.key, event.result)
    except (AudioCliError, OSError) as error:
        if not (emitter.folder and isinstance(error, OutputError)):
            raise
        summary.fail(error, is_partial=emitter.folder.has_some(event.key))
        return error
    except Exception as error:
        failure = input_failure(error, event.result.source)
        summary.fail(failure)
        return failure
    summary.succeed()
    return None


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


def _noted(inputs: Iterable[Input], noted: deque[Input]) -> Iterator[Input]:
    for input in inputs:
        noted.append(input)
        yield input


def in_order(
    events: Iterable[Done[Any] | Failed], inputs: deque[Input]
) -> Iterator[Done[Any] | Failed]:
    """Yield events in the order of their inputs, which are removed from `inputs`."""
    held: dict[Any, Done[Any] | Failed] = {}
    for event in events:
        held[event.key] = event
        while inputs and inputs[0] in held:
            yield held.pop(inputs.popleft())
