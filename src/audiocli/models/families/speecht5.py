"""SpeechT5 and its vocoder, HiFi-GAN.

Ao et al. 2022, "SpeechT5: Unified-Modal Encoder-Decoder Pre-Training for Spoken Language
Processing"; Kong et al. 2020, "HiFi-GAN".

SpeechT5 generates a mel spectrogram from characters and a speaker embedding; the vocoder
converts it to a waveform.

The voices are x-vectors of six speakers of CMU ARCTIC (Kominek and Black 2004), from one
utterance each, from the data set Matthijs/cmu-arctic-xvectors.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.models.base import TORCH_DEVICES, DeviceOptions, Family, File, Hub, ModelSpec
from audiocli.models.families import xvector
from audiocli.models.protocols.synthesis import Synthesiser, SynthesisOptions
from audiocli.models.torch_layer import loader_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


# The first is the default. American women slt and clb, American men bdl and rms, a Scot, an Indian.
_VOICES = ("slt", "clb", "bdl", "rms", "awb", "ksp")
_VOICE_SIZE = 512
_FILES = ("*.json", "*.txt", "*.model", "*.safetensors", "*.bin")  # the originals are *.bin


class SpeechT5Synthesiser(Synthesiser):
    """A checkpoint with its tokenizer; needs `attach_vocoder` before use."""

    max_characters = 200
    vocoder = "microsoft/speecht5_hifigan"

    def __init__(self, folder: Path, device_options: DeviceOptions) -> None:
        from audiocli.models.torch_layer import import_transformers, pick_device, pretrained

        transformers: Any = import_transformers(verbose=device_options.library_messages)
        self._tokenizer = pretrained(transformers.SpeechT5Tokenizer, folder)
        model = pretrained(transformers.SpeechT5ForTextToSpeech, folder)
        self._model = model.eval().to(pick_device(device_options.device))
        self._vocoder: Any = None
        self.rate = 16_000
        self.speaker_embedding_size = model.config.speaker_embedding_dim
        if self.speaker_embedding_size == _VOICE_SIZE:
            self.voices = _VOICES
            self.speaker_embedder = xvector.NAME

    def attach_vocoder(self, vocoder: Any) -> None:
        """Set the vocoder."""
        self._vocoder = vocoder.to(self._model.device)
        self.rate = vocoder.config.sampling_rate

    def synthesise(self, text: str, options: SynthesisOptions) -> NDArray[np.float32]:
        """Synthesise one passage; the seed determines the dropout of the decoder."""
        import torch

        ids = self._tokenizer(text, return_tensors="pt").input_ids.to(self._model.device)
        if (ids == self._tokenizer.unk_token_id).sum() * 2 > ids.numel():
            return torch.zeros(0).numpy()  # type: ignore[no-any-return]
        vector = options.speaker_embedding
        if vector is None:
            vector = _x_vector(options.voice or self.voices[0])
        speaker = torch.from_numpy(vector)[None].to(self._model.device)
        torch.manual_seed(options.seed)
        with torch.inference_mode():
            spoken = self._model.generate_speech(ids, speaker, vocoder=self._vocoder)
        samples: NDArray[np.float32] = spoken.float().cpu().numpy()
        return samples


def _x_vector(voice: str) -> NDArray[np.float32]:
    import numpy as np

    from audiocli.models.store.sources import PACKAGE_DATA

    vector: NDArray[np.float32] = np.load(PACKAGE_DATA / "cmu-arctic" / f"{voice}.npy")
    return vector


def _speaks(config: Mapping[str, Any]) -> bool:
    return config.get("architectures") == ["SpeechT5ForTextToSpeech"]


def _is_vocoder(config: Mapping[str, Any]) -> bool:
    return config.get("architectures") == ["SpeechT5HifiGan"]


_REVISION = "30fcde30f19b87502b8435427b5f5068e401d5f6"

SPEECHT5 = ModelSpec(
    name="speecht5",
    task="speak",
    family="speecht5",
    revision=_REVISION,
    files=(
        File(
            "pytorch_model.bin",
            585_476_837,
            "d60d28067349ef66b50d8cd643ae56b6d6b8f27def929bc4ef6fcad907954190",
        ),
        File(
            "spm_char.model",
            238_473,
            "7fcc48f3e225f627b1641db410ceb0c8649bd2b0c982e150b03f8be3728ab560",
        ),
        File(
            "config.json",
            2_062,
            "2caf62dde93699a90cfc35ff2a8de27b02b479a0c98881cbc55f9682cc43e258",
        ),
        File(
            "tokenizer_config.json",
            232,
            "d589430c619db2d95ff0fa757a187b55ef5ea44eff7fb08a6fbf0e78e32a6247",
        ),
        File(
            "added_tokens.json",
            40,
            "74be21ecff0a1fb1f304fe7c72ab21e4f0c046f8359fdf2852eb1b80967069ad",
        ),
        File(
            "special_tokens_map.json",
            234,
            "2a098b61fe8ec4cfd7674832ca00b4268c07569743a4ad15c8164e8f60ebf981",
        ),
    ),
    sources=(Hub("microsoft/speecht5_tts", _REVISION),),
    licence="MIT",
    languages=("en",),
    voices=_VOICES,
    note="the voices of CMU ARCTIC, or that of a recording: speak --reference",
)

FAMILY = (
    Family(
        name="speecht5",
        task="speak",
        recognises=_speaks,
        load=SpeechT5Synthesiser,
        specs=(SPEECHT5,),
        hub_files=_FILES,
        extra="torch",
        devices=TORCH_DEVICES,
    ),
    Family(
        name="hifi-gan",
        task="vocoder",
        recognises=_is_vocoder,
        load=loader_of("SpeechT5HifiGan"),
        hub_files=_FILES,
        extra="torch",
        devices=TORCH_DEVICES,
    ),
)
