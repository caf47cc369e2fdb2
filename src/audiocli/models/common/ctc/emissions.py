"""What a network says of each frame of an utterance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiocli.models.common.ctc.collapse import Run, Unit, best_path, units_of
from audiocli.models.common.ctc.vocabulary import Vocabulary


@dataclass(frozen=True, kw_only=True, eq=False)
class Emissions:
    """A score for every token in every frame.

    Attributes
    ----------
    log_probabilities : shape (frames, tokens)
    frame : seconds from one frame to the next
    """

    log_probabilities: NDArray[np.float32]
    frame: float
    vocabulary: Vocabulary

    def runs(self) -> list[Run]:
        """The likeliest token of every frame, blanks included, repeats joined."""
        return best_path(self.log_probabilities)

    def units(self) -> list[Unit]:
        """What was emitted, as text in time."""
        return units_of(self.runs(), self.vocabulary.pieces, self.vocabulary.blank)
