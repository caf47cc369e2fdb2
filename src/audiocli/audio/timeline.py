"""Place decoded frames by the timestamps of the container."""

from __future__ import annotations

_MIN_GAP = 0.1  # seconds; smaller differences from the timestamps are rounding
_MAX_GAP = 600.0  # seconds; a larger jump is a reset of the clock, as in a joined broadcast


class FrameTimeline:
    """Compares sample counts with timestamps, and computes where to insert silence.

    Positions are samples from the start of the recording. Frames before `start` may be
    skipped by the caller: there, no silence is inserted.

    Attributes
    ----------
    end : end of the frames placed so far
    clock : end of the last frame according to its timestamp
    gaps : start and length of the silence inserted between frames
    """

    def __init__(self, rate: int, start: int) -> None:
        self._rate = rate
        self._start = start
        self._empty = True
        self._shift = 0  # sum of the ignored jumps of the clock
        self.end = 0
        self.clock = 0
        self.gaps: list[tuple[int, int]] = []

    def place(self, at: int | None, length: int) -> tuple[int, int]:
        """Place a frame of `length` samples with the timestamp `at`, which may be None.

        Returns
        -------
        position of the frame with the silence before it, and the length of that silence
        """
        begin, silence = self.end, 0
        if at is not None:
            if not self._empty:
                begin = max(begin, min(at - self._shift, self._start))
            silence = self._silence(at - self._shift - begin)
        if silence and not self._empty:
            self.gaps.append((begin, silence))
        self._empty = False
        self.end = begin + silence + length
        self.clock = self.end if at is None else at + length
        return begin, silence

    def _silence(self, ahead: int) -> int:
        if _MIN_GAP * self._rate < ahead <= _MAX_GAP * self._rate:
            return ahead
        # The first frame is at the start, although codecs with a delay (Vorbis, WMA) give it
        # a later timestamp.
        if self._empty or abs(ahead) > _MIN_GAP * self._rate:
            self._shift += ahead
        return 0
