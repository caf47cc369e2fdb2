"""From the arguments of a command to the inputs that still need work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

import typer

from audiocli.cli import report
from audiocli.cli.emit import Emitter
from audiocli.context import Context
from audiocli.errors import ExitCode, InputError, UsageError

if TYPE_CHECKING:
    from audiocli.audio.selection import Selection
    from audiocli.batch.inputs import Input


def waiting_inputs(
    context: Context, emitter: Emitter, arguments: Sequence[str], files_from: str | None
) -> list[Input]:
    """List the inputs named, less those whose result is there already.

    Raises
    ------
    UsageError : nothing is named, or the output cannot hold all results
    """
    from audiocli.batch.inputs import find_inputs

    inputs = list(find_inputs(arguments, stdin=context.stdin, files_from=files_from))
    emitter.expect(len(inputs))
    waiting = [input for input in inputs if not emitter.is_done(input)]
    if kept := len(inputs) - len(waiting):
        context.warn(f"{kept} of {len(inputs)} are done already (--overwrite does them again)")
    if waiting and all(input.path and not input.path.exists() for input in waiting):
        _report_missing(context, waiting)
    return waiting


def _report_missing(context: Context, inputs: Sequence[Input]) -> NoReturn:
    """End a run that has nothing to work on, before a model is fetched for it."""
    for input in inputs:
        report(InputError(input.name, input.problem or "no such file"), context)
    raise typer.Exit(ExitCode.ALL_FAILED)


def selection(channel: str, start: str | None, end: str | None) -> Selection:
    """Read --channel, --start and --end."""
    from audiocli.audio.selection import Selection
    from audiocli.audio.timecode import parse_time

    chosen = Selection(
        channel=channel,
        start=parse_time(start) if start else 0.0,
        end=parse_time(end) if end else None,
    )
    if chosen.channel == "all":
        raise UsageError("--channel all keeps channels apart, and this needs one", "choose mix")
    return chosen
