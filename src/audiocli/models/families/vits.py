"""VITS and MMS-TTS, which is VITS in 1,100 languages.

Kim et al. 2021, "Conditional Variational Autoencoder with Adversarial Learning for
End-to-End Text-to-Speech".

An end-to-end model: a stochastic duration predictor, a normalising flow, and a HiFi-GAN
decoder.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.errors import ModelUnavailable, UsageError
from audiocli.models.base import TORCH_DEVICES, DeviceOptions, Family, has_model_type
from audiocli.models.protocols.synthesis import Synthesiser, SynthesisOptions
from audiocli.text.languages import iso_639_3

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


MMS = "mms-tts"


def mms_repository(language: str | None) -> str:
    """Return the hub repository of MMS-TTS for a language.

    Parameters
    ----------
    language : ISO 639-1 or 639-3 code, the latter with a script if the model has one

    Raises
    ------
    UsageError : no language is given
    """
    if not language:
        raise UsageError(f"{MMS} has a model for each language", "--language CODE")
    return f"facebook/mms-tts-{iso_639_3(language)}"


class VitsSynthesiser(Synthesiser):
    """A checkpoint with its tokenizer; implements `Synthesiser`."""

    max_characters = 250
    has_speed = True

    def __init__(self, folder: Path, device_options: DeviceOptions) -> None:
        from audiocli.models.torch_layer import import_transformers, pick_device, pretrained

        transformers: Any = import_transformers(verbose=device_options.library_messages)
        self._tokenizer = pretrained(transformers.VitsTokenizer, folder)
        _require_reader(self._tokenizer)
        model = pretrained(transformers.VitsModel, folder)
        self._model = model.eval().to(pick_device(device_options.device))
        self._pace: float = model.speaking_rate
        self.rate: int = model.config.sampling_rate
        speakers = model.config.num_speakers
        self.voices = tuple(map(str, range(speakers))) if speakers > 1 else ()

    def synthesise(self, text: str, options: SynthesisOptions) -> NDArray[np.float32]:
        """Synthesise one passage; the seed determines the durations and the prior."""
        import torch

        readable, _ = self._tokenizer.prepare_for_tokenization(text)  # romanised if necessary
        if not any(c.isalnum() for c in readable):
            return torch.zeros(0).numpy()  # type: ignore[no-any-return]
        inputs = self._tokenizer(text, return_tensors="pt").to(self._model.device)
        torch.manual_seed(options.seed)
        self._model.speaking_rate = self._pace * options.speed
        speaker = int(options.voice or 0) if self.voices else None
        with torch.inference_mode():
            spoken = self._model(**inputs, speaker_id=speaker)
        samples: NDArray[np.float32] = spoken.waveform[0].float().cpu().numpy()
        return samples


def _require_reader(tokenizer: Any) -> None:
    """Raise an error if a package that prepares the text is not installed."""
    from importlib.util import find_spec

    if getattr(tokenizer, "is_uroman", False) and find_spec("uroman") is None:
        raise ModelUnavailable(
            "this checkpoint needs the package uroman to romanise text", "pip install uroman"
        )
    if getattr(tokenizer, "phonemize", False) and find_spec("phonemizer") is None:
        raise ModelUnavailable(
            "this checkpoint needs phonemizer and espeak-ng (GPL)", "pip install phonemizer"
        )


FAMILY = Family(
    name="vits",
    task="speak",
    recognises=has_model_type("vits"),
    load=VitsSynthesiser,
    hub_files=("*.json", "*.txt", "*.safetensors", "pytorch_model*.bin"),
    extra="torch",
    devices=TORCH_DEVICES,
)
