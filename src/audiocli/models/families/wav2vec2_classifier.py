"""Wav2Vec2, XLS-R, HuBERT and WavLM with a classification head.

Baevski et al. 2020 (arXiv:2006.11477), Babu et al. 2021 (arXiv:2111.09296), Hsu et
al. 2021 (arXiv:2106.07447), Chen et al. 2021 (arXiv:2110.13900). XLS-R and MMS are
Wav2Vec2 by architecture. Heads exist for emotions, languages, keywords and speakers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audiocli.models.base import TORCH_COMPUTE_TYPES, TORCH_DEVICES, DeviceOptions, Family

_WINDOW = 10.0  # seconds; any length is possible, at quadratic cost
_ARCHITECTURES = {
    "Wav2Vec2ForSequenceClassification",
    "HubertForSequenceClassification",
    "WavLMForSequenceClassification",
}


def load(folder: Path, device_options: DeviceOptions) -> Any:
    """Load a classification checkpoint with PyTorch."""
    from audiocli.models.common.classification_heads import HeadClassifier

    return HeadClassifier(folder, device_options, window=_WINDOW, any_length=True)


def _recognises(config: Mapping[str, Any]) -> bool:
    return not _ARCHITECTURES.isdisjoint(config.get("architectures", ()))


FAMILY = Family(
    name="wav2vec2-classifier",
    task="classify",
    recognises=_recognises,
    load=load,
    extra="torch",
    devices=TORCH_DEVICES,
    compute_types=TORCH_COMPUTE_TYPES,
)
