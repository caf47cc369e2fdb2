"""Says the texts of a run one after another, and writes what comes of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from audiocli.cli.speaking_progress import Advance, speaking_progress
from audiocli.context import Context
from audiocli.errors import AudioCliError, ExitCode
from audiocli.render.base import Layout, Renderer
from audiocli.results import Segment, Speech

if TYPE_CHECKING:
    from audiocli.batch.sound_output import Destination
    from audiocli.batch.texts import Text
    from audiocli.tasks.speak import Speaker, Spoken


@dataclass(frozen=True, kw_only=True)
class Speaking:
    """Everything that is the same for all texts of a run."""

    context: Context
    speaker: Speaker
    destination: Destination
    renderers: Sequence[Renderer]
    layout: Layout
    loudness: float | None

    def all(self, texts: Iterable[Text]) -> ExitCode:
        """Say the texts one after another; one that fails does not stop the others."""
        from audiocli.cli.batch import Tally

        tally = Tally(self.context)
        if likeness := self.speaker.options.likeness:
            self.context.warn(f"speaking with the voice of {likeness}; the file will say so")
        for text in texts:
            try:
                self.one(text)
            except AudioCliError as error:
                tally.fail(error)
            else:
                tally.succeed()
        return tally.exit_code

    def one(self, text: Text) -> None:
        """Say a text, and write what was said beside it."""
        from audiocli.batch.sound_output import open_sink

        path = self.destination.path_for(text.stem)
        rate = self.speaker.synthesiser.rate
        segments: list[Segment] = []
        samples = 0
        pipe = cast(BinaryIO, getattr(self.context.stdout, "buffer", None))
        is_watched = not self.destination.is_pipe
        with speaking_progress(self.context, text.name, is_watched=is_watched) as advance:
            spoken = self._spoken(text, advance)
            first = next(spoken)  # an error leaves no header on stdout
            with open_sink(self.destination, path, pipe, rate, self._tags()) as sink:
                for passage in chain((first,), spoken):
                    sink.write(passage.samples)
                    if passage.segment:
                        segments.append(passage.segment)
                    samples += passage.samples.size
        output = str(path) if path else None
        self._describe(
            self.speaker.result(tuple(segments), text.name, samples / rate, output), path
        )

    def _spoken(self, text: Text, advance: Advance) -> Iterator[Spoken]:
        spoken = self.speaker.say(text.read(), text.name, advance)
        if self.loudness is None:
            return spoken
        from audiocli.tasks.levelling import levelled

        rate = self.speaker.synthesiser.rate
        return levelled(spoken, rate, self.loudness, self.context.warn)

    def _tags(self) -> dict[str, str]:
        """Say in the file's metadata that nobody said this."""
        from audiocli import __version__

        likeness = self.speaker.options.likeness
        cloned = f", voice cloned from {likeness.name}" if likeness else ""
        model = self.speaker.model.name
        if (folder := Path(model)).is_dir():
            model = folder.resolve().name  # the file need not tell where the maker keeps things
        made = f"made by audiocli {__version__} with {model}"
        return {"comment": f"synthetic speech{cloned}, {made}"}

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
