"""SpeechT5 (Ao et al. 2022, "SpeechT5: Unified-Modal Encoder-Decoder Pre-Training for
Spoken Language Processing") and HiFi-GAN (Kong et al. 2020), the vocoder that it uses.

Characters and the embedding of a speaker in, a mel spectrogram out, two frames a step,
until the probability of stopping is high enough; the vocoder makes sound of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.models.base import Family, Runtime

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiocli.models.synthesis import Delivery

_FILES = ("*.json", "*.txt", "*.model", "*.safetensors", "*.bin")  # the originals are *.bin


class SpeechT5Synthesiser:
    """A checkpoint with its tokenizer; it speaks once a vocoder is attached."""

    longest = 200
    voices = ()
    languages = ()
    scripts = ()
    has_speed = False
    vocoder = "microsoft/speecht5_hifigan"

    def __init__(self, folder: Path, runtime: Runtime) -> None:
        from audiocli.models.torch_layer import import_transformers, pick_device

        transformers: Any = import_transformers(verbose=runtime.verbose)
        self._tokenizer = transformers.SpeechT5Tokenizer.from_pretrained(folder)
        model = transformers.SpeechT5ForTextToSpeech.from_pretrained(folder)
        self._model = model.eval().to(pick_device(runtime.device))
        self._vocoder: Any = None
        self.rate = 16_000
        self.speaker_size: int = model.config.speaker_embedding_dim

    def attach_vocoder(self, vocoder: Any) -> None:
        """Take the network that turns mel spectrograms into sound."""
        self._vocoder = vocoder.to(self._model.device)
        self.rate = vocoder.config.sampling_rate

    def synthesise(self, text: str, delivery: Delivery) -> NDArray[np.float32]:
        """Say one passage; the seed draws the dropout that SpeechT5 keeps while speaking."""
        import torch

        ids = self._tokenizer(text, return_tensors="pt").input_ids.to(self._model.device)
        if (ids == self._tokenizer.unk_token_id).sum() * 2 > ids.numel():
            return torch.zeros(0).numpy()  # type: ignore[no-any-return]
        speaker = torch.from_numpy(delivery.speaker)[None].to(self._model.device)
        torch.manual_seed(delivery.seed)
        with torch.inference_mode():
            spoken = self._model.generate_speech(ids, speaker, vocoder=self._vocoder)
        samples: NDArray[np.float32] = spoken.float().cpu().numpy()
        return samples


def load(folder: Path, runtime: Runtime) -> SpeechT5Synthesiser:
    """Load a checkpoint."""
    return SpeechT5Synthesiser(folder, runtime)


def load_vocoder(folder: Path, runtime: Runtime) -> Any:
    """Load a HiFi-GAN."""
    from audiocli.models.torch_layer import import_transformers

    transformers: Any = import_transformers(verbose=runtime.verbose)
    return transformers.SpeechT5HifiGan.from_pretrained(folder).eval()


def _speaks(config: Mapping[str, Any]) -> bool:
    return config.get("architectures") == ["SpeechT5ForTextToSpeech"]


def _is_vocoder(config: Mapping[str, Any]) -> bool:
    return config.get("architectures") == ["SpeechT5HifiGan"]


FAMILY = (
    Family(
        name="speecht5",
        task="speak",
        recognises=_speaks,
        load=load,
        hub_files=_FILES,
        layer="torch",
    ),
    Family(
        name="hifi-gan",
        task="vocoder",
        recognises=_is_vocoder,
        load=load_vocoder,
        hub_files=_FILES,
        layer="torch",
    ),
)
