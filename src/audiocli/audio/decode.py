"""Decode any audio source to samples.

`open_audio` streams a recording as blocks, with memory independent of its length; `read`
returns it as a whole. Both decode, select channels, trim and resample.
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
from audiocli.audio.source import Source, check_content, is_url, is_web_url, name_of, open_seekable
from audiocli.audio.storage import open_storage
from audiocli.audio.timecode import format_time
from audiocli.errors import (
    WRONG_FILE,
    InputError,
    TemporaryFileError,
    hint_for,
    input_failure,
    reason,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Blocks = Iterator[NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class AudioStream:
    """A stream of decoded blocks that can be iterated once.

    Attributes
    ----------
    name : name of the source as given by the user
    rate : sampling rate in Hz
    channels : rows of each block
    duration : length of the selection in seconds, according to the container: None if
        unknown, an estimate for formats without an index
    offset : position of the first sample in the source, in seconds
    """

    name: str
    rate: int
    channels: int
    duration: float | None
    offset: float
    _samples: Blocks = field(repr=False)

    def __iter__(self) -> Blocks:
        """Yield float32 blocks of shape (channels, time), of any length.

        Raises
        ------
        InputError
            when the source cannot be read to its end, has no sound in the selection, or
            contains samples that are not finite
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
def open_array(
    samples: ArrayLike,
    source_rate: int,
    *,
    rate: int | None = None,
    selection: Selection = Selection(),
    name: str = "array",
) -> Iterator[AudioStream]:
    """Open samples in memory as a stream of blocks.

    Parameters
    ----------
    samples : shape (time,) or (channels, time): floats in [-1, 1], int16 or int32
    source_rate : of the samples, in Hz
    rate : samples a second wanted, in Hz; None keeps `source_rate`

    Raises
    ------
    InputError : the array has another shape or type, or nothing is left of it
    """
    from audiocli.audio.array_reader import ArrayReader

    reader = ArrayReader(samples, source_rate, name)
    yield stream_of(reader, name, rate or reader.rate, selection)


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
    source : a path, a URL, or an open binary file such as stdin
    rate : output sampling rate in Hz; None keeps that of the recording
    selection : track, channels and time range
    name : name of the source in messages and results
    live : decode a pipe while it is written; containers with the index at the end, such as
        most M4A files, are not supported
    offline : refuse URLs

    Raises
    ------
    InputError
        when the source cannot be read or decoded
    """
    name = name or name_of(source)
    with ExitStack() as stack:
        try:
            reader = _reader(source, name, selection.track, stack, live=live, offline=offline)
        except TemporaryFileError as error:
            raise input_failure(error, name) from error
        except OSError as error:
            raise InputError(name, reason(error), hint_for(error)) from error
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
    """Decode a whole recording; parameters and errors are those of `open_audio`."""
    import numpy as np

    with open_audio(source, rate=rate, selection=selection, name=name, offline=offline) as stream:
        samples = np.concatenate(list(stream), axis=1)
    return Clip(samples, stream.rate, stream.name, stream.offset)


def _reader(
    source: Source, name: str, track: str | None, stack: ExitStack, *, live: bool, offline: bool
) -> AudioReader:
    if is_url(source):
        if offline:
            raise InputError(name, "is a URL, and offline mode is on", "download it first")
        if is_web_url(source):
            return open_url(str(source), name, stack, track)
        file = stack.enter_context(open_storage(str(source), name))
        return open_reader(check_content(file, name), name, track)
    if live and not isinstance(source, str | Path):
        return open_live(source, name, track)
    return open_reader(stack.enter_context(open_seekable(source, name)), name, track)


def stream_of(reader: AudioReader, name: str, rate: int, selection: Selection) -> AudioStream:
    """Return a stream of a reader's blocks; the parameters are those of `open_audio`."""
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
        _samples=_not_empty(samples, selection, name, reader.duration),
    )


def _selected(reader: AudioReader, selection: Selection, name: str) -> Blocks:
    """Decode the selection at the reader's rate; raise `InputError` if it is not finite."""
    start = round(selection.start * reader.rate)
    end = None if selection.end is None else max(start + 1, round(selection.end * reader.rate))
    position = start
    mixer = ChannelMixer(selection, reader.rate, name)
    try:
        for raw in reader.blocks(start, end):
            block = mixer.pick(raw)
            _check_finite(block, position, reader.rate, name)
            position += block.shape[1]
            yield block
        mixer.warn()
    except TemporaryFileError as error:
        raise input_failure(error, name) from error
    except OSError as error:
        raise InputError(name, reason(error), hint_for(error)) from error


def _not_empty(samples: Blocks, selection: Selection, name: str, duration: float | None) -> Blocks:
    empty = True
    for block in samples:
        empty = False
        yield block
    if empty:
        after = selection.start
        if after:
            end = "ends" if duration is None else f"ends at {format_time(duration)},"
            raise InputError(name, f"{end} before --start {format_time(after)}", "lower --start")
        raise InputError(name, "contains no sound", WRONG_FILE)


def _check_finite(block: NDArray[np.float32], position: int, rate: int, name: str) -> None:
    import numpy as np

    finite = np.isfinite(block)
    if finite.all():
        return
    first = position + int(np.argmin(finite.all(axis=0)))
    raise InputError(
        name,
        f"the sample at {format_time(first / rate)} is not a number",
        "the program that wrote the file stored invalid values; export it again as PCM",
    )
