"""Text to speech: a long text as passages, each said as soon as it is asked for."""

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
    """Take a report that nobody wants."""


@dataclass(frozen=True, kw_only=True)
class SynthesisRequestOptions:
    """How to speak.

    Attributes
    ----------
    language : ISO 639 code of the text, None for what the model speaks
    pitch : semitones above the voice's own
    delivery : voice, speed, seed; each passage counts the seed one up
    reference_audio : the file whose voice this is, where it is none of the model's own:
        a recording, or an embedding in `delivery.speaker_embedding`
    reference_text : what is said in the recording, for models that ask for it
    """

    language: str | None = None
    pitch: float = 0.0
    delivery: SynthesisOptions = field(default_factory=SynthesisOptions)
    reference_audio: Path | None = None
    reference_text: str | None = None


@dataclass(frozen=True, kw_only=True)
class TextToSpeech:
    """A model and a way to speak, ready for any number of texts.

    Attributes
    ----------
    add_readings : adds readings before normalization, as a lexicon does
    find_voice : finds who speaks with a voice that the model does not have
    aligner : times the words, where the model does not tell when it says them
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
        """Say a plain text passage by passage; see `synthesise`."""
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
        """Say a script passage by passage.

        What the model has no sounds for is left out.

        Parameters
        ----------
        on_progress : told the characters that are done, and those there are
        done : passages that were said before; they are not said again
        samples : that were made of them

        Raises
        ------
        InputError : there is nothing in the text that it can say
        UsageError : it asks for a voice that nobody has
        """
        spoken = self._performed(script, on_progress, done, samples)
        return self.require_speech(spoken, script, source, has_spoken=done > 0)

    def _performed(
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
            speaker = others.get(passage.prosody.voice, own)
            uttered = self.synthesise_passage(passage, number, speaker)
            start = samples / self.rate
            spoken = place_passage(passage, uttered, number, start, self.rate, self._language)
            samples += spoken.samples.size
            yield spoken

    def require_speech(
        self,
        spoken: Iterator[SynthesisedPassage],
        script: SpeechScript,
        source: str,
        *,
        has_spoken: bool,
    ) -> Iterator[SynthesisedPassage]:
        """Give passages from when there is something to hear.

        Raises
        ------
        InputError : there is nothing, and nothing `has_spoken` before
        """
        waiting: list[SynthesisedPassage] = []
        for passage in spoken:
            waiting.append(passage)
            has_spoken = has_spoken or passage.segment is not None
            if has_spoken:
                yield from waiting
                waiting.clear()
        if not has_spoken:
            raise self._nothing_said(script, source)

    def passages(self, script: SpeechScript) -> Iterator[ScriptLine]:
        """Divide a script into what is said at once, with the readings of what is written."""
        longest = self.synthesiser.max_characters
        reader = PassageSplitter(
            max_chars=longest, language=self._language, add_readings=self.add_readings
        )
        return reader.passages(script.lines())

    @property
    def rate(self) -> int:
        """Samples a second, in Hz."""
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
        """Gather what was said into a result."""
        options, delivery = self.options, self.options.delivery
        own_voice = delivery.voice or next(iter(self.synthesiser.voices), None)
        return Speech(
            source=source,
            duration=duration,
            model=self.model,
            parameters={
                "language": options.language,
                "speed": delivery.speed,
                "pitch": options.pitch,
                "reference_audio": options.reference_audio.name
                if options.reference_audio
                else None,
            },
            language=self._language,
            segments=spoken,
            voice=None if options.reference_audio else own_voice,
            seed=delivery.seed,
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
        """Who speaks with each voice that the script asks for."""
        voices = {line.prosody.voice for line in script.lines()} - {None}
        speakers: dict[str | None, TextToSpeech] = {}
        for voice in filter(None, voices):
            if voice in self.synthesiser.voices or not self.find_voice:
                delivery = replace(self.options.delivery, voice=voice)
                speakers[voice] = replace(self, options=replace(self.options, delivery=delivery))
            else:
                speakers[voice] = self.find_voice(voice)
        return speakers

    def synthesise_passage(
        self, passage: ScriptLine, number: int, speaker: TextToSpeech
    ) -> PassageAudio:
        """Say a passage by itself, with the voice of a speaker, at our rate.

        Parameters
        ----------
        number : moves the seed
        """
        import numpy as np

        text = spoken_text(passage)
        if not text or not _is_in_scripts(speaker.synthesiser.scripts, text):
            return PassageAudio(np.zeros(0, np.float32))
        options = speaker.options
        delivery = replace(options.delivery, seed=options.delivery.seed + number)
        uttered = passage_audio(speaker.synthesiser, passage, delivery, options.pitch)
        if self.aligner and not uttered.words and uttered.samples.size:
            uttered = with_aligned_words(
                uttered, passage.text, speaker.rate, self._language, self.aligner
            )
        if speaker.rate == self.rate:
            return uttered
        import soxr

        return uttered._replace(samples=soxr.resample(uttered.samples, speaker.rate, self.rate))

    def _nothing_said(self, script: SpeechScript, source: str) -> InputError:
        text = " ".join(line.text for line in script.lines())
        if not text.strip():
            return InputError(source, "is empty: there is nothing to say")
        if not is_speakable(text):
            return InputError(source, "has no letter and no digit: there is nothing to say")
        known = ", ".join(self.synthesiser.languages)
        speaks = f" speaks {known} and" if known else ""
        return InputError(
            source,
            f"{self.model.name}{speaks} cannot pronounce any of it",
            "choose a model for its language: audiocli models list --task speak",
        )


def script_of(character: str) -> str:
    """The script of a letter, as the first word of its Unicode name: LATIN, CJK, GREEK."""
    return unicodedata.name(character, "").partition(" ")[0]


def _is_in_scripts(scripts: tuple[str, ...], text: str) -> bool:
    """Whether at least half of the letters belong to the scripts; digits are read in any."""
    letters = [c for c in text if c.isalpha()]
    if not scripts or not letters:
        return True
    return 2 * sum(script_of(c) in scripts for c in letters) >= len(letters)
