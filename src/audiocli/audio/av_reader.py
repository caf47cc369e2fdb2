"""Read all other formats with FFmpeg: MP3, M4A, Ogg, WMA, and the sound of videos.

Frames are placed by the timestamps of the container, so that a time in a result is the
time a player shows. Gaps (a lost packet, a paused recording, a video whose sound begins
late) are filled with silence. Packets that cannot be decoded are gaps with a warning, and
so is the missing end of a truncated file.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

import av
import numpy as np

from audiocli.audio.containers import Extent, extent
from audiocli.audio.reader import BLOCK_SIZE, warn_cut_short, warn_damaged, warn_joined
from audiocli.audio.source import LivePipe
from audiocli.audio.timecode import format_time
from audiocli.audio.timeline import FrameTimeline
from audiocli.audio.tracks import choose_track
from audiocli.errors import COPY_AGAIN, InputError, reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

# Decoded before the start and discarded, because decoders need earlier frames to be exact.
_PREROLL = 1.0  # seconds; Opus requires 0.08, MP3 and AAC a few frames
_MAX_LOSS = 0.1  # share of packets that may fail to decode
# Formats that store the length of the track, and its tolerance in seconds.
_TRACK_SLACK = {"mov,mp4,m4a,3gp,3g2,mj2": 1.0, "flac": 0.1}
# A playlist disguised as audio must not open other files or URLs.
_NO_REFERENCES = {"protocol_whitelist": "none"}
# Detect the format of a live stream at once; by default FFmpeg waits for 5 MB.
_LIVE_PROBING = {"probesize": "4096"}  # bytes
_TIMEOUT = 30.0  # seconds without a response from a server


class AvReader:
    """An `AudioReader` that decodes one sound track of a file, pipe or URL with FFmpeg.

    With `live`, each frame is yielded as a block as soon as it is decoded.

    Raises
    ------
    InputError
        when FFmpeg does not support the format, or there is no such sound track
    """

    def __init__(
        self,
        source: BinaryIO | LivePipe | str,
        name: str,
        live: bool = False,
        track: str | None = None,
    ) -> None:
        self._name = name
        self._source = source
        self._block_size = 1 if live else BLOCK_SIZE
        self._container = _open(source, name, live)
        self._stream = choose_track(self._container, track, name)
        self._origin = (self._container.start_time or 0) / av.time_base
        self._resampler: Any = None
        self._lost = self._decoded = 0  # packets
        self._breaks_off = False
        self.damaged_at: float | None = None  # seconds; known before it is read
        self._layout = self._stream.layout
        self.rate: int = self._stream.rate or 0
        self.channels: int = self._stream.channels or 0
        self.duration = _duration(self._container, self._stream)

    def close(self) -> None:
        """Close the decoder, but not the underlying file object."""
        self._container.close()

    def blocks(self, start: int, end: int | None) -> Iterator[NDArray[np.float32]]:
        """Yield the samples from `start` up to `end` as blocks of shape (channels, time)."""
        timeline = FrameTimeline(self.rate, start)
        pieces: list[NDArray[np.float32]] = []
        held = 0
        to_the_end = True
        for position, piece in self._pieces(timeline, start):
            stop = None if end is None else max(0, end - position)
            pieces.append(piece[:, max(0, start - position) : stop])
            held += pieces[-1].size
            if held >= self._block_size:
                yield np.concatenate(pieces, axis=1)
                pieces, held = [], 0
            if stop is not None and stop <= piece.shape[1]:
                to_the_end = False
                break
        if held:
            yield np.concatenate(pieces, axis=1)
        self._warn(timeline, to_the_end)

    def _pieces(
        self, timeline: FrameTimeline, start: int
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield decoded samples and inserted silence from `start` or earlier, with positions."""
        try:
            for frame in self._frames(start / self.rate):
                samples = _as_float(frame)
                length = samples.shape[1]
                at = None if frame.time is None else round((frame.time - self._origin) * self.rate)
                begin, silence = timeline.place(at, length)
                for position in range(begin, begin + silence, self.rate):
                    size = min(self.rate, begin + silence - position)
                    yield position, np.zeros((self.channels, size), dtype=np.float32)
                yield begin + silence, samples
        except av.FFmpegError:
            self._breaks_off = True
        self._check_loss()

    def _frames(self, start: float) -> Iterator[Any]:
        """Decode frames from a little before `start`, in seconds; count packets that fail."""
        tick = float(self._stream.time_base)
        begun = False  # the first frame is decoded as well, because it sets the timeline
        for packet in self._container.demux(self._stream):
            # Packets are read from the start: seeking is not exact in all containers.
            ahead = 0.0 if packet.pts is None else start - (packet.pts * tick - self._origin)
            if ahead > _PREROLL and begun:
                continue
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self._lost += bool(packet.size) and ahead <= 0
                continue
            self._decoded += bool(packet.size)
            begun = begun or bool(frames)
            for frame in frames:
                yield from self._conformed(frame)

    def _conformed(self, frame: Any) -> list[Any]:
        """Convert a frame to the rate and channels of the first frame."""
        if frame.rate == self.rate and frame.layout.nb_channels == self.channels:
            return [frame]
        form = (frame.format.name, frame.layout.name, frame.rate)
        if self._resampler is None or self._resampler[0] != form:
            self._resampler = form, av.AudioResampler("fltp", self._layout, self.rate)
        conformed: list[Any] = self._resampler[1].resample(frame)
        return conformed

    def _check_loss(self) -> None:
        """Raise `InputError` if too many packets could not be decoded."""
        packets = self._lost + self._decoded
        if self._lost and not self._decoded:
            raise InputError(self._name, "is damaged: nothing in it can be decoded", COPY_AGAIN)
        if self._lost > max(1, _MAX_LOSS * packets):  # the last one may be cut off
            problem = f"is damaged: {self._lost} of {packets} packets cannot be decoded"
            raise InputError(self._name, problem, COPY_AGAIN)

    def _is_cut_short(self, timeline: FrameTimeline) -> bool:
        """Return whether the track ends before its declared length."""
        if self._breaks_off:
            return True
        slack = _TRACK_SLACK.get(self._container.format.name)
        if slack is None or not self._stream.duration:
            return False
        length = float(self._stream.duration * self._stream.time_base)
        return timeline.clock / self.rate < length - slack

    def _warn(self, timeline: FrameTimeline, to_the_end: bool) -> None:
        """Log one warning about missing or damaged parts."""
        end = timeline.end / self.rate
        whole = _extent(self._source) if to_the_end else Extent(0)
        if whole.is_joined:
            warn_joined(self._name, end)
        if whole.is_cut_short or (to_the_end and self._is_cut_short(timeline)):
            warn_cut_short(self._name, end)
        elif timeline.gaps:
            logger.warning(
                "%s: %.1f s of sound is missing, first at %s; it is replaced by silence",
                self._name,
                sum(length for _, length in timeline.gaps) / self.rate,
                format_time(timeline.gaps[0][0] / self.rate),
            )
        elif self.damaged_at is not None:
            warn_damaged(self._name, self.damaged_at)
        elif self._lost:
            logger.warning("%s: %d damaged packets were skipped", self._name, self._lost)


def _extent(file: Any) -> Extent:
    """Measure a file if it is seekable."""
    return extent(file) if hasattr(file, "seekable") and file.seekable() else Extent(0)


def _open(source: BinaryIO | LivePipe | str, name: str, live: bool) -> Any:
    is_url = isinstance(source, str)
    options = {} if is_url else _NO_REFERENCES
    if live:
        options = options | _LIVE_PROBING
    try:
        return av.open(
            source,
            options=options,
            timeout=_TIMEOUT if is_url else None,
            metadata_errors="ignore",
        )
    except av.FFmpegError as error:
        if is_url and not isinstance(error, av.InvalidDataError):
            raise InputError(name, reason(error), "check the URL and the network") from error
        raise InputError(
            name, "is not audio in a supported format", "if a player can open it, convert it to WAV"
        ) from error


def _duration(container: Any, stream: Any) -> float | None:
    if stream.duration:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def _as_float(frame: Any) -> NDArray[np.float32]:
    """Return the samples of a frame as float32, shape (channels, time)."""
    samples: NDArray[Any]
    if frame.format.name.startswith("s64"):  # not supported by PyAV's to_ndarray
        size = frame.samples * (1 if frame.format.is_planar else frame.layout.nb_channels)
        samples = np.stack([np.frombuffer(plane, np.int64, size) for plane in frame.planes])
    else:
        samples = frame.to_ndarray()
    if not frame.format.is_planar:
        samples = samples.reshape(-1, frame.layout.nb_channels).T
    values: NDArray[np.float32] = samples.astype(np.float32, copy=False)
    if samples.dtype == np.uint8:
        return values / np.float32(128) - np.float32(1)
    if samples.dtype.kind == "i":
        return values / np.float32(2 ** (8 * samples.dtype.itemsize - 1))
    return values
