"""Process long input in overlapping windows, and keep the frames that have full context.

The output is exact if the receptive field of a frame is not larger than the context. With
attention it differs slightly; benchmarks/README.md has the effect on the word error rate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class WindowLayout:
    """Layout of the windows over an input, in output frames.

    Attributes
    ----------
    core : frames of a window that are kept
    context : frames of context on each side
    ratio : input steps per frame
    overhang : input steps after its own that a frame needs
    """

    core: int
    context: int
    ratio: int
    overhang: int = 0

    def of(self, steps: int) -> list[InputWindow]:
        """Return the windows over an input of this length; one window if it is short."""
        return list(self._cut(steps))

    def _cut(self, steps: int) -> Iterator[InputWindow]:
        frames = -(-steps // self.ratio)
        if frames <= self.core + 2 * self.context:
            yield InputWindow(0, steps, 0, None)
            return
        for first in range(0, frames, self.core):
            begin, end = max(0, first - self.context), first + self.core + self.context
            if end >= frames:
                yield InputWindow(begin * self.ratio, steps, first - begin, None)
                return
            stop = min(steps, end * self.ratio + self.overhang)
            yield InputWindow(begin * self.ratio, stop, first - begin, self.core)


@dataclass(frozen=True)
class InputWindow:
    """A window over the input, and the output frames that are kept.

    Attributes
    ----------
    start, stop : input steps
    skipped : frames of context at the start
    kept : number of frames that are kept; None for all that follow
    """

    start: int
    stop: int
    skipped: int
    kept: int | None

    def frames(self, output: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the kept frames of the output, shape (frames, tokens)."""
        return output[self.skipped : None if self.kept is None else self.skipped + self.kept]


def stitched(
    outputs: Sequence[NDArray[np.float32]], windows: Sequence[InputWindow]
) -> NDArray[np.float32]:
    """Concatenate the kept frames of all windows of one input."""
    return np.concatenate([window.frames(o) for window, o in zip(windows, outputs, strict=True)])
