"""`audiocli diarize`: who spoke when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from audiocli.cli import options as opt
from audiocli.cli import speaker_options
from audiocli.cli.batch import run_batch
from audiocli.cli.emit import open_emitter
from audiocli.cli.inputs import selection, waiting_inputs
from audiocli.cli.speaker_options import SpeakerOptions
from audiocli.context import Context
from audiocli.errors import ExitCode, UsageError
from audiocli.render import names_for
from audiocli.render.base import PictureOptions
from audiocli.results import Conversation, Diarization

if TYPE_CHECKING:
    from audiocli.models.base import DeviceOptions
    from audiocli.tasks.diarization.diarizer import Diarizer


def diarize(
    ctx: typer.Context,
    inputs: opt.InputsArgument = None,
    files_from: opt.FilesFromOption = None,
    model: Annotated[
        str | None,
        opt.model_option(
            "diarize",
            "A name of `audiocli models list`, or a pyannote pipeline: a folder or a hub id. "
            "pyannote is short for pyannote/speaker-diarization-community-1. "
            "Default: pyannote-campplus, which is built in.",
        ),
    ] = None,
    num_speakers: speaker_options.NumSpeakersOption = None,
    min_speakers: speaker_options.MinSpeakersOption = None,
    max_speakers: speaker_options.MaxSpeakersOption = None,
    threshold: speaker_options.ThresholdOption = None,
    channel_speakers: speaker_options.ChannelSpeakersOption = False,
    voices: speaker_options.VoicesOption = False,
    link_speakers: speaker_options.LinkSpeakersOption = False,
    exclusive: Annotated[
        bool,
        typer.Option(
            "--exclusive",
            help="One speaker at a time: who begins last has the floor until they end.",
        ),
    ] = False,
    stats: Annotated[
        bool,
        typer.Option("--stats", help="Tell talk time, turns, interruptions and overlap instead."),
    ] = False,
    channel: opt.ChannelOption = "mix",
    track: opt.TrackOption = None,
    start: opt.StartOption = None,
    end: opt.EndOption = None,
    format: Annotated[list[str] | None, opt.format_option(names_for(Diarization))] = None,
    output: opt.OutputOption = None,
    output_dir: opt.OutputDirOption = None,
    overwrite: opt.OverwriteOption = False,
    width: opt.WidthOption = PictureOptions.width,
    style: opt.StyleOption = "light",
    device: opt.DeviceOption = "auto",
    threads: opt.ThreadsOption = 0,
) -> None:
    """Tell who spoke when.

    Examples:

      audiocli diarize meeting.wav

      audiocli diarize meetings/ -d out -f rttm --max-speakers 6

      audiocli diarize interview.m4a --stats -f csv
    """
    context = ctx.find_object(Context)
    assert context is not None
    from audiocli.models.base import DeviceOptions

    wanted = SpeakerOptions(
        model=model,
        num_speakers=num_speakers,
        min_speakers=min_speakers,
        max_speakers=max_speakers,
        threshold=threshold,
        voices=voices,
        link_speakers=link_speakers,
    )
    part = selection(channel, start, end, track)
    if stats and exclusive:
        raise UsageError("--stats counts the overlap that --exclusive leaves out")
    if channel_speakers:
        if voices or link_speakers or channel != "mix":
            raise UsageError("--channel-speakers tells speakers by their channels alone")
        from dataclasses import replace

        part = replace(part, channel="all")
    device_options = DeviceOptions(device=device, threads=threads, verbose=context.verbose)
    with open_emitter(
        context,
        Conversation if stats else Diarization,
        formats=format,
        output=output,
        output_dir=output_dir,
        overwrite=overwrite,
        picture=PictureOptions(width=width, style=style),
    ) as emitter:
        waiting = waiting_inputs(context, emitter, inputs or [], files_from)
        if not waiting:
            raise typer.Exit(ExitCode.OK)
        diarizer = open_diarizer(context, wanted, device_options, by_channel=channel_speakers)
        run = diarizer.run
        if stats:
            from audiocli.tasks.diarization.statistics import conversation

            run = _each(diarizer, conversation)
        elif exclusive:
            run = _each(diarizer, _one_at_a_time)
        code = run_batch(context, emitter, waiting, part, run)
    raise typer.Exit(code)


def open_diarizer(
    context: Context,
    wanted: SpeakerOptions,
    device_options: DeviceOptions,
    *,
    by_channel: bool = False,
) -> Diarizer:
    """Load the models that the options ask for."""
    from audiocli.cli.progress import open_loader

    def voices(embedder: str) -> Mapping[str, Any]:
        from audiocli.cli.commands.voices import open_book

        if not (known := open_book(context).vectors(embedder)):
            raise UsageError("no voices are enrolled", "audiocli voices enroll NAME CLIP...")
        return known

    with open_loader(context, device_options) as loader:
        return loader.diarizer(
            wanted.model,
            wanted.count,
            threshold=wanted.threshold,
            by_channel=by_channel,
            voices=voices if wanted.voices else None,
            link_speakers=wanted.link_speakers,
        )


def _each(diarizer: Diarizer, change: Callable[[Diarization], Any]) -> Any:
    """Make something of each diarization."""
    from audiocli.tasks.common.events import Done, Recording

    def run(recordings: Iterable[Recording], on_progress: Any) -> Iterator[Any]:
        for event in diarizer.run(recordings, on_progress):
            yield Done(event.key, change(event.result)) if isinstance(event, Done) else event

    return run


def _one_at_a_time(diarization: Diarization) -> Diarization:
    from dataclasses import replace

    return replace(diarization, turns=diarization.exclusive)
