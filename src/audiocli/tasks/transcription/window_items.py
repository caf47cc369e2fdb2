"""Windows of speech as items of a batch scheduler."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiocli.errors import AudioCliError
from audiocli.tasks.common.events import Recording
from audiocli.tasks.transcription.speech_windows import SpeechWindow, total_seconds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiocli.audio.decode import AudioStream

BLOCK = 5.0  # seconds decoded at a time
LANGUAGE_SPEECH = 5.0  # seconds of speech from which the language of a recording is detected


@dataclass(frozen=True, eq=False)
class SpeechWindowItem:
    """A window of a recording, or the end of the recording if `window` is None.

    Attributes
    ----------
    number : of the window; for the end, the number of windows
    advance : seconds from the end of the window before to the end of this one
    offset : start of the stream on the time axis of the source, in seconds
    duration : for the end, duration of the recording in seconds
    language_windows : for the first window, the windows from which the language is detected
    error : for the end, why reading stopped early
    """

    recording: Recording
    number: int
    window: SpeechWindow | None = None
    language_windows: tuple[SpeechWindow, ...] = ()
    advance: float = 0.0
    offset: float = 0.0
    duration: float = 0.0
    error: AudioCliError | None = None

    @property
    def seconds(self) -> float:
        """Length of the window in seconds; 0 for the end."""
        return self.window.duration if self.window else 0.0


class DecodedLength:
    """Count the decoded seconds of a stream, and record its offset in the source."""

    seconds = 0.0
    offset = 0.0

    def counted(self, stream: AudioStream) -> Iterator[NDArray[np.float32]]:
        """Yield the blocks of a mono stream, shape (time,), and count their length."""
        self.offset = stream.offset
        for block in stream.blocks(BLOCK):
            self.seconds += block.shape[1] / stream.rate
            yield block[0]


class FinishedSeconds:
    """Count the finished seconds of all recordings: whole ones in full, others by their windows.

    Windows finish in any order; each counts with the silence before it.
    """

    def __init__(self) -> None:
        self._whole = 0.0
        self._windows: dict[int, float] = {}

    def after(self, item: SpeechWindowItem, end: SpeechWindowItem | None) -> float:
        """Return the finished seconds after an item, and after the end of its recording."""
        key = id(item.recording)
        self._windows[key] = self._windows.get(key, 0.0) + item.advance
        if end:
            self._whole += max(self._windows.pop(key), end.duration)
        return self._whole + sum(self._windows.values())


def with_language_windows(
    windows: Iterable[SpeechWindow],
) -> Iterator[tuple[SpeechWindow, tuple[SpeechWindow, ...]]]:
    """Yield each window; the first comes with all windows needed to detect the language."""
    rest = iter(windows)
    first: list[SpeechWindow] = []
    while sum(map(speech_seconds, first)) < LANGUAGE_SPEECH and (window := next(rest, None)):
        first.append(window)
    for n, window in enumerate(first):
        yield window, tuple(first) if n == 0 and len(first) > 1 else ()
    for window in rest:
        yield window, ()


def speech_seconds(window: SpeechWindow) -> float:
    """Return the seconds of speech in a window."""
    return total_seconds(window.speech)
