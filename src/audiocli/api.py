"""The tasks as Python functions: what the commands do, without their output."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Literal

from audiocli.audio.decode import open_audio
from audiocli.audio.selection import Selection
from audiocli.context import Context
from audiocli.errors import UsageError
from audiocli.models import registry
from audiocli.models.base import Runtime
from audiocli.models.speech import Decoding
from audiocli.models.store import Store
from audiocli.results import Transcript
from audiocli.tasks.events import Failed, Progress, Recording, ignore
from audiocli.tasks.realign import Realigned
from audiocli.tasks.transcribe import Heard, Options, Transcriber


def transcribe(
    source: str | Path | BinaryIO,
    *,
    model: str | None = None,
    language: str | None = None,
    task: Literal["transcribe", "translate"] = "transcribe",
    word_timestamps: bool = True,
    start: float = 0.0,
    end: float | None = None,
    channel: str = "mix",
    device: str = "auto",
    compute_type: str = "default",
    threads: int = 0,
    on_progress: Progress = ignore,
) -> Transcript:
    """Write down what was said in one recording.

    Parameters
    ----------
    source : a path, a URL, or an open binary file
    model : a registered name, a folder or a hub id; None is the default model
    language : ISO 639-1 code; None finds it out, "auto" does so for each window
    start, end : the part wanted, in seconds
    on_progress : told the seconds of sound that are finished

    Raises
    ------
    InputError : the source holds no sound that can be read
    ModelUnavailable : the model is unknown, out of reach or corrupt
    """
    options = Options(
        language=language, word_timestamps=word_timestamps, decoding=Decoding(task=task)
    )
    runtime = Runtime(device=device, compute_type=compute_type, threads=threads)
    selection = Selection(channel, start, end)
    recording = Recording(
        None,
        str(source) if isinstance(source, str | Path) else "-",
        lambda rate: open_audio(source, rate=rate, selection=selection),
    )
    transcriber = open_transcriber(model, runtime, options, default_store())
    for event in transcriber.run([recording], on_progress):
        if isinstance(event, Failed):
            raise event.error
        if not isinstance(event, Heard):
            return event.result
    raise AssertionError("a recording ends as Done or Failed")


def default_store() -> Store:
    """Open the store that the command line uses."""
    context = Context.of_process()
    return Store(context.cache_dir, context.offline)


def open_transcriber(
    model: str | None, runtime: Runtime, options: Options, store: Store
) -> Transcriber:
    """Load a recogniser and the voice detector.

    Raises
    ------
    UsageError : the model cannot do what the options ask for
    """
    recogniser, info = registry.load(model, "transcribe", runtime, store)
    wishes = options.decoding.wishes
    if beyond := [option for name, option in wishes.items() if name not in recogniser.follows]:
        raise UsageError(f"{info.name} cannot follow {beyond[0]}")
    if options.align_model:
        aligner = registry.load(options.align_model, "transcribe", runtime, store).model
        if not hasattr(aligner, "emissions"):
            raise UsageError(f"{options.align_model} has no CTC head to align with")
        recogniser = Realigned(recogniser, aligner)
    vad = registry.load(None, "vad", runtime, store).model
    return Transcriber(recogniser=recogniser, vad=vad, model=info, options=options)
