"""Play audio with PortAudio (the extra `audiocli[play]`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from audiocli.errors import MissingExtra, OutputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Player:
    """Plays mono samples; created by `open_player`."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, samples: NDArray[np.float32]) -> None:
        """Play samples, shape (time,); blocks while the device's buffer is full."""
        import numpy as np

        self._stream.write(np.ascontiguousarray(samples[:, None], np.float32))


def require_player() -> None:
    """Raise `MissingExtra` unless sounddevice is installed."""
    if find_spec("sounddevice") is None:
        raise MissingExtra("--play", "play")


@contextmanager
def open_player(rate: int) -> Iterator[Player]:
    """Open the default output device; playback is complete when the `with` block ends.

    Raises
    ------
    OutputError : PortAudio is not installed, or there is no device
    """
    try:
        import sounddevice
    except OSError as error:
        raise OutputError(
            "--play needs PortAudio", "on Debian: apt install libportaudio2"
        ) from error
    try:
        with sounddevice.OutputStream(samplerate=rate, channels=1, dtype="float32") as stream:
            yield Player(stream)
    except sounddevice.PortAudioError as error:
        raise OutputError(
            f"--play: no output device: {error}", "write a file with --output"
        ) from error
