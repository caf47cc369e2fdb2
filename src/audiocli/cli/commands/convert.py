"""`audiocli convert`: results in another format, without asking the model again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from audiocli.batch.inputs import Input, find_inputs
from audiocli.cli import options as opt
from audiocli.cli.batch import Tally
from audiocli.cli.converting import Conversion, renames
from audiocli.context import Context
from audiocli.errors import InputError, UsageError, input_failure, reason
from audiocli.render.base import Layout, PictureOptions
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
    rename: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OLD=NEW",
            help="Give a speaker another name; may be given several times.",
            show_default=False,
        ),
    ] = None,
    turns: Annotated[
        bool,
        typer.Option(
            "--turns",
            help="Write the speaker turns of diarized transcripts, as audiocli diarize does; "
            "rttm and pictures always show them.",
        ),
    ] = False,
    stats: Annotated[
        bool,
        typer.Option(
            "--stats", help="Write talk time, turns, interruptions and overlap of the speakers."
        ),
    ] = False,
    format: opt.FormatOption = None,
    output: opt.OutputOption = None,
    output_dir: opt.OutputDirOption = None,
    overwrite: opt.OverwriteOption = False,
    max_line_width: opt.MaxLineWidthOption = Layout.max_line_width,
    max_lines: opt.MaxLinesOption = Layout.max_lines,
    width: opt.WidthOption = PictureOptions.width,
    style: opt.StyleOption = "light",
) -> None:
    """Write results again in another format.

    With --output-dir, outputs that convert wrote itself are replaced when their results
    have changed; files that others wrote or edited are kept.

    Examples:

      audiocli convert talk.json --format vtt > talk.vtt

      audiocli convert results/ -f srt -f textgrid --output-dir subtitles

      audiocli convert talk.json --rename SPEAKER_00="Margaret Hale" -f srt

      audiocli convert meeting.json --stats -f csv
    """
    context: Context = ctx.obj
    if turns and stats:
        raise UsageError("--turns and --stats exclude each other")
    conversion = Conversion(
        context=context,
        view="turns" if turns else "stats" if stats else None,
        names=renames(rename or ()),
        formats=format or [],
        output=output,
        output_dir=output_dir,
        overwrite=overwrite,
        max_line_width=max_line_width,
        max_lines=max_lines,
        picture=PictureOptions(width=width, style=style),
    )
    tally = Tally(context)
    inputs = list(find_inputs(list(_expanded(files)), stdin=context.stdin))
    with conversion:
        for input, results in _read_all(inputs, context, tally):
            conversion.expect(results, max(len(inputs), len(results)))
            _write(input, results, conversion, tally)
    raise typer.Exit(tally.exit_code)


def _expanded(files: Iterable[str]) -> Iterator[str]:
    """Put the results in a folder, and below it, in place of the folder."""
    for file in files:
        below = Path(file).rglob("*") if os.path.isdir(file) else ()  # noqa: PTH112 (any length)
        found = sorted(str(path) for path in below if _is_result(path))
        yield from found or [file]


def _is_result(path: Path) -> bool:
    return path.suffix.lower() in _SUFFIXES and not path.name.startswith(".")


def _read_all(
    inputs: Iterable[Input], context: Context, tally: Tally
) -> Iterator[tuple[Input, Sequence[Result]]]:
    """Yield the results of each file that can be read."""
    for input in inputs:
        try:
            results = _read(input, context)
        except Exception as error:
            tally.fail(input_failure(error, input.name))
        else:
            yield input, results


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


def _write(input: Input, results: Sequence[Result], conversion: Conversion, tally: Tally) -> None:
    """Write the results of one file."""
    try:
        for result in results:
            place = _place(input, result if len(results) > 1 else None)
            conversion.write(input.name, place, result)
    except UsageError:
        raise
    except Exception as error:
        tally.fail(input_failure(error, input.name))
    else:
        tally.succeed()


def _place(input: Input, one_of_many: Result | None) -> Input:
    """Where a result lies under an output folder.

    `talk.json` becomes `talk.vtt`; beside `talk.jsonl` it becomes `talk.json.vtt`. Of a
    file with many results, each is placed as its source was, `a/talk.mp3.vtt`.
    """
    from audiocli.batch.output import output_stem

    if one_of_many is None:
        name = input.relative.name
        if input.path and _is_result(input.path):
            name = output_stem(input.path, _is_result)
        return Input(input.name, input.path, input.relative.with_name(name))
    source = Path("stdin" if one_of_many.source == "-" else one_of_many.source)
    steps = [step for step in source.parts if step not in {source.anchor, ".."}]
    return Input(one_of_many.source, None, Path(*steps))
