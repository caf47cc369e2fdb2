"""Selection of a part of a recording: track, channels, start and end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiocli.errors import InputError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NAMED_CHANNELS = {"left": 1, "right": 2}


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of a recording.

    Attributes
    ----------
    channel : `mix` (the mean of all channels), `left`, `right`, a channel number counted
        from 1, or `all` to keep all channels separate
    start : in seconds from the start of the recording
    end : in seconds; None is the end of the recording
    track : number counted from 1, or language, of the sound track of a container with
        several; None selects the default one

    Raises
    ------
    UsageError
        when the channel is not valid, or the end is not after the start
    """

    channel: str = "mix"
    start: float = 0.0
    end: float | None = None
    track: str | None = None

    def __post_init__(self) -> None:
        """Validate the fields."""
        if self.channel not in {"mix", "all"} and not self.number:
            raise UsageError(
                f"{self.channel!r} is not a valid channel",
                "choose mix, left, right, all, or a number counted from 1",
            )
        if self.start < 0:
            raise UsageError("--start is negative")
        if self.end is not None and self.end <= self.start:
            raise UsageError(f"--end {self.end:g} is not after --start {self.start:g}")

    @property
    def number(self) -> int:
        """Number of the selected channel, counted from 1, or 0 for `mix` and `all`."""
        if self.channel.isascii() and self.channel.isdigit():
            return int(self.channel)
        return _NAMED_CHANNELS.get(self.channel, 0)

    def channels(self, available: int, name: str) -> int:
        """Return the number of selected channels of a recording with `available` channels.

        Parameters
        ----------
        name : name of the recording in messages

        Raises
        ------
        InputError
            when the selected channel does not exist
        """
        if self.number > available:
            has = "1 channel" if available == 1 else f"{available} channels"
            raise InputError(name, f"has no channel {self.channel}, only {has}", "change --channel")
        return available if self.channel == "all" else 1

    def length(self, total: float | None) -> float | None:
        """Return the selected seconds of a recording of `total` seconds, or None if unknown."""
        if total is None:
            return None if self.end is None else self.end - self.start
        return max(0.0, min(total, self.end or total) - self.start)

    def pick(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the selected channels of a block of shape (channels, time)."""
        if self.number:
            return block[self.number - 1 : self.number]
        if self.channel == "all" or len(block) == 1:
            return block
        # Channel by channel: `mean(axis=0)` is ten times slower on interleaved samples, and
        # a matrix product would start the threads of BLAS.
        mixed: NDArray[np.float32] = block[0] / len(block)
        for channel in block[1:]:
            mixed += channel / len(block)
        return mixed[None]
