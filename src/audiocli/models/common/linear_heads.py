"""Classification heads on the embeddings of a frozen encoder, in NumPy.

A head is a folder with two files: `config.json`, and `head.npz` with arrays. It is read with
`allow_pickle=False`, so no code of the folder runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.errors import ModelUnavailable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

MODEL_TYPE = "audiocli-head"  # of `config.json`
TRAIN_AGAIN = "train it again with `audiocli train`"
WEIGHTS = "head.npz"


@dataclass(frozen=True, eq=False, kw_only=True)
class ClassificationHead:
    """A linear classifier, or a multilayer perceptron with ReLU activations.

    Attributes
    ----------
    labels : labels in the order of the outputs
    center : mean that is subtracted from each embedding, shape (dimension,)
    scale : standard deviation by which it is divided
    unit : whether it is then normalised to unit length
    layers : weights (outputs, inputs) and biases (outputs,) of each layer
    temperature : temperature of the softmax; above 1 the probabilities are less extreme
    """

    labels: tuple[str, ...]
    center: Array
    scale: float
    unit: bool
    layers: tuple[tuple[Array, Array], ...]
    temperature: float = 1.0

    def prepared(self, vectors: Array) -> Array:
        """Return the normalised input of the first layer: shape (vectors, dimension)."""
        import numpy as np

        centred = (vectors - self.center) / np.float32(self.scale)
        if self.unit:
            centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
        return centred.astype(np.float32)

    def logits(self, vectors: Array) -> Array:
        """Return the logits, before the temperature: shape (vectors, labels)."""
        import numpy as np

        values = self.prepared(vectors)
        for number, (weights, biases) in enumerate(self.layers):
            values = np.maximum(values, 0) if number else values
            values = values @ weights.T + biases
        return values

    def probabilities(self, vectors: Array) -> Array:
        """Return the probabilities of the labels: shape (vectors, labels)."""
        return softmax(self.logits(vectors) / self.temperature)

    def calibrated(self, temperature: float) -> ClassificationHead:
        """Return the head with another temperature."""
        return replace(self, temperature=temperature)


def softmax(logits: Array) -> Array:
    """Return the softmax along the last axis."""
    import numpy as np

    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Array = (raised / raised.sum(axis=-1, keepdims=True)).astype(np.float32)
    return shares


def files_of(head: ClassificationHead, about: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the contents of the files of a head, by name.

    Parameters
    ----------
    about : further keys of `config.json`: the encoder and its options
    """
    import numpy as np

    config = {
        "model_type": MODEL_TYPE,
        "labels": list(head.labels),
        "unit": head.unit,
        "scale": head.scale,
        "temperature": head.temperature,
        **about,
    }
    arrays = {"center": head.center}
    for number, (weights, biases) in enumerate(head.layers):
        arrays |= {f"weights{number}": weights, f"biases{number}": biases}
    out = BytesIO()
    np.savez(out, **arrays)  # type: ignore[arg-type]
    text = json.dumps(config, ensure_ascii=False, indent=2) + "\n"
    return {WEIGHTS: out.getvalue(), "config.json": text.encode()}


def read_head(folder: Path) -> tuple[ClassificationHead, dict[str, Any]]:
    """Read a head and its `config.json`.

    Raises
    ------
    ModelUnavailable : the files are invalid or inconsistent
    """
    from zipfile import BadZipFile

    import numpy as np

    try:
        config = json.loads((folder / "config.json").read_bytes())
        with np.load(folder / WEIGHTS, allow_pickle=False) as arrays:
            count = sum(name.startswith("weights") for name in arrays)
            layers = tuple((arrays[f"weights{n}"], arrays[f"biases{n}"]) for n in range(count))
            center = arrays["center"]
        head = ClassificationHead(
            labels=tuple(config["labels"]),
            center=center,
            scale=float(config["scale"]),
            unit=bool(config["unit"]),
            layers=layers,
            temperature=float(config["temperature"]),
        )
        outputs = head.logits(np.zeros((1, len(center)), np.float32)).shape[1]
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        problem = f"{folder}: the trained head cannot be read: {error}"
        raise ModelUnavailable(problem, TRAIN_AGAIN) from error
    if outputs != len(head.labels):
        problem = f"{folder}: {outputs} outputs for {len(head.labels)} labels"
        raise ModelUnavailable(problem, TRAIN_AGAIN)
    return head, config
