"""`audiocli voices`: enrolled speakers, whom `diarize --identify-speakers` names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from audiocli.cli import options as opt
from audiocli.cli import terminal
from audiocli.cli.requests import DeviceRequest, as_command, selection
from audiocli.context import Context
from audiocli.errors import InputError, UsageError

if TYPE_CHECKING:
    from audiocli.batch.voice_store import VoiceStore
    from audiocli.models.base import DeviceOptions

app = opt.Subcommands(
    "voices", "Enroll speakers, so that --identify-speakers of diarize and transcribe names them."
)


def open_voice_store(context: Context) -> VoiceStore:
    """Open the user's voices: `AUDIOCLI_VOICES`, else a file in the user's data folder."""
    from pathlib import Path

    from audiocli.batch.voice_store import VoiceStore

    if configured := context.environ.get("AUDIOCLI_VOICES"):
        return VoiceStore(Path(configured).expanduser())
    from platformdirs import user_data_path

    return VoiceStore(user_data_path("audiocli") / "voices.json")


def load_speaker_model(context: Context, device_options: DeviceOptions) -> Any:
    """Load the default networks for speaker segmentation and embedding."""
    from audiocli.cli.progress import open_loader

    with open_loader(context, device_options) as loader:
        return loader.speaker_model()


@dataclass(frozen=True, kw_only=True)
class EnrollmentRequest(DeviceRequest):
    """The options of `audiocli voices enroll`."""

    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the speaker.")]
    clips: Annotated[
        list[str],
        typer.Argument(metavar="CLIP", help="Recordings in which only this person speaks."),
    ]
    channel: opt.ChannelOption = "mix"
    track: opt.TrackOption = None
    start: opt.StartOption = None
    end: opt.EndOption = None


@app.command()
@as_command
def enroll(context: Context, request: EnrollmentRequest) -> None:
    """Enroll a speaker; 30 seconds of speech are enough, one sentence often is.

    Examples:

      audiocli voices enroll "Ada Lovelace" ada1.wav ada2.m4a

      audiocli diarize meeting.wav --identify-speakers
    """
    name = " ".join(request.name.split())
    if not name or not name.isprintable():
        raise UsageError("the name of a speaker must be printable and not empty")
    from audiocli.batch.inputs import find_inputs
    from audiocli.batch.voice_store import EnrolledVoice
    from audiocli.cli.batch import recording
    from audiocli.tasks.diarization.voice_profiles import average_voices, extract_voice

    part = selection(request.channel, request.start, request.end, request.track)
    inputs = list(find_inputs(request.clips, stdin=context.stdin))
    model = load_speaker_model(context, request.device_options(context))
    voices = []
    for input in inputs:
        voice = extract_voice(recording(input, context, part), model)
        if voice.speakers > 1:
            raise InputError(
                input.name,
                f"{voice.speakers} people speak in it",
                "select one person's speech with --start and --end",
            )
        voices.append(voice)
    voice = average_voices(voices)
    open_voice_store(context).add(
        EnrolledVoice(
            name=name,
            embedder=model.embedder.name,
            seconds=round(voice.seconds, 3),
            sources=tuple(input.name for input in inputs),
            vector=tuple(round(float(value), 6) for value in voice.vector),
        )
    )
    context.warn(f"enrolled {name} from {voice.seconds:.1f} s of speech")


@app.command("list")
def list_voices(ctx: typer.Context) -> None:
    """List enrolled speakers: name, seconds of speech and model."""
    context: Context = ctx.obj
    rows = [
        (voice.name, f"{voice.seconds:.1f}", voice.embedder)
        for voice in open_voice_store(context).all()
    ]
    if not rows:
        context.warn("no voices are enrolled (audiocli voices enroll NAME FILE)")
        return
    terminal.print_rows(context, ("name", "seconds", "model"), rows)


@app.command()
def remove(
    ctx: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="Speakers to remove.")],
) -> None:
    """Remove enrolled speakers."""
    store = open_voice_store(ctx.obj)
    for name in names:
        store.remove(name)
