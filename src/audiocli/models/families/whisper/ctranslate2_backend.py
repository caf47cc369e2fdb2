"""Whisper on CTranslate2, on a CPU or CUDA.

On a CPU, chunks are encoded one by one, because their attention then fits the caches, and
decoded in batches, because the weights are then read once. Each worker uses one thread.
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
from audiocli.models.base import LoadOptions
from audiocli.models.families.whisper.backend import (
    DecodedTokens,
    EncoderOutput,
    Features,
    TokenAlignment,
)
from audiocli.models.families.whisper.conversion import WEIGHTS
from audiocli.models.families.whisper.int8_weights import with_int8_weights

SMALL_MODEL = 400_000_000  # bytes; smaller models run one batch per thread


class CTranslate2Whisper:
    """A model in CTranslate2 format; implements `WhisperBackend`."""

    def __init__(self, folder: Path, load_options: LoadOptions) -> None:
        cores = load_options.threads or os.cpu_count() or 1
        device, index = _device(load_options)
        compute_type = _compute_type(load_options, device, index)
        small = (folder / WEIGHTS).stat().st_size < SMALL_MODEL
        if (device, compute_type) == ("cpu", "int8"):
            folder = with_int8_weights(folder, load_options)
        self._model = ctranslate2.models.Whisper(
            str(folder),
            device=device,
            device_index=index,
            compute_type=compute_type,
            inter_threads=cores if small else 1,
            intra_threads=1 if small else cores,
        )
        self._on_cpu = device == "cpu"
        self.workers = cores if small and self._on_cpu else 1
        self.n_mels: int = self._model.n_mels
        self.is_multilingual: bool = self._model.is_multilingual

    def encode(self, features: Sequence[Features]) -> EncoderOutput:
        """Run the encoder: on a GPU as one batch, on a CPU one input at a time."""
        batches = [f[None] for f in features] if self._on_cpu else [np.stack(features)]
        encoded = [self._model.encode(self._view(batch), to_cpu=True) for batch in batches]
        return np.concatenate([np.array(part) for part in encoded])

    def detect_language(self, encoded: EncoderOutput) -> list[dict[str, float]]:
        """Return the probability of each language, for each chunk."""
        found = self._model.detect_language(self._view(encoded))
        return [{token[2:-2]: float(p) for token, p in ranked} for ranked in found]

    def generate(
        self,
        encoded: EncoderOutput,
        prompts: Sequence[Sequence[int]],
        *,
        beam_size: int,
        max_tokens: int,
    ) -> list[DecodedTokens]:
        """Decode each chunk after its prompt."""
        results = self._model.generate(
            self._view(encoded),
            prompts,
            beam_size=beam_size,
            max_length=2 * max_tokens,  # CTranslate2 reserves half of it for the prompt
            return_scores=True,
            return_no_speech_prob=True,
        )
        return [DecodedTokens(r.sequences_ids[0], r.scores[0], r.no_speech_prob) for r in results]

    def align(
        self, encoded: EncoderOutput, start: Sequence[int], text: Sequence[int], frames: int
    ) -> TokenAlignment:
        """Align the tokens of a text with the audio."""
        (found,) = self._model.align(self._view(encoded), start, [text], [frames])
        return TokenAlignment(np.array(found.alignments), found.text_token_probs)

    def _view(self, array: NDArray[np.float32]) -> Any:
        """Copy an array to the model's device."""
        view = ctranslate2.StorageView.from_array(np.ascontiguousarray(array))
        return view if self._on_cpu else view.to_device(ctranslate2.Device.cuda)


def _device(load_options: LoadOptions) -> tuple[str, int]:
    """Return the device and its number; `auto` selects CUDA, else the CPU."""
    kind, _, number = load_options.device.partition(":")
    has_cuda = ctranslate2.get_cuda_device_count() > 0
    if kind == "mps":
        raise UsageError("CTranslate2 does not run on mps", "--backend transformers does")
    if kind == "cuda" and not has_cuda:
        raise UsageError("CTranslate2 finds no cuda device on this machine", "--device auto")
    if kind == "auto":
        kind = "cuda" if has_cuda else "cpu"
    return kind, int(number) if number.isdecimal() else 0


def _compute_type(load_options: LoadOptions, device: str, index: int) -> str:
    """Return the precision; by default int8 on a CPU and float16 on a GPU."""
    wanted = load_options.compute_type
    if wanted == "default":
        return "int8" if device == "cpu" else "float16"
    supported = ctranslate2.get_supported_compute_types(device, index)
    if wanted not in supported:
        raise UsageError(
            f"--compute-type {wanted} does not run on this {device}",
            f"one of: {', '.join(sorted(supported))}",
        )
    return wanted
