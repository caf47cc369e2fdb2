"""Mix channels, and correct two defects that make speech inaudible to models.

The defects are channels that cancel each other in the mix, and a constant offset (DC).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from audiocli.audio.selection import Selection
from audiocli.audio.timecode import format_time

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

logger = logging.getLogger(__name__)

_WINDOW = 1.0  # seconds that are measured at a time
_MIN_MEASURED = 0.25  # seconds; the mean of a shorter window may be that of a low tone
_SILENCE = 1e-10  # power, -100 dBFS
# Independent channels keep half of their power in the mix, and so does one next to silence.
_CANCELLED = 0.05  # mixed power, as a share of the channels' power, below which they cancel
_MIN_LOUDER = 1.5  # power ratio from which another channel is used
_MIN_SHARE = 0.1  # share of the audible duration that must cancel for a warning
_MAX_OFFSET = 0.1  # of full scale


class ChannelMixer:
    """Selects and mixes the channels of a stream's blocks.

    Where channels cancel each other in the mix, the louder one is used instead. A constant
    offset (DC) is removed.

    Parameters
    ----------
    rate : sampling rate of the blocks, in Hz
    name : name of the source in messages
    """

    def __init__(self, selection: Selection, rate: int, name: str) -> None:
        self._selection = selection
        self._rate = rate
        self._name = name
        self._audible = self._cancelled = 0  # samples
        self._used = 0  # channel used where the mix cancels, from 0
        self._louder: set[int] = set()  # all channels used so, from 1
        self._offset: Samples | None = None  # shape (channels, 1)
        self._offset_from = 0
        self._position = 0  # samples

    def pick(self, block: Samples) -> Samples:
        """Return the selected channels of a block of shape (channels, time)."""
        import numpy as np

        pieces = list(self._pieces(block))
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis=1)

    def warn(self) -> None:
        """Log a warning for each kind of correction."""
        if self._cancelled > _MIN_SHARE * self._audible:
            used = " and ".join(map(str, sorted(self._louder)))
            logger.warning(
                "%s: the channels cancel each other in the mix; channel %s is used instead"
                " (--channel selects another)",
                self._name,
                used,
            )
        if self._offset is not None:
            logger.warning(
                "%s: a constant offset (DC) of %.0f %% of full scale is removed, first at %s",
                self._name,
                100 * float(abs(self._offset).max()),
                format_time(self._offset_from / self._rate),
            )

    def _pieces(self, block: Samples) -> Iterator[Samples]:
        size = max(1, round(_WINDOW * self._rate))
        for at in range(0, block.shape[1], size):
            raw = block[:, at : at + size]
            yield self._centred(self._mixed(raw))
            self._position += raw.shape[1]

    def _mixed(self, raw: Samples) -> Samples:
        """Mix the channels, or return the louder one if they cancel each other."""
        mixed = self._selection.pick(raw)
        if self._selection.channel != "mix" or len(raw) == 1:
            return mixed
        powers = [_power(channel) for channel in raw]
        mean = sum(powers) / len(powers)
        if not _SILENCE <= mean < float("inf"):  # also False for NaN
            return mixed
        self._audible += raw.shape[1]
        if _power(mixed[0]) > _CANCELLED * mean:
            return mixed
        self._cancelled += raw.shape[1]
        loudest = powers.index(max(powers))
        if powers[loudest] > _MIN_LOUDER * powers[self._used]:
            self._used = loudest
        self._louder.add(self._used + 1)
        return raw[self._used : self._used + 1]

    def _centred(self, piece: Samples) -> Samples:
        """Subtract a constant offset from the window where it is found onwards."""
        if piece.shape[1] >= _MIN_MEASURED * self._rate:
            mean = piece.mean(axis=1, keepdims=True)
            known = 0.0 if self._offset is None else self._offset
            change = float(abs(mean - known).max())
            if _MAX_OFFSET < change < float("inf"):
                if self._offset is None:
                    self._offset_from = self._position
                self._offset = mean
        return piece if self._offset is None else piece - self._offset


def _power(channel: Samples) -> float:
    """Return the mean square, without `dot`, which would start the threads of BLAS."""
    import numpy as np

    return float(np.einsum("i,i->", channel, channel)) / max(1, len(channel))
