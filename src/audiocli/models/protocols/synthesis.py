"""What `speak` asks of a model: a passage of text in, samples out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Reference:
    """A recording of the voice to speak with.

    Attributes
    ----------
    samples : mono, at the model's rate, shape (time,)
    words : what is said in it
    """

    samples: NDArray[np.float32]
    words: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Delivery:
    """How to say a passage.

    Attributes
    ----------
    voice : one of the model's voices; None is its default
    speed : 1 is the pace the model was trained at, 2 twice as fast
    seed : the same seed gives the same samples on the same machine
    speaker : an embedding of the voice to speak with, shape (dimensions,), for
        models with a `speaker_size`
    reference : a recording to go on from, for models with `has_reference`
    """

    voice: str | None = None
    speed: float = 1.0
    seed: int = 0
    speaker: NDArray[np.float32] | None = None
    reference: Reference | None = None


class Sounds(NamedTuple):
    """The sounds of `text[start:end]` in the International Phonetic Alphabet."""

    start: int
    end: int
    ipa: str


class Utterance(NamedTuple):
    """A passage that was said.

    Attributes
    ----------
    samples : float32, shape (time,); empty where nothing of the text can be pronounced
    starts : when each character begins and the last ends, in seconds, shape
        (characters + 1,); None where the model does not tell
    """

    samples: NDArray[np.float32]
    starts: NDArray[np.float64] | None = None


class Synthesiser(Protocol):
    """A text-to-speech model that is ready to run.

    A family inherits from this, and says what is not as here.

    Attributes
    ----------
    rate : samples a second it gives, in Hz
    longest : characters it says well at once
    voices : their names, the default first; empty where it has only one
    languages : ISO 639-1 codes it knows; empty where it cannot tell
    scripts : the scripts it reads, as Unicode names them, such as LATIN; empty for any
    has_speed : whether `Delivery.speed` has an effect
    reads_phonemes : whether `utter` heeds the sounds it is given
    speaker_size : dimensions of the speaker embedding it takes; 0 where it takes none
    embedder : hub id or name of the model that makes such an embedding of a recording
    has_reference : whether it goes on from a recording in the voice that it hears
    vocoder : hub id of the vocoder it wants by `attach_vocoder`; None where it needs none
    """

    rate: int
    longest: int
    voices: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    has_speed: bool = False
    reads_phonemes: bool = False
    speaker_size: int = 0
    embedder: str | None = None
    has_reference: bool = False
    vocoder: str | None = None

    def synthesise(self, text: str, delivery: Delivery) -> NDArray[np.float32]:
        """Say one passage.

        Returns
        -------
        float32, shape (time,); empty where nothing of the text can be pronounced
        """
        ...

    def utter(
        self,
        text: str,
        sounds: Sequence[Sounds],  # noqa: ARG002 (for those that read phonemes)
        delivery: Delivery,
    ) -> Utterance:
        """Say one passage, some of it by its sounds, and tell when each character is said."""
        return Utterance(self.synthesise(text, delivery))

    def attach_vocoder(self, vocoder: Any) -> None:  # noqa: ARG002 (the others do)
        """Take the network that makes sound of what this one gives."""
        raise TypeError(f"{type(self).__name__} needs no vocoder")
