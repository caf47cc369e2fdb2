"""Puts decoded frames where the container's clock says they belong."""

from __future__ import annotations

# Smaller differences between the samples counted and the clock are rounding.
_MIN_GAP = 0.1  # seconds
# A larger jump is no pause: the clock was set anew, as in a joined broadcast.
_MAX_GAP = 600.0  # seconds


class FrameTimeline:
    """Counts samples against a clock, and tells where silence has to be put in.

    Positions are samples from the start of the recording. Frames that lie before `start`
    may be left out: there, the clock is followed without silence.

    Attributes
    ----------
    end : where the samples placed so far end
    clock : where the clock says that they end
    gaps : begin and length of the silence put in between frames
    """

    def __init__(self, rate: int, start: int) -> None:
        self._rate = rate
        self._start = start
        self._empty = True
        self._shift = 0  # the sum of the clock's jumps that were not followed
        self.end = 0
        self.clock = 0
        self.gaps: list[tuple[int, int]] = []

    def place(self, at: int | None, length: int) -> tuple[int, int]:
        """Take a frame of `length` samples that the clock puts `at`; None if it does not say.

        Returns
        -------
        where the frame's place begins, and how much silence comes first there
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
        # What is heard first is the beginning, though the clock of a codec with a delay
        # (Vorbis, WMA) puts it a moment later.
        if self._empty or abs(ahead) > _MIN_GAP * self._rate:
            self._shift += ahead
        return 0
