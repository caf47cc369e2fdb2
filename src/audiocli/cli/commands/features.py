"""`audiocli features`: a recording in numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from audiocli.cli import options as opt
from audiocli.cli.batch import run_batch
from audiocli.cli.emit import open_emitter
from audiocli.cli.inputs import selection, waiting_inputs
from audiocli.context import Context
from audiocli.errors import UsageError
from audiocli.render import names_for
from audiocli.results import Egemaps, Features, Transcript
from audiocli.tasks.common.events import Progress, Recording


def features(
    ctx: typer.Context,
    inputs: opt.InputsArgument = None,
    files_from: opt.FilesFromOption = None,
    measured: Annotated[
        Literal["basic", "egemaps"],
        typer.Option("--set", help="What is measured; egemaps asks for openSMILE."),
    ] = "basic",
    transcript: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Transcripts in JSON, for the speaking rate of the recordings they name.",
        ),
    ] = None,
    channel: opt.ChannelOption = "mix",
    track: opt.TrackOption = None,
    start: opt.StartOption = None,
    end: opt.EndOption = None,
    format: Annotated[list[str] | None, opt.format_option(names_for(Features))] = None,
    output: opt.OutputOption = None,
    output_dir: opt.OutputDirOption = None,
    overwrite: opt.OverwriteOption = False,
) -> None:
    """Measure loudness, noise, pitch and timbre.

    Examples:

      audiocli features talk.wav

      audiocli features interviews/ -f csv -o interviews.csv

      audiocli features a.wav b.wav -f jsonl | jq .f0_mean

      audiocli features interviews/ --set egemaps -o egemaps.csv
    """
    context: Context = ctx.obj
    if transcript and measured == "egemaps":
        raise UsageError("--transcript is for the speaking rate, which is not in eGeMAPS")
    said = [one for path in transcript or () for one in _transcripts(path)]
    with open_emitter(
        context,
        Features if measured == "basic" else Egemaps,
        formats=format,
        output=output,
        output_dir=output_dir,
        overwrite=overwrite,
    ) as emitter:

        def measure(recordings: Iterable[Recording], on_progress: Progress) -> Iterator[Any]:
            from audiocli.tasks.acoustics import egemaps, features

            if measured == "egemaps":
                return egemaps.run(recordings, on_progress)
            return features.run(recordings, said, on_progress)

        waiting = waiting_inputs(context, emitter, inputs or [], files_from)
        code = run_batch(context, emitter, waiting, selection(channel, start, end, track), measure)
    raise typer.Exit(code)


def _transcripts(path: Path) -> Iterator[Transcript]:
    from audiocli.tasks.visualization.overlay import read_results

    for result in read_results(path):
        if isinstance(result, Transcript):
            yield result
