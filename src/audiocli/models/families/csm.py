"""CSM (Sesame, 2025): a conversational speech model.

Llama predicts the first codebook of each frame of Mimi (Défossez et al. 2024), a smaller
transformer the other codebooks. The speaker is that of the previous turn; the reference
recording is passed as such a turn.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.models.base import TORCH_DEVICES, DeviceOptions, Family, has_model_type
from audiocli.models.protocols.synthesis import Synthesiser, SynthesisOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FRAMES_A_CHARACTER = 3  # at 12.5 frames per second; far slower than speech
_FRAMES_MORE = 25


class CsmSynthesiser(Synthesiser):
    """A checkpoint with its processor; implements `Synthesiser`."""

    max_characters = 250
    voices = ("0", "1")  # the speakers of a conversation
    accepts_reference = True

    def __init__(self, folder: Path, device_options: DeviceOptions) -> None:
        from audiocli.models.torch_layer import import_transformers, pick_device, pretrained

        transformers: Any = import_transformers(verbose=device_options.library_messages)
        self._processor = pretrained(transformers.CsmProcessor, folder)
        model = pretrained(transformers.CsmForConditionalGeneration, folder)
        self._model = model.eval().to(pick_device(device_options.device))
        self.rate: int = model.config.codec_config.sampling_rate

    def synthesise(self, text: str, options: SynthesisOptions) -> NDArray[np.float32]:
        """Synthesise one passage; without a reference the seed determines the speaker."""
        import torch

        speaker = options.voice or self.voices[0]
        prompt, sound = self._turn(speaker, text), None
        if options.reference_audio is not None:
            audio_tokens = f"{self._processor.audio_token}{self._processor.audio_eos_token}"
            prompt = self._turn(speaker, options.reference_text) + audio_tokens + prompt
            sound = options.reference_audio
        inputs = self._processor(prompt, audio=sound).to(self._model.device)
        torch.manual_seed(options.seed)
        frames = _FRAMES_A_CHARACTER * len(text) + _FRAMES_MORE
        spoken = self._model.generate(**inputs, output_audio=True, max_new_tokens=frames)
        samples: NDArray[np.float32] = spoken[0].float().cpu().numpy()
        return samples

    def _turn(self, speaker: str, text: str) -> str:
        """Format a turn of the conversation, without special tokens in the text."""
        tokenizer = self._processor.tokenizer
        words = text.replace("<|", "").replace("|>", "")
        return f"{tokenizer.bos_token}[{speaker}]{words}{tokenizer.eos_token}"


FAMILY = Family(
    name="csm",
    task="speak",
    short_names={"csm": "sesame/csm-1b"},
    recognises=has_model_type("csm"),
    load=CsmSynthesiser,
    hub_files=("*.json", "*.safetensors"),
    extra="torch",
    devices=TORCH_DEVICES,
)
