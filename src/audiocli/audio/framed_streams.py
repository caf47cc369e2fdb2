"""Find the end of the last frame in formats that declare no length.

A file that is cut inside a frame is recognised by a last frame that is longer than what is
left; one that is cut between two frames is not. Frame sizes are those of ISO/IEC 11172-3 and
13818-3 (MP3), ISO/IEC 13818-7 (ADTS), ISO/IEC 13818-1 (transport streams) and RFC 4867 (AMR).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

_TAIL = 1 << 15  # bytes at the end that hold several frames
_MIN_CHAIN = 3  # consecutive frames that exclude a chance match
_MAX_HEADER = 6  # bytes
_MAX_AMR = 1 << 27  # bytes; longer AMR files are not measured
_TS_PACKETS = ((188, 0), (192, 4), (204, 0))  # size, and offset of the sync byte
_TS_SYNC = 0x47

_AMR_MAGIC = {b"#!AMR\n": 0, b"#!AMR-WB\n": 1}
_AMR_BYTES = (
    (13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1),  # narrow band, by frame type
    (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 1, 1, 1, 1, 1, 1),  # wide band
)

# Bit rates in kbit/s by index, for (is MPEG-1, layer).
_LOW = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_BIT_RATES = {
    (True, 1): tuple(32 * index for index in range(15)),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): _LOW,
    (False, 3): _LOW,
}
_SAMPLE_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}

FrameSize = Callable[[bytes, int], int]  # size of the frame at an offset; 0 if there is none


def framed_end(file: BinaryIO, length: int, start: int) -> int | None:
    """Return the offset where the last frame ends, or None if it cannot be determined.

    Parameters
    ----------
    start : offset after the tags at the beginning of the file
    """
    file.seek(start)
    head = file.read(512)
    if head.startswith(tuple(_AMR_MAGIC)):
        return _amr_end(file, length)
    if size := _ts_packet(head):
        return start + -(-(length - start) // size) * size
    for size_at in (_adts_size, _mpeg_size):
        if size_at(head, 0):
            return _chain_end(file, length, start, size_at)
    return None


def _chain_end(file: BinaryIO, length: int, start: int, size_at: FrameSize) -> int | None:
    """Follow the frames at the end of a file; return the end of the last one."""
    first = max(start, length - _TAIL)
    file.seek(first)
    tail = file.read()
    for begin in range(len(tail)):
        offset, count = begin, 0
        while size := size_at(tail, offset):
            offset += size
            count += 1
        if count > _MIN_CHAIN:
            rest = tail[offset:]
            is_cut_header = 0 < len(rest) < _MAX_HEADER and rest[0] == 0xFF
            return length + 1 if is_cut_header else first + offset
    return None


def _adts_size(data: bytes, at: int) -> int:
    head = data[at : at + 6]
    if len(head) < 6 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return 0
    size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return size if size > 7 else 0


def _mpeg_size(data: bytes, at: int) -> int:
    head = data[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    rate_index, bit_rate_index, padding = head[2] >> 2 & 3, head[2] >> 4, head[2] >> 1 & 1
    if version == 1 or layer == 4 or rate_index == 3 or bit_rate_index in (0, 15):
        return 0
    rate = _SAMPLE_RATES[version][rate_index]
    bit_rate = 1000 * _BIT_RATES[version == 3, layer][bit_rate_index]
    if layer == 1:
        return (12 * bit_rate // rate + padding) * 4
    samples = 576 if layer == 3 and version != 3 else 1152
    return samples // 8 * bit_rate // rate + padding


def _amr_end(file: BinaryIO, length: int) -> int | None:
    if length > _MAX_AMR:
        return None
    file.seek(0)
    data = file.read()
    magic, sizes = next((m, _AMR_BYTES[i]) for m, i in _AMR_MAGIC.items() if data.startswith(m))
    offset = len(magic)
    while offset < length:
        offset += sizes[data[offset] >> 3 & 15]
    return offset


def _ts_packet(head: bytes) -> int | None:
    """Return the size of the packets of a transport stream, or None."""
    for size, at in _TS_PACKETS:
        if head[at : at + 2 * size : size] == bytes([_TS_SYNC] * 2):
            return size
    return None
