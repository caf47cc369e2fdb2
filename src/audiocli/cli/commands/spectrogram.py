"""`audiocli spectrogram`: sound as a drawing, a picture or numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from audiocli.cli import options as opt
from audiocli.cli.batch import Run, Tally, recording, run_batch, settled
from audiocli.cli.emit import Emitter, open_emitter
from audiocli.cli.inputs import selection, waiting_inputs
from audiocli.cli.progress import sound_progress
from audiocli.context import Context
from audiocli.errors import ExitCode, UsageError
from audiocli.render import names_for
from audiocli.render.base import PictureOptions
from audiocli.results import Comparison, Span, Spectrogram
from audiocli.tasks.common.events import Failed, Progress, Recording

if TYPE_CHECKING:
    from audiocli.audio.selection import Selection
    from audiocli.batch.inputs import Input
    from audiocli.tasks.acoustics.tracks import Quantity
    from audiocli.tasks.visualization.kinds import SpectrogramOptions
    from audiocli.tasks.visualization.model_input import ModelInput

_WHAT = "What to draw"
_HOW = "How it is computed"


def spectrogram(
    ctx: typer.Context,
    inputs: opt.InputsArgument = None,
    files_from: opt.FilesFromOption = None,
    kind: Annotated[
        Literal["waveform", "linear", "mel", "log-mel", "mfcc", "cqt", "chroma"],
        typer.Option("--kind", "-k", help="Form of the sound.", rich_help_panel=_WHAT),
    ] = "log-mel",
    as_model: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="MODEL",
            help="What this model sees: whisper, ast, clap, wav2vec2, yamnet, or a model's name.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    compare: Annotated[
        bool,
        typer.Option("--compare", help="All inputs in one, on one scale.", rich_help_panel=_WHAT),
    ] = False,
    overlay: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Words, turns or events to draw under it: JSON of audiocli, or RTTM.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    pitch: Annotated[
        bool,
        typer.Option("--pitch", help="The fundamental frequency over it.", rich_help_panel=_WHAT),
    ] = False,
    formants: Annotated[
        bool, typer.Option("--formants", help="F1 to F3 over it, as dots.", rich_help_panel=_WHAT)
    ] = False,
    energy: Annotated[
        bool, typer.Option("--energy", help="The level over it.", rich_help_panel=_WHAT)
    ] = False,
    n_fft: Annotated[
        int | None,
        typer.Option(
            min=2,
            metavar="SAMPLES",
            help="Length of the Fourier transform. Default: a power of two, 32 ms or more.",
            rich_help_panel=_HOW,
        ),
    ] = None,
    hop_length: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="SAMPLES",
            help="From frame to frame. Default: a quarter of n-fft; in pictures as the width asks.",
            rich_help_panel=_HOW,
        ),
    ] = None,
    win_length: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="SAMPLES",
            help="Length of the window. Default: n-fft.",
            rich_help_panel=_HOW,
        ),
    ] = None,
    window: Annotated[
        Literal["hann", "hamming", "blackman", "blackmanharris", "boxcar"],
        typer.Option(help="Shape of the window.", rich_help_panel=_HOW),
    ] = "hann",
    n_mels: Annotated[int, typer.Option(min=1, help="Mel bands.", rich_help_panel=_HOW)] = 80,
    n_mfcc: Annotated[
        int, typer.Option(min=1, help="Cepstral coefficients.", rich_help_panel=_HOW)
    ] = 20,
    fmin: Annotated[
        float | None,
        typer.Option(min=0, metavar="HZ", help="Lowest frequency.", rich_help_panel=_HOW),
    ] = None,
    fmax: Annotated[
        float | None,
        typer.Option(min=0, metavar="HZ", help="Highest frequency.", rich_help_panel=_HOW),
    ] = None,
    mel_scale: Annotated[
        Literal["slaney", "htk"], typer.Option(help="Formula of the mel.", rich_help_panel=_HOW)
    ] = "slaney",
    norm: Annotated[
        Literal["slaney", "none"],
        typer.Option(help="Mel filters of the same area, or height.", rich_help_panel=_HOW),
    ] = "slaney",
    power: Annotated[
        float, typer.Option(min=0.1, help="2 is power, 1 is magnitude.", rich_help_panel=_HOW)
    ] = 2.0,
    db: Annotated[
        bool | None,
        typer.Option(
            "--db/--no-db",
            help="Decibels or plain numbers. Default: by kind.",
            rich_help_panel=_HOW,
        ),
    ] = None,
    db_range: Annotated[
        float,
        typer.Option(min=1, metavar="DB", help="Down from the loudest.", rich_help_panel=_HOW),
    ] = 80.0,
    preemphasis: Annotated[
        float,
        typer.Option(min=0, max=1, help="Lift the treble; 0.97 is usual.", rich_help_panel=_HOW),
    ] = 0.0,
    pool: Annotated[
        Literal["mean", "max"],
        typer.Option(help="How frames that share a column are joined.", rich_help_panel=_HOW),
    ] = "mean",
    channel: opt.ChannelOption = "mix",
    track: opt.TrackOption = None,
    start: opt.StartOption = None,
    end: opt.EndOption = None,
    width: opt.WidthOption = PictureOptions.width,
    height: Annotated[
        int | None, typer.Option(min=16, max=20000, metavar="PIXELS", rich_help_panel=opt.PICTURE)
    ] = None,
    dpi: Annotated[
        int,
        typer.Option(min=20, max=1200, help="Letters grow with it.", rich_help_panel=opt.PICTURE),
    ] = 100,
    style: opt.StyleOption = "light",
    colour_map: Annotated[
        Literal["viridis", "magma", "inferno", "grey", "ink"] | None,
        typer.Option(
            "--colour-map", "--cmap", help="Default: by style.", rich_help_panel=opt.PICTURE
        ),
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="The pixels alone, no axes.", rich_help_panel=opt.PICTURE)
    ] = False,
    format: Annotated[list[str] | None, opt.format_option(names_for(Spectrogram))] = None,
    output: opt.OutputOption = None,
    output_dir: opt.OutputDirOption = None,
    overwrite: opt.OverwriteOption = False,
) -> None:
    """Show sound: as a drawing in the terminal, a picture, or numbers with their axes.

    Examples:

      audiocli spectrogram talk.m4a

      audiocli spectrogram talk.m4a --kind linear --fmax 4000 -o talk.png

      audiocli spectrogram *.wav -d features -f npz --n-mels 128

      audiocli spectrogram before.wav after.wav --compare -o both.png
    """
    context: Context = ctx.obj
    from audiocli.tasks.visualization.kinds import SpectrogramOptions

    chosen = SpectrogramOptions(
        kind=kind,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
        n_mels=n_mels,
        n_mfcc=n_mfcc,
        fmin=fmin,
        fmax=fmax,
        mel_scale=mel_scale,
        norm=norm,
        power=power,
        db=db,
        db_range=db_range,
        preemphasis=preemphasis,
        pool=pool,
    )
    part = selection(channel, start, end, track)
    spans = _spans(overlay or ())
    asked: dict[Quantity, bool] = {"pitch": pitch, "formants": formants, "energy": energy}
    quantities = [quantity for quantity, is_asked in asked.items() if is_asked]
    if as_model:
        _refuse_beside_model(chosen, quantities)
    _refuse_without_axis(quantities, kind)
    model_input = _model_input(context, as_model) if as_model else None
    with open_emitter(
        context,
        Comparison if compare else Spectrogram,
        formats=format,
        output=output,
        output_dir=output_dir,
        overwrite=overwrite,
        picture=PictureOptions(
            width=width, height=height, dpi=dpi, style=style, colour_map=colour_map, raw=raw
        ),
    ) as emitter:
        columns = emitter.columns

        def run(recordings: Iterable[Recording], on_progress: Progress) -> Iterator[Any]:
            from audiocli.tasks.visualization.spectrogram import run

            return run(
                recordings,
                chosen,
                columns,
                on_progress,
                spans=spans,
                model_input=model_input,
                quantities=quantities,
                max_values=emitter.max_values or inf,
            )

        if compare:
            code = _compare(context, emitter, _compared(context, inputs, files_from), part, run)
        else:
            waiting = waiting_inputs(context, emitter, inputs or [], files_from)
            code = run_batch(context, emitter, waiting, part, run)
    raise typer.Exit(code)


def _refuse_beside_model(chosen: SpectrogramOptions, quantities: Sequence[Quantity]) -> None:
    """Refuse what would change the input that a model sees."""
    if quantities:
        raise UsageError("--pitch, --formants and --energy do not go with --as")
    for one in fields(chosen):
        if getattr(chosen, one.name) != one.default:
            option = f"--{one.name.replace('_', '-')}"
            raise UsageError(f"{option} does not go with --as", "the model settles it")


def _refuse_without_axis(quantities: Sequence[Quantity], kind: str) -> None:
    """Refuse frequencies over an axis of something else; a waveform's is plainly none."""
    without = {"formants": {"waveform", "mfcc", "chroma"}, "pitch": {"mfcc", "chroma"}}
    for quantity in quantities:
        if kind in without.get(quantity, ()):
            raise UsageError(
                f"--{quantity} shows frequencies, and {kind} has none on its axis",
                "--kind linear, mel, log-mel or cqt has",
            )


def _model_input(context: Context, name: str) -> ModelInput:
    from audiocli.cli.progress import open_store
    from audiocli.tasks.visualization.model_input import find_model_input

    with open_store(context) as store:
        return find_model_input(name, store)


def _spans(overlay: Iterable[Path]) -> tuple[Span, ...]:
    if not overlay:
        return ()
    from audiocli.tasks.visualization.overlay import read_spans

    return tuple(span for path in overlay for span in read_spans(path))


def _compared(
    context: Context, arguments: Sequence[str] | None, files_from: str | None
) -> list[Input]:
    from audiocli.batch.inputs import find_inputs

    return list(find_inputs(arguments or [], stdin=context.stdin, files_from=files_from))


def _compare(
    context: Context, emitter: Emitter, inputs: Sequence[Input], part: Selection, run: Run
) -> ExitCode:
    """Write one result of all inputs; those that fail are left out."""
    from audiocli.tasks.visualization.spectrogram import comparison

    if emitter.output_dir:
        raise UsageError("--compare makes one result", "name it by --output")
    tally = Tally(context)
    panels = []
    with sound_progress(context, inputs) as progress:
        recordings = (progress.watched(recording(input, context, part)) for input in inputs)
        for event in settled(run(recordings, progress.update), progress):
            if isinstance(event, Failed):
                tally.fail(event.error)
            else:
                panels.append(event.result)
                tally.succeed()
    if panels:
        emitter.emit(inputs[0], comparison(panels))
    return tally.exit_code
