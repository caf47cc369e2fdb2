"""`audiocli index`: embeddings of recordings in a file that can be searched."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from audiocli.cli import options as opt
from audiocli.cli.inputs import requested_inputs
from audiocli.cli.requests import (
    CommandRequest,
    DeviceRequest,
    ModelRequest,
    SourceRequest,
    as_command,
)
from audiocli.context import Context
from audiocli.errors import UsageError
from audiocli.models.protocols.encoders import Pooling
from audiocli.schema import json_text

app = opt.Subcommands("index", "Build and maintain an index of sounds for `audiocli search`.")

Index = Annotated[Path, typer.Argument(metavar="INDEX", help="Index file.")]


@dataclass(frozen=True, kw_only=True)
class _IndexPlace(CommandRequest):
    """The index, which is the first argument."""

    index: Index


@dataclass(frozen=True, kw_only=True)
class IndexRequest(DeviceRequest, ModelRequest, SourceRequest, _IndexPlace):
    """The options of `audiocli index add`; None takes those of the index, or the defaults."""

    model: opt.EncoderOption = None
    layer: opt.LayerOption = None
    pooling: Annotated[
        Pooling | None,
        opt.pooling_option("How to pool the frames of a window into a vector. Default: mean."),
    ] = None
    window: Annotated[float | None, opt.window_option("Window length. Default: 5.")] = None
    hop: Annotated[float | None, opt.hop_option("half of --window")] = None


@app.command()
@as_command
def add(context: Context, request: IndexRequest) -> int:
    """Add new and changed recordings to an index; create it if it does not exist.

    The model and the window options are fixed when the index is created.

    Examples:

      audiocli index add field.index recordings/

      audiocli index add voices.index calls/ --model campplus

      audiocli index add sounds.index clips/ --model laion/clap-htsat-unfused
    """
    from audiocli.batch.index_update import IndexSpec
    from audiocli.cli.indexing import add_recordings, open_or_create

    if request.pooling == "none":
        raise UsageError("--pooling none keeps every frame, and an index has one vector a window")
    inputs = list(requested_inputs(context, request))
    spec = IndexSpec(
        path=request.index,
        model=request.model,
        layer=request.layer,
        pooling=request.pooling,
        window=request.window,
        hop=request.hop,
        device_options=request.device_options(context),
    )
    with open_or_create(context, spec) as opened:
        return add_recordings(context, opened, inputs)


@dataclass(frozen=True, kw_only=True)
class IndexUpdateRequest(DeviceRequest):
    """The options of `audiocli index update`."""

    index: Index


@app.command()
@as_command
def update(context: Context, request: IndexUpdateRequest) -> int:
    """Re-read changed recordings of an index, and remove those whose files no longer exist."""
    from audiocli.batch.inputs import find_inputs
    from audiocli.cli.indexing import add_recordings, drop_missing, open_existing

    with open_existing(context, request.index, request.device_options(context)) as opened:
        paths = drop_missing(context, opened.index)
        inputs = list(find_inputs(paths, stdin=context.stdin)) if paths else []
        return add_recordings(context, opened, inputs)


@app.command()
def remove(
    ctx: typer.Context,
    index: Index,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH", help="Recordings, or folders of recordings.")
    ],
) -> None:
    """Remove recordings from an index; the files are kept."""
    context: Context = ctx.obj
    from audiocli.batch.sound_index import SoundIndex

    with SoundIndex(index) as opened:
        known = [Path(one.path) for one in opened.recordings()]
        removed = 0
        for path in paths:
            below = [one for one in known if one.is_relative_to(path.absolute())]
            if not below:
                raise UsageError(f"{index} has no recording {path}", "see audiocli index list")
            for one in below:
                opened.remove(str(one))
            removed += len(below)
    context.warn(f"removed {removed} recording{'s' * (removed != 1)}")


@app.command("list")
def list_recordings(ctx: typer.Context, index: Index) -> None:
    """List the recordings of an index: path, seconds and vectors, separated by tabs."""
    context: Context = ctx.obj
    from audiocli.batch.sound_index import SoundIndex

    with SoundIndex(index) as opened:
        for one in opened.recordings():
            context.print_row(one.path, f"{one.duration:.3f}", one.windows)


@app.command()
def show(ctx: typer.Context, index: Index) -> None:
    """Show the settings and the size of an index as JSON."""
    context: Context = ctx.obj
    from audiocli.batch.sound_index import SoundIndex

    with SoundIndex(index) as opened:
        recordings = opened.recordings()
        summary = {
            **asdict(opened.settings),
            "recordings": len(recordings),
            "windows": sum(one.windows for one in recordings),
            "duration": round(sum(one.duration for one in recordings), 3),
        }
    print(json_text(summary, indent=2), file=context.stdout)
