"""How `classify` looks for labels, and which of them it shows."""

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
    """How to classify.

    Attributes
    ----------
    top_k : labels kept
    threshold : labels with a lower score are left out
    reject : where no label has this score, the answer is "unknown"
    pooling : how the scores of windows become those of the recording
    labels_like : regular expression; only labels that match are heard
    window, hop : in seconds; None takes the model's own
    windows : keep the labels of each window
    events : find events by this rule
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
        """Choose the labels to show, the likeliest first."""
        best = np.argsort(-scores, kind="stable")[: self.top_k]
        if scores[best[0]] < self.reject:
            return (Label(label=UNKNOWN, score=None),)
        found = (Label(label=labels[i], score=float(scores[i])) for i in best)
        return tuple(label for label in found if (label.score or 0.0) >= self.threshold)
