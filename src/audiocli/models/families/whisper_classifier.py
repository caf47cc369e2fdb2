"""The encoder of Whisper (Radford et al. 2022) with a classification head."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audiocli.models.base import TORCH_COMPUTE_TYPES, TORCH_DEVICES, DeviceOptions, Family

_WINDOW = 30.0  # seconds; the longest input of the encoder


def load(folder: Path, device_options: DeviceOptions) -> Any:
    """Load a classification checkpoint with PyTorch; its window is 30 s."""
    from audiocli.models.common.classification_heads import HeadClassifier

    return HeadClassifier(folder, device_options, window=_WINDOW)


def _recognises(config: Mapping[str, Any]) -> bool:
    return "WhisperForAudioClassification" in config.get("architectures", ())


FAMILY = Family(
    name="whisper-classifier",
    task="classify",
    recognises=_recognises,
    load=load,
    extra="torch",
    devices=TORCH_DEVICES,
    compute_types=TORCH_COMPUTE_TYPES,
)
