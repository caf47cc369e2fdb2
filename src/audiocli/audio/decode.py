"""Any source of sound to samples: the one way sound gets into audiocli.

`open_audio` streams a recording as blocks, in memory that does not grow with its
length; `read` gives it whole. Both decode, choose channels, trim and resample.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from audiocli.audio.channel_mixer import ChannelMixer
from audiocli.audio.clip import Clip
from audiocli.audio.reader import AudioReader, open_live, open_reader, open_url
from audiocli.audio.selection import Selection
from audiocli.audio.source import Source, is_url, name_of, open_seekable
from audiocli.audio.timecode import format_time
from audiocli.errors import InputError, reason

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Blocks = Iterator[NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class AudioStream:
    """Sound as it is decoded, block by block; it can be gone through once.

    Attributes
    ----------
    name : the source as the user named it
    rate : samples a second, in Hz
    channels : rows of each block
    duration : length of the selection in seconds, as the container tells it: None when it
        does not, an estimate for formats without an index
    offset : where the first sample lies in the source, in seconds
    """

    name: str
    rate: int
    channels: int
    duration: float | None
    offset: float
    _samples: Blocks = field(repr=False)

    def __iter__(self) -> Blocks:
        """Yield float32 blocks of shape (channels, time), of whatever length is handy.

        Raises
        ------
        InputError
            when the source breaks off, has no sound in the selection, or holds
            samples that are not numbers
        """
        return self._samples

    def blocks(self, seconds: float) -> Blocks:
        """Yield blocks of `seconds` each; the last may be shorter."""
        import numpy as np

        size = max(1, round(seconds * self.rate))
        pieces: list[NDArray[np.float32]] = []
        missing = size
        for block in self:
            while block.shape[1] >= missing:
                yield np.concatenate([*pieces, block[:, :missing]], axis=1)
                block = block[:, missing:]
                pieces, missing = [], size
            pieces.append(block)
            missing -= block.shape[1]
        if missing < size:
            yield np.concatenate(pieces, axis=1)


@contextmanager
def open_audio(
    source: Source,
    *,
    rate: int | None = None,
    selection: Selection = Selection(),
    name: str | None = None,
    live: bool = False,
    offline: bool = False,
) -> Iterator[AudioStream]:
    """Open a recording as a stream of blocks.

    Parameters
    ----------
    source : a path, an http(s) URL, or an open binary file such as stdin
    rate : samples a second wanted, in Hz; None keeps the recording's own
    selection : the track, the channels and the part wanted
    name : what to call the source in messages and results
    live : read a pipe as its bytes arrive, without waiting for its end; containers with
        an index at the end, such as most M4A files, cannot be read so
    offline : refuse URLs

    Raises
    ------
    InputError
        when there is no sound to be had from the source
    """
    name = name or name_of(source)
    with ExitStack() as stack:
        try:
            reader = _reader(source, name, selection.track, stack, live=live, offline=offline)
        except OSError as error:  # the disk, the network share
            raise InputError(name, reason(error)) from error
        stack.enter_context(closing(reader))
        yield stream_of(reader, name, rate or reader.rate, selection)


def read(
    source: Source,
    *,
    rate: int | None = None,
    selection: Selection = Selection(),
    name: str | None = None,
    offline: bool = False,
) -> Clip:
    """Decode a recording whole; the parameters and errors are those of `open_audio`."""
    import numpy as np

    with open_audio(source, rate=rate, selection=selection, name=name, offline=offline) as stream:
        samples = np.concatenate(list(stream), axis=1)
    return Clip(samples, stream.rate, stream.name, stream.offset)


def _reader(
    source: Source, name: str, track: str | None, stack: ExitStack, *, live: bool, offline: bool
) -> AudioReader:
    if is_url(source):
        if offline:
            raise InputError(name, "is on the network, and offline is set")
        return open_url(str(source), name, stack, track)
    if live and not isinstance(source, str | Path):
        return open_live(source, name, track)
    return open_reader(stack.enter_context(open_seekable(source, name)), name, track)


def stream_of(reader: AudioReader, name: str, rate: int, selection: Selection) -> AudioStream:
    """Make a stream of what a reader decodes; the parameters are those of `open_audio`."""
    channels = selection.channels(reader.channels, name)
    samples = _selected(reader, selection, name)
    if rate != reader.rate:
        from audiocli.audio.resample import resampled

        samples = resampled(samples, reader.rate, rate, channels)
    return AudioStream(
        name=name,
        rate=rate,
        channels=channels,
        duration=selection.length(reader.duration),
        offset=selection.start,
        _samples=_not_empty(samples, selection, name),
    )


def _selected(reader: AudioReader, selection: Selection, name: str) -> Blocks:
    """Decode the selection at the reader's rate; refuse what is not sound."""
    start = round(selection.start * reader.rate)
    end = None if selection.end is None else max(start + 1, round(selection.end * reader.rate))
    position = start
    levels = ChannelMixer(selection, reader.rate, name)
    try:
        for raw in reader.blocks(start, end):
            block = levels.pick(raw)
            _check_finite(block, position, reader.rate, name)
            position += block.shape[1]
            yield block
        levels.warn()
    except OSError as error:
        raise InputError(name, reason(error)) from error


def _not_empty(samples: Blocks, selection: Selection, name: str) -> Blocks:
    empty = True
    for block in samples:
        empty = False
        yield block
    if empty:
        after = selection.start
        problem = f"no sound after {format_time(after)}" if after else "holds no sound"
        raise InputError(name, problem)


def _check_finite(block: NDArray[np.float32], position: int, rate: int, name: str) -> None:
    import numpy as np

    finite = np.isfinite(block)
    if finite.all():
        return
    first = position + int(np.argmin(finite.all(axis=0)))
    raise InputError(
        name,
        f"the sample at {format_time(first / rate)} is not a number",
        "the program that wrote the file is at fault: write it again, as PCM",
    )
