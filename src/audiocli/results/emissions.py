"""Frame-by-frame output of a CTC model, before blanks and repeats are removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from audiocli.results.base import Probability, Result, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The most probable token of a frame.

    Attributes
    ----------
    token : token in the model's vocabulary
    role : "new" adds text; "blank", "repeat" and "special" (a token without text) do not
    text : text that the frame adds to the transcript
    """

    start: Seconds
    token: str
    probability: Probability
    role: str
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Emissions(Result):
    """All frames of the detected speech, in order.

    Attributes
    ----------
    frame_seconds : time from one frame to the next
    text : the text that remains after removing blanks and repeats
    """

    kind: ClassVar[str] = "emissions"
    version: ClassVar[int] = 2

    frame_seconds: Seconds
    text: str
    frames: tuple[Frame, ...] = ()
