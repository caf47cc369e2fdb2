"""Settings of glibc's allocator.

`keep_large_blocks` keeps it from giving back the encoder's memory after every layer.

Attention over 30 s of sound wants blocks of 72 MB. By default glibc maps each
one afresh and unmaps it after use, and the kernel zeroes every page of it again:
half of the encoder's time, measured (18 ms a second of sound against 12 ms, one
thread, 30 s windows). Kept on the heap, blocks are used again as they are.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache

TRIM_INTERVAL = 60.0  # seconds of audio after which the heap is trimmed
_M_TRIM_THRESHOLD, _M_MMAP_MAX, _M_ARENA_MAX = -1, -4, -8  # from malloc.h


@cache
def keep_large_blocks() -> bool:
    """Tell malloc to serve blocks of any size from one heap, and to keep it.

    Returns
    -------
    whether the C library is one that listens; elsewhere nothing happens
    """
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # musl
        return False
    return bool(
        mallopt(_M_ARENA_MAX, 1)
        and mallopt(_M_MMAP_MAX, 0)
        and mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
    )


def trimming(on_progress: Callable[[float], None]) -> Callable[[float], None]:
    """Return a callback for progress that also gives free memory back to the system.

    Results that are kept, such as voice embeddings, lie between the freed buffers of the
    networks. glibc then neither reuses nor returns all of this memory: without trimming,
    `diarize` grew by 600 MB for each hour of audio.

    Parameters
    ----------
    on_progress : takes the finished seconds of audio
    """
    following = TRIM_INTERVAL

    def update(seconds: float) -> None:
        nonlocal following
        on_progress(seconds)
        if seconds >= following:
            following = seconds + TRIM_INTERVAL
            if trim := _malloc_trim():
                trim(0)

    return update


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    """Return the function of glibc, or None for other C libraries."""
    if not sys.platform.startswith("linux"):
        return None
    import ctypes

    return getattr(ctypes.CDLL(None), "malloc_trim", None)
