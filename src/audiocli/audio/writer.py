"""Sound to a file or a pipe while it is being made, through FFmpeg.

Formats that stream can be written to where nobody can seek back: a header that tells
the length says "unknown" there, and is put right where the target is a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from audiocli.errors import OutputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class AudioFormat:
    """FFmpeg's names of a container and a codec, and the endings of their files."""

    container: str
    codec: str
    suffixes: tuple[str, ...]
    streams: bool = True  # whether it can be written where nobody can seek back
    has_comments: bool = False  # of Vorbis, and so its chapters are such comments
    options: Mapping[str, str] = field(default_factory=dict)  # of the codec


AUDIO_FORMATS: Mapping[str, AudioFormat] = {
    "wav": AudioFormat("wav", "pcm_s16le", (".wav", ".wave")),
    "flac": AudioFormat("flac", "flac", (".flac",), has_comments=True),
    "opus": AudioFormat("ogg", "libopus", (".opus", ".ogg", ".oga"), has_comments=True),
    "mp3": AudioFormat("mp3", "libmp3lame", (".mp3",)),
    # Audio books. The usual search for the best quantisers takes three times as long.
    "m4b": AudioFormat(
        "ipod", "aac", (".m4b", ".m4a"), streams=False, options={"aac_coder": "fast"}
    ),
    "raw": AudioFormat("s16le", "pcm_s16le", (".raw", ".pcm")),
}


def format_for_suffix(suffix: str) -> str | None:
    """The name of the format that files with this suffix have, if it is one of ours."""
    suffix = suffix.lower()
    return next((name for name, known in AUDIO_FORMATS.items() if suffix in known.suffixes), None)


_LAYOUTS = {1: "mono", 2: "stereo"}


class Chapter(NamedTuple):
    """A named part of a recording, in seconds."""

    start: float
    end: float
    title: str


class AudioWriter:
    """Writes sound as it comes; made by `open_writer`."""

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
        """Write samples, shape (time,) or (channels, time); those beyond [-1, 1] are clipped."""
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
        """Write what the codec still holds back."""
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
    """Start to write sound; the target is complete when the block ends without an error.

    Parameters
    ----------
    target : an open binary file; a pipe gets each block at once
    rate : samples a second, in Hz; a codec that cannot have it gets the next one above
    format : one of `AUDIO_FORMATS`
    name : of the target, for messages
    tags : metadata of the file, such as a comment
    chapters : written where the format has them: m4b, mp3, opus, flac
    channels : one or two

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
        raise OutputError(f"{name}: cannot be written: {error.strerror or error}") from error


def _chapter(number: int, chapter: Chapter) -> dict[str, Any]:
    return {
        "id": number,
        "start": round(chapter.start * 1000),
        "end": round(chapter.end * 1000),
        "time_base": Fraction(1, 1000),
        "metadata": {"title": chapter.title},
    }


def _chapter_comments(chapters: Sequence[Chapter]) -> Iterator[tuple[str, str]]:
    """Chapters as comments of Vorbis (https://wiki.xiph.org/Chapter_Extension).

    FFmpeg 8 writes such comments itself, but one second late from half a second on.
    """
    for number, chapter in enumerate(chapters):
        minutes, milliseconds = divmod(round(chapter.start * 1000), 60_000)
        clock = f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds / 1000:06.3f}"
        yield f"CHAPTER{number:03}", clock
        yield f"CHAPTER{number:03}NAME", chapter.title


def _rate(codec: str, rate: int) -> int:
    """The lowest rate a codec can have that loses nothing."""
    import av

    rates = sorted(av.codec.Codec(codec, "w").audio_rates or (rate,))
    return int(next((possible for possible in rates if possible >= rate), rates[-1]))
