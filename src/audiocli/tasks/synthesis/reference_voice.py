"""Use the voice of a recording for synthesis."""

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

EMBEDDED_SECONDS = 60.0  # seconds of audio that are embedded
SILENCE_LEVEL = 0.003  # of full scale; softer recordings are rejected


def check_recording(path: Path) -> None:
    """Check that a path is a local recording, before a model is loaded.

    Raises
    ------
    InputError : the file is missing or is not a recording
    """
    from audiocli.audio.source import refuse_json

    if not path.is_file():
        raise InputError(path, "no such file", "--reference takes a local file")
    refuse_json(path, str(path))


def with_reference_voice(
    options: SynthesisRequestOptions,
    synthesiser: Synthesiser,
    name: str,
    device_options: DeviceOptions,
    store: Store,
) -> SynthesisRequestOptions:
    """Add the voice of the reference recording in the form that the model takes.

    Parameters
    ----------
    name : of the model

    Raises
    ------
    UsageError : the model does not support reference recordings, or needs the text of it
    InputError : the recording cannot be read, is too short, too long or silent
    """
    recording = options.reference_file
    if not recording or options.synthesis.speaker_embedding is not None:
        return options
    if synthesiser.speaker_embedder:
        embedder: SpeakerEmbedder = registry.load(
            synthesiser.speaker_embedder, "voiceprint", device_options, store
        ).model
        embedding = embedder.embed([_read(recording, embedder.rate, EMBEDDED_SECONDS)])[0]
        return replace(options, synthesis=replace(options.synthesis, speaker_embedding=embedding))
    if not synthesiser.accepts_reference:
        raise UsageError(
            f"{name} does not support reference recordings", "SpeechT5, CSM and Dia do"
        )
    if not options.reference_text:
        raise UsageError(
            f"{name} needs the text of {recording}",
            f"--reference-text; `audiocli transcribe {recording} -f txt` prints it",
        )
    rate = synthesiser.rate
    samples = _read(recording, rate, MAX_REFERENCE + 1)
    if samples.size > MAX_REFERENCE * rate:
        problem = f"is longer than {MAX_REFERENCE:g} s, the maximum of {name}"
        raise InputError(recording, problem, "shorten it, and --reference-text accordingly")
    synthesis = replace(
        options.synthesis, reference_audio=samples, reference_text=options.reference_text
    )
    return replace(options, synthesis=synthesis)


def _read(path: Path, rate: int, seconds: float) -> NDArray[np.float32]:
    """Read the start of a recording, mixed to mono: shape (time,).

    Raises
    ------
    InputError : the recording is too short or silent
    """
    import numpy as np

    from audiocli.audio.decode import read
    from audiocli.audio.selection import Selection

    clip = read(path, rate=rate, selection=Selection(end=seconds))
    samples: NDArray[np.float32] = clip.samples[0]
    if samples.size < MIN_REFERENCE * rate:
        length = samples.size / rate
        raise InputError(
            path,
            f"is {length:.1f} s long; a voice needs at least {MIN_REFERENCE:g} s",
            "use a longer recording",
        )
    if np.abs(samples).max() < SILENCE_LEVEL:
        raise InputError(path, "is silent", "use a recording of a voice")
    return samples
