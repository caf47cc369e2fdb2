"""What decodes a container: libsndfile for PCM and FLAC, FFmpeg for everything else."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from audiocli.audio.formats import HEAD_SIZE, is_lossless
from audiocli.audio.source import LivePipe, check_content
from audiocli.audio.timecode import format_time
from audiocli.audio.tracks import check_single_track
from audiocli.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

# Values in a block, all channels together: 2 MB, 6 s of CD audio, 33 s of 16 kHz mono.
BLOCK_SIZE = 1 << 19

# A header that claims something else is damaged.
_RATES = range(1_000, 10_000_001)  # Hz: telephone codecs go down to 6 kHz, bat detectors to 1 MHz
_CHANNELS = range(1, 1025)

_MIN_DECODED = 0.1  # seconds; less than this of a damaged file is nothing


class AudioReader(Protocol):
    """A decoder of one open file.

    Attributes
    ----------
    rate : samples a second, in Hz
    channels : how many there are
    duration : in seconds, or None when the container does not tell; an estimate for
        streams without an index, such as AAC
    """

    rate: int
    channels: int
    duration: float | None

    def blocks(self, start: int, end: int | None) -> Iterator[NDArray[np.float32]]:
        """Yield the samples from `start` up to `end` as blocks of shape (channels, time).

        A file that is damaged or cut short gives what can be decoded, and one warning.

        Raises
        ------
        InputError
            when nothing can be decoded, or what can makes no sense
        """
        ...

    def close(self) -> None:
        """Let go of the decoder; the file stays open."""
        ...


def open_reader(file: BinaryIO, name: str, track: str | None = None) -> AudioReader:
    """Find the reader of a seekable file, by its first bytes.

    Parameters
    ----------
    track : number or language of the sound track; None is the best

    Raises
    ------
    InputError
        when no reader knows the format, or there is no sound in it
    """
    head = file.read(HEAD_SIZE)
    file.seek(0)
    reader = _soundfile_reader(file, name) if is_lossless(head) else None
    if reader is None:
        from audiocli.audio.av_reader import AvReader

        reader = AvReader(file, name, track=track)
    else:
        check_single_track(track, name)
    return _plausible(reader, name)


def open_live(file: BinaryIO, name: str, track: str | None = None) -> AudioReader:
    """Read a stream that cannot be sought, and give its sound as its bytes arrive.

    Raises
    ------
    InputError
        when the format is unknown, or can only be read by seeking
    """
    from audiocli.audio.av_reader import AvReader

    return _plausible(AvReader(LivePipe(file), name, live=True, track=track), name)


def open_url(url: str, name: str, stack: ExitStack, track: str | None = None) -> AudioReader:
    """Read from an http or https address; resources are released with `stack`.

    Raises
    ------
    InputError
        when the server does not answer, or there is no sound at the address
    """
    from audiocli.audio.av_reader import AvReader
    from audiocli.audio.remote import RemoteFile, open_remote

    source = stack.enter_context(open_remote(url, name))
    if isinstance(source, RemoteFile):
        return open_reader(check_content(cast(BinaryIO, source), name), name, track)
    return _plausible(AvReader(source, name, track=track), name)


def warn_cut_short(name: str, seconds: float) -> None:
    """Say that a file ends at a time before its header says.

    Raises
    ------
    InputError
        when that is at its very beginning
    """
    if seconds < _MIN_DECODED:
        raise InputError(name, "is damaged: nothing in it can be decoded")
    logger.warning(
        "%s: is cut short after %s; what should come after is missing", name, format_time(seconds)
    )


def warn_damaged(name: str, seconds: float) -> None:
    """Say that some sound from a time on could not be decoded."""
    logger.warning("%s: is damaged at %s; what can be decoded is read", name, format_time(seconds))


def warn_joined(name: str, seconds: float) -> None:
    """Say that a second file in the same file is not read."""
    logger.warning(
        "%s: another file is joined on after %s, and is not read (take them apart)",
        name,
        format_time(seconds),
    )


def _soundfile_reader(file: BinaryIO, name: str) -> AudioReader | None:
    """Open with libsndfile, or give None where FFmpeg should try."""
    from audiocli.audio.soundfile_reader import SoundfileReader

    reader = SoundfileReader.open(file, name)
    if reader is None:
        file.seek(0)
    return reader  # codecs that cannot be sought go on from where the file is


def _plausible(reader: AudioReader, name: str) -> AudioReader:
    if reader.rate in _RATES and reader.channels in _CHANNELS:
        return reader
    reader.close()
    raise InputError(
        name,
        f"is damaged: its header claims {reader.channels} channels at {reader.rate} Hz",
    )
