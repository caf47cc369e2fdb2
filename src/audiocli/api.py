"""The tasks as Python functions: what the commands do, without their output."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Literal

from audiocli.audio.decode import open_audio
from audiocli.audio.selection import Selection
from audiocli.loading import Loader, default_store
from audiocli.models.base import DeviceOptions
from audiocli.models.protocols.encoders import Pooling
from audiocli.models.protocols.recognition import DecodingOptions
from audiocli.results import Classification, Diarization, Embedding, Features, Transcript
from audiocli.tasks.classification.label_tasks import ClassificationTaskName
from audiocli.tasks.common.events import Done, Failed, Progress, Recording, ignore_progress
from audiocli.tasks.transcription.options import TranscriptionOptions
from audiocli.text.languages import parse_languages


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
    on_progress: Progress = ignore_progress,
) -> Transcript:
    """Write down what was said in one recording.

    Parameters
    ----------
    source : a path, a URL, or an open binary file
    model : a registered name, a folder or a hub id; None is the default model
    language : code, locale or English name; a list such as "en,es" restricts detection;
        None detects it once, "auto" for each window
    start, end : the part wanted, in seconds
    on_progress : told the seconds of sound that are finished

    Raises
    ------
    InputError : the source holds no sound that can be read
    ModelUnavailable : the model is unknown, out of reach or corrupt
    """
    code, candidates = parse_languages(language)
    options = TranscriptionOptions(
        language=code,
        candidates=candidates,
        word_timestamps=word_timestamps,
        decoding=DecodingOptions(task=task),
    )
    device_options = DeviceOptions(device=device, compute_type=compute_type, threads=threads)
    transcriber = Loader(device_options, default_store()).transcriber(model, options)
    part = Selection(channel, start, end)
    answer: Transcript = _answer(transcriber.run, source, part, on_progress)
    return answer


def classify(
    source: str | Path | BinaryIO,
    *,
    model: str | None = None,
    task: ClassificationTaskName = "events",
    labels: Sequence[str] = (),
    top_k: int = 5,
    windows: bool = False,
    events: bool = False,
    start: float = 0.0,
    end: float | None = None,
    channel: str = "mix",
    device: str = "auto",
    threads: int = 0,
    on_progress: Progress = ignore_progress,
) -> Classification:
    """Tell what is heard in one recording.

    Parameters
    ----------
    task : events, language, emotion, music, speaker or gender
    labels : words to choose among, for models that take any, such as CLAP
    top_k : labels kept of the whole, and of each window
    windows : keep the labels of each window too
    events : find when each label is heard

    Raises
    ------
    InputError : the source holds no sound that can be read
    ModelUnavailable : the model is unknown, out of reach, or cannot tell what is asked
    UsageError : labels for a model that has its own, or none for one that has not
    """
    from audiocli.tasks.classification.classifier import SoundClassifier
    from audiocli.tasks.classification.event_detection import EventDetectionOptions
    from audiocli.tasks.classification.options import ClassificationOptions

    device_options = DeviceOptions(device=device, threads=threads)
    chosen = Loader(device_options, default_store()).classifier(model, task, labels)
    rule = EventDetectionOptions(onset=chosen.onset, offset=chosen.onset / 2) if events else None
    classifier = SoundClassifier(
        classifier=chosen.classifier,
        model=chosen.info,
        options=ClassificationOptions(top_k=top_k, windows=windows, events=rule),
        task=task,
        answer_labels=chosen.answer_labels,
    )
    part = Selection(channel, start, end)
    answer: Classification = _answer(classifier.run, source, part, on_progress)
    return answer


def diarize(
    source: str | Path | BinaryIO,
    *,
    model: str | None = None,
    num_speakers: int | None = None,
    min_speakers: int | None = None,
    max_speakers: int | None = None,
    start: float = 0.0,
    end: float | None = None,
    channel: str = "mix",
    device: str = "auto",
    threads: int = 0,
    on_progress: Progress = ignore_progress,
) -> Diarization:
    """Tell who spoke when in one recording.

    Raises
    ------
    InputError : the source holds no sound that can be read
    ModelUnavailable : the model is unknown, out of reach or corrupt
    """
    from audiocli.models.protocols.speakers import SpeakerCount

    device_options = DeviceOptions(device=device, threads=threads)
    count = SpeakerCount(
        num_speakers=num_speakers, min_speakers=min_speakers, max_speakers=max_speakers
    )
    diarizer = Loader(device_options, default_store()).diarizer(model, count)
    part = Selection(channel, start, end)
    answer: Diarization = _answer(diarizer.run, source, part, on_progress)
    return answer


def embed(
    source: str | Path | BinaryIO,
    *,
    model: str | None = None,
    layer: int | None = None,
    pool: Pooling = "mean",
    window: float | None = None,
    hop: float | None = None,
    start: float = 0.0,
    end: float | None = None,
    channel: str = "mix",
    device: str = "auto",
    threads: int = 0,
    on_progress: Progress = ignore_progress,
) -> Embedding:
    """Turn one recording into vectors: `vectors` (vectors, dimension), `starts` and `ends` in s.

    Parameters
    ----------
    layer : hidden layer, negative from the last; None is the output of the model
    pool : how frames become a vector; "none" keeps them all
    window, hop : seconds; a vector for each window. None is one for the whole

    Raises
    ------
    InputError : the source holds no sound that can be read
    ModelUnavailable : the model is unknown, out of reach or corrupt
    UsageError : the model has no such layer or pooling, or the windows do not fit it
    """
    from audiocli.tasks.embedding.options import EmbeddingOptions

    options = EmbeddingOptions(layer=layer, pool=pool, window=window, hop=hop)
    device_options = DeviceOptions(device=device, threads=threads)
    encoder = Loader(device_options, default_store()).encoder(model, options)
    part = Selection(channel, start, end)
    answer: Embedding = _answer(encoder.run, source, part, on_progress)
    return answer


def features(
    source: str | Path | BinaryIO,
    *,
    transcript: Transcript | None = None,
    start: float = 0.0,
    end: float | None = None,
    channel: str = "mix",
) -> Features:
    """Measure loudness, noise, pitch and timbre of one recording.

    Parameters
    ----------
    transcript : what is said in it, for the speaking rate

    Raises
    ------
    InputError : the source holds no sound that can be read
    """
    from audiocli.tasks.acoustics.features import of_stream

    with open_audio(source, selection=Selection(channel, start, end)) as stream:
        return of_stream(stream, transcript)


def _answer(
    run: Callable[[Iterable[Recording], Progress], Iterable[Any]],
    source: str | Path | BinaryIO,
    part: Selection,
    on_progress: Progress,
) -> Any:
    """Give what comes of one recording, or raise why nothing does."""
    name = str(source) if isinstance(source, str | Path) else "-"
    one = Recording(None, name, lambda rate: open_audio(source, rate=rate, selection=part))
    for event in run([one], on_progress):
        if isinstance(event, Failed):
            raise event.error
        if isinstance(event, Done):
            return event.result
    raise AssertionError("a recording ends as Done or Failed")
