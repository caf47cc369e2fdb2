"""From what the user calls a voice to a model that speaks with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from audiocli.errors import InputError, ModelUnavailable, UsageError
from audiocli.models import registry
from audiocli.models.families.vits import MMS, mms_repository
from audiocli.models.protocols.synthesis import Synthesiser
from audiocli.tasks.synthesis.reference_voice import with_reference_voice
from audiocli.tasks.synthesis.text_to_speech import SynthesisRequestOptions, TextToSpeech

if TYPE_CHECKING:
    from audiocli.models.base import DeviceOptions, ModelSpec
    from audiocli.models.store.model_store import Store


class ListedVoice(NamedTuple):
    """A voice of a model that has a name."""

    voice: str
    model: str
    languages: str
    licence: str
    is_here: str


def list_voices(store: Store) -> Iterator[ListedVoice]:
    """List the voices of all models that have a name, without loading any."""
    for spec in _speech_models(store):
        here = "here" if store.find(spec) else "to be fetched"
        for voice in spec.voices or ("-",):
            yield ListedVoice(voice, spec.name, ",".join(spec.languages), spec.licence, here)
    yield ListedVoice("-", MMS, "1100, by --language", "CC-BY-NC-4.0", "to be fetched")


def load_text_to_speech(
    model: str | None,
    vocoder: str | None,
    options: SynthesisRequestOptions,
    device_options: DeviceOptions,
    store: Store,
) -> TextToSpeech:
    """Load a model, with its vocoder where it needs one, and check that it can do what is asked.

    Parameters
    ----------
    model : a name; None takes the model that has the voice, else the default
    vocoder : a name; None takes the one the model names

    Raises
    ------
    ModelUnavailable : unknown, out of reach, corrupt, or a layer is missing
    UsageError : it has no such voice, does not know the language, or needs an embedding
    """
    name = _model_name(model, options, store)
    synthesiser, info = registry.load(name, "speak", device_options, store)
    _check(synthesiser, info.name, options)
    options = with_reference_voice(options, synthesiser, info.name, device_options, store)
    if wanted := vocoder or synthesiser.vocoder:
        if not synthesiser.vocoder:
            raise UsageError(f"{info.name} takes no vocoder")
        synthesiser.attach_vocoder(registry.load(wanted, "vocoder", device_options, store).model)
    return TextToSpeech(synthesiser=synthesiser, model=info, options=options)


def read_speaker_embedding(path: Path) -> Any:
    """Read a speaker embedding: a NumPy file with one vector, shape (dimensions,).

    Raises
    ------
    InputError : it cannot be read, or holds something else
    """
    import numpy as np

    try:
        vector = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise InputError(path, "no such file") from None
    except (OSError, ValueError, EOFError) as error:
        raise InputError(path, "is no .npy file of numbers", "np.save writes one") from error
    vector = np.squeeze(vector) if isinstance(vector, np.ndarray) else None
    if vector is None or vector.ndim != 1 or not np.issubdtype(vector.dtype, np.floating):
        raise InputError(path, "holds no single vector of numbers")
    return vector.astype(np.float32)


def _speech_models(store: Store) -> list[ModelSpec]:
    return [spec for spec in registry.registered_specs(store.warn) if spec.task == "speak"]


def _model_name(model: str | None, options: SynthesisRequestOptions, store: Store) -> str | None:
    """The model that has the voice, where the user names only that; MMS by its language."""
    if model == MMS:
        return mms_repository(options.language)
    voice = options.delivery.voice
    if model or not voice:
        return model
    having = [spec.name for spec in _speech_models(store) if voice in spec.voices]
    if not having:
        raise UsageError(f"no model has a voice called {voice!r}", "audiocli speak --voices")
    return having[0]


def _check(synthesiser: Synthesiser, name: str, options: SynthesisRequestOptions) -> None:
    """Refuse what the model cannot do, before any work."""
    delivery = options.delivery
    voices, known = synthesiser.voices, synthesiser.languages
    if delivery.voice and delivery.voice not in voices:
        choice = f"one of: {', '.join(voices)}" if voices else "it has only one: leave --voice away"
        raise UsageError(f"{name} has no voice {delivery.voice!r}", choice)
    if delivery.speed != 1.0 and not synthesiser.has_speed:
        raise UsageError(f"{name} speaks at its own pace only", "leave --speed away")
    if options.pitch and not synthesiser.has_speed:
        raise UsageError(
            f"{name} speaks at its own pitch only", "hibari, Kokoro, VITS and MMS-TTS have --pitch"
        )
    if options.language and known and options.language not in known:
        raise UsageError(
            f"{name} does not know the language {options.language!r}", f"one of: {', '.join(known)}"
        )
    size = synthesiser.speaker_embedding_size
    given = None if delivery.speaker_embedding is None else delivery.speaker_embedding.size
    if size and given is None and not voices and not options.reference_audio:
        raise ModelUnavailable(
            f"{name} needs the embedding of a speaker, {size} numbers", "--speaker FILE.npy"
        )
    if given is not None and given != size:
        wanted = f"an embedding of {size} numbers, not of {given}" if size else "no embedding"
        raise UsageError(f"{name} takes {wanted}")
