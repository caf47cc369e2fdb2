"""Buffer a live stream between the source and a slower consumer.

A thread reads the stream without delay, because a recorder loses samples while its pipe is
full. Samples that are not consumed yet are held in memory up to a limit, then in a
temporary file, which is truncated when the consumer has caught up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from threading import Condition, Event, Thread
from typing import TYPE_CHECKING

import numpy as np

from audiocli.audio.temporary import TemporaryFile
from audiocli.errors import AudioCliError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audiocli.audio.decode import AudioStream

MAX_IN_MEMORY = 1 << 24  # bytes; 4 minutes at 16 kHz
MIN_BLOCK = 0.25  # seconds; the last block may be shorter
MAX_BLOCK = 30.0  # seconds
_BYTES = 4  # of a sample


class LiveBuffer:
    """A buffer of mono samples; it reads the stream inside a `with` block.

    Parameters
    ----------
    open_stream : opens the stream; called in the reading thread
    rate : sampling rate of the stream, in Hz
    stop : set at the end of the `with` block; once set, the stream is expected to end

    Attributes
    ----------
    received : seconds read from the stream so far
    """

    def __init__(
        self,
        open_stream: Callable[[], AbstractContextManager[AudioStream]],
        rate: int,
        stop: Event,
    ) -> None:
        self.received = 0.0
        self._open = open_stream
        self._rate = rate
        self._stop = stop
        self._spool = TemporaryFile(MAX_IN_MEMORY)
        self._taken = self._written = 0  # bytes in the spool
        self._ended = False
        self._error: AudioCliError | None = None
        self._defect: BaseException | None = None
        self._changed = Condition()
        self._thread = Thread(target=self._read, name="listening", daemon=True)

    def __enter__(self) -> LiveBuffer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(1.0)  # not all reads can be interrupted
        if not self._thread.is_alive():
            self._spool.close()

    @property
    def waiting(self) -> float:
        """Seconds in the buffer."""
        return (self._written - self._taken) / _BYTES / self._rate

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        """Yield buffered samples as blocks of shape (time,) until the stream ends.

        Raises
        ------
        InputError : the stream failed; all earlier samples have been yielded
        """
        while len(block := self._take()):
            yield block
        if error := self._error or self._defect:
            raise error

    def _take(self) -> NDArray[np.float32]:
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self.waiting >= MIN_BLOCK)
            self._spool.seek(self._taken)
            size = min(self._written - self._taken, round(MAX_BLOCK * self._rate) * _BYTES)
            block = np.frombuffer(self._spool.read(size), np.float32)
            self._taken += size
            if self._taken == self._written:
                self._spool.seek(0)
                self._spool.truncate()
                self._taken = self._written = 0
            return block

    def _read(self) -> None:
        try:
            with self._open() as stream:
                for block in stream:
                    self._put(block[0])
        except AudioCliError as error:
            self._error = error
        except BaseException as defect:  # raised in the main thread
            self._defect = defect
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify()

    def _put(self, samples: NDArray[np.float32]) -> None:
        with self._changed:
            self._spool.seek(self._written)
            self._spool.write(np.ascontiguousarray(samples, np.float32).tobytes())
            self._written += len(samples) * _BYTES
            self.received += len(samples) / self._rate
            self._changed.notify()
