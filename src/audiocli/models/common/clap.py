"""CLAP on transformers: similarity of audio and text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.models.base import DeviceOptions
from audiocli.models.common.classification_heads import dtype_of
from audiocli.models.torch_layer import import_torch, import_transformers, pick_device, pretrained

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]


class Clap:
    """The audio and text encoders of a checkpoint; implements `ZeroShotClassifier`."""

    def __init__(self, folder: Path, device_options: DeviceOptions) -> None:
        self.torch: Any = import_torch(verbose=device_options.library_messages)
        transformers: Any = import_transformers(verbose=device_options.library_messages)
        self.device = pick_device(device_options.device)
        self.dtype = dtype_of(self.torch, device_options)
        self.extractor = pretrained(transformers.AutoFeatureExtractor, folder)
        self._tokenizer = pretrained(transformers.AutoTokenizer, folder)
        model = pretrained(transformers.ClapModel, folder)
        self.model = model.to(self.device, self.dtype).eval()

    def with_labels(self, labels: Sequence[str], prompt: str) -> ClapClassifier:
        """Return a classifier for labels, each inserted into the prompt at {}."""
        texts = self.texts([prompt.replace("{}", label) for label in labels])
        return ClapClassifier(self, tuple(labels), texts)

    def texts(self, sentences: Sequence[str]) -> Any:
        """Return the text embeddings, of unit length: shape (sentences, dimension)."""
        tokens = self._tokenizer(list(sentences), return_tensors="pt", padding=True)
        with self.torch.inference_mode():
            return self.model.get_text_features(**tokens.to(self.device)).pooler_output

    def sounds(self, windows: Sequence[Samples]) -> Any:
        """Return the audio embeddings, of unit length: shape (windows, dimension)."""
        rate = int(self.extractor.sampling_rate)
        inputs = self.extractor(list(windows), sampling_rate=rate, return_tensors="pt")
        # In a batch of short windows, the extractor marks a random one as long. Marking all
        # gives each window the score that it has in a batch of its own.
        is_longer = self.torch.ones_like(inputs["is_longer"]).to(self.device)
        features = inputs["input_features"].to(self.device, self.dtype)
        with self.torch.inference_mode():
            return self.model.get_audio_features(features, is_longer=is_longer).pooler_output


class ClapClassifier:
    """CLAP with labels; implements `Classifier`.

    Parameters
    ----------
    texts : text embeddings of the labels, shape (labels, dimension)
    """

    multi_label = False  # a softmax over the labels given
    batch_seconds = 60.0
    workers = 1  # torch uses all threads for one batch

    def __init__(self, clap: Clap, labels: tuple[str, ...], texts: Any) -> None:
        self._clap = clap
        self._texts = texts
        self.labels = labels
        self.rate = int(clap.extractor.sampling_rate)
        self.window = self.hop = float(clap.extractor.max_length_s)

    def scores(self, windows: Sequence[Samples]) -> NDArray[np.float32]:
        """Score windows: shape (windows, labels)."""
        clap = self._clap
        with clap.torch.inference_mode():
            logits = clap.sounds(windows) @ self._texts.T * clap.model.logit_scale_a.exp()
        return logits.float().softmax(-1).cpu().numpy()  # type: ignore[no-any-return]
