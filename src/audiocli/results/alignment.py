"""Alignment of a known text with a recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from audiocli.results.transcript import Transcript, Word


@dataclass(frozen=True, kw_only=True)
class Alignment(Transcript):
    """Alignment of a known text with a recording; uncertain words have a low confidence.

    Attributes
    ----------
    script : source of the text
    unspoken : words of the text that are not in the recording, with the time of their position
    extra : words of the recording that are not in the text
    phonemes : phonemes of the segments, if a phoneme model was used
    """

    kind: ClassVar[str] = "alignment"

    script: str
    unspoken: tuple[Word, ...] = ()
    extra: tuple[Word, ...] = ()
    phonemes: tuple[Word, ...] = ()
