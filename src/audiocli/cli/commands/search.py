"""`audiocli search`: find sounds in an index, by example, by words or by voice."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from audiocli.cli import options as opt
from audiocli.cli.emit import Emitter, open_emitter
from audiocli.cli.inputs import selection
from audiocli.context import Context
from audiocli.errors import ExitCode, UsageError
from audiocli.render import names_for
from audiocli.results import Duplicates, ModelInfo, Search

_SAME = 0.9995  # cosine from which duplicates are told; an MP3 of 64 kbit/s is at 0.9999


def search(
    ctx: typer.Context,
    index: Annotated[
        Path, typer.Argument(metavar="INDEX", help="A file that audiocli index made.")
    ],
    clips: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CLIP...]", help="Sounds to find more like.", show_default=False),
    ] = None,
    text: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="Words to find sounds for; the index must be CLAP's."),
    ] = None,
    voice: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Somebody enrolled by audiocli voices; the index must be of --model campplus.",
        ),
    ] = None,
    duplicates: Annotated[
        bool, typer.Option("--duplicates", help="Find stretches that recordings share.")
    ] = False,
    nearest: Annotated[int, typer.Option("--nearest", "-n", min=1, max=4096, help="Hits.")] = 10,
    one_each: Annotated[
        bool, typer.Option("--one-each", help="Only the nearest window of each recording.")
    ] = False,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=-1.0,
            max=1.0,
            help="Leave out hits that are less similar. Default: keep all; of --duplicates 0.9995.",
            show_default=False,
        ),
    ] = None,
    channel: opt.ChannelOption = "mix",
    track: opt.TrackOption = None,
    start: opt.StartOption = None,
    end: opt.EndOption = None,
    format: Annotated[list[str] | None, opt.format_option(names_for(Search), several=False)] = None,
    output: opt.OutputOption = None,
    overwrite: opt.OverwriteOption = False,
    device: opt.DeviceOption = "auto",
    threads: opt.ThreadsOption = 0,
) -> None:
    """Find windows of recordings that sound alike; a clip is never a hit of itself.

    Examples:

      audiocli search field.index owl.wav --nearest 20

      audiocli search sounds.index --text "a dog barking in the rain"

      audiocli search calls.index --voice "Ada Lovelace" --one-each

      audiocli search field.index --duplicates -f csv
    """
    context: Context = ctx.obj
    text = [words for words in text or () if words.strip()]
    if not (clips or text or voice or duplicates):
        raise UsageError("nothing to search for", "a clip, --text, --voice or --duplicates")
    if duplicates and (clips or text or voice):
        raise UsageError("--duplicates compares the index with itself", "leave the query out")
    kind = Duplicates if duplicates else Search
    with open_emitter(
        context, kind, formats=format, one_format=True, output=output, overwrite=overwrite
    ) as emitter:
        if duplicates:
            _emit_duplicates(emitter, index, _SAME if threshold is None else threshold)
            raise typer.Exit(ExitCode.OK)
        from audiocli.cli.searching import Query, run_search
        from audiocli.models.base import DeviceOptions

        query = Query(
            clips=clips or [],
            texts=text,
            voices=voice or [],
            nearest=nearest,
            one_each=one_each,
            threshold=-1.0 if threshold is None else threshold,
            part=selection(channel, start, end, track),
            device_options=DeviceOptions(device=device, threads=threads, verbose=context.verbose),
        )
        code = run_search(context, emitter, index, query)
    raise typer.Exit(code)


def _emit_duplicates(emitter: Emitter, path: Path, threshold: float) -> None:
    from audiocli.batch.sound_index import SoundIndex
    from audiocli.tasks.embedding.search import find_duplicates

    with SoundIndex(path) as index:
        recordings = index.recordings()
        names = {one.id: one.path for one in recordings}
        pairs = find_duplicates(index.windows, threshold, names.__getitem__)
        result = Duplicates(
            source=str(path),
            duration=sum(one.duration for one in recordings),
            model=ModelInfo(index.settings.model, index.settings.revision),
            threshold=threshold,
            pairs=tuple(pairs),
        )
    emitter.emit(None, result)
