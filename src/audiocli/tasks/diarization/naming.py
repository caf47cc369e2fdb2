"""Name speakers by known voices, and link unknown speakers across recordings."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from audiocli.errors import UsageError

VoiceVector = NDArray[np.float32]

# Minimum cosine similarity of two voices of one person. Of 394 pairs of clips of one
# speaker it misses two; of 5,703 pairs of two speakers it matches none (benchmarks/README.md).
MIN_SIMILARITY = 0.45


class VoiceMatcher:
    """Name the speakers of recordings by their voices.

    Parameters
    ----------
    known : named voices of unit length
    link : number unknown speakers across recordings; the same voice keeps its number
    """

    def __init__(self, known: Mapping[str, VoiceVector], *, link: bool = False) -> None:
        self._known = dict(known)
        self._link = link
        self._strangers = 0

    def names(self, voices: Mapping[str, VoiceVector]) -> dict[str, str]:
        """Map the speakers of one recording to names.

        Speakers without a match are left out, or numbered if `link` is set.
        """
        named = match_voices(voices, self._known)
        if self._link:
            for speaker, voice in voices.items():
                if speaker not in named:
                    named[speaker] = f"SPEAKER_{self._strangers:02}"
                    self._known[named[speaker]] = voice
                    self._strangers += 1
        return named


def match_voices(
    voices: Mapping[str, VoiceVector], known: Mapping[str, VoiceVector]
) -> dict[str, str]:
    """Match voices with known voices one to one, if they are similar enough.

    Raises
    ------
    UsageError : a known voice has another number of values
    """
    if not voices or not known:
        return {}
    size = next(iter(voices.values())).size
    if odd := next((name for name, voice in known.items() if voice.size != size), None):
        raise UsageError(
            f"the voice of {odd} has {known[odd].size} values, not {size}",
            f"enroll it again: audiocli voices enroll {odd!r} CLIP",
        )
    speakers, names = list(voices), list(known)
    similarity = np.stack(list(voices.values())) @ np.stack(list(known.values())).T
    pairs = {}
    while similarity.max() >= MIN_SIMILARITY:  # best match first
        row, column = np.unravel_index(similarity.argmax(), similarity.shape)
        pairs[speakers[row]] = names[column]
        similarity[row], similarity[:, column] = -1, -1
    return pairs
