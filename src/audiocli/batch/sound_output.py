"""Where made sound goes: a file, a pipe, or the loudspeaker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    """Takes sound block by block."""

    def write(self, samples: NDArray[np.float32]) -> None:
        """Take samples, shape (time,), or (channels, time) into a file of so many channels."""


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where the sound of the texts goes.

    Attributes
    ----------
    format : one of `audio.writer.AUDIO_FORMATS`
    file : one file for one text
    folder : a file for each text
    play : to the loudspeaker; with none of the three, to stdout
    """

    format: str
    file: Path | None = None
    folder: Path | None = None
    play: bool = False

    @property
    def is_pipe(self) -> bool:
        """Whether sound goes to stdout."""
        return not (self.file or self.folder or self.play)

    def path_for(self, stem: str) -> Path | None:
        """The file of a text, if it gets one."""
        from audiocli.audio.writer import AUDIO_FORMATS

        if self.folder:
            return self.folder / f"{stem}{AUDIO_FORMATS[self.format].suffixes[0]}"
        return self.file


def choose_format(named: str | None, file: Path | None) -> str:
    """Decide the format: as named, as the file's name ends, else WAV.

    Raises
    ------
    UsageError : no format has files that end so
    """
    from audiocli.audio.writer import AUDIO_FORMATS, format_for_suffix

    if named:
        return named
    if file is None or not file.suffix:
        return "wav"
    if format := format_for_suffix(file.suffix):
        return format
    known = ", ".join(AUDIO_FORMATS)
    raise UsageError(f"{file}: no sound format ends in {file.suffix}", f"name one by -f: {known}")


def chapters_of(begins: Sequence[Moment], duration: float, title: str) -> list[Chapter]:
    """The chapters of a recording without a gap; what comes before the first has the title.

    Parameters
    ----------
    begins : where each begins
    duration : of the recording, in seconds
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
) -> Iterator[AudioOutput]:
    """Open the place for one text's sound; a file appears when it is whole.

    Parameters
    ----------
    path : what `Destination.path_for` gave
    tags : metadata of the file
    chapters : of a file, where its format has them
    channels : of a file
    """
    if path:
        from audiocli.audio.writer import open_writer
        from audiocli.batch.output import atomic_writer

        with (
            atomic_writer(path, binary=True) as file,
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
