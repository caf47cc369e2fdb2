"""What a CTC model says of each frame, before repeats and blanks fall away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from audiocli.results.base import Probability, Result, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The likeliest token of a frame.

    Attributes
    ----------
    token : as the model's vocabulary calls it
    role : "blank" and "repeat" write nothing, "new" writes the token's text; "special" is a
        token that is no text
    text : what it writes
    """

    start: Seconds
    token: str
    probability: Probability
    role: str
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Emissions(Result):
    """Every frame of the speech that was found, in order.

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
