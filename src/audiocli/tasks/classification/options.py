"""Options of audio classification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from audiocli.results import Label
from audiocli.tasks.classification.event_detection import EventDetectionOptions

UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class ClassificationOptions:
    """Options of a classification.

    Attributes
    ----------
    top_k : maximum number of labels
    threshold : labels with a lower score are left out
    reject : if no label reaches this score, the label is "unknown"
    pooling : how the scores of windows are combined for the recording
    labels_like : regular expression that selects labels
    window, hop : in seconds; None uses those of the model
    windows : keep the labels of each window
    events : detect events with these options
    """

    top_k: int = 5
    threshold: float = 0.0
    reject: float = 0.0
    pooling: Literal["mean", "max"] = "mean"
    labels_like: str | None = None
    window: float | None = None
    hop: float | None = None
    windows: bool = False
    events: EventDetectionOptions | None = None

    def ranked(self, labels: Sequence[str], scores: NDArray[np.float32]) -> tuple[Label, ...]:
        """Return the labels with the highest scores, best first."""
        best = np.argsort(-scores, kind="stable")[: self.top_k]
        if scores[best[0]] < self.reject:
            return (Label(label=UNKNOWN, score=None),)
        found = (Label(label=labels[i], score=float(scores[i])) for i in best)
        return tuple(label for label in found if (label.score or 0.0) >= self.threshold)
