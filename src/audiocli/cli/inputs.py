"""Finds the inputs of a command that have no result yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from audiocli.cli import report
from audiocli.cli.emit import Emitter
from audiocli.context import Context
from audiocli.errors import ExitCode, InputError, OutputError, UsageError

if TYPE_CHECKING:
    from audiocli.audio.selection import Selection
    from audiocli.batch.inputs import Input


def waiting_inputs(
    context: Context, emitter: Emitter, arguments: Sequence[str], files_from: str | None
) -> list[Input]:
    """Return the inputs whose results do not exist yet.

    Raises
    ------
    UsageError : there are no inputs, or the output cannot hold all results
    """
    from audiocli.batch.inputs import find_inputs

    inputs = list(find_inputs(arguments, stdin=context.stdin, files_from=files_from))
    emitter.expect(len(inputs))
    emitter.check_targets(inputs)
    waiting = list(_waiting(emitter, inputs))
    if kept := len(inputs) - len(waiting):
        about = f"{kept} of {len(inputs)} outputs exist already"
        context.warn(f"{about} (--overwrite makes them again)")
    problems = [problem for input in waiting if (problem := _problem(input))]
    if waiting and len(problems) == len(waiting):  # before a model is downloaded
        for problem in problems:
            report(problem, context)
        raise typer.Exit(ExitCode.ALL_FAILED)
    return waiting


def _waiting(emitter: Emitter, inputs: Iterable[Input]) -> Iterator[Input]:
    """Yield the inputs without results; mark those whose output cannot be written."""
    for input in inputs:
        try:
            if not emitter.is_done(input):
                yield input
        except OutputError as error:
            yield replace(input, problem=str(error))


def _problem(input: Input) -> InputError | None:
    """Return the error of an input that can be detected without decoding it."""
    from audiocli.audio.source import refuse_json
    from audiocli.batch.inputs import path_problem

    if input.problem:
        return InputError(input.name, input.problem)
    if not input.path:
        return None
    if problem := path_problem(input.path):
        return InputError(input.name, problem)
    try:
        refuse_json(input.path, input.name)
    except InputError as error:
        return error
    return None


def selection(
    channel: str, start: str | None, end: str | None, track: str | None = None
) -> Selection:
    """Parse --channel, --start, --end and --track."""
    from audiocli.audio.selection import Selection
    from audiocli.audio.timecode import parse_time

    chosen = Selection(
        channel=channel,
        start=parse_time(start) if start else 0.0,
        end=parse_time(end) if end else None,
        track=track,
    )
    if chosen.channel == "all":
        raise UsageError(
            "--channel all is not supported here", "choose mix, left, right or a number"
        )
    return chosen
