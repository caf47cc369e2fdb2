"""Protocol of the text-to-speech models that `speak` uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class SynthesisOptions:
    """Options for synthesising a passage.

    Attributes
    ----------
    voice : name of one of the model's voices; None selects the default
    speed : speaking rate relative to the model's own; 2 is twice as fast
    seed : seed of the random number generator; the output is reproducible on one machine
    speaker_embedding : embedding of the voice to speak with, shape (dimensions,), for
        models with a `speaker_embedding_size`
    reference_audio : recording of the voice to speak with, mono at the model's rate, shape
        (time,), for models with `accepts_reference`
    reference_text : transcript of `reference_audio`
    """

    voice: str | None = None
    speed: float = 1.0
    seed: int = 0
    speaker_embedding: NDArray[np.float32] | None = None
    reference_audio: NDArray[np.float32] | None = None
    reference_text: str = ""

    def without_cloning(self) -> SynthesisOptions:
        """Return the options without speaker embedding and reference."""
        return replace(self, speaker_embedding=None, reference_audio=None, reference_text="")


class Pronunciation(NamedTuple):
    """Pronunciation of `text[start:end]` in the International Phonetic Alphabet."""

    start: int
    end: int
    ipa: str


class TimedSpeech(NamedTuple):
    """Speech that a model generated for a passage.

    Attributes
    ----------
    samples : float32, shape (time,); empty if nothing in the text is pronounceable
    character_starts : start time of each character in seconds, then the end of the last,
        shape (characters + 1,); None if the model gives no timing
    """

    samples: NDArray[np.float32]
    character_starts: NDArray[np.float64] | None = None


class Synthesiser(Protocol):
    """A loaded text-to-speech model.

    A family subclasses this and overrides the defaults that do not apply to it.

    Attributes
    ----------
    rate : sampling rate of the output in Hz
    max_characters : longest passage that the model speaks well
    voices : names of the voices, the default first; empty if the model has only one
    languages : ISO 639-1 codes of the supported languages; empty if unknown
    scripts : Unicode names of the scripts that it reads, such as LATIN; empty for any
    has_speed : whether `SynthesisOptions.speed` has an effect
    accepts_phonemes : whether `synthesise_timed` uses the pronunciations it is given
    speaker_embedding_size : dimensions of the speaker embedding it takes; 0 for none
    speaker_embedder : name or hub id of the model that computes such an embedding
    accepts_reference : whether it clones the voice of `SynthesisOptions.reference_audio`
    vocoder : hub id of the vocoder to pass to `attach_vocoder`; None if it needs none
    """

    rate: int
    max_characters: int
    voices: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    has_speed: bool = False
    accepts_phonemes: bool = False
    speaker_embedding_size: int = 0
    speaker_embedder: str | None = None
    accepts_reference: bool = False
    vocoder: str | None = None

    def synthesise(self, text: str, options: SynthesisOptions) -> NDArray[np.float32]:
        """Synthesise one passage.

        Returns
        -------
        float32, shape (time,); empty if nothing in the text is pronounceable
        """
        ...

    def synthesise_timed(
        self,
        text: str,
        pronunciations: Sequence[Pronunciation],  # noqa: ARG002 (for models that take phonemes)
        options: SynthesisOptions,
    ) -> TimedSpeech:
        """Synthesise one passage, and return the time of each character if it is known.

        Parameters
        ----------
        pronunciations : pronunciations of parts of the text, in order
        """
        return TimedSpeech(self.synthesise(text, options))

    def attach_vocoder(self, vocoder: Any) -> None:  # noqa: ARG002 (for models that need one)
        """Set the network that converts the model's output to a waveform."""
        raise TypeError(f"{type(self).__name__} needs no vocoder")
