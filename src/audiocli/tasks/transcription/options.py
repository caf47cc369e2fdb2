"""Options of a transcription."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from audiocli.models.protocols.recognition import DecodingOptions, Recogniser
from audiocli.tasks.transcription.speech_windows import VadOptions

LANGUAGE_SWITCH_PAUSE = 1.2  # seconds of silence after which the language may change


@dataclass(frozen=True, kw_only=True)
class TranscriptionOptions:
    """Options of a transcription.

    Attributes
    ----------
    language : ISO 639-1 code; None detects the language of each recording, "auto" that of
        each window
    candidates : ISO 639-1 codes that detection chooses from; all if empty
    word_timestamps : keep the words and their times in the result
    align_model : CTC model that aligns the words; None uses the times of the recogniser
    """

    language: str | None = None
    candidates: tuple[str, ...] = ()
    word_timestamps: bool = False
    align_model: str | None = None
    decoding: DecodingOptions = field(default_factory=DecodingOptions)
    vad_options: VadOptions = field(default_factory=VadOptions)

    @property
    def code(self) -> str | None:
        """The language code given by the user, or None to detect the language."""
        return None if self.language == "auto" else self.language

    def vad_options_for(self, recogniser: Recogniser) -> VadOptions:
        """Return the VAD options for a recogniser; "auto" ends windows at shorter pauses."""
        min_silence = (
            min(self.vad_options.min_silence, LANGUAGE_SWITCH_PAUSE)
            if self.language == "auto"
            else self.vad_options.min_silence
        )
        return replace(
            self.vad_options, max_seconds=recogniser.max_seconds, min_silence=min_silence
        )

    @property
    def parameters(self) -> dict[str, Any]:
        """The options as recorded in the result."""
        return {
            "language": self.language,
            "candidates": list(self.candidates),
            "word_timestamps": self.word_timestamps,
            "align_model": self.align_model,
            **asdict(self.decoding),
        }
