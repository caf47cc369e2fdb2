"""Networks for fine-tuning with torch: an adapter on a frozen encoder, or the whole encoder.

After training, each provides a classification head.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from audiocli.errors import UsageError
from audiocli.models.common.linear_heads import ClassificationHead
from audiocli.models.common.transformers_encoders import (
    TransformersEncoder,
    TransformersWhisperEncoder,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

_HIDDEN = 128  # units of the adapter


class AdapterNetwork:
    """A learned weighted sum of the layers of a frozen encoder, and two linear layers.

    The weighted sum is that of S3PRL's featurizer (Yang et al. 2021, arXiv:2105.01051). The
    mean over time is taken before it, so the encoder runs only once per window.

    Parameters
    ----------
    layers : mean over time of each layer, shape (windows, layers, dimension)
    """

    def __init__(self, torch: Any, layers: Samples, labels: tuple[str, ...]) -> None:
        self._torch = torch
        self._labels = labels
        self._layers = torch.tensor(layers)
        mean = self._layers.mean(dim=1)
        self._center, self._scale = mean.mean(dim=0), mean.std().clamp(min=1e-6)
        self._mix = torch.nn.Parameter(torch.zeros(self._layers.shape[1]))
        self._hidden = torch.nn.Linear(mean.shape[1], _HIDDEN)
        self._output = torch.nn.Linear(_HIDDEN, len(labels))
        self.module = torch.nn.ModuleList([self._hidden, self._output])
        self.module.register_parameter("mix", self._mix)

    def logits(self, numbers: Sequence[int]) -> Any:
        """Return the logits of the windows with these indices: shape (windows, labels)."""
        shares = self._mix.softmax(0)
        vectors = self._torch.einsum("l,wld->wd", shares, self._layers[list(numbers)])
        hidden = self._hidden((vectors - self._center) / self._scale)
        return self._output(hidden.relu())

    def layer_weights(self) -> list[float]:
        """Return the weights of the layers, which sum to one."""
        return [float(share) for share in self._mix.detach().softmax(0)]

    def head(self) -> ClassificationHead:
        """Return the layers after the weighted sum as a head."""
        return ClassificationHead(
            labels=self._labels,
            center=self._center.numpy(),
            scale=float(self._scale),
            unit=False,
            layers=(_arrays(self._hidden), _arrays(self._output)),
        )


class TrainableEncoder:
    """A trainable encoder with a linear layer on the mean of its output.

    Raises
    ------
    UsageError : the encoder is only a part of the model and cannot be saved alone
    """

    def __init__(
        self, encoder: TransformersEncoder, windows: Sequence[Samples], labels: tuple[str, ...]
    ) -> None:
        if isinstance(encoder, TransformersWhisperEncoder):
            raise UsageError("--finetune full is not for Whisper", "--finetune adapter")
        self._encoder = encoder
        self._windows = windows
        self._labels = labels
        torch = encoder.torch
        self._output = torch.nn.Linear(encoder.dimension, len(labels)).to(encoder.device)
        encoder.model.config.apply_spec_augment = False  # the masks may be longer than a clip
        encoder.model.config.layerdrop = 0.0
        if hasattr(encoder.model, "feature_extractor"):  # the convolutions stay frozen
            encoder.model.feature_extractor._freeze_parameters()
        self.module = torch.nn.ModuleList([encoder.model, self._output])

    def logits(self, numbers: Sequence[int]) -> Any:
        """Return the logits of the windows with these indices: shape (windows, labels)."""
        torch, encoder = self._encoder.torch, self._encoder
        found: list[Any] = [None] * len(numbers)
        batch = [self._windows[number] for number in numbers]
        for indices in encoder.batches(batch):
            states = encoder.states(encoder.inputs([batch[i] for i in indices]), None)
            for index, frames in zip(indices, states, strict=True):
                found[index] = frames[: encoder.frames_in(len(batch[index]))].mean(dim=0)
        return self._output(torch.stack(found))

    def head(self) -> ClassificationHead:
        """Return the linear layer as a head."""
        import numpy as np

        return ClassificationHead(
            labels=self._labels,
            center=np.zeros(self._encoder.dimension, np.float32),
            scale=1.0,
            unit=False,
            layers=(_arrays(self._output),),
        )


def _arrays(linear: Any) -> tuple[Any, Any]:
    return tuple(p.detach().float().cpu().numpy() for p in (linear.weight, linear.bias))
