"""`audiocli embed`: sound as vectors."""

from __future__ import annotations

from typing import Annotated

import typer

from audiocli.cli import options as opt
from audiocli.cli.batch import run_batch
from audiocli.cli.emit import open_emitter
from audiocli.cli.inputs import selection, waiting_inputs
from audiocli.context import Context
from audiocli.errors import ExitCode
from audiocli.models.protocols.encoders import Pooling
from audiocli.render import names_for
from audiocli.results import Embedding


def embed(
    ctx: typer.Context,
    inputs: opt.InputsArgument = None,
    files_from: opt.FilesFromOption = None,
    model: opt.EncoderOption = None,
    layer: opt.LayerOption = None,
    pool: Annotated[
        Pooling,
        typer.Option(
            help="How frames become a vector; none keeps them; attention where a model has it."
        ),
    ] = "mean",
    window: Annotated[
        float | None,
        typer.Option(
            min=0.02,
            metavar="SECONDS",
            help="A vector for each window of this length. Default: one for the whole.",
            show_default=False,
        ),
    ] = None,
    hop: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            metavar="SECONDS",
            help="Time from window to window. Default: --window.",
            show_default=False,
        ),
    ] = None,
    channel: opt.ChannelOption = "mix",
    track: opt.TrackOption = None,
    start: opt.StartOption = None,
    end: opt.EndOption = None,
    format: Annotated[list[str] | None, opt.format_option(names_for(Embedding))] = None,
    output: opt.OutputOption = None,
    output_dir: opt.OutputDirOption = None,
    overwrite: opt.OverwriteOption = False,
    device: opt.DeviceOption = "auto",
    compute_type: opt.ComputeTypeOption = "default",
    threads: opt.ThreadsOption = 0,
) -> None:
    """Turn sound into vectors that are near to each other where sounds are alike.

    Examples:

      audiocli embed clips/ -o clips.npz

      audiocli embed talk.wav --model campplus --window 3 --hop 1 -f jsonl

      audiocli embed talk.wav -m facebook/wav2vec2-base --layer 6 --pool none -o talk.npy
    """
    context = ctx.find_object(Context)
    assert context is not None
    from audiocli.models.base import DeviceOptions
    from audiocli.tasks.embedding.options import EmbeddingOptions

    device_options = DeviceOptions(
        device=device, compute_type=compute_type, threads=threads, verbose=context.verbose
    )
    part = selection(channel, start, end, track)
    options = EmbeddingOptions(layer=layer, pool=pool, window=window, hop=hop)
    with open_emitter(
        context,
        Embedding,
        formats=format,
        output=output,
        output_dir=output_dir,
        overwrite=overwrite,
    ) as emitter:
        waiting = waiting_inputs(context, emitter, inputs or [], files_from)
        if not waiting:
            raise typer.Exit(ExitCode.OK)
        from audiocli.cli.progress import open_loader

        with open_loader(context, device_options) as loader:
            encoder = loader.encoder(model, options)
        code = run_batch(context, emitter, waiting, part, encoder.run)
    raise typer.Exit(code)
