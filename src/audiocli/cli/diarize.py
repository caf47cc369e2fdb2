"""`audiocli diarize`: who spoke when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from audiocli.cli import options as opt
from audiocli.cli.batch import run_batch
from audiocli.cli.emit import open_emitter
from audiocli.cli.inputs import selection, waiting_inputs
from audiocli.context import Context
from audiocli.errors import ExitCode, UsageError
from audiocli.render import names_for
from audiocli.render.base import Picture
from audiocli.results import Conversation, Diarization

if TYPE_CHECKING:
    from audiocli.models.base import Runtime
    from audiocli.models.speakers import SpeakerCount
    from audiocli.tasks.diarize import Diarizer


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
    num_speakers: Annotated[
        int | None, typer.Option(min=1, help="How many speak, where you know.", show_default=False)
    ] = None,
    min_speakers: Annotated[
        int | None, typer.Option(min=1, help="At least so many speak.", show_default=False)
    ] = None,
    max_speakers: Annotated[
        int | None, typer.Option(min=1, help="At most so many speak.", show_default=False)
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=2.0,
            help="Cosine distance up to which two voices are one speaker's; less finds more "
            "speakers. Default: 0.45.",
            show_default=False,
        ),
    ] = None,
    channel_speakers: Annotated[
        bool,
        typer.Option("--channel-speakers", help="Each channel holds one speaker, as calls do."),
    ] = False,
    voices: Annotated[
        bool, typer.Option("--voices", help="Name the speakers whom `audiocli voices` knows.")
    ] = False,
    link_speakers: Annotated[
        bool,
        typer.Option("--link-speakers", help="The same person is SPEAKER_00 in every input."),
    ] = False,
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
    start: opt.StartOption = None,
    end: opt.EndOption = None,
    format: Annotated[list[str] | None, opt.format_option(names_for(Diarization))] = None,
    output: opt.OutputOption = None,
    output_dir: opt.OutputDirOption = None,
    overwrite: opt.OverwriteOption = False,
    width: opt.WidthOption = Picture.width,
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
    from audiocli.models.base import Runtime

    count = _count(num_speakers, min_speakers, max_speakers)
    part = selection(channel, start, end)
    if stats and exclusive:
        raise UsageError("--stats counts the overlap that --exclusive leaves out")
    if channel_speakers:
        if voices or link_speakers or channel != "mix":
            raise UsageError("--channel-speakers tells speakers by their channels alone")
        from dataclasses import replace

        part = replace(part, channel="all")
    runtime = Runtime(device=device, threads=threads, verbose=context.verbose)
    with open_emitter(
        context,
        Conversation if stats else Diarization,
        formats=format,
        output=output,
        output_dir=output_dir,
        overwrite=overwrite,
        picture=Picture(width=width, style=style),
    ) as emitter:
        waiting = waiting_inputs(context, emitter, inputs or [], files_from)
        if not waiting:
            raise typer.Exit(ExitCode.OK)
        diarizer = open_diarizer(
            context,
            model,
            runtime,
            count,
            threshold,
            by_channel=channel_speakers,
            known_voices=voices,
            link=link_speakers,
        )
        run = diarizer.run
        if stats:
            from audiocli.tasks.diarization.statistics import conversation

            run = _each(diarizer, conversation)
        elif exclusive:
            run = _each(diarizer, _one_at_a_time)
        code = run_batch(context, emitter, waiting, part, run)
    raise typer.Exit(code)


def _count(exactly: int | None, at_least: int | None, at_most: int | None) -> SpeakerCount:
    from audiocli.models.speakers import SpeakerCount

    if exactly and (at_least or at_most):
        raise UsageError("--num-speakers leaves nothing to --min-speakers and --max-speakers")
    if at_least and at_most and at_least > at_most:
        raise UsageError(f"--min-speakers {at_least} is more than --max-speakers {at_most}")
    return SpeakerCount(exactly=exactly, at_least=at_least, at_most=at_most)


def open_diarizer(
    context: Context,
    model: str | None,
    runtime: Runtime,
    count: SpeakerCount,
    threshold: float | None = None,
    *,
    by_channel: bool = False,
    known_voices: bool = False,
    link: bool = False,
) -> Diarizer:
    """Load the models that the options ask for."""
    from audiocli.cli.progress import open_store
    from audiocli.models import registry
    from audiocli.models.speakers import SpeakerModel
    from audiocli.tasks.diarization.channels import ChannelEngine
    from audiocli.tasks.diarization.engines import THRESHOLD, Options, engine_for
    from audiocli.tasks.diarize import Diarizer

    wants_voices = known_voices or link
    with open_store(context) as store:
        loaded, info = registry.load(model, "diarize", runtime, store)
        own = loaded if isinstance(loaded, SpeakerModel) else None
        if own is None and (wants_voices or by_channel):
            own = registry.load(None, "diarize", runtime, store).model
    if threshold is not None and not isinstance(loaded, SpeakerModel):
        raise UsageError(f"{info.name} has thresholds of its own", "leave --threshold out")
    if by_channel:
        assert own is not None
        engine: Any = ChannelEngine(own)
    else:
        engine = engine_for(loaded, own.embedder if own and wants_voices else None)
    return Diarizer(
        engine=engine,
        model=info,
        options=Options(count=count, threshold=THRESHOLD if threshold is None else threshold),
        naming=_naming(context, own, known_voices, link) if own and wants_voices else None,
    )


def _naming(context: Context, own: Any, known: bool, link: bool) -> Any:
    from audiocli.cli.voices import open_book
    from audiocli.tasks.diarization.naming import Names

    voices = open_book(context).vectors(own.embedder.name) if known else {}
    if known and not voices:
        raise UsageError("no voices are enrolled", "audiocli voices enroll NAME CLIP...")
    return Names(voices, link=link)


def _each(diarizer: Diarizer, change: Callable[[Diarization], Any]) -> Any:
    """Make something of each diarization."""
    from audiocli.tasks.events import Done, Recording

    def run(recordings: Iterable[Recording], on_progress: Any) -> Iterator[Any]:
        for event in diarizer.run(recordings, on_progress):
            yield Done(event.key, change(event.result)) if isinstance(event, Done) else event

    return run


def _one_at_a_time(diarization: Diarization) -> Diarization:
    from dataclasses import replace

    return replace(diarization, turns=diarization.exclusive)
