"""Settings of glibc's allocator.

`keep_large_blocks` keeps the memory of the encoder on the heap, and `map_large_blocks` keeps
large blocks off it.

Attention over 30 s of audio allocates blocks of 72 MB. By default glibc maps each block
when it is allocated and unmaps it when it is freed, and the kernel fills every page with
zeros again. This takes a third of the encoder's time (18 ms for a second of audio, 12 ms
without it; one thread, windows of 30 s). Blocks on the heap are reused as they are.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache

TRIM_INTERVAL = 60.0  # seconds of audio after which the heap is trimmed
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_MMAP_MAX, _M_ARENA_MAX = -1, -3, -4, -8  # from malloc.h
_LARGE, _KEPT = 8 << 20, 128 << 20  # bytes


@cache
def keep_large_blocks() -> bool:
    """Configure malloc to allocate blocks of any size on one heap, and to keep their memory.

    Returns
    -------
    whether the C library supports it; if not, nothing is changed
    """
    return _set((_M_ARENA_MAX, 1), (_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, 2**31 - 1))


@cache
def map_large_blocks() -> bool:
    """Configure malloc to map large blocks one by one, so that their memory is returned.

    glibc raises the size from which it maps blocks, up to 32 MB, when it frees one. The buffers
    of networks then lie on the heap between results that are kept, and fragment it. Ten minutes
    of `diarize` take 409 MB instead of 462 to 532. With a threshold of 1 MB or less they take
    393 MB, and 30 % more processor time.

    Returns
    -------
    whether the C library supports it; if not, nothing is changed
    """
    return _set((_M_MMAP_THRESHOLD, _LARGE), (_M_TRIM_THRESHOLD, _KEPT))


def _set(*parameters: tuple[int, int]) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # musl
        return False
    return all(mallopt(parameter, value) for parameter, value in parameters)


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
