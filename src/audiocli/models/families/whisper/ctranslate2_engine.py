"""Whisper on CTranslate2: the quick one, on a CPU or on CUDA.

Two things make it quick on a CPU. Utterances are encoded one by one, where their
attention fits the caches, and decoded together, where the weights are read once for
all. And each worker keeps to one thread, so none waits for another.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from numpy.typing import NDArray

from audiocli.errors import UsageError
from audiocli.models.base import Runtime
from audiocli.models.families.whisper.conversion import WEIGHTS
from audiocli.models.families.whisper.eight_bit import in_eight_bits
from audiocli.models.families.whisper.engine import (
    Alignment,
    Encoded,
    Features,
    Written,
)
from audiocli.models.families.whisper.heap import keep_large_blocks

SMALL_MODEL = 400_000_000  # bytes; below this a thread a batch beats all threads on one


class CTranslate2Engine:
    """A model in CTranslate2 form; see `Engine`."""

    def __init__(self, folder: Path, runtime: Runtime) -> None:
        keep_large_blocks()
        cores = runtime.threads or os.cpu_count() or 1
        device = _device(runtime)
        compute_type = _compute_type(runtime, device)
        small = (folder / WEIGHTS).stat().st_size < SMALL_MODEL
        if (device, compute_type) == ("cpu", "int8"):
            folder = in_eight_bits(folder, runtime)
        self._model = ctranslate2.models.Whisper(
            str(folder),
            device=device,
            compute_type=compute_type,
            inter_threads=cores if small else 1,
            intra_threads=1 if small else cores,
        )
        self._on_cpu = device == "cpu"
        self.workers = cores if small and self._on_cpu else 1
        self.n_mels: int = self._model.n_mels
        self.is_multilingual: bool = self._model.is_multilingual

    def encode(self, features: Sequence[Features]) -> Encoded:
        """Run the encoder: a GPU wants the whole batch at once, a CPU one at a time."""
        batches = [f[None] for f in features] if self._on_cpu else [np.stack(features)]
        encoded = [self._model.encode(self._view(batch), to_cpu=True) for batch in batches]
        return np.concatenate([np.array(part) for part in encoded])

    def detect_language(self, encoded: Encoded) -> list[dict[str, float]]:
        """Probability of each language, for each utterance."""
        found = self._model.detect_language(self._view(encoded))
        return [{token[2:-2]: float(p) for token, p in ranked} for ranked in found]

    def write(
        self, encoded: Encoded, prompts: Sequence[Sequence[int]], *, beam_size: int, most: int
    ) -> list[Written]:
        """Decode, each utterance after its prompt."""
        results = self._model.generate(
            self._view(encoded),
            prompts,
            beam_size=beam_size,
            max_length=2 * most,  # it leaves half of that to the prompt
            return_scores=True,
            return_no_speech_prob=True,
        )
        return [Written(r.sequences_ids[0], r.scores[0], r.no_speech_prob) for r in results]

    def align(
        self, encoded: Encoded, start: Sequence[int], text: Sequence[int], frames: int
    ) -> Alignment:
        """Align the tokens of a text with the sound."""
        (found,) = self._model.align(self._view(encoded), start, [text], [frames])
        return Alignment(np.array(found.alignments), found.text_token_probs)

    def _view(self, array: NDArray[np.float32]) -> Any:
        """Hand an array to CTranslate2, on the model's device."""
        view = ctranslate2.StorageView.from_array(np.ascontiguousarray(array))
        return view if self._on_cpu else view.to_device(ctranslate2.Device.cuda)


def _device(runtime: Runtime) -> str:
    if runtime.device == "mps":
        raise UsageError("CTranslate2 does not run on mps", "--runtime transformers does")
    if runtime.device != "auto":
        return runtime.device
    return "cuda" if ctranslate2.get_cuda_device_count() else "cpu"


def _compute_type(runtime: Runtime, device: str) -> str:
    """8-bit weights on a CPU, half precision on a GPU: no accuracy lost, half the time."""
    if runtime.compute_type != "default":
        return runtime.compute_type
    return "int8" if device == "cpu" else "float16"
