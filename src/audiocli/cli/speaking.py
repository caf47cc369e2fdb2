"""Speaks the texts of a run one after another, and writes audio and transcript of each."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from audiocli.cli.speaking_progress import Advance, speaking_progress
from audiocli.cli.speech_folder import recorder_of
from audiocli.context import Context
from audiocli.errors import ExitCode, OutputError, input_failure
from audiocli.render.base import Layout, Renderer
from audiocli.results import Segment, Speech

if TYPE_CHECKING:
    from audiocli.batch.sound_output import Destination
    from audiocli.batch.texts import SpeechSource
    from audiocli.cli.folder_output import FolderOutput
    from audiocli.tasks.synthesis.placement import SynthesisedPassage
    from audiocli.tasks.synthesis.text_to_speech import TextToSpeech
    from audiocli.text.script import SpeechScript


@dataclass(frozen=True, kw_only=True)
class SpeechRun:
    """Speaks texts with one model and one set of options.

    Attributes
    ----------
    loudness : target in LUFS; None leaves it as it is
    voices : voice of each name in a dialogue
    notes : whether footnotes and endnotes are spoken
    fit : whether subtitle cues are spoken at their times
    background : recording to mix the speech into
    duck : whether the level of the background is lowered during speech
    lexicon : the entries of the lexicon, as part of the journal key
    folder : the output folder, if there is one
    overwrite : replace existing files
    """

    context: Context
    model: TextToSpeech
    destination: Destination
    renderers: Sequence[Renderer]
    layout: Layout
    loudness: float | None
    voices: Mapping[str, str] = field(default_factory=dict)
    notes: bool = False
    fit: bool = False
    background: Path | None = None
    duck: bool = False
    lexicon: str = ""
    folder: FolderOutput[SpeechSource] | None = None
    overwrite: bool = False

    def speak_all(self, texts: Iterable[SpeechSource]) -> ExitCode:
        """Speak the texts one after another; one that fails does not stop the others."""
        from audiocli.cli.run_summary import RunSummary

        summary = RunSummary(self.context)
        if reference := self.model.options.reference_file:
            self.context.warn(f"cloning the voice of {reference}; the output is marked")
        for text in texts:
            try:
                self.speak(text)
            except Exception as error:
                is_partial = isinstance(error, OutputError) and self._has_audio(text)
                summary.fail(input_failure(error, text.name), is_partial=is_partial)
            else:
                summary.succeed()
        return summary.exit_code

    def speak(self, text: SpeechSource) -> None:
        """Speak a text, and write its transcript next to the audio."""
        script = self._script(text)
        self._check_language(script, text.name)
        from audiocli.batch.output import output_exists

        path = self.destination.path_for(text.stem)
        for transcript in self._transcript_paths(path):
            output_exists(transcript)  # raises OutputError if it cannot be written
        is_watched = not self.destination.is_pipe
        with speaking_progress(self.context, text.name, is_watched=is_watched) as advance:
            if path and (not output_exists(path) or path.is_file()):
                self._write(script, text, path, advance)
            else:
                self._stream(script, text, path, advance)

    def _transcript_paths(self, path: Path | None) -> list[Path]:
        """Return the files written next to the audio of a text."""
        if path is None:
            return []
        return [path.with_suffix(f".{renderer.extension}") for renderer in self.renderers]

    def _has_audio(self, text: SpeechSource) -> bool:
        path = self.destination.path_for(text.stem)
        return bool(path and os.path.isfile(path))  # noqa: PTH113 (a name of any length)

    def _script(self, text: SpeechSource) -> SpeechScript:
        if not self.voices:
            return text.script(notes=self.notes)
        from audiocli.text.readers.dialogue import with_voices

        return with_voices(
            text.script(self.voices, notes=self.notes), self.voices, self.context.warn
        )

    def _check_language(self, script: SpeechScript, name: str) -> None:
        """Warn if the declared language of a text is none of the model."""
        from audiocli.text.languages import base_code

        declared, known = script.tags.get("language"), self.model.synthesiser.languages
        if declared and known and base_code(declared) not in known:
            speaks = f"{self.model.model.name} speaks {', '.join(known)}"
            self.context.warn(f"the language of {name} is {declared!r}, and {speaks}")

    # --- to a pipe, a device or the speakers, while it is synthesized ----------------

    def _stream(
        self, script: SpeechScript, text: SpeechSource, path: Path | None, advance: Advance
    ) -> None:
        from audiocli.batch.sound_output import open_output
        from audiocli.batch.speech_file import speech_tags

        rate = self.model.rate
        segments: list[Segment] = []
        samples = 0
        pipe = cast(BinaryIO, getattr(self.context.stdout, "buffer", None))
        if path is None and pipe is not None and not pipe.writable():
            raise OutputError("stdout: not writable", "is it closed?")
        spoken = self._normalized(self._synthesized(script, text.name, advance))
        first = next(spoken)  # an error leaves no header on stdout
        tags = speech_tags(self.model, script)
        with open_output(self.destination, path, pipe, rate, tags) as sink:
            for passage in chain((first,), spoken):
                for block in passage.blocks():
                    sink.write(block)
                if passage.segment and self.renderers:
                    segments.append(passage.segment)
                samples += passage.size
        output = str(path) if path else None
        result = self.model.result(tuple(segments), text.name, samples / rate, output)
        self._write_transcript(result, text, path)

    def _normalized(self, spoken: Iterator[SynthesisedPassage]) -> Iterator[SynthesisedPassage]:
        if self.loudness is None:
            return spoken
        from audiocli.tasks.synthesis.loudness import normalise_loudness

        return normalise_loudness(spoken, self.model.rate, self.loudness, self.context.warn)

    def _synthesized(
        self, script: SpeechScript, name: str, advance: Advance, done: int = 0, samples: int = 0
    ) -> Iterator[SynthesisedPassage]:
        if not self.fit:
            return self.model.synthesise(script, name, advance, done=done, samples=samples)
        from audiocli.tasks.synthesis.cue_fitting import CueFitter

        fitting = CueFitter(tts=self.model, warn=self.context.warn)
        return fitting.synthesise(script, name, advance, done=done, samples=samples)

    # --- to a file, with a journal that lets an interrupted run resume ---------------

    def _write(
        self, script: SpeechScript, text: SpeechSource, path: Path, advance: Advance
    ) -> None:
        from audiocli.batch.speech_file import speech_tags, write_speech
        from audiocli.batch.speech_journal import open_journal, speech_key, unfinished_key
        from audiocli.cli.speech_output import refuse_to_replace

        key = speech_key(self.model, script, fit=self.fit, lexicon=self.lexicon)
        if not (self.overwrite or self.destination.folder) and unfinished_key(path) != key:
            refuse_to_replace(path)
        with open_journal(path, key) as journal:
            if journal.done:
                self.context.warn(f"{text.name}: resuming after {journal.done} passages")
            if not journal.is_whole:
                done, samples = journal.done, journal.samples
                for spoken in self._synthesized(script, text.name, advance, done, samples):
                    journal.add(spoken)
                journal.finish()
            chapters = journal.chapters(self.model.rate)
            write_speech(
                journal,
                path,
                self.destination,
                self.model.rate,
                speech_tags(self.model, script),
                loudness=self.loudness,
                background=self.background,
                duck=self.duck,
                warn=self.context.warn,
                before_replace=recorder_of(self.folder, text, path),
            )
            result = self.model.result(
                journal.segments() if self.renderers else (),
                text.name,
                journal.samples / self.model.rate,
                str(path),
                chapters=chapters,
                marks=journal.marks(),
            )
            self._write_transcript(result, text, path)

    # --- transcript -----------------------------------------------------

    def _write_transcript(self, result: Speech, text: SpeechSource, path: Path | None) -> None:
        """Write the transcript next to the audio file, or to stdout if the audio is played."""
        for renderer in self.renderers:
            content = renderer.head(Speech) + "".join(renderer.body(result, self.layout))
            if path is None:
                self.context.stdout.write(content)
                continue
            from audiocli.batch.output import atomic_writer

            file = path.with_suffix(f".{renderer.extension}")
            with atomic_writer(file, before_replace=recorder_of(self.folder, text, file)) as out:
                out.write(content)
