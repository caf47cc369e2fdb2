"""What `classify` asks of a model: windows of sound in, a score for each label out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from audiocli.models.protocols.recognition import AudioChunk, Recogniser

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]


class Classifier(Protocol):
    """A model that knows a fixed set of labels.

    Attributes
    ----------
    rate : samples a second it takes, in Hz
    labels : in the order of its scores
    multi_label : whether several labels may hold at once: each score is then a
        probability of its own; otherwise the scores sum to one
    window, hop : its own step through a long recording, in seconds
    batch_seconds : seconds of sound that make a good batch
    workers : batches it runs well at the same time
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
    """A model that takes any labels, in words."""

    def with_labels(self, labels: Sequence[str], prompt: str) -> Classifier:
        """Make a classifier.

        Parameters
        ----------
        prompt : a sentence that describes the sound, {} standing for the label
        """
        ...


class LanguageIdClassifier:
    """A speech recogniser as a classifier of the language spoken; see `Classifier`."""

    multi_label = False

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self.rate = recogniser.rate
        self.labels = recogniser.languages
        self.window = self.hop = recogniser.max_seconds
        self.batch_seconds = recogniser.batch_seconds
        self.workers = recogniser.workers

    def scores(self, windows: Sequence[Samples]) -> NDArray[np.float32]:
        """Probability of each language: shape (windows, languages)."""
        import numpy as np

        found = self._recogniser.detect_language([AudioChunk(samples=w) for w in windows])
        rows = [[one.get(label, 0.0) for label in self.labels] for one in found]
        return np.array(rows, np.float32)
