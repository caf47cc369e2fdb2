"""Audio encoders on transformers: hidden states of checkpoints with or without a head.

Wav2Vec2, XLS-R, MMS, HuBERT, WavLM (references in `wav2vec2_classifier.py`), the encoder of
Whisper, the Audio Spectrogram Transformer, and CLAP.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from audiocli.models.base import (
    TORCH_COMPUTE_TYPES,
    TORCH_DEVICES,
    DeviceOptions,
    Family,
    has_model_type,
)


def _family(name: str, encoder: str, *model_types: str) -> Family:
    """Return the family of an encoder class."""
    return Family(
        name=name,
        task="embed",
        recognises=has_model_type(*model_types),
        load=_loader(encoder),
        extra="torch",
        devices=TORCH_DEVICES,
        compute_types=TORCH_COMPUTE_TYPES,
    )


def _loader(encoder: str) -> Callable[[Path, DeviceOptions], Any]:
    def load(folder: Path, device_options: DeviceOptions) -> Any:
        module = import_module("audiocli.models.common.transformers_encoders")
        return getattr(module, encoder)(folder, device_options)

    return load


FAMILY = (
    _family("wav2vec2-encoder", "Wav2Vec2Encoder", "wav2vec2", "hubert", "wavlm"),
    _family("whisper-encoder", "TransformersWhisperEncoder", "whisper"),
    _family("ast-encoder", "AstEncoder", "audio-spectrogram-transformer"),
    _family("clap-encoder", "ClapEncoder", "clap"),
)
