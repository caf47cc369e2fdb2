"""Protocols of audio classification models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from audiocli.models.protocols.recognition import AudioChunk, Recogniser

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]


class Classifier(Protocol):
    """A model with a fixed set of labels.

    Attributes
    ----------
    rate : sampling rate of the input in Hz
    labels : names of the classes, in the order of the scores
    multi_label : whether the scores are independent probabilities; otherwise they sum to one
    window, hop : default window and hop for long recordings, in seconds
    batch_seconds : preferred amount of audio in a batch, in seconds
    workers : number of batches to run in parallel
    """

    rate: int
    labels: tuple[str, ...]
    multi_label: bool
    window: float
    hop: float
    batch_seconds: float
    workers: int

    def scores(self, windows: Sequence[Samples]) -> NDArray[np.float32]:
        """Score mono windows of any lengths: shape (windows, labels). Thread-safe."""
        ...


@runtime_checkable
class ZeroShotClassifier(Protocol):
    """A model that classifies by labels given as text."""

    def with_labels(self, labels: Sequence[str], prompt: str) -> Classifier:
        """Return a classifier for these labels.

        Parameters
        ----------
        prompt : template of a sentence that describes the sound; {} is replaced by the label
        """
        ...


class LanguageIdClassifier:
    """Spoken language identification with a speech recogniser; implements `Classifier`."""

    multi_label = False

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self.rate = recogniser.rate
        self.labels = recogniser.languages
        self.window = self.hop = recogniser.max_seconds
        self.batch_seconds = recogniser.batch_seconds
        self.workers = recogniser.workers

    def scores(self, windows: Sequence[Samples]) -> NDArray[np.float32]:
        """Return the probability of each language: shape (windows, languages)."""
        import numpy as np

        found = self._recogniser.detect_language([AudioChunk(samples=w) for w in windows])
        rows = [[one.get(label, 0.0) for label in self.labels] for one in found]
        return np.array(rows, np.float32)
