"""Runs a task over the inputs of a command, and counts what came of it.

One input that fails costs one line on stderr and never the others' results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audiocli.cli import report
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
    """Counts the inputs of a run; an input that fails is reported at once."""

    context: Context
    succeeded: int = 0
    failed: int = 0
    is_partial: bool = False  # an input that failed has some of its files

    def succeed(self) -> None:
        """One input more is done."""
        self.succeeded += 1

    def fail(self, error: AudioCliError, *, is_partial: bool = False) -> None:
        """One input failed; the batch goes on."""
        self.failed += 1
        self.is_partial |= is_partial
        report(error, self.context)

    @property
    def exit_code(self) -> ExitCode:
        """What the shell is told."""
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
    """Work through the inputs and write each result as soon as it is whole.

    Results go into a folder as they come, into one stream in the order of the inputs.

    Parameters
    ----------
    run : the task: takes recordings and a callback for progress, yields events
    """
    summary = RunSummary(context)
    with sound_progress(context, inputs) as progress:
        recordings = (recording(input, context, selection) for input in inputs)
        events = run(map(progress.watched, recordings), progress.update)
        whole = settled(events, progress)
        for event in whole if emitter.output_dir else in_order(whole, inputs):
            if isinstance(event, Failed):
                summary.fail(event.error)
            else:
                _emit(emitter, event, summary)
    return summary.exit_code


def _emit(emitter: Emitter, event: Done[Any], summary: RunSummary) -> None:
    """Write a result; where each has a file, one that cannot be written fails its input alone."""
    try:
        emitter.emit(event.key, event.result)
    except OutputError as error:
        if not emitter.output_dir:
            raise
        summary.fail(error, is_partial=emitter.has_some(event.key))
    except (AudioCliError, OSError):
        raise  # what a format cannot hold, and stdout that is closed or full
    except Exception as error:
        summary.fail(input_failure(error, event.result.source))
    else:
        summary.succeed()


def settled(events: Iterable[Any], progress: SoundProgress) -> Iterator[Done[Any] | Failed]:
    """Pass on the end of each recording, and count it in the progress."""
    for event in events:
        if isinstance(event, Done | Failed):
            progress.settle(event.key, failed=isinstance(event, Failed))
            yield event


def finished(
    context: Context, inputs: Sequence[Input], run: Run, summary: RunSummary
) -> Iterator[Done[Any]]:
    """Work through whole inputs and yield what is done as it comes; failures are reported."""
    from audiocli.audio.selection import Selection

    with sound_progress(context, inputs) as progress:
        recordings = (recording(input, context, Selection()) for input in inputs)
        for event in settled(run(map(progress.watched, recordings), progress.update), progress):
            if isinstance(event, Failed):
                summary.fail(event.error)
            else:
                yield event


def recording(input: Input, context: Context, selection: Selection) -> Recording:
    """Make a recording of an input; its sound is opened when it is its turn."""

    def open_stream(rate: int | None) -> Any:
        return input.open(context.stdin, rate=rate, selection=selection, offline=context.offline)

    return Recording(input, input.name, open_stream)


def in_order(
    events: Iterable[Done[Any] | Failed], inputs: Iterable[Input]
) -> Iterator[Done[Any] | Failed]:
    """Hold events back until it is their input's turn."""
    held: dict[Any, Done[Any] | Failed] = {}
    turn = iter(inputs)
    awaited = next(turn, None)
    for event in events:
        held[event.key] = event
        while awaited in held:
            yield held.pop(awaited)
            awaited = next(turn, None)
