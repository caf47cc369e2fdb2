"""Synthetic audio, in formats of libsndfile and FFmpeg, and damaged files."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np
import soundfile


def tone(seconds: float = 1.0, rate: int = 16000, channels: int = 1) -> np.ndarray:
    """Return a rising tone, louder in each channel; float32, shape (channels, time)."""
    time = np.arange(round(seconds * rate)) / rate
    wave = np.sin(2 * np.pi * (200 + 100 * time) * time)
    return np.stack([wave * (c + 1) / (2 * channels) for c in range(channels)]).astype(np.float32)


def pcm(
    samples: np.ndarray, rate: int = 16000, form: str = "WAV", codec: str | None = None
) -> bytes:
    """Encode with libsndfile."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples.T, rate, codec, format=form)
    return buffer.getvalue()


CODECS = {  # container as FFmpeg names it, and codec
    "aac": ("adts", "aac"),
    "amr": ("amr", "libopencore_amrnb"),
    "m4a": ("ipod", "aac"),
    "mkv": ("matroska", "aac"),
    "mp2": ("mp2", "mp2"),
    "mp3": ("mp3", "libmp3lame"),
    "mp4": ("mp4", "aac"),
    "opus": ("ogg", "libopus"),
    "ts": ("mpegts", "aac"),
    "webm": ("webm", "libopus"),
    "wma": ("asf", "wmav2"),
}


def coded(
    kind: str,
    samples: np.ndarray,
    rate: int = 48000,
    *,
    begin: float = 0.0,
    pause: tuple[float, float] | None = None,
    picture: bool = False,
    fast_start: bool = False,
    bit_rate: int = 96000,
    xing: bool = True,
) -> bytes:
    """Encode with FFmpeg.

    `begin` is when the sound starts in seconds; `pause` is where its clock jumps, and how
    far; `picture` adds a video track; `fast_start` puts an MP4's index first; `xing` adds a Xing
    header to an MP3.
    """
    form, codec = CODECS[kind]
    buffer = io.BytesIO()
    options = {"moov_size": "9999"} if fast_start else {}  # bytes kept free for the index
    if kind == "mp3":
        options["write_xing"] = str(int(xing))
    with av.open(buffer, "w", format=form, options=options) as container:
        video = _add_video(container) if picture else None
        layout = "mono" if len(samples) == 1 else "stereo"
        stream = container.add_stream(codec, rate=rate, layout=layout)
        stream.bit_rate = bit_rate
        if video:
            _paint(container, video)
        for frame in _frames(stream, samples, rate, layout, begin, pause):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def tracks(
    *seconds: float, form: str = "matroska", rate: int = 48000, languages: Sequence[str] = ()
) -> bytes:
    """Encode a file with one audio track of each length."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=form) as container:
        streams = [container.add_stream("aac", rate=rate, layout="mono") for _ in seconds]
        for stream, language in zip(streams, languages, strict=False):
            stream.metadata["language"] = language
        for track, length in zip(streams, seconds, strict=True):
            sound = tone(length, rate)
            for at in range(0, sound.shape[1], 1024):
                frame = av.AudioFrame.from_ndarray(sound[:, at : at + 1024], "fltp", "mono")
                frame.rate, frame.pts = rate, at
                container.mux(track.encode(frame))
            container.mux(track.encode(None))
    return buffer.getvalue()


def silent_video() -> bytes:
    """Encode a video without audio."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        _paint(container, _add_video(container))
    return buffer.getvalue()


def _frames(stream, samples, rate, layout, begin, pause):
    size = stream.codec_context.frame_size or 1024
    to_codec = av.AudioResampler(stream.codec_context.format, layout, rate)
    for at in range(0, samples.shape[1], size):
        frame = av.AudioFrame.from_ndarray(samples[:, at : at + size], "fltp", layout)
        frame.rate, frame.time_base = rate, Fraction(1, rate)
        late = pause[1] if pause and at >= pause[0] * rate else 0.0
        frame.pts = at + round((begin + late) * rate)
        yield from to_codec.resample(frame)


def _add_video(container):
    video = container.add_stream("mpeg4", rate=10)
    video.width = video.height = 32
    video.pix_fmt = "yuv420p"
    return video


def _paint(container, video):
    for number in range(20):
        frame = av.VideoFrame.from_ndarray(np.zeros((48, 32), np.uint8), format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, 10)
        container.mux(video.encode(frame))
    container.mux(video.encode(None))
