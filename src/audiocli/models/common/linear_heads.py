"""Light heads: from the vectors of a frozen encoder to probabilities of labels, in NumPy.

A head is a folder of two files: `config.json`, and `head.npz` with plain arrays. Reading
it runs no code of the folder's (NumPy refuses pickles here).
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
WEIGHTS = "head.npz"


@dataclass(frozen=True, eq=False, kw_only=True)
class ClassificationHead:
    """Layers over a vector: linear, or with rectified units in between.

    Attributes
    ----------
    labels : in the order of the outputs
    center : taken from each vector first, shape (dimension,)
    scale : by which it is divided then
    unit : whether it is brought to unit length after that
    layers : weights (outputs, inputs) and biases (outputs,) of each layer
    temperature : divides the outputs of the last layer; above 1 makes it less sure
    """

    labels: tuple[str, ...]
    center: Array
    scale: float
    unit: bool
    layers: tuple[tuple[Array, Array], ...]
    temperature: float = 1.0

    def prepared(self, vectors: Array) -> Array:
        """What the first layer takes: shape (vectors, dimension)."""
        import numpy as np

        centred = (vectors - self.center) / np.float32(self.scale)
        if self.unit:
            centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
        return centred.astype(np.float32)

    def logits(self, vectors: Array) -> Array:
        """Outputs before temperature and softmax: shape (vectors, labels)."""
        import numpy as np

        values = self.prepared(vectors)
        for number, (weights, biases) in enumerate(self.layers):
            values = np.maximum(values, 0) if number else values
            values = values @ weights.T + biases
        return values

    def probabilities(self, vectors: Array) -> Array:
        """Probabilities of the labels: shape (vectors, labels)."""
        return softmax(self.logits(vectors) / self.temperature)

    def calibrated(self, temperature: float) -> ClassificationHead:
        """The same head at a temperature."""
        return replace(self, temperature=temperature)


def softmax(logits: Array) -> Array:
    """Exponentials that sum to one along the last axis."""
    import numpy as np

    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Array = (raised / raised.sum(axis=-1, keepdims=True)).astype(np.float32)
    return shares


def files_of(head: ClassificationHead, about: Mapping[str, Any]) -> dict[str, bytes]:
    """The files of a head, by name.

    Parameters
    ----------
    about : what else `config.json` says: the encoder, and how it makes vectors
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
    """Read a head and all of its `config.json`.

    Raises
    ------
    ModelUnavailable : the files do not fit each other, or are no head
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
        raise ModelUnavailable(f"{folder}: no trained head can be read: {error}") from error
    if outputs != len(head.labels):
        raise ModelUnavailable(f"{folder}: {outputs} outputs for {len(head.labels)} labels")
    return head, config
