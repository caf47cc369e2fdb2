"""`audiocli spectrogram`: spectrograms and other time-frequency representations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from audiocli.cli import options as opt
from audiocli.cli.batch import Run, recording, run_batch, settled
from audiocli.cli.emit import Emitter
from audiocli.cli.inputs import find_batch, requested_inputs
from audiocli.cli.progress import sound_progress
from audiocli.cli.provenance import Dependencies
from audiocli.cli.requests import BatchRequest, CommandRequest, InputRequest, PictureRequest, refuse
from audiocli.cli.run_summary import RunSummary
from audiocli.context import Context
from audiocli.errors import ExitCode, UsageError
from audiocli.render.base import PictureOptions
from audiocli.results import Comparison, Spectrogram
from audiocli.tasks.common.events import Failed, Progress, Recording

if TYPE_CHECKING:
    from audiocli.tasks.acoustics.tracks import Quantity
    from audiocli.tasks.visualization.kinds import SpectrogramOptions
    from audiocli.tasks.visualization.model_input import ModelInput
    from audiocli.tasks.visualization.overlay import Overlay

_CONTENT = "Content options"
_ANALYSIS = "Analysis options"


@dataclass(frozen=True, kw_only=True)
class AnalysisRequest(CommandRequest):
    """Options of the computation, with the names of librosa where it has the option."""

    kind: Annotated[
        Literal["waveform", "linear", "mel", "log-mel", "mfcc", "cqt", "chroma"],
        typer.Option(
            "--kind",
            help="What to compute: samples, a spectrum, mel bands, MFCCs or pitch classes.",
            rich_help_panel=_CONTENT,
        ),
    ] = "log-mel"
    n_fft: Annotated[
        int | None,
        typer.Option(
            "--n-fft",
            min=2,
            metavar="SAMPLES",
            help="FFT length. Default: the smallest power of two that spans at least 32 ms.",
            show_default=False,
            rich_help_panel=_ANALYSIS,
        ),
    ] = None
    hop_length: Annotated[
        int | None,
        typer.Option(
            "--hop-length",
            min=1,
            metavar="SAMPLES",
            help="Samples between frames. Default: a quarter of --n-fft; in pictures, chosen "
            "to fit --width.",
            show_default=False,
            rich_help_panel=_ANALYSIS,
        ),
    ] = None
    win_length: Annotated[
        int | None,
        typer.Option(
            "--win-length",
            min=1,
            metavar="SAMPLES",
            help="Window length. Default: --n-fft.",
            show_default=False,
            rich_help_panel=_ANALYSIS,
        ),
    ] = None
    window_function: Annotated[
        Literal["hann", "hamming", "blackman", "blackmanharris", "boxcar"],
        typer.Option("--window-function", help="Window function.", rich_help_panel=_ANALYSIS),
    ] = "hann"
    n_mels: Annotated[
        int,
        typer.Option(
            "--n-mels", min=1, metavar="N", help="Number of mel bands.", rich_help_panel=_ANALYSIS
        ),
    ] = 80
    n_mfcc: Annotated[
        int,
        typer.Option(
            "--n-mfcc", min=1, metavar="N", help="Number of MFCCs.", rich_help_panel=_ANALYSIS
        ),
    ] = 20
    fmin: Annotated[
        float | None,
        typer.Option(
            "--fmin",
            min=0,
            metavar="HZ",
            help="Lowest frequency.",
            show_default=False,
            rich_help_panel=_ANALYSIS,
        ),
    ] = None
    fmax: Annotated[
        float | None,
        typer.Option(
            "--fmax",
            min=0,
            metavar="HZ",
            help="Highest frequency.",
            show_default=False,
            rich_help_panel=_ANALYSIS,
        ),
    ] = None
    mel_scale: Annotated[
        Literal["slaney", "htk"],
        typer.Option("--mel-scale", help="Formula of the mel scale.", rich_help_panel=_ANALYSIS),
    ] = "slaney"
    norm: Annotated[
        Literal["slaney", "none"],
        typer.Option(
            "--norm",
            help="Mel filter normalization: equal area (slaney) or none.",
            rich_help_panel=_ANALYSIS,
        ),
    ] = "slaney"
    power: Annotated[
        float,
        typer.Option(
            "--power",
            min=0.1,
            metavar="EXPONENT",
            help="Exponent of the magnitude: 1 for magnitude, 2 for power.",
            rich_help_panel=_ANALYSIS,
        ),
    ] = 2.0
    db: Annotated[
        bool | None,
        typer.Option(
            "--db/--no-db",
            help="Convert to decibels. Default: for linear, log-mel and cqt.",
            show_default=False,
            rich_help_panel=_ANALYSIS,
        ),
    ] = None
    db_range: Annotated[
        float,
        typer.Option(
            "--db-range",
            min=1,
            metavar="DB",
            help="Clip values more than this far below the maximum.",
            rich_help_panel=_ANALYSIS,
        ),
    ] = 80.0
    preemphasis: Annotated[
        float,
        typer.Option(
            "--preemphasis",
            min=0,
            max=1,
            metavar="COEFFICIENT",
            help="Coefficient of the pre-emphasis filter, usually 0.97; 0 disables it.",
            rich_help_panel=_ANALYSIS,
        ),
    ] = 0.0
    aggregation: Annotated[
        Literal["mean", "max"],
        opt.aggregation_option("How to combine frames that share a column.", _ANALYSIS),
    ] = "mean"


_BANDS = {"n_mels", "mel_scale", "norm"}
_FRAMES = {"hop_length", "power", "preemphasis", "aggregation"}
_FOURIER = _FRAMES | {"n_fft", "win_length", "window_function"}
_RANGE = {"fmin", "fmax", "db", "db_range"}
_APPLICABLE: dict[str, set[str]] = {
    "waveform": {"hop_length"},
    "linear": _FOURIER | _RANGE,
    "mel": _FOURIER | _RANGE | _BANDS,
    "log-mel": _FOURIER | _RANGE | _BANDS,
    "mfcc": (_FOURIER | _RANGE | _BANDS | {"n_mfcc"}) - {"db"},
    "cqt": _FRAMES | _RANGE,
    "chroma": _FOURIER,
}


@dataclass(frozen=True, kw_only=True)
class SpectrogramRequest(AnalysisRequest, BatchRequest, PictureRequest, InputRequest):
    """The options of `audiocli spectrogram`."""

    model_input: Annotated[
        str | None,
        typer.Option(
            "--model-input",
            metavar="MODEL",
            help="Compute the input features of this model: whisper, ast, clap, wav2vec2, yamnet, "
            "or a model name.",
            show_default=False,
            rich_help_panel=_CONTENT,
        ),
    ] = None
    compare: Annotated[
        bool,
        typer.Option(
            "--compare",
            help="Plot all inputs together, on one scale.",
            rich_help_panel=_CONTENT,
        ),
    ] = False
    overlay: Annotated[
        list[Path] | None,
        typer.Option(
            "--overlay",
            metavar="FILE",
            help="Draw words, turns or events from an audiocli JSON or RTTM file below the plot; "
            "repeatable.",
            show_default=False,
            rich_help_panel=_CONTENT,
        ),
    ] = None
    pitch: Annotated[
        bool,
        typer.Option(
            "--pitch", help="Plot the fundamental frequency (F0).", rich_help_panel=_CONTENT
        ),
    ] = False
    formants: Annotated[
        bool,
        typer.Option("--formants", help="Plot the formants F1 to F3.", rich_help_panel=_CONTENT),
    ] = False
    energy: Annotated[
        bool, typer.Option("--energy", help="Plot the energy.", rich_help_panel=_CONTENT)
    ] = False
    height: Annotated[
        int | None,
        typer.Option(
            "--height",
            min=16,
            max=20000,
            metavar="PIXELS",
            help="Height of the picture. Default: chosen to fit the panels and lanes.",
            show_default=False,
            rich_help_panel=opt.PICTURE,
        ),
    ] = None
    dpi: Annotated[
        int,
        typer.Option(
            "--dpi",
            min=20,
            max=1200,
            metavar="DPI",
            help="Resolution; scales lines and text.",
            rich_help_panel=opt.PICTURE,
        ),
    ] = 100
    colour_map: Annotated[
        Literal["viridis", "magma", "inferno", "grey", "ink"] | None,
        typer.Option(
            "--colour-map",
            "--cmap",
            help="Colour map. Default: that of --style.",
            show_default=False,
            rich_help_panel=opt.PICTURE,
        ),
    ] = None
    raw: Annotated[
        bool,
        typer.Option("--raw", help="Omit axes, title and colour bar.", rich_help_panel=opt.PICTURE),
    ] = False
    format: Annotated[list[str] | None, opt.result_format_option(Spectrogram)] = None

    @property
    def picture(self) -> PictureOptions:
        """The size and style of a picture."""
        return PictureOptions(
            width=self.width,
            height=self.height,
            dpi=self.dpi,
            style=self.style,
            colour_map=self.colour_map,
            raw=self.raw,
        )

    @property
    def quantities(self) -> list[Quantity]:
        """The curves to plot."""
        curves: dict[Quantity, bool] = {
            "pitch": self.pitch,
            "formants": self.formants,
            "energy": self.energy,
        }
        return [quantity for quantity, is_plotted in curves.items() if is_plotted]


def spectrogram(context: Context, request: SpectrogramRequest) -> int:
    """Compute and plot spectrograms: in the terminal, as a picture, or as arrays.

    Examples:

      audiocli spectrogram talk.m4a

      audiocli spectrogram talk.m4a --kind linear --fmax 4000 -o talk.png

      audiocli spectrogram *.wav -d features -f npz --n-mels 128

      audiocli spectrogram before.wav after.wav --compare -o both.png
    """
    part = request.selection
    overlays = _overlays(request.overlay or ())
    _check(request)
    model_input = _model_input(context, request.model_input) if request.model_input else None
    with request.emitter(context, Comparison if request.compare else Spectrogram) as emitter:
        if emitter.columns is None:
            refuse(request, ["aggregation"], "requires a picture or the terminal")

        def run(recordings: Iterable[Recording], on_progress: Progress) -> Iterator[Any]:
            from audiocli.tasks.visualization.spectrogram import run

            return run(
                recordings,
                on_progress,
                options=_options(request),
                columns=emitter.columns,
                overlays=overlays,
                model_input=model_input,
                quantities=request.quantities,
                max_values=emitter.max_values or inf,
            )

        if request.compare:
            return _compare(context, emitter, request, run)
        depends_on = Dependencies(
            command="spectrogram",
            files=("overlay",),
            ignored=tuple(field.name for field in fields(PictureOptions)),
        )
        inputs = find_batch(context, emitter, request, depends_on)
        return run_batch(context, emitter, inputs, part, run, request.batch)


def _check(request: SpectrogramRequest) -> None:
    """Refuse options that do not apply to the kind, or to the input of a model."""
    names = [field.name for field in fields(AnalysisRequest)]
    if request.model_input:
        curves = ["pitch", "formants", "energy"]
        refuse(request, [*names, *curves], "does not apply with --model-input")
    applicable = _APPLICABLE[request.kind] | {"kind"}
    unused = [name for name in names if name not in applicable]
    refuse(request, unused, f"does not apply to --kind {request.kind}")
    if not _options(request).in_db and request.kind != "mfcc":
        refuse(request, ["db_range"], "requires --db")
    without_hertz = {"formants": {"waveform", "mfcc", "chroma"}, "pitch": {"mfcc", "chroma"}}
    for quantity in request.quantities:
        if request.kind in without_hertz.get(quantity, ()):
            raise UsageError(
                f"--{quantity} requires a frequency axis, which {request.kind} does not have",
                "--kind linear, mel, log-mel or cqt has one",
            )
    if request.compare and request.output_dir:
        raise UsageError("--compare writes one result", "name its file with --output")


def _options(request: AnalysisRequest) -> SpectrogramOptions:
    from audiocli.tasks.visualization.kinds import SpectrogramOptions

    return SpectrogramOptions(
        kind=request.kind,
        n_fft=request.n_fft,
        hop_length=request.hop_length,
        win_length=request.win_length,
        window=request.window_function,
        n_mels=request.n_mels,
        n_mfcc=request.n_mfcc,
        fmin=request.fmin,
        fmax=request.fmax,
        mel_scale=request.mel_scale,
        norm=request.norm,
        power=request.power,
        db=request.db,
        db_range=request.db_range,
        preemphasis=request.preemphasis,
        aggregation=request.aggregation,
    )


def _model_input(context: Context, name: str) -> ModelInput:
    from audiocli.cli.progress import open_store
    from audiocli.tasks.visualization.model_input import find_model_input

    with open_store(context) as store:
        return find_model_input(name, store)


def _overlays(paths: Iterable[Path]) -> list[Overlay]:
    if not paths:
        return []
    from audiocli.tasks.visualization.overlay import read_overlay

    return list(map(read_overlay, paths))


def _compare(context: Context, emitter: Emitter, request: SpectrogramRequest, run: Run) -> ExitCode:
    """Write one result for all inputs, except those that fail."""
    from audiocli.tasks.visualization.spectrogram import comparison

    inputs = list(requested_inputs(context, request))
    summary = RunSummary(context)
    panels = []
    with sound_progress(context, inputs) as progress:
        recordings = (
            progress.watched(recording(input, context, request.selection)) for input in inputs
        )
        for event in settled(run(recordings, progress.update), progress):
            if isinstance(event, Failed):
                summary.fail(event.error)
            else:
                panels.append(event.result)
                summary.succeed()
    if panels:
        emitter.emit(inputs[0], comparison(panels))
    return summary.exit_code
