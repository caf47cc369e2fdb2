"""Read WAV, AIFF, FLAC, CAF and AU with libsndfile, with sample-accurate seeking."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import soundfile

from audiocli.audio.containers import extent, find_second_flac, wav_data
from audiocli.audio.reader import BLOCK_SIZE, warn_cut_short, warn_joined
from audiocli.errors import InputError, TemporaryFileError

if TYPE_CHECKING:
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

_UNKNOWN_LENGTH = (1 << 63) - 1  # libsndfile's SF_COUNT_MAX
# Codecs of fixed size that libsndfile reads without a header.
_RAW = {"PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"}
_FLOATS = {"FLOAT", "DOUBLE"}
# In full scales: loud mixes reach 4; floats that store integer sample values reach thousands.
_MAX_PEAK = 10.0
_FLAC_AHEAD = 1 << 16  # bytes that the FLAC decoder may have read ahead


class SoundfileReader:
    """An `AudioReader` that decodes with libsndfile."""

    @classmethod
    def open(cls, file: BinaryIO, name: str) -> SoundfileReader | None:
        """Open a file, or return None if it has to be decoded with FFmpeg.

        FFmpeg is needed for codecs that libsndfile does not support, and for FLAC files
        whose header does not store the length because they were written to a pipe. WAV
        files without a length are read to the end of the file.
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
            sound = _open_raw(callbacks, sound, data.is_big_endian)
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
        """Return the gain that scales floats far above full scale into [-1, 1], else 1."""
        if self._sound.subtype not in _FLOATS:
            return 1.0
        peak = 0.0
        for block in self._sound.blocks(BLOCK_SIZE // self.channels, dtype="float32"):
            level = np.abs(block)
            peak = max(peak, float(level.max(initial=0.0, where=np.isfinite(level))))
        if peak <= _MAX_PEAK:
            return 1.0
        logger.warning(
            "%s: the samples reach %.0f times full scale and are scaled down",
            self._name,
            peak,
        )
        return 1 / peak

    def _seek(self, position: int) -> None:
        """Seek to a position, by decoding if the codec is not seekable."""
        if self._sound.seekable():
            self._sound.seek(position)
            return
        while position > 0:
            skipped = len(self._sound.read(min(position, BLOCK_SIZE), always_2d=True))
            if not skipped:
                return
            position -= skipped

    def _past_damage(self, position: int, end: int | None) -> Iterator[NDArray[np.float32]]:
        """Continue with FFmpeg, which skips damaged parts."""
        from audiocli.audio.av_reader import AvReader

        self._file.rewind()
        try:
            reader = AvReader(self._file.inner, self._name)
        except InputError:  # not supported by FFmpeg
            warn_cut_short(self._name, position / self.rate)
            return
        # `tell` is the position within the block that failed.
        reader.damaged_at = max(position, self._sound.tell() - 1) / self.rate
        try:
            yield from reader.blocks(position, end)
        finally:
            reader.close()

    def _warn(self, position: int) -> None:
        """Warn at the end about missing or ignored parts."""
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
        # libsndfile converts to float in blocks of 8 kB. Reading integers and converting
        # here gives the same values five times as fast.
        scaled: NDArray[np.float32] = self._sound.read(
            wanted, dtype="int16", always_2d=True
        ) * np.float32(1 / 32768)
        return scaled

    def close(self) -> None:
        """Close the decoder, but not the underlying file object."""
        self._sound.close()


def _open_raw(
    file: _CallbackFile, sound: soundfile.SoundFile, is_big_endian: bool
) -> soundfile.SoundFile:
    """Open the samples of a WAV file as raw audio that extends to the end of the file."""
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
    """A file for the callbacks of libsndfile, in which exceptions would be printed and lost.

    The error of a failing read is stored and reported as the end of the file. A seek to an
    invalid position, as in a damaged header, does nothing. Positions are relative to `begin`.
    """

    def __init__(self, file: BinaryIO, begin: int = 0) -> None:
        self.inner = file
        self._begin = begin
        self._kept: OSError | TemporaryFileError | None = None

    def tell(self) -> int:
        """Return the position, relative to `begin`."""
        return self.inner.tell() - self._begin

    def rewind(self) -> None:
        """Move to the start of the underlying file."""
        self.inner.seek(0)

    def read(self, size: int) -> bytes:
        """Read up to `size` bytes."""
        try:
            return self.inner.read(size)
        except (OSError, TemporaryFileError) as error:
            self._kept = error
            return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to an offset, unless it is invalid."""
        try:
            offset += self._begin if whence == 0 else 0
            return self.inner.seek(offset, whence) - self._begin
        except (OSError, ValueError):
            return self.tell()

    def raise_read_error(self) -> None:
        """Raise the stored error of a failed read, if any."""
        if self._kept:
            raise self._kept
