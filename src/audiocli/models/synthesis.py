"""What `speak` asks of a model: a passage of text in, samples out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Delivery:
    """How to say a passage.

    Attributes
    ----------
    voice : one of the model's voices; None is its default
    speed : 1 is the pace the model was trained at, 2 twice as fast
    seed : the same seed gives the same samples on the same machine
    speaker : an embedding of the voice to speak with, shape (dimensions,), for
        models that ask for one
    """

    voice: str | None = None
    speed: float = 1.0
    seed: int = 0
    speaker: NDArray[np.float32] | None = None


class Synthesiser(Protocol):
    """A text-to-speech model that is ready to run.

    Attributes
    ----------
    rate : samples a second it gives, in Hz
    longest : characters it says well at once
    voices : their names, the default first; empty where it has only one
    languages : ISO 639-1 codes it knows; empty where it cannot tell
    scripts : the scripts it reads, as Unicode names them, such as LATIN; empty for any
    has_speed : whether `Delivery.speed` has an effect
    speaker_size : dimensions of the speaker embedding it needs; 0 where it needs none
    vocoder : hub id of the vocoder it wants by `attach_vocoder`; None where it needs none
    """

    rate: int
    longest: int
    voices: tuple[str, ...]
    languages: tuple[str, ...]
    scripts: tuple[str, ...]
    has_speed: bool
    speaker_size: int
    vocoder: str | None

    def synthesise(self, text: str, delivery: Delivery) -> NDArray[np.float32]:
        """Say one passage.

        Returns
        -------
        float32, shape (time,); empty where nothing of the text can be pronounced
        """
        ...
