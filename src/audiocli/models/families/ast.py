"""Audio Spectrogram Transformer (Gong et al. 2021, arXiv:2104.01778)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audiocli.models.base import TORCH_COMPUTE_TYPES, TORCH_DEVICES, DeviceOptions, Family

_FRAME = 0.01  # seconds


def load(folder: Path, device_options: DeviceOptions) -> Any:
    """Load a classification checkpoint with PyTorch.

    The window has as many frames as the model has position embeddings.
    """
    from audiocli.models.common.classification_heads import HeadClassifier

    frames = json.loads((folder / "config.json").read_bytes()).get("max_length", 1024)
    return HeadClassifier(folder, device_options, window=frames * _FRAME)


def _recognises(config: Mapping[str, Any]) -> bool:
    return "ASTForAudioClassification" in config.get("architectures", ())


FAMILY = Family(
    name="ast",
    task="classify",
    short_names={"ast": "MIT/ast-finetuned-audioset-10-10-0.4593"},
    recognises=_recognises,
    load=load,
    extra="torch",
    devices=TORCH_DEVICES,
    compute_types=TORCH_COMPUTE_TYPES,
)
