"""The Python API: `load` prepares a task for many calls; `transcribe` and others make one."""

from __future__ import annotations

from audiocli.api.functions import classify, diarize, embed, features, spectrogram, transcribe
from audiocli.api.loaded import (
    LoadedAligner,
    LoadedSearch,
    LoadedSpeech,
    LoadedTask,
    SpeechAudio,
)
from audiocli.api.openers import load
from audiocli.api.writing import write

__all__ = [
    "LoadedAligner",
    "LoadedSearch",
    "LoadedSpeech",
    "LoadedTask",
    "SpeechAudio",
    "classify",
    "diarize",
    "embed",
    "features",
    "load",
    "spectrogram",
    "transcribe",
    "write",
]
