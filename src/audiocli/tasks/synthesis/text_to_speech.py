"""Synthesise long texts passage by passage, as they are requested."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from audiocli.errors import InputError
from audiocli.models.protocols.recognition import Aligner
from audiocli.models.protocols.synthesis import Synthesiser, SynthesisOptions
from audiocli.results import ModelInfo, Moment, Segment, Speech
from audiocli.tasks.synthesis.consistent_voice import with_consistent_voice
from audiocli.tasks.synthesis.passages import PassageAudio, passage_audio, with_aligned_words
from audiocli.tasks.synthesis.placement import SynthesisedPassage, place_passage
from audiocli.text.cleaning import is_speakable
from audiocli.text.passages import AddReadings, PassageSplitter, spoken_text
from audiocli.text.readers.plain import read_plain
from audiocli.text.script import ScriptLine, SpeechScript


def _ignore(_done: int, _total: int) -> None:
    """Do nothing; the default progress callback."""


@dataclass(frozen=True, kw_only=True)
class SynthesisRequestOptions:
    """Options of a speech synthesis.

    Attributes
    ----------
    language : ISO 639 code of the text; None uses that of the model
    pitch : semitones above the voice
    synthesis : voice, speed and seed; the seed is increased with each passage
    reference_file : recording or speaker embedding of the voice, None for a voice of the model
    reference_text : text of the recording, for models that need it
    """

    language: str | None = None
    pitch: float = 0.0
    synthesis: SynthesisOptions = field(default_factory=SynthesisOptions)
    reference_file: Path | None = None
    reference_text: str | None = None


@dataclass(frozen=True, kw_only=True)
class TextToSpeech:
    """Synthesise speech from texts with a model.

    Attributes
    ----------
    add_readings : adds pronunciations before normalization, for example from a lexicon
    find_voice : return the model of a voice that this model does not have
    aligner : aligns the words of models that give no timing
    """

    synthesiser: Synthesiser
    model: ModelInfo
    options: SynthesisRequestOptions = field(default_factory=SynthesisRequestOptions)
    add_readings: AddReadings | None = None
    find_voice: Callable[[str], TextToSpeech] | None = None
    aligner: Aligner | None = None

    def synthesise_text(
        self, text: str, source: str, on_progress: Callable[[int, int], None] = _ignore
    ) -> Iterator[SynthesisedPassage]:
        """Synthesise plain text passage by passage; see `synthesise`."""
        return self.synthesise(read_plain(text), source, on_progress)

    def synthesise(
        self,
        script: SpeechScript,
        source: str,
        on_progress: Callable[[int, int], None] = _ignore,
        *,
        done: int = 0,
        samples: int = 0,
    ) -> Iterator[SynthesisedPassage]:
        """Synthesise a script passage by passage.

        Text that the model cannot pronounce is left out.

        Parameters
        ----------
        on_progress : called with the finished characters and the total
        done : number of passages synthesised before, which are skipped
        samples : number of samples of these passages

        Raises
        ------
        InputError : there is no text that the model can pronounce
        UsageError : no model has a requested voice
        """
        spoken = self._synthesised_passages(script, on_progress, done, samples)
        return self.require_speech(spoken, script, source, has_spoken=done > 0)

    def _synthesised_passages(
        self, script: SpeechScript, on_progress: Callable[[int, int], None], done: int, samples: int
    ) -> Iterator[SynthesisedPassage]:
        own = with_consistent_voice(self, script)
        others = {v: with_consistent_voice(s, script) for v, s in self.by_voice(script).items()}
        total = sum(len(line.text) for line in script.lines())
        characters = 0
        for number, passage in enumerate(self.passages(script)):
            characters += len(passage.text)
            if number < done:
                continue
            on_progress(characters - len(passage.text), total)
            tts = others.get(passage.prosody.voice, own)
            audio = self.synthesise_passage(passage, number, tts)
            start = samples / self.rate
            spoken = place_passage(passage, audio, number, start, self.rate, self._language)
            samples += spoken.size
            yield spoken

    def require_speech(
        self,
        passages: Iterator[SynthesisedPassage],
        script: SpeechScript,
        source: str,
        *,
        has_spoken: bool,
    ) -> Iterator[SynthesisedPassage]:
        """Yield passages, starting when one has speech.

        Parameters
        ----------
        has_spoken : whether an earlier passage had speech

        Raises
        ------
        InputError : no passage has speech
        """
        waiting: list[SynthesisedPassage] = []
        for passage in passages:
            waiting.append(passage)
            has_spoken = has_spoken or passage.segment is not None
            if has_spoken:
                yield from waiting
                waiting.clear()
        if not has_spoken:
            raise self._no_speech_error(script, source)

    def passages(self, script: SpeechScript) -> Iterator[ScriptLine]:
        """Split a script into passages that the model can synthesise at once."""
        longest = self.synthesiser.max_characters
        reader = PassageSplitter(
            max_chars=longest, language=self._language, add_readings=self.add_readings
        )
        return reader.passages(script.lines())

    @property
    def rate(self) -> int:
        """Sample rate in Hz."""
        return self.synthesiser.rate

    def result(
        self,
        spoken: tuple[Segment, ...],
        source: str,
        duration: float,
        output: str | None,
        *,
        chapters: tuple[Moment, ...] = (),
        marks: tuple[Moment, ...] = (),
    ) -> Speech:
        """Return the result of a synthesis."""
        options, synthesis = self.options, self.options.synthesis
        own_voice = synthesis.voice or next(iter(self.synthesiser.voices), None)
        return Speech(
            source=source,
            duration=duration,
            model=self.model,
            parameters={
                "language": options.language,
                "speed": synthesis.speed,
                "pitch": options.pitch,
                "reference_file": options.reference_file.name if options.reference_file else None,
            },
            language=self._language,
            segments=spoken,
            voice=None if options.reference_file else own_voice,
            seed=synthesis.seed,
            rate=self.synthesiser.rate,
            output=output,
            chapters=chapters,
            marks=marks,
        )

    @property
    def _language(self) -> str | None:
        known = self.synthesiser.languages
        return self.options.language or (known[0] if len(known) == 1 else None)

    def by_voice(self, script: SpeechScript) -> dict[str | None, TextToSpeech]:
        """Return the synthesiser of each voice that the script requests."""
        voices = {line.prosody.voice for line in script.lines()} - {None}
        by_voice: dict[str | None, TextToSpeech] = {}
        for voice in filter(None, voices):
            if voice in self.synthesiser.voices or not self.find_voice:
                synthesis = replace(self.options.synthesis, voice=voice)
                by_voice[voice] = replace(self, options=replace(self.options, synthesis=synthesis))
            else:
                by_voice[voice] = self.find_voice(voice)
        return by_voice

    def synthesise_passage(
        self, passage: ScriptLine, number: int, tts: TextToSpeech
    ) -> PassageAudio:
        """Synthesise a passage with the model and voice of `tts`, resampled to `rate`.

        Parameters
        ----------
        number : added to the seed
        """
        import numpy as np

        text = spoken_text(passage)
        if not text or not _is_in_scripts(tts.synthesiser.scripts, text):
            return PassageAudio(np.zeros(0, np.float32))
        options = tts.options
        synthesis = replace(options.synthesis, seed=options.synthesis.seed + number)
        audio = passage_audio(tts.synthesiser, passage, synthesis, options.pitch)
        if self.aligner and not audio.words and audio.samples.size:
            audio = with_aligned_words(audio, passage.text, tts.rate, self._language, self.aligner)
        if tts.rate == self.rate:
            return audio
        import soxr

        return audio._replace(samples=soxr.resample(audio.samples, tts.rate, self.rate))

    def _no_speech_error(self, script: SpeechScript, source: str) -> InputError:
        text = " ".join(line.text for line in script.lines())
        if not text.strip():
            return InputError(source, "is empty", "give a text with words")
        if not is_speakable(text):
            return InputError(source, "has no letters or digits to speak", "give a text with words")
        known = ", ".join(self.synthesiser.languages)
        speaks = f" speaks {known} and" if known else ""
        return InputError(
            source,
            f"{self.model.name}{speaks} cannot pronounce any of it",
            "choose a model for its language: audiocli models list --for-task speak",
        )


def script_of(character: str) -> str:
    """Return the script of a letter, the first word of its Unicode name, such as LATIN."""
    return unicodedata.name(character, "").partition(" ")[0]


def _is_in_scripts(scripts: tuple[str, ...], text: str) -> bool:
    """Return whether at least half of the letters belong to the scripts; ignore digits."""
    letters = [c for c in text if c.isalpha()]
    if not scripts or not letters:
        return True
    return 2 * sum(script_of(c) in scripts for c in letters) >= len(letters)
