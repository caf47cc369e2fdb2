"""CTC output of a chunk: log probabilities of the tokens, per frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiocli.models.common.ctc.collapse import DecodedToken, TokenSpan, best_path, decode_tokens
from audiocli.models.common.ctc.vocabulary import CtcVocabulary


@dataclass(frozen=True, kw_only=True, eq=False)
class CtcEmissions:
    """Log probabilities of all tokens in all frames.

    Attributes
    ----------
    log_probabilities : shape (frames, tokens)
    frame_seconds : duration of a frame, in seconds
    vocabulary : the text of each token, and which tokens are blank or separate words
    """

    log_probabilities: NDArray[np.float32]
    frame_seconds: float
    vocabulary: CtcVocabulary

    def token_spans(self) -> list[TokenSpan]:
        """Return the most probable token of each frame, with repeats merged and blanks kept."""
        return best_path(self.log_probabilities)

    def decoded_tokens(self) -> list[DecodedToken]:
        """Return the decoded tokens with their frames."""
        return decode_tokens(self.token_spans(), self.vocabulary.pieces, self.vocabulary.blank)
