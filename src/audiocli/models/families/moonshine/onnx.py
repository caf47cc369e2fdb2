"""Moonshine on ONNX Runtime: greedy decoding with a key-value cache.

The decoder is a merged export of Optimum: the first step computes the keys and values of
the encoder output, the following steps reuse them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiocli.models.base import DeviceOptions
from audiocli.models.families.moonshine.recogniser import MoonshineOutput
from audiocli.models.telemetry import import_onnxruntime

_BEGIN, _END = 1, 2  # tokens
_SPACE = "▁"
_PAST, _PRESENT = "past_key_values", "present"


class OnnxMoonshine:
    """An encoder, a decoder and a vocabulary; implements `MoonshineBackend`."""

    def __init__(self, encoder: Any, decoder: Any, pieces: list[bytes]) -> None:
        self._encoder = encoder
        self._decoder = decoder
        self._pieces = pieces
        self._outputs = [output.name for output in decoder.get_outputs()]
        shapes = {i.name: i.shape for i in decoder.get_inputs() if i.name.startswith(_PAST)}
        self._empty = {  # (batch, heads, time, width)
            name: np.zeros((1, shape[1], 0, shape[3]), np.float32) for name, shape in shapes.items()
        }

    def generate(self, samples: NDArray[np.float32], max_tokens: int) -> MoonshineOutput:
        """Decode greedily."""
        sound = {"input_values": samples[None], "attention_mask": np.ones((1, len(samples)), int)}
        (encoded,) = self._encoder.run(None, sound)
        cache = dict(self._empty)
        tokens, scores = [_BEGIN], []
        while len(tokens) <= max_tokens:
            inputs = {
                "encoder_attention_mask": sound["attention_mask"],  # the decoder subsamples it
                "encoder_hidden_states": encoded,
                "input_ids": np.array([tokens[-1:]]),
                "use_cache_branch": np.array([len(tokens) > 1]),
                **cache,
            }
            outputs = dict(zip(self._outputs, self._decoder.run(None, inputs), strict=True))
            logits = outputs["logits"][0, -1]
            token = int(logits.argmax())
            scores.append(1 / float(np.exp(logits - logits[token]).sum()))
            if token == _END:
                break
            tokens.append(token)
            for name in cache:
                # The keys and values of the encoder output are complete after the first step.
                if len(tokens) == 2 or ".decoder." in name:
                    cache[name] = outputs[name.replace(_PAST, _PRESENT)]
        return MoonshineOutput(self._text(tokens[1:]), float(np.mean(scores)))

    def _text(self, tokens: list[int]) -> str:
        text = b"".join(self._pieces[token] for token in tokens).decode(errors="replace")
        return text.replace(_SPACE, " ").strip()


def open_backend(folder: Path, device_options: DeviceOptions) -> tuple[OnnxMoonshine, int]:
    """Load the model; return it and the number of workers, one per thread."""
    ort: Any = import_onnxruntime()

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 0 if device_options.verbose else 3
    encoder, decoder = (
        ort.InferenceSession(str(folder / name), options, providers=["CPUExecutionProvider"])
        for name in ("encoder_model.ort", "decoder_model_merged.ort")
    )
    pieces = read_pieces((folder / "tokenizer.bin").read_bytes())
    return OnnxMoonshine(encoder, decoder, pieces), device_options.threads or os.cpu_count() or 1


def read_pieces(table: bytes) -> list[bytes]:
    """Parse the vocabulary.

    Each token is stored as a length (one or two bytes) followed by its bytes.
    """
    pieces = []
    at = 0
    while at < len(table):
        length = table[at]
        at += 1
        if length >= 128:
            length += 128 * table[at] - 128
            at += 1
        pieces.append(table[at : at + length])
        at += length
    return pieces
