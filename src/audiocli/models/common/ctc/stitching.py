"""Long sound in pieces that overlap, each frame taken where it has context on both sides.

A network whose frames see no further than the overlap gives the same numbers as on the
whole. Attention sees everything, so there the numbers differ a little, far from the
edges; what that does to the text is measured in benchmarks/README.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class WindowLayout:
    """How long input is cut, in frames of output.

    Attributes
    ----------
    core : frames kept of a piece
    context : frames before and behind them that are only listened to
    ratio : steps of input for a frame
    overhang : steps that a frame needs beyond its own
    """

    core: int
    context: int
    ratio: int
    overhang: int = 0

    def of(self, steps: int) -> list[InputWindow]:
        """Cut an input of so many steps; short ones stay whole."""
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
    """A part of the input, and which of its frames count.

    Attributes
    ----------
    start, stop : steps of the input
    skipped : frames at its start that are context
    kept : frames after those, None for all that follow
    """

    start: int
    stop: int
    skipped: int
    kept: int | None

    def frames(self, output: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take the frames that count from the network's output, shape (frames, tokens)."""
        return output[self.skipped : None if self.kept is None else self.skipped + self.kept]


def stitched(
    outputs: Sequence[NDArray[np.float32]], pieces: Sequence[InputWindow]
) -> NDArray[np.float32]:
    """Join the outputs for all pieces of one input."""
    return np.concatenate([p.frames(o) for p, o in zip(pieces, outputs, strict=True)])
