"""`audiocli voices`: people whom `diarize --voices` knows by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from audiocli.cli import options as opt
from audiocli.cli.inputs import selection
from audiocli.context import Context
from audiocli.errors import InputError, UsageError

if TYPE_CHECKING:
    from audiocli.batch.voice_store import VoiceStore

app = typer.Typer(
    rich_markup_mode=None,
    name="voices",
    help="Enroll people, so that diarize --voices and transcribe --diarize --voices name them.",
    no_args_is_help=True,
)


def open_book(context: Context) -> VoiceStore:
    """Open the user's voices: `AUDIOCLI_VOICES`, else a file in the user's data folder."""
    from pathlib import Path

    from audiocli.batch.voice_store import VoiceStore

    if configured := context.environ.get("AUDIOCLI_VOICES"):
        return VoiceStore(Path(configured).expanduser())
    from platformdirs import user_data_path

    return VoiceStore(user_data_path("audiocli") / "voices.json")


def load_speaker_model(context: Context, threads: int) -> Any:
    """Load the networks that tell voices."""
    from audiocli.cli.progress import open_loader
    from audiocli.models.base import DeviceOptions

    device_options = DeviceOptions(threads=threads, verbose=context.verbose)
    with open_loader(context, device_options) as loader:
        return loader.speaker_model()


@app.command()
def enroll(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who it is.")],
    clips: Annotated[
        list[str], typer.Argument(metavar="CLIP...", help="Recordings of this person alone.")
    ],
    channel: opt.ChannelOption = "mix",
    track: opt.TrackOption = None,
    start: opt.StartOption = None,
    end: opt.EndOption = None,
    threads: opt.ThreadsOption = 0,
) -> None:
    """Learn a voice: half a minute of speech is plenty, a sentence will do.

    Examples:

      audiocli voices enroll "Ada Lovelace" ada1.wav ada2.m4a

      audiocli diarize meeting.wav --voices
    """
    context = ctx.find_object(Context)
    assert context is not None
    name = " ".join(name.split())
    if not name or not name.isprintable():
        raise UsageError("a voice needs a name that can be printed")
    from audiocli.batch.inputs import find_inputs
    from audiocli.batch.voice_store import EnrolledVoice
    from audiocli.cli.batch import recording
    from audiocli.tasks.diarization.voice_profiles import average_voices, extract_voice

    part = selection(channel, start, end, track)
    inputs = list(find_inputs(clips, stdin=context.stdin))
    model = load_speaker_model(context, threads)
    voices = []
    for input in inputs:
        voice = extract_voice(recording(input, context, part), model)
        if voice.speakers > 1:
            raise InputError(
                input.name,
                f"{voice.speakers} people speak in it",
                "choose one person's part with --start and --end",
            )
        voices.append(voice)
    voice = average_voices(voices)
    open_book(context).add(
        EnrolledVoice(
            name=name,
            embedder=model.embedder.name,
            seconds=round(voice.seconds, 3),
            sources=tuple(input.name for input in inputs),
            vector=tuple(round(float(value), 6) for value in voice.vector),
        )
    )
    context.warn(f"{name} is enrolled, from {voice.seconds:.1f} s of speech")


@app.command("list")
def list_voices(ctx: typer.Context) -> None:
    """List who is enrolled: name, seconds of speech, model, separated by tabs."""
    context = ctx.find_object(Context)
    assert context is not None
    for voice in open_book(context).all():
        print(voice.name, f"{voice.seconds:.1f}", voice.embedder, sep="\t", file=context.stdout)


@app.command()
def remove(
    ctx: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Whom to forget.")],
) -> None:
    """Forget voices."""
    context = ctx.find_object(Context)
    assert context is not None
    book = open_book(context)
    for name in names:
        book.remove(name)
