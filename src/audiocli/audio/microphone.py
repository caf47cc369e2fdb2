"""Record from the microphone with PortAudio (the extra `audiocli[mic]`)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from queue import Empty, SimpleQueue
from threading import Event
from typing import TYPE_CHECKING, Any

from audiocli.audio.decode import AudioStream, stream_of
from audiocli.audio.selection import Selection
from audiocli.errors import InputError, MissingExtra

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NAME = "microphone"
BLOCK = 0.1  # seconds
TIMEOUT = 5.0  # seconds without a block until the device counts as disconnected

logger = logging.getLogger(__name__)


class MicrophoneReader:
    """An `audiocli.audio.reader.AudioReader` of the default microphone.

    Parameters
    ----------
    stop : ends the recording once set

    Raises
    ------
    MissingExtra : sounddevice is not installed
    InputError : PortAudio is not installed, or there is no microphone
    """

    duration: float | None = None

    def __init__(self, stop: Event) -> None:
        self._stop = stop
        try:
            import sounddevice
        except ImportError:
            raise MissingExtra("--mic", "mic") from None
        except OSError as error:
            raise InputError(
                NAME, "needs PortAudio", "on Debian: apt install libportaudio2"
            ) from error
        self._arrived: SimpleQueue[NDArray[np.float32]] = SimpleQueue()
        self._overflows = 0
        try:
            device = sounddevice.query_devices(kind="input")
        except (sounddevice.PortAudioError, ValueError) as error:
            raise InputError(NAME, "not found", "connect a microphone") from error
        self.rate = round(device["default_samplerate"])
        self.channels = min(2, device["max_input_channels"])
        try:
            self._stream = sounddevice.InputStream(
                samplerate=self.rate,
                channels=self.channels,
                dtype="float32",
                blocksize=round(BLOCK * self.rate),
                callback=self._arrive,
            )
            self._stream.start()
        except sounddevice.PortAudioError as error:
            raise InputError(
                NAME, f"cannot be opened: {error}", "close other programs that use it"
            ) from error

    def close(self) -> None:
        """Release the microphone."""
        self._stream.close()
        if self._overflows:
            logger.warning(
                "%s: the input buffer overflowed %d time(s); samples were lost",
                NAME,
                self._overflows,
            )

    def blocks(self, start: int, end: int | None) -> Iterator[NDArray[np.float32]]:
        """Yield the samples from `start` up to `end` as blocks of shape (channels, time).

        Raises
        ------
        InputError : the microphone stopped sending audio
        """
        position = 0
        while end is None or position < end:
            if self._stop.is_set() and self._arrived.empty():
                return
            try:
                block = self._arrived.get(timeout=TIMEOUT)
            except Empty:
                raise InputError(NAME, "stopped sending audio", "connect it again") from None
            first, last = max(0, start - position), None if end is None else end - position
            position += block.shape[1]
            if (wanted := block[:, first:last]).size:
                yield wanted

    def _arrive(self, block: Any, _frames: int, _time: Any, status: Any) -> None:
        """Receive a block of shape (time, channels); called in a thread of PortAudio."""
        self._overflows += bool(status.input_overflow)
        self._arrived.put(block.T.copy())


@contextmanager
def open_microphone(
    stop: Event, *, rate: int, selection: Selection = Selection()
) -> Iterator[AudioStream]:
    """Open the microphone as a stream that ends once `stop` is set.

    Raises the errors of `MicrophoneReader`.
    """
    with closing(MicrophoneReader(stop)) as reader:
        yield stream_of(reader, NAME, rate, selection)
