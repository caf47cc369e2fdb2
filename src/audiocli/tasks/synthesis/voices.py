"""List voices, and load the model that has a voice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from audiocli.errors import NO_SUCH_FILE, InputError, ModelUnavailable, UsageError
from audiocli.models import registry
from audiocli.models.families.vits import MMS, mms_repository
from audiocli.models.protocols.synthesis import Synthesiser
from audiocli.tasks.synthesis.reference_voice import with_reference_voice
from audiocli.tasks.synthesis.text_to_speech import SynthesisRequestOptions, TextToSpeech

_SAVE = "save one vector with numpy.save"

if TYPE_CHECKING:
    from audiocli.models.base import DeviceOptions, ModelSpec
    from audiocli.models.store.model_store import Store


class ListedVoice(NamedTuple):
    """A named voice of a model."""

    voice: str
    model: str
    languages: str
    licence: str
    downloaded: str


def list_voices(store: Store) -> Iterator[ListedVoice]:
    """List the named voices of all models without loading them."""
    for spec in _speech_models(store):
        downloaded = "downloaded" if store.find(spec) else "not downloaded"
        for voice in spec.voices or ("-",):
            languages = ",".join(spec.languages)
            yield ListedVoice(voice, spec.name, languages, spec.licence, downloaded)
    yield ListedVoice("-", MMS, "1100 languages, see --language", "CC-BY-NC-4.0", "not downloaded")


def load_text_to_speech(
    model: str | None,
    vocoder: str | None,
    options: SynthesisRequestOptions,
    device_options: DeviceOptions,
    store: Store,
) -> TextToSpeech:
    """Load a model with its vocoder, and check that it supports the options.

    Parameters
    ----------
    model : a name; None selects the model that has the voice, or the default
    vocoder : a name; None selects the default of the model

    Raises
    ------
    ModelUnavailable : the model is unknown, not available or corrupt, or an extra is missing
    UsageError : the model does not support the voice, the language or another option
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
    InputError : the file cannot be read, or holds something else
    """
    import numpy as np

    try:
        vector = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise InputError(path, *NO_SUCH_FILE) from None
    except (OSError, ValueError, EOFError) as error:
        raise InputError(path, "is not a .npy file of numbers", _SAVE) from error
    vector = np.squeeze(vector) if isinstance(vector, np.ndarray) else None
    if vector is None or vector.ndim != 1 or not np.issubdtype(vector.dtype, np.floating):
        raise InputError(path, "is not a single vector of numbers", _SAVE)
    return vector.astype(np.float32)


def _speech_models(store: Store) -> list[ModelSpec]:
    return [spec for spec in registry.registered_specs(store.warn) if spec.task == "speak"]


def _model_name(model: str | None, options: SynthesisRequestOptions, store: Store) -> str | None:
    """Return the model of a voice or, for MMS, of a language."""
    if model == MMS:
        return mms_repository(options.language)
    voice = options.synthesis.voice
    if model or not voice:
        return model
    having = [spec.name for spec in _speech_models(store) if voice in spec.voices]
    if not having:
        raise UsageError(f"no model has a voice called {voice!r}", "audiocli speak --list-voices")
    return having[0]


def _check(synthesiser: Synthesiser, name: str, options: SynthesisRequestOptions) -> None:
    """Check that the model supports the options."""
    synthesis = options.synthesis
    voices, known = synthesiser.voices, synthesiser.languages
    if synthesis.voice and synthesis.voice not in voices:
        choice = (
            f"one of: {', '.join(voices)}" if voices else "it has only one voice; leave out --voice"
        )
        raise UsageError(f"{name} has no voice {synthesis.voice!r}", choice)
    if synthesis.speed != 1.0 and not synthesiser.has_speed:
        raise UsageError(f"{name} does not support --speed", "leave out --speed")
    if options.pitch and not synthesiser.has_speed:
        raise UsageError(
            f"{name} does not support --pitch-shift", "hibari, Kokoro, VITS and MMS-TTS do"
        )
    if options.language and known and options.language not in known:
        raise UsageError(
            f"{name} does not support the language {options.language!r}",
            f"one of: {', '.join(known)}",
        )
    size = synthesiser.speaker_embedding_size
    given = None if synthesis.speaker_embedding is None else synthesis.speaker_embedding.size
    if size and given is None and not voices and not options.reference_file:
        raise ModelUnavailable(
            f"{name} needs a speaker embedding of {size} numbers", "--speaker-embedding FILE.npy"
        )
    if given is not None and given != size:
        wanted = (
            f"a speaker embedding of {size} numbers, not {given}"
            if size
            else "no speaker embedding"
        )
        raise UsageError(f"{name} takes {wanted}")
