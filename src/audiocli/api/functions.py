"""One call for one recording: load the models of a task, run it, free them.

For several recordings `load` is the better way: it loads the models once. All functions
take the keyword arguments of `load` beside those named here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audiocli.api.openers import load
from audiocli.tasks.common.events import Progress, ignore_progress

if TYPE_CHECKING:
    from audiocli.api.sources import AudioSource
    from audiocli.results import (
        Classification,
        Diarization,
        Embedding,
        Features,
        Spectrogram,
        Transcript,
    )


def transcribe(
    source: AudioSource,
    *,
    model: str | None = None,
    start: float = 0.0,
    end: float | None = None,
    channel: str | None = None,
    on_progress: Progress = ignore_progress,
    **options: Any,
) -> Transcript:
    """Transcribe one recording.

    Parameters
    ----------
    source : a path, a URL, an open binary file, or (samples, rate)
    model : a registered name, a folder or a hub id; None is the default model
    start, end : the part to transcribe, in seconds
    on_progress : called with the seconds of audio that are finished
    options : as for `load("transcribe")`, such as language="en" or diarize=True

    Raises
    ------
    InputError : the recording cannot be read
    ModelUnavailable : the model is unknown, cannot be downloaded, or is corrupt
    UsageError : the model does not support an option
    """
    with load("transcribe", model, **options) as loaded:
        return loaded(source, start=start, end=end, channel=channel, on_progress=on_progress)


def classify(
    source: AudioSource,
    *,
    model: str | None = None,
    start: float = 0.0,
    end: float | None = None,
    channel: str | None = None,
    on_progress: Progress = ignore_progress,
    **options: Any,
) -> Classification:
    """Classify the sounds of one recording; see `transcribe` for parameters and errors."""
    with load("classify", model, **options) as loaded:
        return loaded(source, start=start, end=end, channel=channel, on_progress=on_progress)


def diarize(
    source: AudioSource,
    *,
    model: str | None = None,
    start: float = 0.0,
    end: float | None = None,
    channel: str | None = None,
    on_progress: Progress = ignore_progress,
    **options: Any,
) -> Diarization:
    """Identify who spoke when in one recording; see `transcribe` for parameters and errors."""
    with load("diarize", model, **options) as loaded:
        return loaded(source, start=start, end=end, channel=channel, on_progress=on_progress)


def embed(
    source: AudioSource,
    *,
    model: str | None = None,
    start: float = 0.0,
    end: float | None = None,
    channel: str | None = None,
    on_progress: Progress = ignore_progress,
    **options: Any,
) -> Embedding:
    """Compute embeddings of one recording; see `transcribe` for parameters and errors.

    Returns
    -------
    `vectors` of shape (vectors, dimension), with `starts` and `ends` in seconds
    """
    with load("embed", model, **options) as loaded:
        return loaded(source, start=start, end=end, channel=channel, on_progress=on_progress)


def features(
    source: AudioSource,
    *,
    transcript: Transcript | None = None,
    start: float = 0.0,
    end: float | None = None,
    channel: str | None = None,
) -> Features:
    """Measure loudness, noise, pitch and timbre of one recording.

    Parameters
    ----------
    transcript : of the recording, for the speaking rate

    Raises
    ------
    InputError : the recording cannot be read
    """
    with load("features", transcript=transcript) as loaded:
        return loaded(source, start=start, end=end, channel=channel)


def spectrogram(
    source: AudioSource,
    *,
    start: float = 0.0,
    end: float | None = None,
    channel: str | None = None,
    **options: Any,
) -> Spectrogram:
    """Compute the spectrogram of one recording, every frame of it.

    Parameters
    ----------
    options : fields of `SpectrogramOptions`, such as kind="mfcc" or n_mels=128

    Returns
    -------
    arrays with their axes: `values` (bins, frames), `times` (frames,), `bins` (bins,)

    Raises
    ------
    InputError : the recording cannot be read
    UsageError : the options do not fit each other or the recording
    """
    with load("spectrogram", **options) as loaded:
        return loaded(source, start=start, end=end, channel=channel)
