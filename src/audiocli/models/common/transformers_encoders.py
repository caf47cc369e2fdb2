"""Audio encoders of transformers: hidden states of a checkpoint, frame by frame.

The classes differ in how they compute input, frames and padding.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.errors import ModelUnavailable
from audiocli.models.base import DeviceOptions
from audiocli.models.common.classification_heads import dtype_of, receptive_field
from audiocli.models.torch_layer import import_torch, import_transformers, pick_device, pretrained

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

# Prefixes of parameters that the encoder does not use.
_UNUSED = ("masked_spec_embed", "decoder.")


class TransformersEncoder:
    """Base class of the encoders: a checkpoint without its head; implements `AudioEncoder`."""

    batch_seconds = 60.0
    workers = 1  # torch uses all threads for one batch
    window = 10.0
    step: float
    has_positions = True  # position embeddings limit the input to `window`

    def __init__(self, folder: Path, device_options: DeviceOptions) -> None:
        self.torch: Any = import_torch(verbose=device_options.library_messages)
        transformers: Any = import_transformers(verbose=device_options.library_messages)
        self.device = pick_device(device_options.device)
        self.dtype = dtype_of(self.torch, device_options)
        self.extractor = pretrained(transformers.AutoFeatureExtractor, folder)
        model = self.encoder_of(load_base(transformers, folder))
        self.model = model.to(self.device, self.dtype).eval()
        self.rate = int(self.extractor.sampling_rate)
        self.dimension = int(self.model.config.hidden_size)
        self.layers = int(self.model.config.num_hidden_layers)
        self.configure(self.model.config)
        self.hop = self.window
        self.max_seconds = self.window if self.has_positions else float("inf")

    def encoder_of(self, model: Any) -> Any:
        """Return the encoder of a model."""
        return model

    def configure(self, config: Any) -> None:
        """Set `step`, and `window` if the model has a fixed one."""
        raise NotImplementedError

    def encode(self, windows: Sequence[Samples], layer: int | None = None) -> list[Samples]:
        """Encode windows, in batches of equal input length."""
        found: list[Any] = [None] * len(windows)
        for indices in self.batches(windows):
            batch = [windows[i] for i in indices]
            with self.torch.inference_mode():
                states = self.states(self.inputs(batch), layer).float().cpu().numpy()
            for index, window, frames in zip(indices, batch, states, strict=True):
                found[index] = frames[: self.frames_in(len(window))]
        return found

    def pooled_layers(self, windows: Sequence[Samples]) -> Samples:
        """Return the mean over time of each layer: shape (windows, layers + 1, dimension)."""
        import numpy as np

        found: list[Any] = [None] * len(windows)
        for indices in self.batches(windows):
            inputs = self.inputs([windows[i] for i in indices])
            with self.torch.inference_mode():
                layers = self.model(inputs, output_hidden_states=True).hidden_states
                states = self.torch.stack([self.to_frames(layer) for layer in layers], 1)
            for index, of_window in zip(indices, states.float().cpu().numpy(), strict=True):
                frames = of_window[:, : self.frames_in(len(windows[index]))]
                found[index] = frames.mean(axis=1)
        return np.stack(found)

    def batches(self, windows: Sequence[Samples]) -> list[list[int]]:
        """Group the indices of windows into batches; one batch if the extractor pads."""
        return [list(range(len(windows)))]

    def inputs(self, windows: Sequence[Samples]) -> Any:
        """Compute the input of the model with the feature extractor."""
        inputs = self.extractor(list(windows), sampling_rate=self.rate, return_tensors="pt")
        return inputs[self.model.main_input_name].to(self.device, self.dtype)

    def states(self, inputs: Any, layer: int | None) -> Any:
        """Return the hidden states of a batch: shape (windows, frames, dimension)."""
        output = self.model(inputs, output_hidden_states=layer is not None)
        found = output.last_hidden_state if layer is None else output.hidden_states[layer]
        return self.to_frames(found)

    def to_frames(self, states: Any) -> Any:
        """Convert hidden states to one per time: shape (windows, frames, dimension)."""
        return states

    def frames_in(self, samples: int) -> int:
        """Return the number of frames without padding for this number of samples."""
        return max(1, math.ceil(samples / round(self.step * self.rate)))


class Wav2Vec2Encoder(TransformersEncoder):
    """Wav2Vec2, XLS-R, MMS, HuBERT, WavLM: input of any length, a frame every 20 ms."""

    has_positions = False

    def configure(self, config: Any) -> None:
        """Set the step and the receptive field from the convolutions."""
        self._shortest = receptive_field(config)
        self.step = math.prod(config.conv_stride) / self.rate

    def batches(self, windows: Sequence[Samples]) -> list[list[int]]:
        """Group windows by length, because models without attention masks take no padding."""
        groups: dict[int, list[int]] = defaultdict(list)
        for index, samples in enumerate(windows):
            groups[len(samples)].append(index)
        return list(groups.values())

    def inputs(self, windows: Sequence[Samples]) -> Any:
        """Compute the input, padded to at least one frame."""
        import numpy as np

        return super().inputs([np.pad(w, (0, max(0, self._shortest - len(w)))) for w in windows])


class TransformersWhisperEncoder(TransformersEncoder):
    """The encoder of Whisper: windows of 30 s, a frame every 20 ms."""

    window = 30.0
    step = 0.02
    batch_seconds = 120.0

    def encoder_of(self, model: Any) -> Any:
        """Return the encoder without the decoder."""
        return model.encoder

    def configure(self, config: Any) -> None:
        """Set the window: 20 ms for each position embedding."""
        self.window = config.max_source_positions * self.step

    def inputs(self, windows: Sequence[Samples]) -> Any:
        """Compute log-mel spectrograms, padded to the window."""
        inputs = self.extractor(list(windows), sampling_rate=self.rate, return_tensors="pt")
        return inputs["input_features"].to(self.device, self.dtype)


class AstEncoder(TransformersEncoder):
    """Audio Spectrogram Transformer: hidden states of patches, averaged over frequency."""

    _frame = 0.01  # seconds between frames of its spectrogram

    def configure(self, config: Any) -> None:
        """Set the window, the step and the grid of patches."""
        self.window = config.max_length * self._frame
        self.step = config.time_stride * self._frame
        self._rows = (config.num_mel_bins - config.patch_size) // config.frequency_stride + 1

    def to_frames(self, states: Any) -> Any:
        """Average the patches over frequency, without the two class tokens."""
        patches = states[:, 2:]
        return patches.unflatten(1, (self._rows, -1)).mean(dim=1)

    def attention_pooled(self, windows: Sequence[Samples]) -> Samples:
        """Return the mean of the two class tokens, which is the input of the head."""
        with self.torch.inference_mode():
            pooled = self.model(self.inputs(windows)).pooler_output
        return pooled.float().cpu().numpy()  # type: ignore[no-any-return]


def load_base(transformers: Any, folder: Path) -> Any:
    """Load a checkpoint without its head; raise an error if other weights are missing."""
    model, report = pretrained(transformers.AutoModel, folder, output_loading_info=True)
    missing = sorted(key for key in report["missing_keys"] if not key.startswith(_UNUSED))
    if missing:
        raise ModelUnavailable(
            f"{folder.name} has no weights for {missing[0]}, so its embeddings would be random",
            "use the complete checkpoint",
        )
    return model


class ClapEncoder:
    """The audio encoder of CLAP: one embedding per window, comparable to text embeddings."""

    layers = 0
    batch_seconds = 60.0
    workers = 1  # torch uses all threads for one batch

    def __init__(self, folder: Path, device_options: DeviceOptions) -> None:
        from audiocli.models.common.clap import Clap

        self._clap = Clap(folder, device_options)
        self.rate = int(self._clap.extractor.sampling_rate)
        self.window = self.hop = self.step = self.max_seconds = float(
            self._clap.extractor.max_length_s
        )
        self.dimension = int(self._clap.model.config.projection_dim)

    def encode(
        self,
        windows: Sequence[Samples],
        layer: int | None = None,  # noqa: ARG002 (it has only one)
    ) -> list[Samples]:
        """Encode windows."""
        vectors = self._clap.sounds(windows).float().cpu().numpy()
        return list(vectors[:, None])

    def encode_texts(self, texts: Sequence[str]) -> Samples:
        """Return the text embeddings: shape (texts, dimension)."""
        return self._clap.texts(texts).float().cpu().numpy()  # type: ignore[no-any-return]
