"""`audiocli verify`: whether two recordings are of one speaker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from audiocli.cli import options as opt
from audiocli.cli.commands.voices import load_speaker_model
from audiocli.cli.requests import DeviceRequest, StreamRequest, selection
from audiocli.context import Context
from audiocli.errors import ExitCode, UsageError
from audiocli.results import ModelInfo, Verification


@dataclass(frozen=True, kw_only=True)
class VerificationRequest(StreamRequest, DeviceRequest):
    """The options of `audiocli verify`."""

    first: Annotated[str, typer.Argument(metavar="A", help="Recording of one speaker.")]
    second: Annotated[str, typer.Argument(metavar="B", help="Recording to compare with it.")]
    channel: opt.ChannelOption = "mix"
    track: opt.TrackOption = None
    min_similarity: Annotated[
        float | None,
        opt.min_similarity_option(
            "Minimum cosine similarity of two voices of one speaker. Default: 0.45.", opt.MODEL
        ),
    ] = None
    format: Annotated[list[str] | None, opt.result_format_option(Verification, several=False)] = (
        None
    )


def verify(context: Context, request: VerificationRequest) -> int:
    """Compare the speakers of two recordings.

    Examples:

      audiocli verify monday.wav tuesday.wav

      audiocli verify a.wav b.wav -f json | jq .same_speaker
    """
    from audiocli.batch.inputs import find_inputs
    from audiocli.cli.batch import recording
    from audiocli.tasks.diarization.naming import MIN_SIMILARITY
    from audiocli.tasks.diarization.voice_profiles import extract_voice

    inputs = list(find_inputs([request.first, request.second], stdin=context.stdin))
    if len(inputs) != 2:
        raise UsageError(f"verify compares two recordings, not {len(inputs)}")
    limit = MIN_SIMILARITY if request.min_similarity is None else request.min_similarity
    part = selection(request.channel, None, None, request.track)
    with request.emitter(context, Verification) as emitter:
        model = load_speaker_model(context, request.device_options(context))
        a, b = (extract_voice(recording(input, context, part), model) for input in inputs)
        similarity = round(float(a.vector @ b.vector), 4)
        result = Verification(
            source=inputs[0].name,
            other=inputs[1].name,
            duration=a.seconds + b.seconds,
            model=ModelInfo(model.embedder.name),
            similarity=similarity,
            threshold=limit,
            same_speaker=similarity >= limit,
        )
        emitter.emit(inputs[0], result)
    return ExitCode.OK
