"""Reads WAV, AIFF, FLAC, CAF and AU through libsndfile, exact to the sample."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

import soundfile

from audiocli.audio.reader import BLOCK_SIZE, breaks_off

if TYPE_CHECKING:
    import numpy as np
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
        try:
            sound = soundfile.SoundFile(file)
        except soundfile.LibsndfileError:
            return None
        if sound.frames in {0, _UNKNOWN_LENGTH}:
            sound.close()
            return None
        return cls(sound, name)

    def __init__(self, sound: soundfile.SoundFile, name: str) -> None:
        self._sound = sound
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
                block = self._sound.read(
                    min(size, stop - position), dtype="float32", always_2d=True
                )
                if not len(block):  # cut-off PCM: give what is there
                    return
                yield block.T
                position += len(block)
        except soundfile.LibsndfileError as error:
            # libsndfile tells where it stopped, within the block that failed.
            good = max(position, self._sound.tell() - 1)
            raise breaks_off(self._name, good / self.rate) from error

    def close(self) -> None:
        """Let go of the decoder; the file stays open."""
        self._sound.close()
