"""`audiocli codec`: neural audio codecs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from audiocli.cli import options as opt
from audiocli.cli.requests import DeviceRequest, ModelRequest, as_command
from audiocli.context import Context
from audiocli.errors import InputError, UsageError, failing_input

if TYPE_CHECKING:
    from audiocli.audio.clip import Clip
    from audiocli.models.protocols.codecs import AudioCodes, Codec

app = opt.Subcommands(
    "codec", "Encode audio to the tokens of a neural codec (EnCodec), and decode them."
)
_DEFAULT = "encodec"


@dataclass(frozen=True, kw_only=True)
class EncodeRequest(DeviceRequest, ModelRequest):
    """The options of `audiocli codec encode`."""

    source: Annotated[str, typer.Argument(metavar="INPUT", help="File, URL, or - for stdin.")]
    output: Annotated[Path, opt.output_option("File to write: .npz or .json.")]
    model: Annotated[
        str | None, opt.model_option("codec", f"Folder or hub id. Default: {_DEFAULT}.")
    ] = None
    bandwidth: Annotated[
        float | None,
        typer.Option(
            "--bandwidth",
            metavar="KBPS",
            help="Bandwidth in kbit/s. Default: the highest of the model.",
            show_default=False,
            rich_help_panel=opt.MODEL,
        ),
    ] = None
    snr: Annotated[
        bool,
        typer.Option(
            "--snr",
            help="Decode the tokens and print the signal-to-noise ratio.",
            rich_help_panel=opt.OUTPUT,
        ),
    ] = False
    overwrite: opt.OverwriteOption = False


@app.command()
@as_command
def encode(context: Context, request: EncodeRequest) -> None:
    """Encode a recording to codec tokens.

    Example: audiocli codec encode talk.wav -o talk.npz --bandwidth 6 --snr
    """
    file_format = request.output.suffix[1:].lower()
    if file_format not in {"npz", "json"}:
        raise UsageError(f"{request.output}: codec tokens are written to .npz or .json")
    _check_free(request.output, request.overwrite)
    from audiocli.audio.decode import read
    from audiocli.audio.selection import Selection
    from audiocli.audio.source import refuse_json
    from audiocli.batch.output import atomic_writer
    from audiocli.tasks.codecs.codec import (
        EncodedAudio,
        match_channels,
        select_bandwidth,
        serialize_codes,
        signal_to_noise,
    )

    source = request.source
    refuse_json(Path(source), source)
    codec, info = _load(context, request.model or _DEFAULT, request)
    rate = select_bandwidth(codec, request.bandwidth)
    file: Any = context.stdin if source == "-" else source
    selection = Selection(channel="all")
    clip = read(file, rate=codec.rate, selection=selection, name=source, offline=context.offline)
    samples = match_channels(clip.samples, codec.channels)
    with failing_input(source):
        codes = codec.encode(samples, rate)
    encoded = EncodedAudio(
        codes=codes, model=info.name, revision=info.revision, rate=codec.rate, source=source
    )
    with atomic_writer(request.output, binary=True) as out:
        out.write(serialize_codes(encoded, file_format))
    if request.snr:
        loss = signal_to_noise(samples, codec.decode(codes))
        print(f"{rate:g} kbit/s, SNR {loss:.2f} dB", file=context.stdout)


@dataclass(frozen=True, kw_only=True)
class DecodeRequest(DeviceRequest, ModelRequest):
    """The options of `audiocli codec decode`."""

    source: Annotated[
        Path, typer.Argument(metavar="CODES", help="File written by `audiocli codec encode`.")
    ]
    output: Annotated[Path, opt.output_option("Audio file to write, such as .wav.")]
    model: Annotated[
        str | None,
        opt.model_option("codec", "Folder or hub id. Default: the model that encoded the file."),
    ] = None
    overwrite: opt.OverwriteOption = False


@app.command()
@as_command
def decode(context: Context, request: DecodeRequest) -> None:
    """Decode codec tokens to audio.

    Example: audiocli codec decode talk.npz -o talk.wav
    """
    _check_free(request.output, request.overwrite)
    from audiocli.audio.clip import Clip
    from audiocli.tasks.codecs.codec import read_codes

    source = request.source
    encoded = read_codes(source)
    codec, info = _load(context, request.model or encoded.model, request)
    if codec.rate != encoded.rate:
        raise UsageError(f"{source} is of {encoded.rate} Hz, and {info.name} of {codec.rate} Hz")
    with failing_input(source):
        samples = _decoded(codec, encoded.codes, source, info.name)
    _write(Clip(samples, codec.rate, encoded.source), request.output)


def _decoded(codec: Codec, codes: AudioCodes, source: Path, model: str) -> Any:
    """Decode codes; shape (channels, time)."""
    try:
        return codec.decode(codes)
    except (IndexError, ValueError, RuntimeError, MemoryError, OverflowError) as error:
        raise InputError(
            source, f"its tokens are not tokens of {model}", "codec encode writes them"
        ) from error


def _load(context: Context, name: str, request: DeviceRequest) -> Any:
    from audiocli.cli.progress import open_loader

    with open_loader(context, request.device_options(context)) as loader:
        return loader.model(name, "codec")


def _check_free(output: Path, overwrite: bool) -> None:
    from audiocli.batch.output import check_writable, output_exists

    if output_exists(output) and output.is_file() and not overwrite:
        raise UsageError(f"{output}: exists already", "--overwrite replaces it")
    check_writable(output)


def _write(clip: Clip, output: Path) -> None:
    from audiocli.audio.encode import write
    from audiocli.batch.output import atomic_writer

    with atomic_writer(output, binary=True) as out:
        write(clip, out, output.suffix[1:].lower() or "wav")
