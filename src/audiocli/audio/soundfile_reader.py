"""Reads WAV, AIFF, FLAC, CAF and AU through libsndfile, exact to the sample."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import soundfile

from audiocli.audio.reader import BLOCK_SIZE, breaks_off

if TYPE_CHECKING:
    from numpy.typing import NDArray

_UNKNOWN_LENGTH = (1 << 63) - 1  # libsndfile's SF_COUNT_MAX


class SoundfileReader:
    """A `Reader` on libsndfile."""

    @classmethod
    def open(cls, file: BinaryIO, name: str) -> SoundfileReader | None:
        """Open a file, or give None when FFmpeg is the better reader of it.

        It is where the codec is foreign to libsndfile, and where the header, written
        to a pipe, does not tell the length: libsndfile finds no sound in such a WAV,
        and cannot read to the end of such a FLAC.
        """
        shielded = _Shielded(file)
        try:
            sound = soundfile.SoundFile(shielded)
        except soundfile.LibsndfileError:
            shielded.raise_kept()
            return None
        if sound.frames in {0, _UNKNOWN_LENGTH}:
            sound.close()
            return None
        return cls(sound, shielded, name)

    def __init__(self, sound: soundfile.SoundFile, file: _Shielded, name: str) -> None:
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
            self._sound.seek(position)
            while position < stop:
                wanted = min(size, stop - position)
                block = self._read(wanted)
                self._file.raise_kept()
                if not len(block):  # cut-off PCM: give what is there
                    return
                yield block.T
                position += len(block)
        except soundfile.LibsndfileError as error:
            self._file.raise_kept()
            # libsndfile tells where it stopped, within the block that failed.
            good = max(position, self._sound.tell() - 1)
            raise breaks_off(self._name, good / self.rate) from error

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


class _Shielded:
    """A file for callbacks from C, where an exception would be printed and lost.

    A failing read is kept for later and looks like the end of the file; a seek to
    nowhere, which a damaged header asks for, stays where it is.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._kept: OSError | None = None
        self.tell = file.tell

    def read(self, size: int) -> bytes:
        """Read up to `size` bytes."""
        try:
            return self._file.read(size)
        except OSError as error:
            self._kept = error
            return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to an offset, if it exists."""
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError):
            return self._file.tell()

    def raise_kept(self) -> None:
        """Raise the first error of reading, if there was one."""
        if self._kept:
            raise self._kept
