"""`audiocli align`: times of the words of a known text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from audiocli.cli import options as opt
from audiocli.cli.batch import run_batch
from audiocli.cli.inputs import find_batch
from audiocli.cli.provenance import Dependencies, ModelChoices
from audiocli.cli.requests import (
    BatchRequest,
    DeviceRequest,
    InputRequest,
    ModelRequest,
    SubtitleRequest,
)
from audiocli.context import Context
from audiocli.errors import WRONG_FILE, ExitCode, InputError, UsageError
from audiocli.results import Alignment

if TYPE_CHECKING:
    from audiocli.batch.inputs import Input
    from audiocli.tasks.alignment.aligner import ScriptAligner
    from audiocli.tasks.alignment.scripts import AlignmentScript

    FindScript = Callable[[Any], AlignmentScript]


@dataclass(frozen=True, kw_only=True)
class AlignmentRequest(BatchRequest, SubtitleRequest, DeviceRequest, ModelRequest, InputRequest):
    """The options of `audiocli align`."""

    text_file: Annotated[
        Path | None,
        typer.Option(
            "--text-file",
            metavar="FILE|DIR",
            help="Text to align: a file, - for stdin, or a folder with NAME.txt for each "
            "recording NAME.",
            show_default=False,
            rich_help_panel=opt.INPUT,
        ),
    ] = None
    model: Annotated[
        str | None,
        opt.model_option(
            "transcribe",
            "Whisper or CTC model: a name from `audiocli models list`, a folder, or a hub id. "
            "Default: whisper-base.",
        ),
    ] = None
    phoneme_model: Annotated[
        str | None,
        opt.model_option(
            "transcribe",
            "CTC model that recognises phonemes, to add phoneme times; shown as a TextGrid tier.",
            "--phoneme-model",
        ),
    ] = None
    language: Annotated[
        str | None,
        opt.language_option("Spoken language, such as en. Default: detect it.", opt.MODEL),
    ] = None
    format: Annotated[list[str] | None, opt.result_format_option(Alignment)] = None


def align(context: Context, request: AlignmentRequest) -> int:
    """Find the time and confidence of each word of a known text.

    Examples:

      audiocli align talk.wav --text-file talk.txt -f textgrid > talk.TextGrid

      audiocli align recordings/ --text-file texts/ -d out -f json

      pandoc talk.docx -t plain | audiocli align talk.wav --text-file - -o talk.srt
    """
    text = request.text_file
    if text is None:
        raise UsageError("no text given", "--text-file names a file, or a folder of them")
    if text == Path("-"):
        _check_stdin(context, request)
    part = request.selection
    with request.emitter(context, Alignment) as emitter:
        inputs = find_batch(context, emitter, request, _depends_on(request, text))
        if not inputs:
            return ExitCode.OK
        aligner = _aligner(context, request, _scripts(context, text, inputs))
        return run_batch(context, emitter, inputs, part, aligner.run, request.batch)


def _depends_on(request: AlignmentRequest, text: Path) -> Dependencies:
    models: ModelChoices = {"model": (request.model, "transcribe")}
    if request.phoneme_model:
        models["phoneme_model"] = (request.phoneme_model, "transcribe")
    return Dependencies(
        command="align",
        models=models,
        companions=lambda input: [_text_of(text, input)],
        ignored=("text_file",),
    )


def _text_of(text: Path, input: Input) -> Path:
    """Return the text of an input: NAME.txt for a recording NAME if `text` is a folder."""
    return text / f"{input.stem}.txt" if text.is_dir() else text


def _check_stdin(context: Context, request: AlignmentRequest) -> None:
    """Refuse to read the text from stdin if it is a terminal or the source of an input."""
    if request.files_from == "-" or not {"-", "@-"}.isdisjoint(request.inputs or []):
        raise UsageError("stdin can be read only once: as the text or as an input")
    if context.stdin.isatty():
        raise UsageError(
            "--text-file - reads the text from stdin, which is a terminal", "name a file"
        )


def _scripts(context: Context, text: Path, inputs: Iterable[Input]) -> FindScript:
    """Return a function that finds the script of an input.

    A single text is read here, before a model is loaded: it may come from a pipe.
    """
    if text.is_dir():
        return lambda input: _read(context, _text_of(text, input))
    count = len(inputs) if isinstance(inputs, Sized) else "several"
    if count != 1:
        raise UsageError(
            f"{text} is one text, and there are {count} recordings",
            "--text-file DIR takes NAME.txt for each recording NAME",
        )
    script = _read(context, text)
    return lambda _: script


def _read(context: Context, path: Path) -> AlignmentScript:
    """Read a text.

    Raises
    ------
    InputError : the file cannot be read, or has no words
    """
    from audiocli.batch.texts import speech_source
    from audiocli.tasks.alignment.scripts import AlignmentScript

    script = AlignmentScript.of(str(path), speech_source(path, context.stdin).read())
    if not script.lines:
        raise InputError(path, "has no words", WRONG_FILE)
    return script


def _aligner(context: Context, request: AlignmentRequest, script_of: FindScript) -> ScriptAligner:
    from audiocli.cli.allocator import keep_large_blocks
    from audiocli.cli.progress import open_loader
    from audiocli.tasks.transcription.options import TranscriptionOptions
    from audiocli.text.languages import language_code

    language = request.language and language_code(request.language)
    options = TranscriptionOptions(language=language, word_timestamps=True)
    keep_large_blocks()
    with open_loader(context, request.device_options(context)) as loader:
        return loader.aligner(request.model, options, script_of, request.phoneme_model)
