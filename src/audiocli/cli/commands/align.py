"""`audiocli align`: when the words of a known text are spoken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from audiocli.cli import options as opt
from audiocli.cli.batch import run_batch
from audiocli.cli.emit import open_emitter
from audiocli.cli.inputs import selection, waiting_inputs
from audiocli.context import Context
from audiocli.errors import ExitCode, InputError, UsageError
from audiocli.render import names_for
from audiocli.results import Alignment

if TYPE_CHECKING:
    from audiocli.batch.inputs import Input
    from audiocli.models.base import DeviceOptions
    from audiocli.tasks.alignment.aligner import ScriptAligner
    from audiocli.tasks.alignment.scripts import AlignmentScript


def align(
    ctx: typer.Context,
    inputs: opt.InputsArgument = None,
    text: Annotated[
        Path | None,
        typer.Option(
            "--text",
            "-t",
            metavar="FILE|DIR",
            help="The text that is spoken, - for stdin, or a folder with NAME.txt for each "
            "recording NAME.",
            show_default=False,
        ),
    ] = None,
    files_from: opt.FilesFromOption = None,
    model: Annotated[
        str | None,
        opt.model_option(
            "transcribe",
            "A Whisper or CTC model: a name of `audiocli models list`, a folder, or a hub id. "
            "Default: whisper-base.",
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            "--language", "-l", metavar="CODE", help="Language spoken. Default: found out."
        ),
    ] = None,
    phonemes: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Tell the sounds too, as this phoneme model hears them: a tier in textgrid.",
            autocompletion=opt.complete_model("transcribe"),
            show_default=False,
        ),
    ] = None,
    channel: opt.ChannelOption = "mix",
    track: opt.TrackOption = None,
    start: opt.StartOption = None,
    end: opt.EndOption = None,
    format: Annotated[list[str] | None, opt.format_option(names_for(Alignment))] = None,
    output: opt.OutputOption = None,
    output_dir: opt.OutputDirOption = None,
    overwrite: opt.OverwriteOption = False,
    max_line_width: opt.MaxLineWidthOption = 42,
    max_lines: opt.MaxLinesOption = 2,
    device: opt.DeviceOption = "auto",
    compute_type: opt.ComputeTypeOption = "default",
    threads: opt.ThreadsOption = 0,
) -> None:
    """Find when the words of a known text are spoken, with a score for each.

    Examples:

      audiocli align talk.wav --text talk.txt -f textgrid > talk.TextGrid

      audiocli align recordings/ --text texts/ -d out -f json

      pandoc talk.docx -t plain | audiocli align talk.wav --text - -o talk.srt
    """
    context = ctx.find_object(Context)
    assert context is not None
    if text is None:
        raise UsageError("no text given", "--text names a file, or a folder of them")
    if text == Path("-"):
        _check_stdin(context, inputs or [], files_from)
    from audiocli.models.base import DeviceOptions

    device_options = DeviceOptions(
        device=device, compute_type=compute_type, threads=threads, verbose=context.verbose
    )
    part = selection(channel, start, end, track)
    with open_emitter(
        context,
        Alignment,
        formats=format,
        output=output,
        output_dir=output_dir,
        overwrite=overwrite,
        max_line_width=max_line_width,
        max_lines=max_lines,
    ) as emitter:
        waiting = waiting_inputs(context, emitter, inputs or [], files_from)
        if not waiting:
            raise typer.Exit(ExitCode.OK)
        script_of = _scripts(context, text, waiting)
        aligner = _aligner(context, model, phonemes, device_options, language, script_of)
        code = run_batch(context, emitter, waiting, part, aligner.run)
    raise typer.Exit(code)


def _check_stdin(context: Context, inputs: Sequence[str], files_from: str | None) -> None:
    """Refuse to read a text from stdin that a person or another input has."""
    if files_from == "-" or not {"-", "@-"}.isdisjoint(inputs):
        raise UsageError("stdin can be read only once: as the text or as an input")
    if context.stdin.isatty():
        raise UsageError("--text - reads the text from stdin, which is a terminal", "name a file")


def _scripts(
    context: Context, text: Path, inputs: Sequence[Input]
) -> Callable[[Any], AlignmentScript]:
    """Make what gives the script of each input.

    One text is read here, once, before a model is fetched for it: it may be a pipe.
    """
    if text.is_dir():
        return lambda input: _read(context, text / f"{Path(input.name).stem}.txt")
    if len(inputs) > 1:
        raise UsageError(
            f"{text} is one text, and there are {len(inputs)} recordings",
            "--text DIR takes NAME.txt for each recording NAME",
        )
    script = _read(context, text)
    return lambda _: script


def _read(context: Context, path: Path) -> AlignmentScript:
    """Read a text.

    Raises
    ------
    InputError : it cannot be read, or holds no words
    """
    from audiocli.batch.texts import speech_source
    from audiocli.tasks.alignment.scripts import AlignmentScript

    script = AlignmentScript.of(str(path), speech_source(path, context.stdin).read())
    if not script.lines:
        raise InputError(path, "holds no words")
    return script


def _aligner(
    context: Context,
    model: str | None,
    phonemes: str | None,
    device_options: DeviceOptions,
    language: str | None,
    script_of: Callable[[Any], AlignmentScript],
) -> ScriptAligner:
    from audiocli.cli.allocator import keep_large_blocks
    from audiocli.cli.progress import open_loader
    from audiocli.tasks.transcription.options import TranscriptionOptions
    from audiocli.text.languages import language_code

    options = TranscriptionOptions(
        language=language and language_code(language), word_timestamps=True
    )
    keep_large_blocks()
    with open_loader(context, device_options) as loader:
        return loader.aligner(model, options, script_of, phonemes)
