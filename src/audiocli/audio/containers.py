"""Read the length that a container declares, to detect truncated and concatenated files.

Sizes in headers are read, and in formats without them (AAC, AMR, MPEG transport streams, MP3
without a Xing header) the last frame. The length of files written to a pipe is unknown.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from audiocli.audio.framed_streams import framed_end

# Programs that cannot rewrite the header store 0, 0xFFFFFFFF, or about 2 GiB.
_MIN_UNKNOWN_SIZE = 0x7FFFF000
_WRAPPED = 1 << 32  # 32-bit sizes of longer files are stored modulo this
_TAIL = 1 << 16  # bytes at the end of an Ogg file that contain the start of the last page
_MPEG_HEAD = 200  # bytes of an MPEG frame that contain the Xing or VBRI header
_ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")


@dataclass(frozen=True)
class Extent:
    """Actual and declared length of a file.

    Attributes
    ----------
    length : size of the file, in bytes
    end : offset where the container ends according to its headers; None if unknown
    is_joined : whether another file of the same format follows at `end` that decoders ignore;
        False for MP3, Ogg, Matroska and W64, which decoders continue to read
    """

    length: int
    end: int | None = None
    is_joined: bool = False

    @property
    def is_cut_short(self) -> bool:
        """Return whether bytes are missing at the end."""
        return self.end is not None and self.end > self.length


@dataclass(frozen=True)
class WavData:
    """Offset and size of the samples of a WAV file, in bytes.

    Attributes
    ----------
    size : None if the header does not store it; the samples then extend to the end
    """

    start: int
    size: int | None
    is_big_endian: bool


def extent(file: BinaryIO) -> Extent:
    """Measure a seekable file; its position is restored."""
    place = file.tell()
    length = file.seek(0, 2)
    try:
        head = _at(file, 0, 64)
        measure = _measure_for(head)
        end = measure(file, length) if measure else None
        if end is None:
            end = framed_end(file, length, _after_id3(head))
        is_joined = end is not None and end < length and _repeats(file, end, head)
        return Extent(length, end, is_joined)
    finally:
        file.seek(place)


def wav_data(file: BinaryIO) -> WavData | None:
    """Locate the samples of a RIFF or RIFX file; return None for other files."""
    place = file.tell()
    length = file.seek(0, 2)
    try:
        head = _at(file, 0, 12)
        if head[:4] not in {b"RIFF", b"RIFX"} or head[8:] != b"WAVE":
            return None
        return _wav_data(file, length, _order(head))
    finally:
        file.seek(place)


def find_second_flac(file: BinaryIO, start: int) -> bool:
    """Return whether a FLAC header follows a position; the file position is restored."""
    place = file.tell()
    file.seek(start)
    kept = b""
    found = False
    while not found and (block := file.read(1 << 20)):
        found = b"fLaC\0\0\0\x22" in kept + block
        kept = block[-7:]
    file.seek(place)
    return found


def _at(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    return file.read(size)


def _measure_for(head: bytes) -> Callable[[BinaryIO, int], int | None] | None:
    measures: dict[bytes, Callable[[BinaryIO, int], int | None]] = {
        b"RIFF": _riff_end,
        b"RIFX": _riff_end,
        b"RF64": _rf64_end,
        b"FORM": _aiff_end,
        b"caff": _caf_end,
        b".snd": _au_end,
        b"riff": _w64_end,
        b"\x1a\x45\xdf\xa3": _matroska_end,
        b"OggS": _ogg_end,
        _ASF_HEADER[:4]: _asf_end,
    }
    if head[4:8] in {b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip", b"styp"}:
        return _mp4_end
    if head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0):
        return _mp3_end
    return measures.get(head[:4])


def _repeats(file: BinaryIO, end: int, head: bytes) -> bool:
    """Return whether a second file of the same format begins at `end`."""
    following = _at(file, end, 16)
    if head[4:8] == b"ftyp":
        return following[4:8] == b"ftyp"
    if head[:4] not in {b"RIFF", b"RIFX", b"RF64", b"FORM", b"caff", b".snd"}:
        return False
    return following.lstrip(b"\0").startswith(head[:4])  # chunks are padded


def _order(head: bytes) -> str:
    return ">" if head[:4] in {b"RIFX", b"FORM"} else "<"


def _wav_data(file: BinaryIO, length: int, order: str) -> WavData | None:
    offset = 12
    while len(chunk := _at(file, offset, 8)) == 8:
        name, size = struct.unpack(f"{order}4sI", chunk)
        offset += 8
        if name == b"data":
            is_unknown = size == 0 or size >= _MIN_UNKNOWN_SIZE
            behind = length - offset - size
            if (is_unknown and behind != 0) or behind >= _WRAPPED:
                return WavData(offset, None, order == ">")
            return WavData(offset, size, order == ">")
        offset += size + size % 2
    return None


def _riff_end(file: BinaryIO, length: int) -> int | None:
    """Use the chunk sizes, because many programs do not update the RIFF size."""
    head = _at(file, 0, 12)
    if head[8:] == b"WAVE":
        data = _wav_data(file, length, _order(head))
        if data is None or data.size is None:
            return None
        return _chunks_end(file, data.start - 8, _order(head), {b"RIFF", b"RIFX"})
    return _chunks_end(file, 12, "<", {b"RIFF"}) if head[8:] == b"AVI " else None


def _rf64_end(file: BinaryIO, _: int) -> int | None:
    """Read the size of the samples in the chunk ds64."""
    head = _at(file, 12, 24)
    if head[:4] != b"ds64" or len(head) < 24:
        return None
    offset = 20 + int(struct.unpack("<I", head[4:8])[0])
    size = int(struct.unpack("<Q", head[16:])[0])
    while len(chunk := _at(file, offset, 8)) == 8:
        offset += 8
        if chunk[:4] == b"data":
            return offset + size if 0 < size < 1 << 62 else None
        skipped = struct.unpack("<I", chunk[4:])[0]
        offset += skipped + skipped % 2
    return None


def _caf_end(file: BinaryIO, _: int) -> int | None:
    """Walk chunks with 64-bit sizes; -1 is unknown."""
    offset = 8
    while len(chunk := _at(file, offset, 12)) == 12:
        name, size = struct.unpack(">4sq", chunk)
        if name == b"caff" or not re.fullmatch(rb"[\w\x20-\x7e]{4}", name):
            break
        if size < 0:
            return None
        offset += 12 + size
    return offset


def _aiff_end(file: BinaryIO, _: int) -> int | None:
    return _chunks_end(file, 12, ">", {b"FORM"})


def _chunks_end(file: BinaryIO, offset: int, order: str, joins: set[bytes]) -> int | None:
    """Walk chunks to the last one, or to the header of another file."""
    end = offset
    while len(chunk := _at(file, offset, 8)) == 8:
        name, size = struct.unpack(f"{order}4sI", chunk)
        if name in joins or not re.fullmatch(rb"[\w\x20-\x7e]{4}", name):
            break
        if size >= _MIN_UNKNOWN_SIZE:
            return None
        end = offset + 8 + size
        offset = end + size % 2
    return end


def _au_end(file: BinaryIO, _: int) -> int | None:
    start, size = struct.unpack(">II", _at(file, 4, 8).ljust(8, b"\0"))
    return None if size in {0, 0xFFFFFFFF} else start + size


def _w64_end(file: BinaryIO, _: int) -> int | None:
    """Walk chunks: a 16-byte name and a size that includes the header, aligned to 8 bytes."""
    offset, end = 40, 40
    while len(chunk := _at(file, offset, 24)) == 24:
        size = struct.unpack("<Q", chunk[16:])[0]
        if size < 24 or size >= 1 << 62:
            return end if chunk.startswith(b"riff") else None
        if chunk.startswith(b"riff"):
            break
        end = offset + size
        offset = -(-end // 8) * 8
    return end


def _mp4_end(file: BinaryIO, length: int) -> int | None:
    """Walk the top-level boxes."""
    offset = 0
    while len(box := _at(file, offset, 16)) >= 8:
        size, name = struct.unpack(">I4s", box[:8])
        if offset and name == b"ftyp":
            break
        if size == 0:  # extends to the end
            return length
        if size == 1:
            size = struct.unpack(">Q", box[8:].ljust(8, b"\0"))[0]
        if size < 8 or not re.fullmatch(rb"[\w\x20-\x7e\xa9]{4}", name):
            return offset or None
        offset += size
    return offset


def _matroska_end(file: BinaryIO, _: int) -> int | None:
    """Read the sizes of the EBML header and of the segment that follows."""
    offset = 4
    size, width = _ebml_size(_at(file, offset, 8))
    if size is None:
        return None
    offset += width + size
    if _at(file, offset, 4) != b"\x18\x53\x80\x67":
        return None
    size, width = _ebml_size(_at(file, offset + 4, 8))
    return None if size is None else offset + 4 + width + size


def _ebml_size(data: bytes) -> tuple[int | None, int]:
    """Read a variable-width size and its width in bytes; the size is None if all bits are set."""
    if not data or not data[0]:
        return None, 0
    width = 9 - data[0].bit_length()
    value = int.from_bytes(data[:width], "big") & ((1 << 7 * width) - 1)
    return (None if value == (1 << 7 * width) - 1 else value), width


def _ogg_end(file: BinaryIO, length: int) -> int | None:
    """Return the end of the last page."""
    start = max(0, length - _TAIL - 282)
    tail = _at(file, start, length - start)
    at = tail.rfind(b"OggS\0")
    page = tail[at : at + 282]
    if at < 0:
        return None
    if len(page) < 27 or len(page) < 27 + page[26]:
        return length + 1  # the page header is truncated
    return start + at + 27 + page[26] + sum(page[27 : 27 + page[26]])


def _asf_end(file: BinaryIO, _: int) -> int | None:
    """Add the sizes of the header and of the data object."""
    head = _at(file, 0, 24)
    if head[:16] != _ASF_HEADER or len(head) < 24:
        return None
    size = struct.unpack("<Q", head[16:])[0]
    data = _at(file, size, 24)
    if len(data) < 24:
        return None
    length = struct.unpack("<Q", data[16:])[0]
    return size + length if 50 < length < 1 << 62 else None


def _mp3_end(file: BinaryIO, _: int) -> int | None:
    """Read the byte count of a Xing, Info or VBRI header."""
    start = _after_id3(_at(file, 0, 10))
    frame = _at(file, start, _MPEG_HEAD)
    if found := re.search(rb"(?:Xing|Info)(.{12})", frame, re.DOTALL):
        flags, *values = struct.unpack(">III", found[1])
        if flags & 2:
            return int(start + values[flags & 1])
    elif found := re.search(rb"VBRI.{6}(.{4})", frame, re.DOTALL):
        return int(start + int.from_bytes(found[1], "big"))
    return None


def _after_id3(head: bytes) -> int:
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    a, b, c, d = head[6:10]
    return 10 + (a << 21 | b << 14 | c << 7 | d)
