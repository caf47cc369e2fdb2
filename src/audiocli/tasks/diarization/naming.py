"""Names for speakers: known voices, and the same stranger met again in another recording."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

VoiceVector = NDArray[np.float32]

# Cosine similarity from which two voices are one person's. On 394 pairs of clips of one
# speaker and 5,703 of two, it misses two and takes none for another (docs/diarize.md).
MIN_SIMILARITY = 0.45


class VoiceMatcher:
    """Gives each speaker of a recording a different name.

    Parameters
    ----------
    known : voices with names, of unit length
    link : number strangers over all recordings; a stranger met again keeps the number
    """

    def __init__(self, known: Mapping[str, VoiceVector], *, link: bool = False) -> None:
        self._known = dict(known)
        self._link = link
        self._strangers = 0

    def names(self, voices: Mapping[str, VoiceVector]) -> dict[str, str]:
        """Map the speakers of one recording to names; who stays a number may be left out."""
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
    """Pair voices with known ones, each with one at most, where they are alike enough."""
    if not voices or not known:
        return {}
    speakers, names = list(voices), list(known)
    similarity = np.stack(list(voices.values())) @ np.stack(list(known.values())).T
    pairs = {}
    while similarity.max() >= MIN_SIMILARITY:  # the most alike first
        row, column = np.unravel_index(similarity.argmax(), similarity.shape)
        pairs[speakers[row]] = names[column]
        similarity[row], similarity[:, column] = -1, -1
    return pairs
