"""Checkpoints of transformers as encoders of sound: their hidden states, frame by frame.

One class for all architectures whose input is one array; what differs is told by
`config.json` and the feature extractor.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.errors import ModelUnavailable
from audiocli.models.base import DeviceOptions
from audiocli.models.common.classification_heads import dtype_of, receptive_field, set_threads
from audiocli.models.torch_layer import import_torch, import_transformers, pick_device, pretrained

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

# Parameters that only training needs, or only the decoder of Whisper has.
_UNUSED = ("masked_spec_embed", "decoder.")


class TransformersEncoder:
    """A checkpoint without its head; see `audiocli.models.protocols.encoders.AudioEncoder`."""

    batch_seconds = 60.0
    workers = 1  # torch uses all threads for one batch
    window = 10.0
    step: float
    has_positions = True  # for so much sound and no more

    def __init__(self, folder: Path, device_options: DeviceOptions) -> None:
        self.torch: Any = import_torch(verbose=device_options.library_messages)
        transformers: Any = import_transformers(verbose=device_options.library_messages)
        set_threads(self.torch, device_options)
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
        """The part of a model that is needed."""
        return model

    def configure(self, config: Any) -> None:
        """Set `step`, and `window` where the model has its own."""
        raise NotImplementedError

    def encode(self, windows: Sequence[Samples], layer: int | None = None) -> list[Samples]:
        """Encode windows; only those whose input is equally long share a batch."""
        found: list[Any] = [None] * len(windows)
        for indices in self.alike(windows):
            batch = [windows[i] for i in indices]
            with self.torch.inference_mode():
                states = self.states(self.inputs(batch), layer).float().cpu().numpy()
            for index, window, frames in zip(indices, batch, states, strict=True):
                found[index] = frames[: self.frames_in(len(window))]
        return found

    def pooled_layers(self, windows: Sequence[Samples]) -> Samples:
        """Give the mean over time of every layer: shape (windows, layers + 1, dimension)."""
        import numpy as np

        found: list[Any] = [None] * len(windows)
        for indices in self.alike(windows):
            inputs = self.inputs([windows[i] for i in indices])
            with self.torch.inference_mode():
                layers = self.model(inputs, output_hidden_states=True).hidden_states
                states = self.torch.stack([self.framed(layer) for layer in layers], 1)
            for index, of_window in zip(indices, states.float().cpu().numpy(), strict=True):
                frames = of_window[:, : self.frames_in(len(windows[index]))]
                found[index] = frames.mean(axis=1)
        return np.stack(found)

    def alike(self, windows: Sequence[Samples]) -> list[list[int]]:
        """Indices of the windows that may share a batch: all, where the extractor pads them."""
        return [list(range(len(windows)))]

    def inputs(self, windows: Sequence[Samples]) -> Any:
        """What the model takes, as the checkpoint's extractor makes it."""
        inputs = self.extractor(list(windows), sampling_rate=self.rate, return_tensors="pt")
        return inputs[self.model.main_input_name].to(self.device, self.dtype)

    def states(self, inputs: Any, layer: int | None) -> Any:
        """Hidden states of a batch: shape (windows, frames, dimension)."""
        output = self.model(inputs, output_hidden_states=layer is not None)
        found = output.last_hidden_state if layer is None else output.hidden_states[layer]
        return self.framed(found)

    def framed(self, states: Any) -> Any:
        """Make states one a time: shape (windows, frames, dimension)."""
        return states

    def frames_in(self, samples: int) -> int:
        """Frames that hold some of so many samples."""
        return max(1, math.ceil(samples / round(self.step * self.rate)))


class Wav2Vec2Encoder(TransformersEncoder):
    """Wav2Vec2, XLS-R, MMS, HuBERT, WavLM: any length, a frame every 20 ms."""

    has_positions = False

    def configure(self, config: Any) -> None:
        """Read the convolutions that come first."""
        self._shortest = receptive_field(config)
        self.step = math.prod(config.conv_stride) / self.rate

    def alike(self, windows: Sequence[Samples]) -> list[list[int]]:
        """Padding would change the states of models that were trained without a mask."""
        groups: dict[int, list[int]] = defaultdict(list)
        for index, samples in enumerate(windows):
            groups[len(samples)].append(index)
        return list(groups.values())

    def inputs(self, windows: Sequence[Samples]) -> Any:
        """Make inputs that are long enough for a frame."""
        import numpy as np

        return super().inputs([np.pad(w, (0, max(0, self._shortest - len(w)))) for w in windows])


class TransformersWhisperEncoder(TransformersEncoder):
    """The encoder of Whisper: 30 s at once, a frame every 20 ms."""

    window = 30.0
    step = 0.02
    batch_seconds = 120.0

    def encoder_of(self, model: Any) -> Any:
        """Leave the decoder out."""
        return model.encoder

    def configure(self, config: Any) -> None:
        """Read how much it hears at once: two frames of 10 ms for each position."""
        self.window = config.max_source_positions * self.step

    def inputs(self, windows: Sequence[Samples]) -> Any:
        """Make log-mel spectrograms, filled up to the window."""
        inputs = self.extractor(list(windows), sampling_rate=self.rate, return_tensors="pt")
        return inputs["input_features"].to(self.device, self.dtype)


class AstEncoder(TransformersEncoder):
    """Audio Spectrogram Transformer: patches, averaged over frequency."""

    _frame = 0.01  # seconds between frames of its spectrogram

    def configure(self, config: Any) -> None:
        """Read the grid of patches."""
        self.window = config.max_length * self._frame
        self.step = config.time_stride * self._frame
        self._rows = (config.num_mel_bins - config.patch_size) // config.frequency_stride + 1

    def framed(self, states: Any) -> Any:
        """Average the patches of each time; the two tokens for the whole are left out."""
        patches = states[:, 2:]
        return patches.unflatten(1, (self._rows, -1)).mean(dim=1)

    def attention_pooled(self, windows: Sequence[Samples]) -> Samples:
        """Give what the two tokens for the whole gathered by attention, as its head takes it."""
        with self.torch.inference_mode():
            pooled = self.model(self.inputs(windows)).pooler_output
        return pooled.float().cpu().numpy()  # type: ignore[no-any-return]


def load_base(transformers: Any, folder: Path) -> Any:
    """Load a checkpoint without its head; refuse one with weights of the body missing."""
    model, report = pretrained(transformers.AutoModel, folder, output_loading_info=True)
    missing = sorted(key for key in report["missing_keys"] if not key.startswith(_UNUSED))
    if missing:
        raise ModelUnavailable(
            f"{folder.name} has no weights for {missing[0]}, so its vectors would be random"
        )
    return model


class ClapEncoder:
    """CLAP: one unit vector a window, in the space of sentences."""

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
        """Encode sentences: shape (texts, dimension)."""
        return self._clap.texts(texts).float().cpu().numpy()  # type: ignore[no-any-return]
