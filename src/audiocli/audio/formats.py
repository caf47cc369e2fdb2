"""Detect audio files by suffix and by their first bytes."""

from __future__ import annotations

from pathlib import Path

_AUDIO = (
    ".3ga .722 .aa3 .aac .ac3 .adts .adx .aif .aifc .aiff .amr .ape .ast .au .awb .caf .dsf .dss"
    " .dts .dtshd .eac3 .ec3 .f4a .f4b .flac .g722 .gsm .hca .ircam .isma .lc3 .m2a .m4a .m4b .m4r"
    " .mka .mlp .mp1 .mp2 .mp3 .mpa .mpc .mpga .nist .oga .ogg .oma .opus .paf .pvf .qoa .qta .ra"
    " .rf64 .rso .shn .snd .sox .sph .spx .svx .tak .thd .tta .voc .vqf .w64 .wav .wave .weba .wma"
    " .wv"
)
_VIDEO = (
    ".3g2 .3gp .3gp2 .3gpp .amv .asf .avi .divx .dv .f4v .flv .gxf .ismv .m2p .m2t .m2ts .m4v .mk3d"
    " .mkv .mov .mp4 .mp4v .mpe .mpeg .mpg .mts .mxf .nsv .nut .ogm .ogv .ogx .qt .rm .rmvb .swf"
    " .ts .vob .vro .webm .wmv .wtv"
)
# Suffixes that are searched for in folders; a file named by the user may have any suffix.
SUFFIXES = frozenset(_AUDIO.split() + _VIDEO.split())
# Also suffixes of TypeScript files, which are excluded by their content.
_AMBIGUOUS = {".ts", ".mts"}
_SYNC = 0x47  # first byte of an MPEG transport packet; in .mts after a 4-byte timestamp
_PACKETS = {0: 188, 4: 192}  # offset of the first packet, and packet size in bytes

HEAD_SIZE = 16  # bytes that `is_lossless` needs

_W64 = b"riff\x2e\x91\xcf\x11"


def has_sound_suffix(path: Path) -> bool:
    """Return whether a file has a suffix of audio or video; False for TypeScript (.ts)."""
    suffix = path.suffix.lower()
    if suffix in _AMBIGUOUS and path.is_file():
        return is_transport_stream(path)
    return suffix in SUFFIXES


def is_transport_stream(path: Path) -> bool:
    """Return whether a file is an MPEG transport stream; True if it cannot be opened."""
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError:
        return True
    return any(
        len(head) > at + size and head[at] == head[at + size] == _SYNC
        for at, size in _PACKETS.items()
    )


def is_lossless(head: bytes) -> bool:
    """Return whether a file should be read with libsndfile, by its first bytes.

    True for containers of PCM and FLAC, where seeking is exact and cheap. Lossy formats
    that libsndfile also supports (MP3, Vorbis, Opus) are read with FFmpeg: it is as fast
    (Opus: 2.6 times faster), continues after damage, and its MP3 decoder does not print
    to stderr.
    """
    match head[:4]:
        case b"RIFF" | b"RIFX" | b"RF64":
            return head[8:12] == b"WAVE"
        case b"FORM":
            return head[8:12] in {b"AIFF", b"AIFC"}
        case b"fLaC" | b"caff" | b".snd":
            return True
    return head.startswith(_W64)
