"""What a network says of each frame of a chunk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiocli.models.common.ctc.collapse import DecodedToken, TokenSpan, best_path, decode_tokens
from audiocli.models.common.ctc.vocabulary import CtcVocabulary


@dataclass(frozen=True, kw_only=True, eq=False)
class CtcEmissions:
    """A score for every token in every frame.

    Attributes
    ----------
    log_probabilities : shape (frames, tokens)
    frame : seconds from one frame to the next
    """

    log_probabilities: NDArray[np.float32]
    frame: float
    vocabulary: CtcVocabulary

    def token_spans(self) -> list[TokenSpan]:
        """The likeliest token of every frame, blanks included, repeats joined."""
        return best_path(self.log_probabilities)

    def decoded_tokens(self) -> list[DecodedToken]:
        """What was emitted, as text in time."""
        return decode_tokens(self.token_spans(), self.vocabulary.pieces, self.vocabulary.blank)
