"""Samples that arrive faster than they are consumed are all kept, in order."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from io import BytesIO
from threading import Event, Thread
from typing import Any

import numpy as np
import pytest

from audiocli.audio import live_buffer
from audiocli.audio.decode import AudioStream, open_audio
from audiocli.audio.live_buffer import LiveBuffer
from audiocli.audio.source import InterruptiblePipe
from audiocli.errors import InputError

RATE = 16_000


def ramp(seconds: float) -> np.ndarray:
    return np.arange(round(seconds * RATE), dtype=np.float32) / 2**24


@contextmanager
def stream(blocks: Iterator[np.ndarray]) -> Iterator[AudioStream]:
    yield AudioStream("-", RATE, 1, None, 0.0, (block[None] for block in blocks))


def arecord(samples: np.ndarray) -> bytes:
    """Return a WAV file of unknown length, as arecord writes it to a pipe."""
    size = 0x80000000
    head = struct.pack("<IHHIIHH", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    pcm = (samples * 2**15).astype("<i2").tobytes()
    riff = b"RIFF" + struct.pack("<I", size + 36) + b"WAVEfmt " + head
    return riff + b"data" + struct.pack("<I", size) + pcm


def test_a_slow_consumer_loses_nothing_beyond_the_memory_limit(monkeypatch: Any) -> None:
    monkeypatch.setattr(live_buffer, "MAX_IN_MEMORY", 1000)
    samples = ramp(100)
    blocks = iter(np.array_split(samples, 333))
    heard = []
    with LiveBuffer(lambda: stream(blocks), RATE, Event()) as sound:
        for n, block in enumerate(sound):
            heard.append(block)
            time.sleep(0.05 if n < 3 else 0)
        assert sound.waiting == 0
        assert sound.received == pytest.approx(100)
    assert max(len(block) for block in heard) <= live_buffer.MAX_BLOCK * RATE
    assert np.array_equal(np.concatenate(heard), samples)


def test_the_file_is_truncated_once_the_consumer_has_caught_up() -> None:
    def paced() -> Iterator[np.ndarray]:
        for _ in range(20):
            yield ramp(0.5)
            time.sleep(0.02)

    with LiveBuffer(lambda: stream(paced()), RATE, Event()) as sound:
        largest = max(sound._written for _ in sound)
    assert largest < 5 * RATE * 4


def test_a_failed_stream_raises_after_its_samples() -> None:
    def broken() -> Iterator[np.ndarray]:
        yield ramp(1)
        raise InputError("-", "breaks off")

    heard: list[np.ndarray] = []
    with (
        LiveBuffer(lambda: stream(broken()), RATE, Event()) as sound,
        pytest.raises(InputError, match="breaks off"),
    ):
        heard.extend(sound)
    assert sum(len(block) for block in heard) == RATE


def open_pipe(descriptor: int, stop: Event) -> AbstractContextManager[AudioStream]:
    pipe: Any = InterruptiblePipe(os.fdopen(descriptor, "rb"), stop)
    return open_audio(pipe, rate=RATE, name="-", live=True)


def test_a_pipe_is_read_while_it_is_written_and_ends_when_stopped() -> None:
    """The writer does not close its end, like a recorder that is not interrupted."""
    samples = np.sin(np.arange(3 * RATE) / 20).astype(np.float32) * 0.5
    sound_file = arecord(samples)
    half = len(sound_file) * 3 // 4  # FFmpeg looks at 64 kB of a WAV before it decodes
    out, into = os.pipe()
    stop = Event()

    def write_on() -> None:
        os.write(into, sound_file[half:])
        stop.set()

    with LiveBuffer(lambda: open_pipe(out, stop), RATE, stop) as sound:
        blocks = iter(sound)
        Thread(target=os.write, args=(into, sound_file[:half])).start()
        heard = [next(blocks)]  # with the pipe still open, and more to come
        Thread(target=write_on).start()
        heard += blocks
    os.close(into)
    assert np.concatenate(heard) == pytest.approx(samples, abs=1e-4)


def test_what_is_in_memory_is_read_to_its_end() -> None:
    stop = Event()
    pipe: Any = InterruptiblePipe(BytesIO(arecord(ramp(3))), stop)
    opened = lambda: open_audio(pipe, rate=RATE, name="-", live=True)  # noqa: E731
    with LiveBuffer(opened, RATE, stop) as sound:
        assert sum(len(block) for block in sound) == 3 * RATE
