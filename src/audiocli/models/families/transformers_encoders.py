"""Encoders of transformers: hidden states of any checkpoint, with or without a head.

Wav2Vec2, XLS-R, MMS, HuBERT, WavLM (see `wav2vec2_classifier.py` for the papers),
Whisper's encoder, the Audio Spectrogram Transformer, CLAP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from audiocli.models.base import Family, Runtime


def _family(name: str, encoder: str, *model_types: str) -> Family:
    """Declare the encoder of some architectures, by the name of its class."""

    def recognises(config: Mapping[str, Any]) -> bool:
        return config.get("model_type") in model_types

    return Family(
        name=name,
        task="embed",
        recognises=recognises,
        load=_loader(encoder),
        layer="torch",
    )


def _loader(encoder: str) -> Callable[[Path, Runtime], Any]:
    def load(folder: Path, runtime: Runtime) -> Any:
        module = import_module("audiocli.models.transformers_encoders")
        return getattr(module, encoder)(folder, runtime)

    return load


FAMILY = (
    _family("wav2vec2-encoder", "Wav2Vec2Encoder", "wav2vec2", "hubert", "wavlm"),
    _family("whisper-encoder", "WhisperEncoder", "whisper"),
    _family("ast-encoder", "AstEncoder", "audio-spectrogram-transformer"),
    _family("clap-encoder", "ClapEncoder", "clap"),
)
