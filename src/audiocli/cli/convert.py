"""`audiocli convert`: results in another format, without asking the model again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from audiocli.audio.source import reason
from audiocli.batch.inputs import Input, find_inputs
from audiocli.cli import options as opt
from audiocli.cli.batch import Tally
from audiocli.cli.emit import Emitter, open_emitter
from audiocli.context import Context
from audiocli.errors import AudioCliError, InputError, UsageError
from audiocli.render.base import Layout
from audiocli.results import Result
from audiocli.schema import SchemaError, loads

_SUFFIXES = {".json", ".jsonl"}


def convert(
    ctx: typer.Context,
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="RESULT",
            help="JSON or JSON lines that audiocli wrote: files, folders, or - for stdin.",
        ),
    ],
    format: opt.FormatOption = None,
    output: opt.OutputOption = None,
    output_dir: opt.OutputDirOption = None,
    overwrite: opt.OverwriteOption = False,
    max_line_width: opt.MaxLineWidthOption = Layout.max_line_width,
    max_lines: opt.MaxLinesOption = Layout.max_lines,
) -> None:
    """Write results again in another format.

    Examples:

      audiocli convert talk.json --format vtt > talk.vtt

      audiocli convert results/ --format srt --output-dir subtitles
    """
    context: Context = ctx.obj
    tally = Tally(context)
    taken: set[Path] = set()
    inputs = list(find_inputs(list(_expanded(files)), stdin=context.stdin))
    whole = _read_all(inputs, context, tally)
    if first := next(whole, None):
        with open_emitter(
            context,
            type(first[1][0]),
            formats=format,
            output=output,
            output_dir=output_dir,
            overwrite=overwrite,
            max_line_width=max_line_width,
            max_lines=max_lines,
        ) as emitter:
            for input, results in chain([first], whole):
                emitter.expect(max(len(inputs), len(results)))
                _emit_all(input, results, emitter, tally, taken)
    raise typer.Exit(tally.exit_code)


def _expanded(files: Iterable[str]) -> Iterator[str]:
    """Put the results in a folder, and below it, in place of the folder."""
    for file in files:
        below = Path(file).rglob("*") if Path(file).is_dir() else ()
        found = sorted(str(path) for path in below if path.suffix in _SUFFIXES)
        yield from found or [file]


def _read_all(
    inputs: Iterable[Input], context: Context, tally: Tally
) -> Iterator[tuple[Input, Sequence[Result]]]:
    """Yield the results of each file that can be read."""
    for input in inputs:
        try:
            yield input, _read(input, context)
        except InputError as error:
            tally.fail(error)


def _read(input: Input, context: Context) -> Sequence[Result]:
    if input.path and input.path.is_dir():
        raise InputError(input.name, "no JSON in this folder")
    if input.path is None and input.name != "-":
        raise InputError(input.name, "results are read from files", "download it first")
    try:
        data = input.path.read_bytes() if input.path else context.stdin.read()
        results = list(loads(data.decode("utf-8-sig")))
    except OSError as error:
        raise InputError(input.name, reason(error)) from error
    except UnicodeDecodeError as error:
        raise InputError(input.name, "not JSON", "`audiocli transcribe` reads sound") from error
    except SchemaError as error:
        raise InputError(input.name, error.message, error.hint) from error
    if not results:
        raise InputError(input.name, "no result in it")
    return results


def _emit_all(
    input: Input, results: Sequence[Result], emitter: Emitter, tally: Tally, taken: set[Path]
) -> None:
    """Emit the results of one file; `taken` are the places of all results so far."""
    try:
        for result in results:
            place = _place(input, result if len(results) > 1 else None)
            if emitter.output_dir and place.relative in taken:
                raise InputError(input.name, f"one more result for {place.relative}, left out")
            taken.add(place.relative)
            if not emitter.is_done(place):
                emitter.emit(place, result)
    except UsageError:
        raise
    except AudioCliError as error:
        tally.fail(error)
    else:
        tally.succeed()


def _place(input: Input, one_of_many: Result | None) -> Input:
    """Where a result lies under an output folder.

    `talk.json` becomes `talk.vtt`; of a file with many results, each is placed as
    its source was, `a/talk.mp3.vtt`.
    """
    if one_of_many is None:
        return Input(input.name, None, input.relative.with_suffix(""))
    source = Path("stdin" if one_of_many.source == "-" else one_of_many.source)
    steps = [step for step in source.parts if step not in {source.anchor, ".."}]
    return Input(one_of_many.source, None, Path(*steps))
