"""Moonshine on transformers."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiocli.models.base import DeviceOptions
from audiocli.models.common.classification_heads import dtype_of
from audiocli.models.families.moonshine.recogniser import RATE, MoonshineOutput
from audiocli.models.torch_layer import import_torch, import_transformers, pick_device, pretrained


class TransformersMoonshine:
    """A transformers checkpoint; implements `MoonshineBackend`."""

    def __init__(self, folder: Path, device_options: DeviceOptions) -> None:
        self._torch: Any = import_torch(verbose=device_options.library_messages)
        transformers: Any = import_transformers(verbose=device_options.library_messages)
        device, dtype = pick_device(device_options.device), dtype_of(self._torch, device_options)
        self._extractor = pretrained(transformers.AutoFeatureExtractor, folder)
        self._tokenizer = pretrained(transformers.AutoTokenizer, folder)
        model = pretrained(transformers.MoonshineForConditionalGeneration, folder)
        self._model = model.to(device, dtype).eval()
        self._one_at_a_time = Lock()

    def generate(self, samples: NDArray[np.float32], max_tokens: int) -> MoonshineOutput:
        """Decode greedily."""
        inputs = self._extractor(samples, sampling_rate=RATE, return_tensors="pt")
        sound = inputs["input_values"].to(self._model.device, self._model.dtype)
        with self._one_at_a_time, self._torch.inference_mode():
            found = self._model.generate(
                sound,
                max_new_tokens=max_tokens,
                do_sample=False,
                num_beams=1,
                return_dict_in_generate=True,
                output_logits=True,
            )
        best = [float(step.float().softmax(-1).max()) for step in found.logits]
        text = self._tokenizer.decode(found.sequences[0], skip_special_tokens=True)
        return MoonshineOutput(text.strip(), float(np.mean(best)) if best else 0.0)
