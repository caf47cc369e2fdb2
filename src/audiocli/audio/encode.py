"""Write clips to audio files with libsndfile."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from audiocli.audio.clip import Clip
from audiocli.audio.source import name_of
from audiocli.errors import OutputError, UsageError, write_failure

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
    """Write a clip to a file; samples outside [-1, 1] are clipped.

    Parameters
    ----------
    target : a path, or an open binary file
    format : one of `FORMATS`; None uses the suffix of the path

    Raises
    ------
    UsageError
        when the format is unknown
    OutputError
        when the file cannot be written, or the format does not support the clip's rate
    """
    import soundfile

    label = name_of(target)
    name = format or Path(label).suffix[1:].lower() or "wav"
    if name not in FORMATS:
        raise UsageError(f"{name!r} is not an output format", f"one of: {', '.join(FORMATS)}")
    container, codec = FORMATS[name]
    encoded = BytesIO()  # libsndfile's callbacks would hide the error of a full disk
    try:
        soundfile.write(encoded, clip.samples.T, clip.rate, codec, format=container)
        if isinstance(target, str | Path):
            Path(target).write_bytes(encoded.getbuffer())
        else:
            target.write(encoded.getbuffer())
    except soundfile.LibsndfileError as error:
        problem = f"{name} does not support {clip.rate} Hz with {len(clip.samples)} channel(s)"
        raise OutputError(f"{label}: {problem}", "write WAV or FLAC") from error
    except OSError as error:
        raise write_failure(label, error) from error
