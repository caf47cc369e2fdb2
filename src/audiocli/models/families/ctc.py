"""Speech recognition with a CTC head: one family per architecture of transformers.

Wav2Vec2 (Baevski et al. 2020, arXiv:2006.11477; XLS-R and MMS are Wav2Vec2 by
architecture), HuBERT (Hsu et al. 2021, arXiv:2106.07447), WavLM (Chen et al. 2021,
arXiv:2110.13900), Wav2Vec2-BERT (Barrault et al. 2023, arXiv:2312.05187), Parakeet
(Rekesh et al. 2023, arXiv:2305.05084) and their relatives.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audiocli.models.base import TORCH_COMPUTE_TYPES, TORCH_DEVICES, DeviceOptions, Family

# Without the adapters of MMS, of which there are more than a thousand.
_FILES = ("*.json", "*.txt", "model*.safetensors", "pytorch_model*.bin")
_ARCHITECTURES = {
    "wav2vec2": "Wav2Vec2ForCTC",
    "wav2vec2-conformer": "Wav2Vec2ConformerForCTC",
    "wav2vec2-bert": "Wav2Vec2BertForCTC",
    "hubert": "HubertForCTC",
    "wavlm": "WavLMForCTC",
    "data2vec": "Data2VecAudioForCTC",
    "unispeech": "UniSpeechForCTC",
    "unispeech-sat": "UniSpeechSatForCTC",
    "sew": "SEWForCTC",
    "sew-d": "SEWDForCTC",
    "parakeet-ctc": "ParakeetForCTC",
}
_SHORT_NAMES = {
    "wav2vec2": {
        "wav2vec2": "facebook/wav2vec2-base-960h",
        "mms": "facebook/mms-1b-all",
    },
    "hubert": {"hubert": "facebook/hubert-large-ls960-ft"},
    "parakeet-ctc": {"parakeet-ctc": "nvidia/parakeet-ctc-1.1b"},
}


def load(folder: Path, device_options: DeviceOptions) -> Any:
    """Load a CTC checkpoint with PyTorch."""
    from audiocli.models.common.ctc.recogniser import CtcRecogniser

    return CtcRecogniser(folder, device_options)


def _family(name: str, architecture: str) -> Family:
    def recognises(config: Mapping[str, Any]) -> bool:
        return architecture in config.get("architectures", ())

    return Family(
        name=name,
        task="transcribe",
        recognises=recognises,
        load=load,
        short_names=_SHORT_NAMES.get(name, {}),
        hub_files=_FILES,
        extra="torch",
        devices=TORCH_DEVICES,
        compute_types=TORCH_COMPUTE_TYPES,
    )


FAMILY = tuple(_family(name, architecture) for name, architecture in _ARCHITECTURES.items())
