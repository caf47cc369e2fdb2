"""The encoder of Whisper on CTranslate2, without torch: a frame every 20 ms.

Hidden layers are available with a transformers checkpoint.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.models.base import Family, LoadOptions
from audiocli.models.families import whisper

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiocli.models.families.whisper.ctranslate2_backend import CTranslate2Whisper

    Samples = NDArray[np.float32]

_SHORTEST = 8.0  # seconds; shorter windows are padded, as in transcription
_FRAME = 320  # samples


class CTranslate2WhisperEncoder:
    """The output of the encoder; implements `AudioEncoder`."""

    rate = 16_000
    layers = 0
    step = _FRAME / rate
    window = hop = max_seconds = 30.0
    batch_seconds = 30.0

    def __init__(self, backend: CTranslate2Whisper) -> None:
        self._backend = backend
        self.workers = backend.workers
        self.dimension = len(self._encoded_alone(self._silence())[0])

    def encode(
        self,
        windows: Sequence[Samples],
        layer: int | None = None,  # noqa: ARG002 (it has only one)
    ) -> list[Samples]:
        """Encode windows one by one, so that padding does not depend on the batch."""
        return [self._encoded_alone(window) for window in windows]

    def _encoded_alone(self, window: Samples) -> Samples:
        import numpy as np

        from audiocli.audio.features import whisper_log_mel

        seconds = min(self.max_seconds, max(_SHORTEST, math.ceil(len(window) / self.rate)))
        padded = np.pad(window, (0, max(0, round(seconds * self.rate) - len(window))))
        features = whisper_log_mel(
            padded[: round(self.max_seconds * self.rate)], self._backend.n_mels
        )
        frames = math.ceil(len(window) / _FRAME)
        encoded: Samples = self._backend.encode([features])[0][:frames].astype(np.float32)
        return encoded

    def _silence(self) -> Samples:
        import numpy as np

        return np.zeros(_FRAME, np.float32)


def load(folder: Path, load_options: LoadOptions) -> CTranslate2WhisperEncoder:
    """Load a model in CTranslate2 format."""
    from audiocli.models.families.whisper.ctranslate2_backend import CTranslate2Whisper

    return CTranslate2WhisperEncoder(CTranslate2Whisper(folder, load_options))


def _recognises(config: Mapping[str, Any]) -> bool:
    return "lang_ids" in config and "suppress_ids" in config


FAMILY = Family(
    name="whisper-ctranslate2-encoder",
    task="embed",
    recognises=_recognises,
    load=load,
    specs=tuple(
        replace(spec, task="embed", family="whisper-ctranslate2-encoder", note=note)
        for spec, note in (
            (whisper.BASE, "speech: dimension 512, a frame every 20 ms"),
            (whisper.TINY_EN, "English speech: dimension 384, a frame every 20 ms"),
        )
    ),
    hub_files=whisper.FAMILY.hub_files,
    devices=("cpu", "cuda"),
    compute_types=whisper.COMPUTE_TYPES,
)
