"""x-vectors (Snyder et al. 2018, "X-Vectors: Robust DNN Embeddings for Speaker Recognition").

The network of speechbrain/spkrec-xvect-voxceleb, whose embeddings SpeechT5 was trained
with; it needs those of this network. Features and layers follow speechbrain, which is not
needed to load the weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

from audiocli.errors import WRONG_FILE, ModelUnavailable
from audiocli.models.base import DeviceOptions, Family, File, Hub, ModelSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

NAME = "xvector-voxceleb"

_WEIGHTS = "embedding_model.ckpt"
_DILATIONS = (1, 2, 3, 1, 1)  # of the five convolutions
_LAYERS = 3  # per block: convolution, activation, normalisation
_SLOPE = 0.01  # negative slope of the activation
_FFT = 400  # samples, 25 ms
_HOP = 160
_FLOOR = 1e-10  # minimum power of a mel band
_RANGE = 80.0  # dynamic range in dB
_POOL_EPSILON = 1e-5


class XVectorEmbedder:
    """One embedding of unit length per recording; implements `SpeakerEmbedder`."""

    name = NAME
    rate = 16_000

    def __init__(self, folder: Path, device_options: DeviceOptions) -> None:
        from audiocli.models.torch_layer import code_in_weights, import_torch

        torch: Any = import_torch(verbose=device_options.library_messages)
        try:
            self._weights = torch.load(folder / _WEIGHTS, map_location="cpu", weights_only=True)
        except UnpicklingError as error:
            raise code_in_weights(folder / _WEIGHTS) from error
        pooled = _LAYERS * len(_DILATIONS) + 1
        if f"blocks.{pooled}.w.weight" not in self._weights:
            raise ModelUnavailable(f"{folder}: {_WEIGHTS} is not an x-vector network", WRONG_FILE)
        self._last = pooled
        self.dimension: int = self._weights[f"blocks.{pooled}.w.bias"].numel()
        self._bands: int = self._weights["blocks.0.conv.weight"].shape[1]

    def embed(self, clips: Sequence[Samples]) -> Samples:
        """Embed mono clips of any lengths: shape (clips, dimension), of unit length."""
        import torch

        with torch.inference_mode():
            vectors = torch.stack([self._vector(torch.from_numpy(clip)) for clip in clips])
            unit: Samples = torch.nn.functional.normalize(vectors, dim=1).numpy()
        return unit

    def _vector(self, samples: Any) -> Any:
        import torch

        hidden = self._features(samples).T[None]
        for number, dilation in enumerate(_DILATIONS):
            hidden = self._convolved(hidden, _LAYERS * number, dilation)
        mean, deviation = hidden.mean(dim=2), hidden.std(dim=2) + _POOL_EPSILON
        weights = self._of(self._last, "w")
        return torch.nn.functional.linear(torch.cat([mean, deviation], 1), *weights)[0]

    def _convolved(self, hidden: Any, block: int, dilation: int) -> Any:
        """Apply a block: convolution with reflection padding, activation and normalisation."""
        from torch.nn import functional

        kernel, bias = self._of(block, "conv")
        margin = dilation * (kernel.shape[2] - 1) // 2
        padded = functional.pad(hidden, (margin, margin), mode="reflect")
        hidden = functional.conv1d(padded, kernel, bias, dilation=dilation)
        hidden = functional.leaky_relu(hidden, _SLOPE)
        norm = f"blocks.{block + 2}.norm"
        mean, variance = (self._weights[f"{norm}.running_{kind}"] for kind in ("mean", "var"))
        return functional.batch_norm(hidden, mean, variance, *self._of(block + 2, "norm"))

    def _of(self, block: int, layer: str) -> tuple[Any, Any]:
        prefix = f"blocks.{block}.{layer}"
        return self._weights[f"{prefix}.weight"], self._weights[f"{prefix}.bias"]

    def _features(self, samples: Any) -> Any:
        """Return mel bands in dB, minus their mean over time: shape (frames, bands)."""
        import torch

        spectrum = torch.stft(
            samples,
            _FFT,
            _HOP,
            window=torch.hamming_window(_FFT),
            center=True,
            pad_mode="constant",
            return_complex=True,
        )
        power = spectrum.abs().square().T @ _mel_filters(self._bands, self.rate)
        decibels = 10 * power.clamp(min=_FLOOR).log10()
        decibels = decibels.clamp(min=decibels.max() - _RANGE)
        return decibels - decibels.mean(dim=0)


def _mel_filters(bands: int, rate: int) -> Any:
    """Return triangular mel filters of height 1, symmetric in frequency.

    Returns
    -------
    shape (bins, bands)
    """
    import math

    import torch

    top = 2595 * math.log10(1 + rate / 2 / 700)
    edges = 700 * (10 ** (torch.linspace(0, top, bands + 2) / 2595) - 1)
    width = edges[1:-1] - edges[:-2]
    bins = torch.linspace(0, rate // 2, _FFT // 2 + 1)[:, None]
    distance = (bins - edges[1:-1]).abs() / width
    return (1 - distance).clamp(min=0)


def load(folder: Path, device_options: DeviceOptions) -> XVectorEmbedder:
    """Load the x-vector network on the requested device."""
    return XVectorEmbedder(folder, device_options)


def _recognises(config: Mapping[str, Any]) -> bool:
    return config.get("speechbrain_interface") == "EncoderClassifier"


XVECTOR = ModelSpec(
    name=NAME,
    task="voiceprint",
    family="xvector",
    revision="56895a2df401be4150a159f3a1c653f00051d477",
    files=(
        File(
            _WEIGHTS,
            16_887_676,
            "9d96cafa0ede1a84799b67dc9b5645f31f5b7d094e7e4775e5d5c12547883a93",
        ),
    ),
    sources=(Hub("speechbrain/spkrec-xvect-voxceleb", "56895a2df401be4150a159f3a1c653f00051d477"),),
    licence="Apache-2.0",
    languages=("multilingual",),
    note="speaker embeddings for SpeechT5: speak --reference",
)

FAMILY = Family(
    name="xvector",
    task="voiceprint",
    recognises=_recognises,
    load=load,
    specs=(XVECTOR,),
    hub_files=(_WEIGHTS, "*.json"),
    extra="torch",
)
