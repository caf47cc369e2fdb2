"""Reads WAV, AIFF, FLAC, CAF and AU through libsndfile, exact to the sample."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import soundfile

from audiocli.audio.containers import extent, find_second_flac, wav_data
from audiocli.audio.reader import BLOCK_SIZE, warn_cut_short, warn_joined
from audiocli.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

_UNKNOWN_LENGTH = (1 << 63) - 1  # libsndfile's SF_COUNT_MAX
# Codecs of fixed size that libsndfile reads without a header.
_RAW = {"PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"}
_FLOATS = {"FLOAT", "DOUBLE"}
_MAX_PEAK = 10.0  # full scales; loud mixes reach 4, and values meant as integers thousands
_FLAC_AHEAD = 1 << 16  # bytes that the FLAC decoder may have read ahead


class SoundfileReader:
    """An `AudioReader` on libsndfile."""

    @classmethod
    def open(cls, file: BinaryIO, name: str) -> SoundfileReader | None:
        """Open a file, or give None when FFmpeg is the better reader of it.

        It is where the codec is foreign to libsndfile, and where the header, written
        to a pipe, does not tell the length: libsndfile cannot read to the end of such
        a FLAC. Of such a WAV the samples are read to the end of the file.
        """
        callbacks = _CallbackFile(file)
        try:
            sound = soundfile.SoundFile(callbacks)
        except soundfile.LibsndfileError:
            callbacks.raise_read_error()
            return None
        data = wav_data(file)
        if data and data.size is None and sound.subtype in _RAW:
            callbacks = _CallbackFile(file, data.start)
            sound = _headless(callbacks, sound, data.is_big_endian)
        if sound.frames in {0, _UNKNOWN_LENGTH}:
            sound.close()
            return None
        return cls(sound, callbacks, name)

    def __init__(self, sound: soundfile.SoundFile, file: _CallbackFile, name: str) -> None:
        self._sound = sound
        self._file = file
        self._name = name
        self.rate: int = sound.samplerate
        self.channels: int = sound.channels
        self.duration: float | None = sound.frames / sound.samplerate

    def blocks(self, start: int, end: int | None) -> Iterator[NDArray[np.float32]]:
        """Yield the samples from `start` up to `end` as blocks of shape (channels, time)."""
        position = min(start, self._sound.frames)
        stop = self._sound.frames if end is None else min(end, self._sound.frames)
        size = max(1, BLOCK_SIZE // self.channels)
        try:
            gain = self._gain()
            self._seek(position)
            while position < stop:
                block = self._read(min(size, stop - position))
                self._file.raise_read_error()
                if not len(block):
                    break
                yield block.T if gain == 1 else block.T * np.float32(gain)
                position += len(block)
        except soundfile.LibsndfileError:
            self._file.raise_read_error()
            yield from self._past_damage(position, end)
            return
        if end is None or end > position:
            self._warn(position)

    def _gain(self) -> float:
        """Find what brings floats far above full scale, such as 16-bit values, into it."""
        if self._sound.subtype not in _FLOATS:
            return 1.0
        peak = 0.0
        for block in self._sound.blocks(BLOCK_SIZE // self.channels, dtype="float32"):
            level = np.abs(block)
            peak = max(peak, float(level.max(initial=0.0, where=np.isfinite(level))))
        if peak <= _MAX_PEAK:
            return 1.0
        logger.warning(
            "%s: the samples reach %.0f times full scale, and are scaled down by that",
            self._name,
            peak,
        )
        return 1 / peak

    def _seek(self, position: int) -> None:
        """Go to a position; in codecs that cannot be sought, by decoding."""
        if self._sound.seekable():
            self._sound.seek(position)
            return
        while position > 0:
            skipped = len(self._sound.read(min(position, BLOCK_SIZE), always_2d=True))
            if not skipped:
                return
            position -= skipped

    def _past_damage(self, position: int, end: int | None) -> Iterator[NDArray[np.float32]]:
        """Go on with FFmpeg, which leaves out what it cannot decode."""
        from audiocli.audio.av_reader import AvReader

        self._file.rewind()
        try:
            reader = AvReader(self._file.inner, self._name)
        except InputError:  # a codec of libsndfile alone
            warn_cut_short(self._name, position / self.rate)
            return
        # libsndfile tells where it stopped, within the block that failed.
        reader.damaged_at = max(position, self._sound.tell() - 1) / self.rate
        try:
            yield from reader.blocks(position, end)
        finally:
            reader.close()

    def _warn(self, position: int) -> None:
        """Say, at the end, what was missing or not read."""
        seconds = position / self.rate
        whole = extent(self._file.inner)
        is_joined = whole.is_joined
        if self._sound.format == "FLAC":
            is_joined = find_second_flac(self._file.inner, max(42, self._file.tell() - _FLAC_AHEAD))
        if whole.is_cut_short or position < self._sound.frames:
            warn_cut_short(self._name, seconds)
        elif is_joined:
            warn_joined(self._name, seconds)

    def _read(self, wanted: int) -> NDArray[np.float32]:
        """Read up to `wanted` samples of all channels; shape (time, channels)."""
        if self._sound.subtype != "PCM_16":
            block: NDArray[np.float32] = self._sound.read(wanted, dtype="float32", always_2d=True)
            return block
        # libsndfile takes integers as they lie in the file, floats in pieces of 8 kB: the
        # same numbers, five times as fast.
        scaled: NDArray[np.float32] = self._sound.read(
            wanted, dtype="int16", always_2d=True
        ) * np.float32(1 / 32768)
        return scaled

    def close(self) -> None:
        """Let go of the decoder; the file stays open."""
        self._sound.close()


def _headless(
    file: _CallbackFile, sound: soundfile.SoundFile, is_big_endian: bool
) -> soundfile.SoundFile:
    """Open the samples of a WAV file as what they are, to the end of the file."""
    file.seek(0)
    return soundfile.SoundFile(
        file,
        samplerate=sound.samplerate,
        channels=sound.channels,
        subtype=sound.subtype,
        endian="BIG" if is_big_endian else "LITTLE",
        format="RAW",
    )


class _CallbackFile:
    """A file for callbacks from C, where an exception would be printed and lost.

    A failing read is kept for later and looks like the end of the file; a seek to
    nowhere, which a damaged header asks for, stays where it is. Positions are counted
    from the byte `begin`.
    """

    def __init__(self, file: BinaryIO, begin: int = 0) -> None:
        self.inner = file
        self._begin = begin
        self._kept: OSError | None = None

    def tell(self) -> int:
        """Give the position, counted from `begin`."""
        return self.inner.tell() - self._begin

    def rewind(self) -> None:
        """Go to the start of the file."""
        self.inner.seek(0)

    def read(self, size: int) -> bytes:
        """Read up to `size` bytes."""
        try:
            return self.inner.read(size)
        except OSError as error:
            self._kept = error
            return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to an offset, if it exists."""
        try:
            offset += self._begin if whence == 0 else 0
            return self.inner.seek(offset, whence) - self._begin
        except (OSError, ValueError):
            return self.tell()

    def raise_read_error(self) -> None:
        """Raise the first error of reading, if there was one."""
        if self._kept:
            raise self._kept
