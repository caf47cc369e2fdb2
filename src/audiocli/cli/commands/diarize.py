"""`audiocli diarize`: who spoke when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from audiocli.cli import options as opt
from audiocli.cli.allocator import map_large_blocks
from audiocli.cli.batch import Run, run_batch
from audiocli.cli.checkpoints import Checkpoints
from audiocli.cli.inputs import find_batch
from audiocli.cli.provenance import Dependencies
from audiocli.cli.requests import (
    BatchRequest,
    DeviceRequest,
    InputRequest,
    ModelRequest,
    PictureRequest,
    refuse,
)
from audiocli.cli.speaker_options import SpeakerRequest
from audiocli.context import Context
from audiocli.errors import ExitCode, UsageError
from audiocli.results import Conversation, Diarization

if TYPE_CHECKING:
    from audiocli.models.base import DeviceOptions
    from audiocli.tasks.diarization.diarizer import Diarizer


@dataclass(frozen=True, kw_only=True)
class DiarizationRequest(
    SpeakerRequest, BatchRequest, PictureRequest, DeviceRequest, ModelRequest, InputRequest
):
    """The options of `audiocli diarize`."""

    model: Annotated[
        str | None,
        opt.model_option(
            "diarize",
            "A name from `audiocli models list`, or a pyannote pipeline: a folder or a hub id. "
            "Default: pyannote-campplus.",
        ),
    ] = None
    exclusive: opt.ExclusiveOption = False
    stats: opt.StatsOption = False
    format: Annotated[
        list[str] | None,
        opt.result_format_option(Diarization, other_kinds={"--stats": Conversation}),
    ] = None


def diarize(context: Context, request: DiarizationRequest) -> int:
    """Identify who spoke when.

    Examples:

      audiocli diarize meeting.wav

      audiocli diarize meetings/ -d out -f rttm --max-speakers 6

      audiocli diarize interview.m4a --stats -f csv
    """
    part = request.selection
    if request.stats:
        refuse(request, ["exclusive"], "does not apply with --stats")
    if request.channel_speakers:
        refuse(request, _CLUSTERING, "does not apply with --channel-speakers")
        part = replace(part, channel="all")
    kind = Conversation if request.stats else Diarization
    dependencies = _depends_on(context, request)
    with (
        Checkpoints(context, request, dependencies) as checkpoints,
        request.emitter(context, kind, checkpoints) as emitter,
    ):
        inputs = find_batch(context, emitter, request, dependencies)
        if not inputs:
            return ExitCode.OK
        map_large_blocks()
        diarizer = open_diarizer(context, request, request.model, request.device_options(context))
        run = _run(diarizer, request)
        return run_batch(context, emitter, inputs, part, run, request.batch)


_CLUSTERING = (
    *("channel", "num_speakers", "min_speakers", "max_speakers", "clustering_threshold"),
    *("identify_speakers", "link_speakers"),
)


def _depends_on(context: Context, request: DiarizationRequest) -> Dependencies:
    return Dependencies(
        command="diarize",
        models={"model": (request.model, "diarize")},
        more_files=voice_files(context, request),
    )


def voice_files(context: Context, request: SpeakerRequest) -> tuple[Path, ...]:
    """Return the file of enrolled voices, if the options ask for it."""
    from audiocli.cli.commands.voices import open_voice_store

    return (open_voice_store(context).path,) if request.identify_speakers else ()


def _run(diarizer: Diarizer, request: DiarizationRequest) -> Run:
    from audiocli.tasks.common.events import map_results
    from audiocli.tasks.diarization.from_transcript import with_exclusive_turns
    from audiocli.tasks.diarization.statistics import conversation

    if request.stats:
        return map_results(diarizer.run, conversation)
    return map_results(diarizer.run, with_exclusive_turns) if request.exclusive else diarizer.run


def open_diarizer(
    context: Context, request: SpeakerRequest, model: str | None, device_options: DeviceOptions
) -> Diarizer:
    """Load the models that the options ask for.

    Raises
    ------
    UsageError : an option does not apply to the model, or no voices are enrolled
    """
    from audiocli.cli.progress import open_loader

    def voices(embedder: str) -> Mapping[str, Any]:
        from audiocli.cli.commands.voices import open_voice_store

        if not (enrolled := open_voice_store(context).vectors(embedder)):
            raise UsageError("no voices are enrolled", "audiocli voices enroll NAME CLIP...")
        return enrolled

    with open_loader(context, device_options) as loader:
        return loader.diarizer(
            model,
            request.count,
            threshold=request.clustering_threshold,
            by_channel=request.channel_speakers,
            voices=voices if request.identify_speakers else None,
            link_speakers=request.link_speakers,
        )
