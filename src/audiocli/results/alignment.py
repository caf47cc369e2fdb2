"""When the words of a known text are spoken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from audiocli.results.transcript import Transcript, Word


@dataclass(frozen=True, kw_only=True)
class Alignment(Transcript):
    """When the words of a known text are spoken; their confidence says where to doubt.

    Attributes
    ----------
    script : where the text was read
    unspoken : words of the text that were not heard, with the time at which they would stand
    extra : words that were heard and are not in the text
    phonemes : the sounds that a phoneme model heard in the segments, where one was named
    """

    kind: ClassVar[str] = "alignment"

    script: str
    unspoken: tuple[Word, ...] = ()
    extra: tuple[Word, ...] = ()
    phonemes: tuple[Word, ...] = ()
