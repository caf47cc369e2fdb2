"""Says the texts of a run one after another, and writes what comes of each."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from audiocli.cli.speaking_progress import Advance, speaking_progress
from audiocli.context import Context
from audiocli.errors import ExitCode, OutputError, input_failure
from audiocli.render.base import Layout, Renderer
from audiocli.results import Moment, Segment, Speech

if TYPE_CHECKING:
    from audiocli.batch.sound_output import Destination
    from audiocli.batch.speech_journal import SpeechJournal
    from audiocli.batch.texts import SpeechSource
    from audiocli.tasks.synthesis.placement import SynthesisedPassage
    from audiocli.tasks.synthesis.text_to_speech import TextToSpeech
    from audiocli.text.script import SpeechScript


@dataclass(frozen=True, kw_only=True)
class Speaking:
    """Everything that is the same for all texts of a run.

    Attributes
    ----------
    loudness : of the speech, in LUFS
    voices : the voice of each name of a dialogue
    notes : whether footnotes and endnotes are spoken
    fits : whether the cues of subtitles are said at their times
    background : a recording that the speech is laid over
    ducks : whether that is softer during speech
    settings : what else decides how the speech sounds
    overwrite : replace files that exist
    """

    context: Context
    speaker: TextToSpeech
    destination: Destination
    renderers: Sequence[Renderer]
    layout: Layout
    loudness: float | None
    voices: Mapping[str, str] = field(default_factory=dict)
    notes: bool = False
    fits: bool = False
    background: Path | None = None
    ducks: bool = False
    settings: str = ""
    overwrite: bool = False

    def all(self, texts: Iterable[SpeechSource]) -> ExitCode:
        """Say the texts one after another; one that fails does not stop the others."""
        from audiocli.cli.batch import Tally

        tally = Tally(self.context)
        if reference := self.speaker.options.reference_file:
            self.context.warn(f"speaking with the voice of {reference}; the file will say so")
        for text in texts:
            try:
                self.one(text)
            except Exception as error:
                is_partial = isinstance(error, OutputError) and self._has_sound(text)
                tally.fail(input_failure(error, text.name), is_partial=is_partial)
            else:
                tally.succeed()
        return tally.exit_code

    def one(self, text: SpeechSource) -> None:
        """Say a text, and write what was said beside it."""
        script = self._script(text)
        self._check_language(script, text.name)
        from audiocli.batch.output import output_exists

        path = self.destination.path_for(text.stem)
        for beside in self._files_beside(path):
            output_exists(beside)  # raises OutputError where none can be written
        is_watched = not self.destination.is_pipe
        with speaking_progress(self.context, text.name, is_watched=is_watched) as advance:
            if path and (not output_exists(path) or path.is_file()):
                self._write(script, text.name, path, advance)
            else:
                self._stream(script, text.name, path, advance)

    def _files_beside(self, path: Path | None) -> list[Path]:
        """Return the files of a text that are written beside its sound."""
        if path is None:
            return []
        return [path.with_suffix(f".{renderer.extension}") for renderer in self.renderers]

    def _has_sound(self, text: SpeechSource) -> bool:
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
        """Say so where a text tells that it is in a language that the model does not know."""
        from audiocli.text.languages import base_code

        declared, known = script.tags.get("language"), self.speaker.synthesiser.languages
        if declared and known and base_code(declared) not in known:
            speaks = f"{self.speaker.model.name} speaks {', '.join(known)}"
            self.context.warn(f"{name} says that it is in {declared!r}, and {speaks}")

    # --- to a pipe, a device or the loudspeaker, as it is made -----------------------

    def _stream(self, script: SpeechScript, name: str, path: Path | None, advance: Advance) -> None:
        from audiocli.batch.sound_output import open_output

        rate = self.speaker.rate
        segments: list[Segment] = []
        samples = 0
        pipe = cast(BinaryIO, getattr(self.context.stdout, "buffer", None))
        if path is None and pipe is not None and not pipe.writable():
            raise OutputError("stdout: not writable")
        spoken = self._levelled(self._performed(script, name, advance))
        first = next(spoken)  # an error leaves no header on stdout
        tags = self._tags(script)
        with open_output(self.destination, path, pipe, rate, tags) as sink:
            for passage in chain((first,), spoken):
                sink.write(passage.samples)
                if passage.segment and self.renderers:
                    segments.append(passage.segment)
                samples += passage.samples.size
        output = str(path) if path else None
        self._describe(self.speaker.result(tuple(segments), name, samples / rate, output), path)

    def _levelled(self, spoken: Iterator[SynthesisedPassage]) -> Iterator[SynthesisedPassage]:
        if self.loudness is None:
            return spoken
        from audiocli.tasks.synthesis.loudness import normalise_loudness

        return normalise_loudness(spoken, self.speaker.rate, self.loudness, self.context.warn)

    def _performed(
        self, script: SpeechScript, name: str, advance: Advance, done: int = 0, samples: int = 0
    ) -> Iterator[SynthesisedPassage]:
        if not self.fits:
            return self.speaker.synthesise(script, name, advance, done=done, samples=samples)
        from audiocli.tasks.synthesis.cue_fitting import CueFitter

        fitting = CueFitter(tts=self.speaker, warn=self.context.warn)
        return fitting.synthesise(script, name, advance, done=done, samples=samples)

    # --- to a file, which a killed run goes on with ----------------------------------

    def _write(self, script: SpeechScript, name: str, path: Path, advance: Advance) -> None:
        from audiocli.batch.speech_journal import open_journal, unfinished_key
        from audiocli.cli.speech_output import refuse_to_replace

        key = self._key(script)
        if not (self.overwrite or self.destination.folder) and unfinished_key(path) != key:
            refuse_to_replace(path)
        with open_journal(path, key) as journal:
            if journal.done:
                self.context.warn(f"{name}: going on after {journal.done} passages said before")
            if not journal.is_whole:
                done, samples = journal.done, journal.samples
                for spoken in self._performed(script, name, advance, done, samples):
                    journal.add(spoken)
                journal.finish()
            chapters = journal.chapters(self.speaker.rate)
            self._encode(journal, script, chapters, path)
            result = self.speaker.result(
                journal.segments() if self.renderers else (),
                name,
                journal.samples / self.speaker.rate,
                str(path),
                chapters=chapters,
                marks=journal.marks(),
            )
            self._describe(result, path)

    def _encode(
        self, journal: SpeechJournal, script: SpeechScript, chapters: Sequence[Moment], path: Path
    ) -> None:
        """Write the sound file, at its loudness, over the background, with its chapters."""
        from audiocli.batch.sound_output import chapters_of, open_output
        from audiocli.batch.speech_mix import open_mix

        blocks, rate = journal.blocks(), self.speaker.rate
        if self.loudness is not None:
            from audiocli.tasks.synthesis.loudness import gain_for_loudness

            level = gain_for_loudness(journal.blocks, rate, self.loudness, self.context.warn)
            blocks = level.applied(blocks, rate)
        parts = chapters_of(chapters, journal.samples / rate, script.tags.get("title", path.stem))
        spoken = [(s.start, s.end) for s in journal.segments()] if self.ducks else []
        pipe = cast(BinaryIO, None)
        tags = self._tags(script)
        with (
            open_mix(self.background, blocks, rate, spoken) as mix,
            open_output(self.destination, path, pipe, mix.rate, tags, parts, mix.channels) as sink,
        ):
            for block in mix.blocks:
                sink.write(block)

    def _key(self, script: SpeechScript) -> str:
        """What decides the sound: with another key, what was said before is of no use."""
        options = self.speaker.options
        embedding = options.synthesis.speaker_embedding
        told = (
            self.speaker.model,
            replace(options, synthesis=options.synthesis.without_cloning()),
            None if embedding is None else embedding.tobytes(),
            self.fits,
            self.settings,
        )
        digest = hashlib.sha256(repr(told).encode())
        for line in script.lines():
            digest.update(repr(line).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    # --- what is told about the speech -----------------------------------------------

    def _tags(self, script: SpeechScript) -> dict[str, str]:
        """Say in the file's metadata what it is, and that nobody said this."""
        from audiocli import __version__

        reference = self.speaker.options.reference_file
        cloned = f", voice cloned from {reference.name}" if reference else ""
        model = self.speaker.model.name
        if (folder := Path(model)).is_dir():
            model = folder.resolve().name  # the file need not tell where the maker keeps things
        made = f"made by audiocli {__version__} with {model}"
        return {**script.tags, "comment": f"synthetic speech{cloned}, {made}"}

    def _describe(self, result: Speech, path: Path | None) -> None:
        """Write what was said when, beside the sound, or to stdout where that is played."""
        for renderer in self.renderers:
            text = renderer.head(Speech) + "".join(renderer.body(result, self.layout))
            if path is None:
                self.context.stdout.write(text)
                continue
            from audiocli.batch.output import atomic_writer

            with atomic_writer(path.with_suffix(f".{renderer.extension}")) as out:
                out.write(text)
