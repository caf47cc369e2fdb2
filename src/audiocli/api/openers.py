"""`load`: open a task once, with the options of its command."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from audiocli.api.loaded import LoadedAligner, LoadedSearch, LoadedSpeech, LoadedTask
from audiocli.api.sources import parameter_names
from audiocli.errors import UsageError
from audiocli.loading import Loader, default_store
from audiocli.models.base import DeviceOptions
from audiocli.results import (
    Classification,
    Diarization,
    Embedding,
    Features,
    Spectrogram,
    Transcript,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from audiocli.tasks.diarization.diarizer import Diarizer


def load_transcriber(
    loader: Loader,
    model: str | None = None,
    *,
    language: str | None = None,
    translate: bool = False,
    word_timestamps: bool = True,
    beam_size: int = 3,
    prompt: str = "",
    hotwords: Sequence[str] = (),
    hallucination_filter: bool = True,
    lm: str = "",
    vad: bool = True,
    align_model: str | None = None,
    diarize: bool = False,
    channel_speakers: bool = False,
    **speakers: Any,
) -> LoadedTask[Transcript]:
    """Return the object of `load("transcribe")`.

    Parameters
    ----------
    language : code, locale or English name; "en,es" restricts detection; None detects one
        language for each recording, "auto" one for each window
    translate : whether the speech is translated to English
    word_timestamps : whether the result keeps words and their times
    hotwords : words to expect
    lm : file of an n-gram model (ARPA or KenLM binary), for CTC models
    align_model : CTC model that times the words
    diarize : whether segments carry speakers; `speakers` are then the options of "diarize",
        and `diarize_model` its model
    channel_speakers : whether each channel holds one speaker
    """
    from audiocli.models.protocols.recognition import DecodingOptions
    from audiocli.tasks.transcription.channel_transcripts import ChannelTranscriber
    from audiocli.tasks.transcription.options import TranscriptionOptions
    from audiocli.tasks.transcription.speaker_transcripts import SpeakerTranscriber
    from audiocli.tasks.transcription.speech_windows import NO_VAD, VadOptions
    from audiocli.text.languages import parse_languages

    _check_speaker_options(speakers)
    if speakers and not diarize:
        raise UsageError(f"{next(iter(speakers))} needs diarize=True")
    if diarize and channel_speakers:
        raise UsageError("diarize and channel_speakers exclude each other")
    code, candidates = parse_languages(language)
    options = TranscriptionOptions(
        language=code,
        candidates=candidates,
        word_timestamps=word_timestamps or diarize,
        align_model=align_model,
        decoding=DecodingOptions(
            task="translate" if translate else "transcribe",
            beam_size=beam_size,
            prompt=prompt,
            hotwords=tuple(hotwords),
            hallucination_filter=hallucination_filter,
            language_model=lm,
        ),
        vad_options=VadOptions() if vad else NO_VAD,
    )
    transcriber = loader.transcriber(model, options)
    if channel_speakers:
        return LoadedTask(ChannelTranscriber(transcriber).run, channel="all")
    if diarize:
        diarizer = _diarizer(loader.auxiliary, speakers.pop("diarize_model", None), **speakers)
        return LoadedTask(SpeakerTranscriber(transcriber, diarizer, word_timestamps).run)
    return LoadedTask(transcriber.run)


def load_diarizer(
    loader: Loader, model: str | None = None, **speakers: Any
) -> LoadedTask[Diarization]:
    """Return the object of `load("diarize")`.

    Parameters
    ----------
    num_speakers, min_speakers, max_speakers : number of speakers, or its bounds, if known
    clustering_threshold : maximum cosine distance between voices of one speaker
    channel_speakers : whether each channel holds one speaker
    voices : vectors of known voices by name, of the default embedding (CAM++), unit length
    link_speakers : whether a speaker has the same label in all recordings
    """
    _check_speaker_options(speakers)
    channel = "all" if speakers.get("channel_speakers") else "mix"
    return LoadedTask(_diarizer(loader, model, **speakers).run, channel)


def _check_speaker_options(options: Mapping[str, Any]) -> None:
    known = {*signature(_diarizer).parameters, "diarize_model"}
    if unknown := [name for name in options if name not in known]:
        raise TypeError(f"load() got an unexpected keyword argument {unknown[0]!r}")


def _diarizer(
    loader: Loader,
    model: str | None,
    *,
    num_speakers: int | None = None,
    min_speakers: int | None = None,
    max_speakers: int | None = None,
    clustering_threshold: float | None = None,
    channel_speakers: bool = False,
    voices: Mapping[str, ArrayLike] | None = None,
    link_speakers: bool = False,
) -> Diarizer:
    import numpy as np

    from audiocli.models.protocols.speakers import SpeakerCount

    known = {name: np.asarray(v, np.float32) for name, v in (voices or {}).items()}
    return loader.diarizer(
        model,
        SpeakerCount(
            num_speakers=num_speakers, min_speakers=min_speakers, max_speakers=max_speakers
        ),
        threshold=clustering_threshold,
        by_channel=channel_speakers,
        voices=(lambda _: known) if voices is not None else None,
        link_speakers=link_speakers,
    )


def load_classifier(
    loader: Loader,
    model: str | None = None,
    *,
    task: Literal["events", "language", "emotion", "music", "speaker", "gender"] = "events",
    labels: Sequence[str] = (),
    prompt_template: str = "This is a sound of {}.",
    labels_like: str | None = None,
    top_k: int = 5,
    threshold: float | None = None,
    reject: float = 0.0,
    aggregation: Literal["mean", "max"] = "mean",
    per_window: bool = False,
    window: float | None = None,
    hop: float | None = None,
    events: bool = False,
    offset: float | None = None,
    smooth: int = 1,
    min_duration: float = 0.0,
    max_gap: float = 0.5,
) -> LoadedTask[Classification]:
    """Return the object of `load("classify")`.

    Parameters
    ----------
    labels : labels of your own, for zero-shot models such as CLAP
    labels_like : regular expression that chooses among the labels of the model
    threshold : minimum score of a label, and score at which an event begins
    per_window, events : whether the result keeps the labels of each window, and events with
        their times
    window, hop : seconds
    offset : score below which an event ends; None is half of `threshold`
    min_duration, max_gap : seconds; shorter events are dropped, nearer ones are joined
    """
    from audiocli.tasks.classification.event_detection import EventDetectionOptions
    from audiocli.tasks.classification.options import ClassificationOptions

    loaded = loader.classifier(model, task, tuple(labels), prompt_template)
    event_options = EventDetectionOptions.with_defaults(
        loaded.onset,
        onset=threshold,
        offset=offset,
        smooth=smooth,
        min_duration=min_duration,
        max_gap=max_gap,
    )
    options = ClassificationOptions(
        top_k=top_k,
        threshold=threshold or 0.0,
        reject=reject,
        pooling=aggregation,
        labels_like=labels_like,
        window=window,
        hop=hop,
        windows=per_window or (bool(window or hop) and not events),
        events=event_options if events else None,
    )
    return LoadedTask(loaded.with_options(options).run)


def load_encoder(
    loader: Loader,
    model: str | None = None,
    *,
    layer: int | None = None,
    pooling: Literal["mean", "max", "attention", "none"] = "mean",
    window: float | None = None,
    hop: float | None = None,
) -> LoadedTask[Embedding]:
    """Return the object of `load("embed")`.

    Parameters
    ----------
    layer : hidden layer, negative from the last; None is the output of the model
    pooling : how frames become a vector; "none" keeps them all
    window, hop : seconds; a vector for each window. None gives one for the recording
    """
    from audiocli.tasks.embedding.options import EmbeddingOptions

    options = EmbeddingOptions(layer=layer, pool=pooling, window=window, hop=hop)
    return LoadedTask(loader.encoder(model, options).run)


def load_features(
    loader: Loader,  # noqa: ARG001
    model: None = None,  # noqa: ARG001
    *,
    transcript: Transcript | None = None,
) -> LoadedTask[Features]:
    """Return the object of `load("features")`, which needs no model.

    Parameters
    ----------
    transcript : transcript of the recording, to compute the speaking rate; None leaves it out
    """
    from audiocli.tasks.acoustics.features import of_stream
    from audiocli.tasks.common.events import process_sequentially

    return LoadedTask(
        lambda recordings, on_progress: process_sequentially(
            recordings, None, lambda _, stream: of_stream(stream, transcript), on_progress
        )
    )


def load_spectrogram(
    loader: Loader,  # noqa: ARG001
    model: None = None,  # noqa: ARG001
    **options: Any,
) -> LoadedTask[Spectrogram]:
    """Return the object of `load("spectrogram")`; options are those of `SpectrogramOptions`.

    Raises
    ------
    TypeError : an option is unknown
    """
    from audiocli.tasks.visualization import spectrogram
    from audiocli.tasks.visualization.kinds import SpectrogramOptions

    chosen = SpectrogramOptions(**options)
    return LoadedTask(
        lambda recordings, on_progress: spectrogram.run(recordings, on_progress, options=chosen)
    )


def load_aligner(
    loader: Loader,
    model: str | None = None,
    *,
    language: str | None = None,
    phoneme_model: str | None = None,
) -> LoadedAligner:
    """Return the object of `load("align")`.

    Parameters
    ----------
    language : spoken language; None detects it
    phoneme_model : CTC model that recognises phonemes, to add phoneme times
    """
    from audiocli.tasks.alignment.scripts import AlignmentScript
    from audiocli.tasks.transcription.options import TranscriptionOptions
    from audiocli.text.languages import language_code

    options = TranscriptionOptions(
        language=language and language_code(language), word_timestamps=True
    )
    empty = AlignmentScript("", ())
    return LoadedAligner(loader.aligner(model, options, lambda _: empty, phoneme_model))


def load_speech(
    loader: Loader,
    model: str | None = None,
    *,
    voice: str | None = None,
    language: str | None = None,
    speed: float = 1.0,
    pitch_shift: float = 0.0,
    seed: int = 0,
    reference: str | Path | None = None,
    reference_text: str | None = None,
    vocoder: str | None = None,
) -> LoadedSpeech:
    """Return the object of `load("speak")`.

    Parameters
    ----------
    speed : relative to the voice's own
    pitch_shift : semitones
    reference : recording of the voice to use
    reference_text : transcript of the recording, if the model needs it
    """
    from audiocli.models.protocols.synthesis import SynthesisOptions
    from audiocli.tasks.synthesis.text_to_speech import SynthesisRequestOptions

    options = SynthesisRequestOptions(
        language=language,
        pitch=pitch_shift,
        synthesis=SynthesisOptions(voice=voice, speed=speed, seed=seed),
        reference_file=Path(reference) if reference else None,
        reference_text=reference_text,
    )
    return LoadedSpeech(loader.text_to_speech(model, options, vocoder))


def load_search(
    loader: Loader,
    model: None = None,  # noqa: ARG001
    *,
    index: str | Path,
    top_k: int = 10,
    one_per_recording: bool = False,
    min_similarity: float = -1.0,
) -> LoadedSearch:
    """Open `search` in an index that `audiocli index add` made, with its encoder."""
    from audiocli.batch.index_search import load_index_encoder, searcher_of
    from audiocli.batch.sound_index import SoundIndex

    opened = SoundIndex(Path(index))
    try:
        encoder = load_index_encoder(opened, loader)
    except BaseException:
        opened.close()
        raise
    searcher = searcher_of(
        opened,
        max_hits=top_k,
        one_per_recording=one_per_recording,
        min_similarity=min_similarity,
    )
    return LoadedSearch(opened, encoder, searcher)


_OPENERS: Mapping[str, Callable[..., Any]] = {
    "transcribe": load_transcriber,
    "diarize": load_diarizer,
    "classify": load_classifier,
    "embed": load_encoder,
    "features": load_features,
    "spectrogram": load_spectrogram,
    "align": load_aligner,
    "speak": load_speech,
    "search": load_search,
}


@overload
def load(
    task: Literal["transcribe"], model: str | None = None, **options: Any
) -> LoadedTask[Transcript]: ...
@overload
def load(
    task: Literal["diarize"], model: str | None = None, **options: Any
) -> LoadedTask[Diarization]: ...
@overload
def load(
    task: Literal["classify"], model: str | None = None, **options: Any
) -> LoadedTask[Classification]: ...
@overload
def load(
    task: Literal["embed"], model: str | None = None, **options: Any
) -> LoadedTask[Embedding]: ...
@overload
def load(task: Literal["features"], **options: Any) -> LoadedTask[Features]: ...
@overload
def load(task: Literal["spectrogram"], **options: Any) -> LoadedTask[Spectrogram]: ...
@overload
def load(task: Literal["align"], model: str | None = None, **options: Any) -> LoadedAligner: ...
@overload
def load(task: Literal["speak"], model: str | None = None, **options: Any) -> LoadedSpeech: ...
@overload
def load(task: Literal["search"], **options: Any) -> LoadedSearch: ...
def load(
    task: str,
    model: str | None = None,
    *,
    device: str = "auto",
    compute_type: str = "default",
    threads: int = 0,
    **options: Any,
) -> Any:
    """Load the models of a task, to be called on any number of recordings.

    Parameters
    ----------
    task : "transcribe", "diarize", "classify", "embed", "features", "spectrogram", "align",
        "speak" or "search"
    model : a registered name, a folder or a hub id; None is the default of the task
    device : "auto", "cpu", "cuda" or "mps"
    compute_type : numeric precision, such as "int8" or "float32"; "default" is that of the model
    threads : number of CPU threads; 0 uses all cores
    options : those of the task, as keyword arguments; docs/api.md lists them

    Returns
    -------
    an object to be called; it frees its models when it is closed or a `with` block ends

    Raises
    ------
    ModelUnavailable : a model is unknown, cannot be downloaded, or is corrupt
    UsageError : the model does not support an option
    """
    if task not in _OPENERS:
        raise UsageError(f"unknown task {task!r}", f"one of: {', '.join(_OPENERS)}")
    device_options = DeviceOptions(
        device=device, compute_type=compute_type, threads=threads, keep_library_settings=True
    )
    with parameter_names():
        return _OPENERS[task](Loader(device_options, default_store()), model, **options)
