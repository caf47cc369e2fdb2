"""`audiocli convert`: results in other formats."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from audiocli.batch.inputs import Input, find_inputs
from audiocli.cli import options as opt
from audiocli.cli.converting import Conversion, renames
from audiocli.cli.requests import PictureRequest, SubtitleRequest
from audiocli.cli.run_summary import RunSummary
from audiocli.context import Context
from audiocli.errors import WRONG_FILE, InputError, UsageError, hint_for, input_failure, reason
from audiocli.results import Result
from audiocli.schema import SchemaError, loads
from audiocli.text.encodings import encoding_of
from audiocli.whole_files import MAX_RESULTS, is_special, read_whole

_SUFFIXES = {".json", ".jsonl"}


@dataclass(frozen=True, kw_only=True)
class ConversionRequest(SubtitleRequest, PictureRequest):
    """The options of `audiocli convert`."""

    files: Annotated[
        list[str],
        typer.Argument(
            metavar="RESULT",
            help="JSON or JSON Lines written by audiocli: files, folders, or - for stdin.",
        ),
    ]
    rename: Annotated[
        list[str] | None,
        typer.Option(
            "--rename",
            metavar="OLD=NEW",
            help="Rename a speaker; repeatable.",
            show_default=False,
            rich_help_panel=opt.OUTPUT,
        ),
    ] = None
    turns: Annotated[
        bool,
        typer.Option(
            "--turns",
            help="Write the speaker turns of diarized transcripts, as `audiocli diarize` does. "
            "rttm and pictures always contain turns.",
            rich_help_panel=opt.OUTPUT,
        ),
    ] = False
    stats: opt.StatsOption = False


def convert(context: Context, request: ConversionRequest) -> int:
    """Convert results to other formats without running the model again.

    With --output-dir, files written by an earlier `convert` are replaced if their results
    have changed; files that were edited or written by other programs are kept.

    Examples:

      audiocli convert talk.json --format vtt > talk.vtt

      audiocli convert results/ -f srt -f textgrid --output-dir subtitles

      audiocli convert talk.json --rename SPEAKER_00="Margaret Hale" -f srt

      audiocli convert meeting.json --stats -f csv
    """
    if request.turns and request.stats:
        raise UsageError("--turns and --stats exclude each other")
    conversion = Conversion(
        context=context,
        request=request,
        view="turns" if request.turns else "stats" if request.stats else None,
        names=renames(request.rename or ()),
    )
    summary = RunSummary(context)
    inputs = list(find_inputs(list(_expanded(request.files)), stdin=context.stdin))
    with conversion:
        for input, results in _read_all(inputs, context, summary):
            conversion.expect(results, max(len(inputs), len(results)))
            _write(input, results, conversion, summary)
    return summary.exit_code


def _expanded(files: Iterable[str]) -> Iterator[str]:
    """Yield the paths, with each folder replaced by the results below it."""
    for file in files:
        below = Path(file).rglob("*") if os.path.isdir(file) else ()  # noqa: PTH112 (any length)
        found = sorted(str(path) for path in below if _is_result(path))
        yield from found or [file]


def _is_result(path: Path) -> bool:
    is_named_so = path.suffix.lower() in _SUFFIXES and not path.name.startswith(".")
    return is_named_so and not is_special(path)


def _read_all(
    inputs: Iterable[Input], context: Context, summary: RunSummary
) -> Iterator[tuple[Input, Sequence[Result]]]:
    """Yield the results of each file that can be read."""
    for input in inputs:
        try:
            results = _read(input, context)
        except Exception as error:
            summary.fail(input_failure(error, input.name))
        else:
            yield input, results


def _read(input: Input, context: Context) -> Sequence[Result]:
    if input.path and input.path.is_dir():
        raise InputError(input.name, "no JSON in this folder", WRONG_FILE)
    if input.path is None and input.name != "-":
        raise InputError(input.name, "results are read from files", "download it first")
    try:
        data = read_whole(input.path or context.stdin, input.name, MAX_RESULTS)
        results = list(loads(data.decode(encoding_of(data)).removeprefix("\ufeff")))
    except OSError as error:
        raise InputError(input.name, reason(error), hint_for(error)) from error
    except UnicodeDecodeError as error:
        raise InputError(input.name, "not JSON", "`audiocli transcribe` reads sound") from error
    except SchemaError as error:
        raise InputError(input.name, error.message, error.hint) from error
    if not results:
        raise InputError(input.name, "no result in it", WRONG_FILE)
    return results


def _write(
    input: Input, results: Sequence[Result], conversion: Conversion, summary: RunSummary
) -> None:
    """Write the results of one file."""
    try:
        for result in results:
            place = _place(input, result if len(results) > 1 else None)
            conversion.write(input.name, place, result)
    except UsageError:
        raise
    except Exception as error:
        summary.fail(input_failure(error, input.name))
    else:
        summary.succeed()


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
