"""Puts decoded frames where the container's clock says they belong."""

from __future__ import annotations

# Smaller differences between the samples counted and the clock are rounding.
_MIN_GAP = 0.1  # seconds
# A larger jump is no pause: the clock was set anew, as in a joined broadcast.
_MAX_GAP = 600.0  # seconds


class Timeline:
    """Counts samples against a clock, and tells where silence has to be put in.

    Positions are samples from the start of the recording; reading begins at `start`.

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
        self.end = start
        self.clock = start
        self.gaps: list[tuple[int, int]] = []

    def place(self, at: int | None, length: int) -> tuple[int, int]:
        """Take a frame of `length` samples that the clock puts `at`; None if it does not say.

        Returns
        -------
        where the frame's place begins, and how much silence comes first there
        """
        if at is None:
            begin, silence = self.end, 0
        elif self._empty:
            # Decoding begins a little before the start, or the sound begins after it.
            begin = min(at, self._start)
            silence = self._silence(at - begin, tolerance=0)
        else:
            begin = self.end
            silence = self._silence(at - self._shift - begin, tolerance=_MIN_GAP)
            if silence:
                self.gaps.append((begin, silence))
        self._empty = False
        self.end = begin + silence + length
        self.clock = self.end if at is None else at + length
        return begin, silence

    def _silence(self, ahead: int, tolerance: float) -> int:
        if abs(ahead) <= tolerance * self._rate:
            return 0
        if 0 < ahead <= _MAX_GAP * self._rate:
            return ahead
        self._shift += ahead
        return 0
