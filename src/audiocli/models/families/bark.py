"""Bark (Suno, 2023): text-to-speech through semantic, coarse and fine EnCodec tokens.

Three transformers in sequence, as in AudioLM. Voices are recorded histories of the three
kinds of tokens.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.models.base import TORCH_DEVICES, DeviceOptions, Family, has_model_type
from audiocli.models.protocols.synthesis import Synthesiser, SynthesisOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


_ENGLISH = "v2/en_speaker_6"  # the default, if the checkpoint has it


class BarkSynthesiser(Synthesiser):
    """A checkpoint with its processor; implements `Synthesiser`."""

    max_characters = 180  # it was trained on clips of up to 13 seconds

    def __init__(self, folder: Path, device_options: DeviceOptions) -> None:
        from audiocli.models.torch_layer import import_transformers, pick_device, pretrained

        transformers: Any = import_transformers(verbose=device_options.library_messages)
        self._processor = pretrained(transformers.BarkProcessor, folder)
        model = pretrained(transformers.BarkModel, folder)
        self._model = model.eval().to(pick_device(device_options.device))
        self.rate: int = model.config.codec_config.sampling_rate
        self.voices = _voices(folder)

    def synthesise(self, text: str, options: SynthesisOptions) -> NDArray[np.float32]:
        """Synthesise one passage; without a voice the seed determines the speaker."""
        import torch

        inputs = self._processor(text, voice_preset=options.voice or self._first_voice)
        torch.manual_seed(options.seed)
        spoken = self._model.generate(**inputs.to(self._model.device))
        samples: NDArray[np.float32] = spoken[0].float().cpu().numpy()
        return samples

    @property
    def _first_voice(self) -> str | None:
        """The default voice, or None if there are no voices."""
        return self.voices[0] if self.voices else None


def _voices(folder: Path) -> tuple[str, ...]:
    """Return the voices whose files exist; repositories list more than they contain."""
    index = folder / "speaker_embeddings_path.json"
    listed = json.loads(index.read_bytes()) if index.is_file() else {}
    listed.pop("repo_or_path", None)
    here = [
        name
        for name, files in listed.items()
        if all((folder / file).is_file() for file in files.values())
    ]
    return tuple(sorted(here, key=lambda name: (name != _ENGLISH, name)))


FAMILY = Family(
    name="bark",
    task="speak",
    short_names={"bark": "suno/bark", "bark-small": "suno/bark-small"},
    recognises=has_model_type("bark"),
    load=BarkSynthesiser,
    hub_files=("*.json", "*.txt", "*.safetensors", "*.bin", "speaker_embeddings/v2/*.npy"),
    extra="torch",
    devices=TORCH_DEVICES,
)
