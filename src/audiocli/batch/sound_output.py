"""Outputs of synthesized audio: a file, a pipe, or the audio device."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from audiocli.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiocli.audio.writer import Chapter
    from audiocli.results import Moment


class AudioOutput(Protocol):
    """An output for consecutive blocks of samples."""

    def write(self, samples: NDArray[np.float32]) -> None:
        """Write samples, shape (time,), or (channels, time) for a file."""


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Destination of the synthesized audio.

    Attributes
    ----------
    format : one of `audio.writer.AUDIO_FORMATS`
    file : output file of a single text
    folder : folder with an output file for each text
    play : play on the audio device; without any of the three, stdout is used
    """

    format: str
    file: Path | None = None
    folder: Path | None = None
    play: bool = False

    @property
    def is_pipe(self) -> bool:
        """Whether the audio is written to stdout."""
        return not (self.file or self.folder or self.play)

    def path_for(self, stem: str) -> Path | None:
        """Return the output file of a text, or None."""
        from audiocli.audio.writer import AUDIO_FORMATS

        if self.folder:
            return self.folder / f"{stem}{AUDIO_FORMATS[self.format].suffixes[0]}"
        return self.file


def choose_format(named: str | None, file: Path | None) -> str:
    """Return the format: the named one, that of the file's suffix, else WAV.

    Raises
    ------
    UsageError : the suffix does not belong to a format
    """
    from audiocli.audio.writer import AUDIO_FORMATS, format_for_suffix

    if named:
        return named
    if file is None or not file.suffix:
        return "wav"
    if format := format_for_suffix(file.suffix):
        return format
    known = ", ".join(AUDIO_FORMATS)
    raise UsageError(f"{file}: unknown audio format {file.suffix}", f"set one with -f: {known}")


def chapters_of(begins: Sequence[Moment], duration: float, title: str) -> list[Chapter]:
    """Return chapters that cover a recording without gaps.

    Parameters
    ----------
    begins : start and title of each chapter
    duration : duration of the recording, in seconds
    title : title of the part before the first chapter, if any
    """
    from audiocli.audio.writer import Chapter
    from audiocli.results import Moment

    if not begins:
        return []
    before = [Moment(time=0.0, name=title)] if begins[0].time > 0 else []
    ends = [*(moment.time for moment in begins), duration]
    starts = [*before, *begins]
    return [
        Chapter(start.time, end, start.name)
        for start, end in zip(starts, ends[len(begins) + 1 - len(starts) :], strict=True)
    ]


@contextmanager
def open_output(
    destination: Destination,
    path: Path | None,
    stdout: BinaryIO,
    rate: int,
    tags: Mapping[str, str],
    chapters: Sequence[Chapter] = (),
    channels: int = 1,
    before_replace: Callable[[Path], None] = lambda _: None,
) -> Iterator[AudioOutput]:
    """Open the output of one text; a file appears when it is complete.

    Parameters
    ----------
    path : the result of `Destination.path_for`
    tags : metadata of the file
    chapters : chapters of the file, if its format supports them
    channels : number of channels of the file
    before_replace : see `atomic_writer`
    """
    if path:
        from audiocli.audio.writer import open_writer
        from audiocli.batch.output import atomic_writer

        with (
            atomic_writer(path, binary=True, before_replace=before_replace) as file,
            open_writer(
                file, rate, destination.format, str(path), tags, chapters, channels
            ) as encoder,
        ):
            yield encoder
    elif destination.play:
        from audiocli.audio.player import open_player

        with open_player(rate) as player:
            yield player
    else:
        from audiocli.audio.writer import open_writer

        with open_writer(stdout, rate, destination.format, "stdout", tags) as encoder:
            yield encoder
