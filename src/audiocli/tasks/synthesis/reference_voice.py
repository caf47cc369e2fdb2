"""The voice of a recording: read, measured, and handed to the model that is to speak with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from audiocli.errors import InputError, UsageError
from audiocli.models import registry
from audiocli.models.protocols.synthesis import Synthesiser
from audiocli.tasks.synthesis.consistent_voice import MAX_REFERENCE, MIN_REFERENCE
from audiocli.tasks.synthesis.text_to_speech import SynthesisRequestOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiocli.models.base import DeviceOptions
    from audiocli.models.protocols.speakers import SpeakerEmbedder
    from audiocli.models.store.model_store import Store

EMBEDDED_SECONDS = 60.0  # seconds that an embedding is made of
SILENCE_LEVEL = 0.003  # of full scale: no voice is softer


def check_recording(path: Path) -> None:
    """Refuse what is no file of this machine, before a model is loaded for it.

    Raises
    ------
    InputError : it is not there, or no recording
    """
    from audiocli.audio.source import refuse_json

    if not path.is_file():
        raise InputError(path, "no such file", "the voice of a recording on this machine is used")
    refuse_json(path, str(path))


def with_reference_voice(
    options: SynthesisRequestOptions,
    synthesiser: Synthesiser,
    name: str,
    device_options: DeviceOptions,
    store: Store,
) -> SynthesisRequestOptions:
    """Give a model the recording it is to speak like, in the form that it takes.

    Parameters
    ----------
    name : of the model

    Raises
    ------
    UsageError : the model has no use for a recording, or must be told what is said in it
    InputError : the recording cannot be read, is too short, too long or silent
    """
    recording = options.reference_audio
    if not recording or options.delivery.speaker_embedding is not None:
        return options
    if synthesiser.speaker_embedder:
        embedder: SpeakerEmbedder = registry.load(
            synthesiser.speaker_embedder, "voiceprint", device_options, store
        ).model
        embedding = embedder.embed([_read(recording, embedder.rate, EMBEDDED_SECONDS)])[0]
        return replace(options, delivery=replace(options.delivery, speaker_embedding=embedding))
    if not synthesiser.accepts_reference:
        raise UsageError(
            f"{name} cannot speak with the voice of a recording", "SpeechT5, CSM and Dia can"
        )
    if not options.reference_text:
        raise UsageError(
            f"{name} must be told what is said in {recording}",
            f"--reference-text, as `audiocli transcribe {recording} -f txt` writes it",
        )
    rate = synthesiser.rate
    samples = _read(recording, rate, MAX_REFERENCE + 1)
    if samples.size > MAX_REFERENCE * rate:
        problem = f"lasts more than the {MAX_REFERENCE:g} s that {name} can go on from"
        raise InputError(recording, problem, "cut it, and --reference-text with it")
    delivery = replace(
        options.delivery, reference_audio=samples, reference_text=options.reference_text
    )
    return replace(options, delivery=delivery)


def _read(path: Path, rate: int, seconds: float) -> NDArray[np.float32]:
    """Read the beginning of a recording, mixed to mono: shape (time,)."""
    import numpy as np

    from audiocli.audio.decode import read
    from audiocli.audio.selection import Selection

    clip = read(path, rate=rate, selection=Selection(end=seconds))
    samples: NDArray[np.float32] = clip.samples[0]
    if samples.size < MIN_REFERENCE * rate:
        length = samples.size / rate
        raise InputError(path, f"lasts {length:.1f} s: a voice takes {MIN_REFERENCE:g} s at least")
    if np.abs(samples).max() < SILENCE_LEVEL:
        raise InputError(path, "is silent")
    return samples
