"""Runs a task over the inputs of a command and counts successes and failures.

An input that fails is reported in one line on stderr; the others are processed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audiocli.cli import report
from audiocli.cli.allocator import trimming
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
    is_partial: bool = False  # an input that failed has some of its files

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
    inputs: Sequence[Input],
    selection: Selection,
    run: Run,
) -> ExitCode:
    """Process the inputs and write each result as soon as it is complete.

    With an output folder, results are written in the order in which they complete, else in
    the order of the inputs.

    Parameters
    ----------
    run : the task: takes recordings and a callback for progress, yields events
    """
    summary = RunSummary(context)
    with sound_progress(context, inputs) as progress:
        recordings = (recording(input, context, selection) for input in inputs)
        events = run(map(progress.watched, recordings), trimming(progress.update))
        whole = settled(events, progress)
        for event in whole if emitter.output_dir else in_order(whole, inputs):
            if isinstance(event, Failed):
                summary.fail(event.error)
            else:
                _emit(emitter, event, summary)
    return summary.exit_code


def _emit(emitter: Emitter, event: Done[Any], summary: RunSummary) -> None:
    """Write a result; with an output folder, an error fails only its input."""
    try:
        emitter.emit(event.key, event.result)
    except OutputError as error:
        if not emitter.output_dir:
            raise
        summary.fail(error, is_partial=emitter.has_some(event.key))
    except (AudioCliError, OSError):
        raise  # an unsuitable format, or a closed or full stdout
    except Exception as error:
        summary.fail(input_failure(error, event.result.source))
    else:
        summary.succeed()


def settled(events: Iterable[Any], progress: SoundProgress) -> Iterator[Done[Any] | Failed]:
    """Yield the final event of each recording, and update the progress."""
    for event in events:
        if isinstance(event, Done | Failed):
            progress.settle(event.key, failed=isinstance(event, Failed))
            yield event


def finished(
    context: Context, inputs: Sequence[Input], run: Run, summary: RunSummary
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
    events: Iterable[Done[Any] | Failed], inputs: Iterable[Input]
) -> Iterator[Done[Any] | Failed]:
    """Yield events in the order of their inputs."""
    held: dict[Any, Done[Any] | Failed] = {}
    turn = iter(inputs)
    awaited = next(turn, None)
    for event in events:
        held[event.key] = event
        while awaited in held:
            yield held.pop(awaited)
            awaited = next(turn, None)
