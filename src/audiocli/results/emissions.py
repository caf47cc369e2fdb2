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
    frame : seconds from one to the next
    text : what is left of them
    """

    kind: ClassVar[str] = "emissions"

    frame: Seconds
    text: str
    frames: tuple[Frame, ...] = ()
