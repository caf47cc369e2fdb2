"""Choose the decoder of a file: libsndfile for PCM and FLAC, FFmpeg for all other formats."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from audiocli.audio.formats import HEAD_SIZE, is_lossless
from audiocli.audio.source import LivePipe, check_content
from audiocli.audio.timecode import format_time
from audiocli.audio.tracks import check_single_track
from audiocli.errors import COPY_AGAIN, InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

# Values per block over all channels: 2 MB, 6 s of CD audio, 33 s of 16 kHz mono.
BLOCK_SIZE = 1 << 19

# Ranges of plausible headers; others are damaged.
_RATES = range(1_000, 10_000_001)  # Hz: telephone codecs go down to 6 kHz, bat detectors to 1 MHz
_CHANNELS = range(1, 1025)

_MIN_DECODED = 0.1  # seconds of a damaged file that must be decodable


class AudioReader(Protocol):
    """A decoder of one open file.

    Attributes
    ----------
    rate : sampling rate in Hz
    channels : number of channels
    duration : in seconds; None if unknown, an estimate for streams without an index, such
        as AAC
    """

    rate: int
    channels: int
    duration: float | None

    def blocks(self, start: int, end: int | None) -> Iterator[NDArray[np.float32]]:
        """Yield the samples from `start` up to `end` as blocks of shape (channels, time).

        The decodable part of a damaged or truncated file is yielded, with one warning.

        Raises
        ------
        InputError
            when nothing, or too little, can be decoded
        """
        ...

    def close(self) -> None:
        """Close the decoder, but not the underlying file object."""
        ...


def open_reader(file: BinaryIO, name: str, track: str | None = None) -> AudioReader:
    """Open a seekable file with the decoder for its first bytes.

    Parameters
    ----------
    track : number or language of the sound track; None selects the default one

    Raises
    ------
    InputError
        when the format is not supported, or there is no sound in it
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
    """Open a stream that is not seekable and decode it as its bytes arrive.

    Raises
    ------
    InputError
        when the format is not supported, or requires seeking
    """
    from audiocli.audio.av_reader import AvReader

    return _plausible(AvReader(LivePipe(file), name, live=True, track=track), name)


def open_url(url: str, name: str, stack: ExitStack, track: str | None = None) -> AudioReader:
    """Read from an http or https address; resources are released with `stack`.

    Raises
    ------
    InputError
        when the server does not respond, or there is no sound at the URL
    """
    from audiocli.audio.av_reader import AvReader
    from audiocli.audio.remote import RemoteFile, open_remote

    source = stack.enter_context(open_remote(url, name))
    if isinstance(source, RemoteFile):
        return open_reader(check_content(cast(BinaryIO, source), name), name, track)
    return _plausible(AvReader(source, name, track=track), name)


def warn_cut_short(name: str, seconds: float) -> None:
    """Warn that a file ends before its declared length.

    Raises
    ------
    InputError
        when almost nothing of it is left
    """
    if seconds < _MIN_DECODED:
        raise InputError(name, "is damaged: nothing in it can be decoded", COPY_AGAIN)
    logger.warning("%s: is truncated after %s; the rest is missing", name, format_time(seconds))


def warn_damaged(name: str, seconds: float) -> None:
    """Warn that a file could not be decoded completely from a time on."""
    logger.warning(
        "%s: is damaged at %s; parts that cannot be decoded are skipped",
        name,
        format_time(seconds),
    )


def warn_joined(name: str, seconds: float) -> None:
    """Warn that a second file appended to the first one is ignored."""
    logger.warning(
        "%s: another file is appended after %s and is ignored (split the file to read it)",
        name,
        format_time(seconds),
    )


def _soundfile_reader(file: BinaryIO, name: str) -> AudioReader | None:
    """Open a file with libsndfile, or return None to use FFmpeg."""
    from audiocli.audio.soundfile_reader import SoundfileReader

    reader = SoundfileReader.open(file, name)
    if reader is None:
        file.seek(0)
    return reader  # the file position matters for codecs that are not seekable


def _plausible(reader: AudioReader, name: str) -> AudioReader:
    if reader.rate in _RATES and reader.channels in _CHANNELS:
        return reader
    reader.close()
    raise InputError(
        name,
        f"is damaged: its header claims {reader.channels} channels at {reader.rate} Hz",
        COPY_AGAIN,
    )
