"""Audio classification checkpoints of transformers, for all architectures.

The feature extractor of the checkpoint computes the input; `config.json` has the labels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.errors import ModelUnavailable
from audiocli.models.base import DeviceOptions
from audiocli.models.torch_layer import import_torch, import_transformers, pick_device, pretrained

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]


_HEAD = ("classifier", "projector", "layer_weights")  # prefixes of the parameters of a head
_AUDIOSET = 527  # labels of AudioSet, which is multi-label even if a config does not say so


class HeadClassifier:
    """An audio classification checkpoint; implements `Classifier`.

    Parameters
    ----------
    window : length of a window in seconds
    any_length : whether the extractor accepts any length without padding
    """

    batch_seconds = 60.0
    workers = 1  # torch uses all threads for one batch

    def __init__(
        self,
        folder: Path,
        device_options: DeviceOptions,
        *,
        window: float,
        any_length: bool = False,
    ) -> None:
        self._torch: Any = import_torch(verbose=device_options.library_messages)
        transformers: Any = import_transformers(verbose=device_options.library_messages)
        self._device = pick_device(device_options.device)
        self._dtype = dtype_of(self._torch, device_options)
        self._extractor = pretrained(transformers.AutoFeatureExtractor, folder)
        self._model = _with_head(transformers, folder).to(self._device, self._dtype).eval()
        config = self._model.config
        self.rate = int(self._extractor.sampling_rate)
        self.labels = tuple(config.id2label[i] for i in range(config.num_labels))
        self.multi_label = is_multi_label(config)
        self.window = self.hop = window
        self._any_length = any_length
        self._shortest = receptive_field(config) if any_length else 0

    def scores(self, windows: Sequence[Samples]) -> NDArray[np.float32]:
        """Score windows: shape (windows, labels).

        Without padding by the extractor, a batch has windows of equal length only, because
        padding changes the scores of models that were trained without an attention mask.
        """
        import numpy as np

        scores = np.zeros((len(windows), len(self.labels)), np.float32)
        by_length: dict[int, list[int]] = defaultdict(list)
        for index, samples in enumerate(windows):
            by_length[len(samples) if self._any_length else 0].append(index)
        for indices in by_length.values():
            scores[indices] = self._of_batch([windows[i] for i in indices])
        return scores

    def _of_batch(self, windows: Sequence[Samples]) -> NDArray[np.float32]:
        import numpy as np

        windows = [np.pad(w, (0, max(0, self._shortest - len(w)))) for w in windows]
        inputs = self._extractor(windows, sampling_rate=self.rate, return_tensors="pt")
        name = self._model.main_input_name
        with self._torch.inference_mode():
            logits = self._model(inputs[name].to(self._device, self._dtype)).logits.float()
        scores = logits.sigmoid() if self.multi_label else logits.softmax(-1)
        return scores.cpu().numpy()  # type: ignore[no-any-return]


def is_multi_label(config: Any) -> bool:
    """Return whether the scores are independent probabilities."""
    if config.problem_type:
        return bool(config.problem_type == "multi_label_classification")
    return bool(config.num_labels == _AUDIOSET and "Speech" in config.label2id)


def receptive_field(config: Any) -> int:
    """Return the receptive field of a convolutional feature encoder, in samples."""
    field = 1
    layers = zip(config.conv_kernel, config.conv_stride, strict=True)
    for kernel, stride in reversed(list(layers)):
        field = (field - 1) * stride + kernel
    return field


def dtype_of(torch: Any, device_options: DeviceOptions) -> Any:
    """Return the torch dtype of the compute type, one of `TORCH_COMPUTE_TYPES`."""
    name = device_options.compute_type
    return getattr(torch, "float32" if name == "default" else name)


def _with_head(transformers: Any, folder: Path) -> Any:
    """Load a model; raise an error if the checkpoint has no weights for the head."""
    model, report = pretrained(
        transformers.AutoModelForAudioClassification, folder, output_loading_info=True
    )
    if missing := sorted(key for key in report["missing_keys"] if key.startswith(_HEAD)):
        raise ModelUnavailable(
            f"{folder.name} has no weights for {missing[0]}, so its scores would be random",
            "the checkpoint has a classification head that transformers does not support",
        )
    return model
