"""`audiocli index`: keep what recordings sound like in a file that can be searched."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from audiocli.cli import options as opt
from audiocli.context import Context
from audiocli.errors import UsageError

app = typer.Typer(
    rich_markup_mode=None,
    name="index",
    help="Keep what recordings sound like in a file, for audiocli search.",
    no_args_is_help=True,
)

Index = Annotated[Path, typer.Argument(metavar="INDEX", help="The file of the index.")]


@app.command()
def add(
    ctx: typer.Context,
    index: Index,
    inputs: opt.InputsArgument = None,
    files_from: opt.FilesFromOption = None,
    model: opt.EncoderOption = None,
    layer: opt.LayerOption = None,
    pool: Annotated[
        Literal["mean", "max", "attention"],
        typer.Option(help="How the frames of a window become a vector."),
    ] = "mean",
    window: Annotated[
        float, typer.Option(min=0.02, metavar="SECONDS", help="Sound that a vector stands for.")
    ] = 5.0,
    hop: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            metavar="SECONDS",
            help="Time from window to window. Default: half of --window.",
            show_default=False,
        ),
    ] = None,
    device: opt.DeviceOption = "auto",
    threads: opt.ThreadsOption = 0,
) -> None:
    """Add recordings: those that are new, and those that have changed since.

    How vectors are made is settled when an index is begun.

    Examples:

      audiocli index add field.index recordings/

      audiocli index add voices.index calls/ --model campplus

      audiocli index add sounds.index clips/ --model laion/clap-htsat-unfused
    """
    context: Context = ctx.obj
    from audiocli.batch.inputs import find_inputs
    from audiocli.cli.indexing import Indexing, added, open_or_begin
    from audiocli.models.base import DeviceOptions
    from audiocli.tasks.embedding.options import EmbeddingOptions

    found = list(find_inputs(inputs or [], stdin=context.stdin, files_from=files_from))
    options = EmbeddingOptions(layer=layer, pool=pool, window=window, hop=hop or window / 2)
    device_options = DeviceOptions(device=device, threads=threads, verbose=context.verbose)
    given = _given(ctx, "model", "layer", "pool", "window", "hop")
    with open_or_begin(Indexing(context, index, model, options, device_options), given) as opened:
        code = added(context, opened, found)
    raise typer.Exit(code)


@app.command()
def update(
    ctx: typer.Context,
    index: Index,
    device: opt.DeviceOption = "auto",
    threads: opt.ThreadsOption = 0,
) -> None:
    """Look at every recording again: take in what changed, forget what is gone."""
    context: Context = ctx.obj
    from audiocli.batch.inputs import find_inputs
    from audiocli.cli.indexing import added, reopened
    from audiocli.models.base import DeviceOptions

    device_options = DeviceOptions(device=device, threads=threads, verbose=context.verbose)
    with reopened(context, index, device_options) as opened:
        paths = [one.path for one in opened.index.recordings()]
        gone = [path for path in paths if not Path(path).exists()]
        for path in gone:
            opened.index.remove(path)
        if gone:
            context.warn(f"{len(gone)} are gone, and forgotten")
        here = [path for path in paths if path not in set(gone)]
        code = added(context, opened, list(find_inputs(here, stdin=context.stdin)) if here else [])
    raise typer.Exit(code)


@app.command()
def remove(
    ctx: typer.Context,
    index: Index,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Recordings, or folders of them.")
    ],
) -> None:
    """Forget recordings; the files stay."""
    context: Context = ctx.obj
    from audiocli.batch.sound_index import SoundIndex

    with SoundIndex(index) as opened:
        known = [Path(one.path) for one in opened.recordings()]
        removed = 0
        for path in paths:
            absolute = path.absolute()
            below = [one for one in known if one.is_relative_to(absolute)]
            if not below:
                raise UsageError(f"{index} has nothing of {path}", "audiocli index list shows it")
            for one in below:
                opened.remove(str(one))
            removed += len(below)
    context.warn(f"{removed} forgotten")


@app.command("list")
def list_recordings(ctx: typer.Context, index: Index) -> None:
    """List what is in it: path, seconds, vectors, separated by tabs."""
    context: Context = ctx.obj
    from audiocli.batch.sound_index import SoundIndex
    from audiocli.render.base import plain

    with SoundIndex(index) as opened:
        for one in opened.recordings():
            print(
                plain(one.path), f"{one.duration:.3f}", one.windows, sep="\t", file=context.stdout
            )


@app.command()
def show(ctx: typer.Context, index: Index) -> None:
    """Show how its vectors are made, and how many there are, as JSON."""
    context: Context = ctx.obj
    import json
    from dataclasses import asdict

    from audiocli.batch.sound_index import SoundIndex

    with SoundIndex(index) as opened:
        recordings = opened.recordings()
        told = {
            **asdict(opened.settings),
            "recordings": len(recordings),
            "windows": sum(one.windows for one in recordings),
            "duration": round(sum(one.duration for one in recordings), 3),
        }
    print(json.dumps(told, indent=2), file=context.stdout)


def _given(ctx: typer.Context, *names: str) -> set[str]:
    """Which options stand on the command line."""
    return {name for name in names if str(ctx.get_parameter_source(name)).endswith("COMMANDLINE")}
