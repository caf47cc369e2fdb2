"""Classifiers trained with `audiocli train`: an encoder and a classification head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.errors import ModelUnavailable
from audiocli.models.base import Family, LoadOptions
from audiocli.models.common.linear_heads import (
    MODEL_TYPE,
    TRAIN_AGAIN,
    ClassificationHead,
    read_head,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiocli.models.protocols.encoders import AudioEncoder, Pooling

    Samples = NDArray[np.float32]

ENCODER = "encoder"  # folder of a fine-tuned encoder


class TrainedClassifier:
    """A classification head on an encoder; implements `Classifier`.

    Parameters
    ----------
    window : seconds of audio per vector
    layer : hidden layer of the encoder; None for its output
    layer_weights : weights of the encoder's layers, from an adapter; None without one
    """

    multi_label = False

    def __init__(
        self,
        encoder: AudioEncoder,
        head: ClassificationHead,
        *,
        window: float,
        layer: int | None,
        pooling: Pooling,
        layer_weights: Sequence[float] | None,
    ) -> None:
        self._encoder = encoder
        self._head = head
        self._layer = layer
        self._pooling = pooling
        self._layer_weights = layer_weights
        self.labels = head.labels
        self.window = self.hop = window
        self.rate = encoder.rate
        self.batch_seconds = max(encoder.batch_seconds, self.window)
        self.workers = encoder.workers

    def scores(self, windows: Sequence[Samples]) -> NDArray[np.float32]:
        """Score windows: shape (windows, labels)."""
        from audiocli.models.protocols.encoders import (
            SupportsLayers,
            encode_pooled,
            encode_weighted_layers,
        )

        if self._layer_weights:
            assert isinstance(self._encoder, SupportsLayers)
            return self._head.probabilities(
                encode_weighted_layers(self._encoder, windows, self._layer_weights)
            )
        vectors = encode_pooled(self._encoder, windows, self._layer, self._pooling)
        return self._head.probabilities(vectors)


def load(folder: Path, load_options: LoadOptions) -> TrainedClassifier:
    """Load a folder written by `audiocli train`, and the encoder that it names.

    Raises
    ------
    ModelUnavailable : the configuration is invalid, or the encoder differs from training
    """
    from audiocli.models.registry import with_revision

    head, config = read_head(folder)
    try:
        name, revision = config["encoder"]["name"], config["encoder"]["revision"]
        window, layer, pooling = float(config["window"]), config["layer"], config["pool"]
    except (KeyError, TypeError, ValueError) as error:
        problem = f"{folder}: config.json is not valid: {error!r}"
        raise ModelUnavailable(problem, TRAIN_AGAIN) from error
    where = str(folder / ENCODER) if name is None else with_revision(name, revision)
    encoder, info = load_options.load_model(where, "embed")
    if revision != info.revision:
        raise ModelUnavailable(
            f"{folder.name} was trained on {name} at {revision}, and here it is at {info.revision}",
            "train again, or restore that revision",
        )
    if encoder.dimension != len(head.center):
        problem = f"{folder.name} expects embeddings of dimension {len(head.center)}"
        raise ModelUnavailable(problem, TRAIN_AGAIN)
    return TrainedClassifier(
        encoder,
        head,
        window=window,
        layer=layer,
        pooling=pooling,
        layer_weights=config.get("layer_weights"),
    )


def _recognises(config: Mapping[str, Any]) -> bool:
    return config.get("model_type") == MODEL_TYPE


FAMILY = Family(
    name="trained",
    task="classify",
    recognises=_recognises,
    load=load,
    devices=None,  # those of the encoder
    compute_types=None,
    hub_files=("*.json", "head.npz", f"{ENCODER}/*"),
)
