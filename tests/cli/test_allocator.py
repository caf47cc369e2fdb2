"""Freed memory goes back to the system while a command runs."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from audiocli.cli.allocator import TRIM_INTERVAL, trimming

_BLOCK = 100_000  # bytes; small enough to come from the heap

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="only glibc",
)


def resident() -> int:
    """Return the resident memory of this process in bytes."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096


_LARGE_BETWEEN_KEPT = """
import ctypes, sys
from audiocli.cli.allocator import map_large_blocks
if sys.argv[1] == "mapped":
    assert map_large_blocks()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
libc.free(libc.malloc(30_000_000))  # glibc raises its threshold
large = []
for _ in range(20):
    large.append(libc.malloc(9_000_000))
    ctypes.memset(large[-1], 1, 9_000_000)
    libc.malloc(50_000)  # kept
for block in large:
    libc.free(block)
print(open("/proc/self/statm").read().split()[1])
"""


def test_large_blocks_between_kept_ones_are_returned() -> None:
    pages = {}
    for name in ("mapped", "default"):
        ran = subprocess.run(
            [sys.executable, "-c", _LARGE_BETWEEN_KEPT, name], capture_output=True, check=True
        )
        pages[name] = int(ran.stdout)
    assert pages["default"] - pages["mapped"] > 15 * 9_000_000 // 4096


def test_memory_between_kept_blocks_is_returned_at_intervals() -> None:
    """Every second block is kept, so that the heap cannot shrink by itself."""
    malloc, free = ctypes.CDLL(None).malloc, ctypes.CDLL(None).free
    malloc.restype, free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    blocks = [malloc(_BLOCK) for _ in range(2000)]
    for block in blocks:
        ctypes.memset(block, 1, _BLOCK)
    for block in blocks[::2]:
        free(block)
    full, seconds = resident(), list[float]()
    update = trimming(seconds.append)
    update(TRIM_INTERVAL / 2)
    assert full - resident() < 20 * _BLOCK
    update(TRIM_INTERVAL)
    assert full - resident() > 800 * _BLOCK
    assert seconds == [TRIM_INTERVAL / 2, TRIM_INTERVAL]
    for block in blocks[1::2]:
        free(block)
