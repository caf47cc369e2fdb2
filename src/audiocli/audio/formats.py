"""What file names and first bytes say about a file of sound."""

from __future__ import annotations

from pathlib import Path

_AUDIO = (
    ".aac .ac3 .aif .aifc .aiff .amr .ape .au .caf .dts .eac3 .flac .m4a .m4b .mka .mp2 .mp3 .mpc"
    " .oga .ogg .opus .ra .rf64 .snd .sph .spx .tak .tta .voc .w64 .wav .wave .weba .wma .wv"
)
_VIDEO = (  # without .ts and .mts, which are more often TypeScript
    ".3gp .avi .flv .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mxf .ogv .vob .webm .wmv"
)
# Suffixes a folder is searched for; a file named by the user may have any.
SUFFIXES = frozenset(_AUDIO.split() + _VIDEO.split())

HEAD_SIZE = 16  # bytes that `is_lossless` wants to see

_W64 = b"riff\x2e\x91\xcf\x11"


def has_sound_suffix(path: Path) -> bool:
    """Whether a file's name is one of sound or of video."""
    return path.suffix.lower() in SUFFIXES


def is_lossless(head: bytes) -> bool:
    """Whether a file's first bytes are of a container that libsndfile is the best reader of.

    These hold PCM or FLAC, where a seek is exact and cheap. The lossy formats that
    libsndfile knows too (MP3, Vorbis, Opus) are left to FFmpeg: it is as fast
    (Opus: 2.6 times faster), reads on past damage, and its MP3 decoder does not
    print to the process's stderr.
    """
    match head[:4]:
        case b"RIFF" | b"RIFX" | b"RF64":
            return head[8:12] == b"WAVE"
        case b"FORM":
            return head[8:12] in {b"AIFF", b"AIFC"}
        case b"fLaC" | b"caff" | b".snd":
            return True
    return head.startswith(_W64)
