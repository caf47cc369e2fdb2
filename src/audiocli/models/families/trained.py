"""What `audiocli train` makes: an encoder, and a light head with the user's own labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.errors import ModelUnavailable
from audiocli.models.base import DeviceOptions, Family
from audiocli.models.common.linear_heads import MODEL_TYPE, ClassificationHead, read_head

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiocli.models.protocols.encoders import AudioEncoder

    Samples = NDArray[np.float32]

ENCODER = "encoder"  # the folder of an encoder that was trained too


class TrainedClassifier:
    """A head on its encoder; see `audiocli.models.protocols.classification.Classifier`."""

    multi_label = False

    def __init__(
        self, encoder: AudioEncoder, head: ClassificationHead, config: Mapping[str, Any]
    ) -> None:
        self._encoder = encoder
        self._head = head
        self._layer = config["layer"]
        self._pool = config["pool"]
        self._mix = config.get("layer_weights")  # of an adapter
        self.labels = head.labels
        self.window = self.hop = float(config["window"])
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

        if self._mix:
            assert isinstance(self._encoder, SupportsLayers)
            return self._head.probabilities(
                encode_weighted_layers(self._encoder, windows, self._mix)
            )
        vectors = encode_pooled(self._encoder, windows, self._layer, self._pool)
        return self._head.probabilities(vectors)


def load(folder: Path, device_options: DeviceOptions) -> TrainedClassifier:
    """Open a folder that `audiocli train` wrote, and the encoder that it names.

    Raises
    ------
    ModelUnavailable : the encoder is another one than in training
    """
    from audiocli.models.registry import with_revision

    head, config = read_head(folder)
    try:
        named = config["encoder"]
        name, revision = named["name"], named["revision"]
        where = str(folder / ENCODER) if name is None else with_revision(name, revision)
        encoder, info = device_options.load_model(where, "embed")
        classifier = TrainedClassifier(encoder, head, config)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelUnavailable(f"{folder}: config.json lacks something: {error}") from error
    if revision != info.revision:
        raise ModelUnavailable(
            f"{folder.name} was trained on {name} at {revision}, and here it is at {info.revision}",
            "train again, or bring that revision back",
        )
    if encoder.dimension != len(head.center):
        raise ModelUnavailable(f"{folder.name} is for vectors of {len(head.center)} numbers")
    return classifier


def _recognises(config: Mapping[str, Any]) -> bool:
    return config.get("model_type") == MODEL_TYPE


FAMILY = Family(
    name="trained",
    task="classify",
    recognises=_recognises,
    load=load,
    hub_files=("*.json", "head.npz", f"{ENCODER}/*"),
)
