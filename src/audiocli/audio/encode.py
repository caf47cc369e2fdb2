"""Samples to a file of sound, through libsndfile."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO

from audiocli.audio.clip import Clip
from audiocli.audio.source import reason
from audiocli.errors import OutputError, UsageError

# libsndfile's container and codec of each format.
FORMATS = {
    "wav": ("WAV", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "aiff": ("AIFF", "PCM_16"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
}


def write(clip: Clip, target: str | Path | BinaryIO, format: str | None = None) -> None:
    """Write a clip; samples beyond [-1, 1] are clipped.

    Parameters
    ----------
    target : a path, or a binary file that can be sought
    format : one of `FORMATS`; None goes by the path's suffix

    Raises
    ------
    UsageError
        when the format is unknown
    OutputError
        when the file cannot be written, or the format cannot hold the clip's rate
    """
    import soundfile

    path = Path(target) if isinstance(target, str | Path) else None
    name = format or (path.suffix[1:].lower() if path else "wav")
    if name not in FORMATS:
        raise UsageError(f"{name!r} is not a format to write", f"one of: {', '.join(FORMATS)}")
    container, codec = FORMATS[name]
    try:
        with path.open("w+b") if path else nullcontext(target) as file:
            soundfile.write(file, clip.samples.T, clip.rate, codec, format=container)
    except soundfile.LibsndfileError as error:
        problem = f"{clip.samples.shape[0]} channels at {clip.rate} Hz cannot be written as {name}"
        raise OutputError(f"{path or '-'}: {problem}") from error
    except OSError as error:
        raise OutputError(f"{path or '-'}: {reason(error)}") from error
