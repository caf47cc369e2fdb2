"""`audiocli codec`: sound as the tokens of a neural codec, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from audiocli.cli import options as opt
from audiocli.context import Context
from audiocli.errors import InputError, UsageError, failing_input

if TYPE_CHECKING:
    from audiocli.audio.clip import Clip
    from audiocli.models.protocols.codecs import AudioCodes, Codec

app = typer.Typer(
    rich_markup_mode=None,
    help="Write sound as the tokens of a neural codec (EnCodec), and make sound of them.",
    no_args_is_help=True,
    add_completion=False,
)
_DEFAULT = "encodec"

ModelOption = Annotated[
    str | None,
    typer.Option("--model", "-m", metavar="NAME", help=f"A folder or hub id. Default: {_DEFAULT}."),
]


@app.command()
def encode(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="INPUT", help="File, URL, or - for stdin.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Ends in .npz or .json.")
    ],
    bandwidth: Annotated[
        float | None,
        typer.Option(metavar="KBPS", help="kbit/s; the highest of the model if not given."),
    ] = None,
    snr: Annotated[
        bool, typer.Option("--snr", help="Decode again, and say what the codec lost.")
    ] = False,
    model: ModelOption = None,
    overwrite: opt.OverwriteOption = False,
    device: opt.DeviceOption = "auto",
) -> None:
    """Write a recording as tokens.

    Example: audiocli codec encode talk.wav -o talk.npz --bandwidth 6 --snr
    """
    context: Context = ctx.obj
    form = output.suffix[1:].lower()
    if form not in {"npz", "json"}:
        raise UsageError(f"{output}: codes go into .npz or .json")
    _check_free(output, overwrite)
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

    refuse_json(Path(source), source)
    codec, info = _load(context, model or _DEFAULT, device)
    rate = select_bandwidth(codec, bandwidth)
    sound: Any = context.stdin if source == "-" else source
    clip = read(
        sound,
        rate=codec.rate,
        selection=Selection(channel="all"),
        name=source,
        offline=context.offline,
    )
    samples = match_channels(clip.samples, codec.channels)
    with failing_input(source):
        codes = codec.encode(samples, rate)
    coded = EncodedAudio(
        codes=codes, model=info.name, revision=info.revision, rate=codec.rate, source=source
    )
    with atomic_writer(output, binary=True) as out:
        out.write(serialize_codes(coded, form))
    if snr:
        loss = signal_to_noise(samples, codec.decode(codes))
        print(f"{rate:g} kbit/s, SNR {loss:.2f} dB", file=context.stdout)


@app.command()
def decode(
    ctx: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="CODES", help="A file of `codec encode`.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="A sound file, such as .wav.")
    ],
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", metavar="NAME", help="Default: the one that encoded."),
    ] = None,
    overwrite: opt.OverwriteOption = False,
    device: opt.DeviceOption = "auto",
) -> None:
    """Make sound of tokens.

    Example: audiocli codec decode talk.npz -o talk.wav
    """
    context: Context = ctx.obj
    _check_free(output, overwrite)
    from audiocli.audio.clip import Clip
    from audiocli.tasks.codecs.codec import read_codes

    coded = read_codes(source)
    codec, info = _load(context, model or coded.model, device)
    if codec.rate != coded.rate:
        raise UsageError(f"{source} is of {coded.rate} Hz, and {info.name} of {codec.rate} Hz")
    with failing_input(source):
        samples = _decoded(codec, coded.codes, source, info.name)
    _write(Clip(samples, codec.rate, coded.source), output)


def _decoded(codec: Codec, codes: AudioCodes, source: Path, model: str) -> Any:
    """Decode codes; shape (channels, time)."""
    try:
        return codec.decode(codes)
    except (IndexError, ValueError, RuntimeError, MemoryError, OverflowError) as error:
        raise InputError(
            source, f"its tokens are none of {model}", "codec encode writes them"
        ) from error


def _load(context: Context, name: str, device: str) -> Any:
    from audiocli.cli.progress import open_loader
    from audiocli.models.base import DeviceOptions

    device_options = DeviceOptions(device=device, verbose=context.verbose)
    with open_loader(context, device_options) as loader:
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
