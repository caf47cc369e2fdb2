"""Encode samples to a file or pipe as they are generated, with FFmpeg.

Streamable formats can be written to targets that are not seekable. Their header then
declares an unknown length; in a file it is updated at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from audiocli.errors import write_failure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class AudioFormat:
    """An output format: FFmpeg's names of the container and codec, and file suffixes."""

    container: str
    codec: str
    suffixes: tuple[str, ...]
    streams: bool = True  # whether it can be written to targets that are not seekable
    has_comments: bool = False  # whether chapters are stored as Vorbis comments
    options: Mapping[str, str] = field(default_factory=dict)  # of the codec


AUDIO_FORMATS: Mapping[str, AudioFormat] = {
    "wav": AudioFormat("wav", "pcm_s16le", (".wav", ".wave")),
    "flac": AudioFormat("flac", "flac", (".flac",), has_comments=True),
    "opus": AudioFormat("ogg", "libopus", (".opus", ".ogg", ".oga"), has_comments=True),
    "mp3": AudioFormat("mp3", "libmp3lame", (".mp3",)),
    # For audiobooks. FFmpeg's default AAC coder takes three times as long.
    "m4b": AudioFormat(
        "ipod", "aac", (".m4b", ".m4a"), streams=False, options={"aac_coder": "fast"}
    ),
    "raw": AudioFormat("s16le", "pcm_s16le", (".raw", ".pcm")),
}


def format_for_suffix(suffix: str) -> str | None:
    """Return the name of the format of a file suffix, or None."""
    suffix = suffix.lower()
    return next((name for name, known in AUDIO_FORMATS.items() if suffix in known.suffixes), None)


_LAYOUTS = {1: "mono", 2: "stereo"}


class Chapter(NamedTuple):
    """A named part of a recording, in seconds."""

    start: float
    end: float
    title: str


class AudioWriter:
    """An audio encoder for consecutive blocks; created by `open_writer`."""

    def __init__(self, container: Any, stream: Any, rate: int, channels: int) -> None:
        import av

        self._container = container
        self._stream = stream
        self._rate = rate
        self._position = 0  # samples so far
        codec = stream.codec_context
        self._layout = _LAYOUTS[channels]
        self._resampler = av.AudioResampler(
            format=codec.format, layout=self._layout, rate=codec.rate
        )

    def write(self, samples: NDArray[np.float32]) -> None:
        """Write samples, shape (time,) or (channels, time); those outside [-1, 1] are clipped."""
        import av
        import numpy as np

        planes = np.atleast_2d(np.clip(samples, -1.0, 1.0))
        block = np.ascontiguousarray(planes, np.float32)
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=self._layout)
        frame.sample_rate = self._rate
        frame.pts = self._position
        frame.time_base = Fraction(1, self._rate)
        self._position += planes.shape[1]
        self._encode(frame)

    def finish(self) -> None:
        """Flush the codec."""
        self._encode(None)
        self._container.mux(self._stream.encode(None))

    def _encode(self, frame: Any) -> None:
        for ready in self._resampler.resample(frame):
            self._container.mux(self._stream.encode(ready))


@contextmanager
def open_writer(
    target: BinaryIO,
    rate: int,
    format: str,
    name: str,
    tags: Mapping[str, str] = {},
    chapters: Sequence[Chapter] = (),
    channels: int = 1,
) -> Iterator[AudioWriter]:
    """Open a writer; the target is complete when the `with` block ends without an error.

    Parameters
    ----------
    target : an open binary file; each block is flushed at once
    rate : sampling rate in Hz; if the codec does not support it, the next higher one is used
    format : one of `AUDIO_FORMATS`
    name : name of the target in messages
    tags : metadata of the file, such as a comment
    chapters : written if the format supports them: m4b, mp3, opus, flac
    channels : 1 or 2

    Raises
    ------
    OutputError : the target cannot be written
    """
    import av

    target_format = AUDIO_FORMATS[format]
    try:
        container: Any = av.open(
            target, "w", format=target_format.container, options={"flush_packets": "1"}
        )
        container.metadata.update(tags)
        if target_format.has_comments:
            container.metadata.update(_chapter_comments(chapters))
        elif chapters:
            container.set_chapters([_chapter(*numbered) for numbered in enumerate(chapters)])
        stream = container.add_stream(
            target_format.codec,
            rate=_rate(target_format.codec, rate),
            layout=_LAYOUTS[channels],
            options=dict(target_format.options),
        )
        encoder = AudioWriter(container, stream, rate, channels)
        yield encoder
        encoder.finish()
        container.close()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise write_failure(name, error) from error


def _chapter(number: int, chapter: Chapter) -> dict[str, Any]:
    return {
        "id": number,
        "start": round(chapter.start * 1000),
        "end": round(chapter.end * 1000),
        "time_base": Fraction(1, 1000),
        "metadata": {"title": chapter.title},
    }


def _chapter_comments(chapters: Sequence[Chapter]) -> Iterator[tuple[str, str]]:
    """Yield chapters as Vorbis comments (https://wiki.xiph.org/Chapter_Extension).

    FFmpeg 8 writes such comments itself, but one second late where the fraction of the start
    is half a second or more.
    """
    for number, chapter in enumerate(chapters):
        minutes, milliseconds = divmod(round(chapter.start * 1000), 60_000)
        clock = f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds / 1000:06.3f}"
        yield f"CHAPTER{number:03}", clock
        yield f"CHAPTER{number:03}NAME", chapter.title


def _rate(codec: str, rate: int) -> int:
    """Return the lowest rate of a codec that is not below `rate`, else the highest."""
    import av

    rates = sorted(av.codec.Codec(codec, "w").audio_rates or (rate,))
    return int(next((possible for possible in rates if possible >= rate), rates[-1]))
