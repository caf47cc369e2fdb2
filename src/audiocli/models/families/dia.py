"""Dia (Nari Labs, 2025): dialogue synthesis from bytes of text.

An encoder-decoder predicts the nine codebooks of the Descript Audio Codec (Kumar et al.
2023), each delayed relative to the previous one. The transcript and the codes of a
reference recording are put before the text and the generated codes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.models.base import TORCH_DEVICES, DeviceOptions, Family, has_model_type
from audiocli.models.protocols.synthesis import Synthesiser, SynthesisOptions
from audiocli.models.torch_layer import loader_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SPEAKER = "[S1]"
_FRAMES_A_CHARACTER = 16  # at 86 frames per second; far slower than speech
_FRAMES_MORE = 100


class DiaSynthesiser(Synthesiser):
    """A checkpoint with its tokenizer; needs `attach_vocoder` with the codec before use."""

    max_characters = 200
    languages = ("en",)
    accepts_reference = True
    vocoder = "descript/dac_44khz"

    def __init__(self, folder: Path, device_options: DeviceOptions) -> None:
        from audiocli.models.torch_layer import import_transformers, pick_device, pretrained

        transformers: Any = import_transformers(verbose=device_options.library_messages)
        self._make_processor = transformers.DiaProcessor
        self._tokenizer = pretrained(transformers.DiaTokenizer, folder)
        self._features = pretrained(transformers.DiaFeatureExtractor, folder)
        model = pretrained(transformers.DiaForConditionalGeneration, folder)
        self._model = model.eval().to(pick_device(device_options.device))
        self._processor: Any = None
        self.rate: int = self._features.sampling_rate

    def attach_vocoder(self, vocoder: Any) -> None:
        """Set the codec."""
        codec = vocoder.to(self._model.device)
        self._processor = self._make_processor(self._features, self._tokenizer, codec)

    def synthesise(self, text: str, options: SynthesisOptions) -> NDArray[np.float32]:
        """Synthesise one passage; without a reference the seed determines the speaker."""
        import torch

        delays = self._model.config.delay_pattern
        reference = options.reference_audio
        transcript = f"{_SPEAKER} {text}"
        if reference is not None:
            transcript = f"{_SPEAKER} {options.reference_text} {text}"
        inputs = self._processor(
            [transcript],
            audio=reference,
            delay_pattern=delays,
            sampling_rate=self.rate,
        ).to(self._model.device)
        prompt_length = None
        if reference is not None:
            prompt_length = self._processor.get_audio_prompt_len(inputs.decoder_attention_mask)
        torch.manual_seed(options.seed)
        frames = _FRAMES_A_CHARACTER * len(text) + _FRAMES_MORE
        codes = self._model.generate(**inputs, max_new_tokens=frames)
        spoken = self._processor.batch_decode(
            codes, audio_prompt_len=prompt_length, delay_pattern=delays
        )
        samples: NDArray[np.float32] = spoken[0].float().cpu().numpy()
        return samples


FAMILY = (
    Family(
        name="dia",
        task="speak",
        short_names={"dia": "nari-labs/Dia-1.6B-0626"},
        recognises=has_model_type("dia"),
        load=DiaSynthesiser,
        hub_files=("*.json", "*.safetensors"),
        extra="torch",
        devices=TORCH_DEVICES,
    ),
    Family(
        name="dac",
        task="vocoder",
        recognises=has_model_type("dac"),
        load=loader_of("DacModel"),
        hub_files=("*.json", "*.safetensors"),
        extra="torch",
        devices=TORCH_DEVICES,
    ),
)
