"""Transcribe recordings with one speaker per channel, such as calls and podcasts.

Each channel is transcribed as a separate recording, so that overlapping speech is
recognised. Crosstalk from other channels is silenced first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audiocli.audio.decode import AudioStream
from audiocli.audio.temporary import TemporaryFile
from audiocli.errors import AudioCliError, InputError, input_failure
from audiocli.results import Segment, Transcript, Turn
from audiocli.tasks.common.events import Done, Failed, Progress, Recording, ignore_progress
from audiocli.tasks.diarization.channels import CROSSTALK, LOUDNESS

if TYPE_CHECKING:
    from audiocli.tasks.transcription.transcriber import Transcriber

    Samples = NDArray[np.float32]

BLOCK = 10.0  # seconds decoded at a time
HOP = 0.02  # seconds; resolution at which channels are silenced
FULL_SCALE = 32767  # of 16-bit samples: an hour of a channel at 16 kHz takes 115 MB


@dataclass(frozen=True)
class ChannelTranscriber:
    """Transcribe recordings whose channels are the speakers CHANNEL_1, CHANNEL_2 ...

    The recordings must provide all their channels.
    """

    transcriber: Transcriber

    def run(
        self, recordings: Iterable[Recording], on_progress: Progress = ignore_progress
    ) -> Iterator[Done[Transcript] | Failed]:
        """Transcribe recordings; yield results as they are finished.

        Parameters
        ----------
        on_progress : called with the finished seconds of audio of all recordings
        """
        unfinished: dict[Any, _MultichannelRecording] = {}
        rate = self.transcriber.vad.rate
        max_channels = 1

        def channels() -> Iterator[Recording]:
            nonlocal max_channels
            for recording in recordings:
                opened = unfinished[recording.key] = _MultichannelRecording(recording, rate)
                max_channels = max(max_channels, len(opened.channels))
                yield from opened.recordings()

        def report(seconds: float) -> None:
            on_progress(seconds / max_channels)

        for event in self.transcriber.run(channels(), report):
            if not isinstance(event, Done | Failed):
                continue
            key, number = event.key
            opened = unfinished[key]
            if opened.set_outcome(number, event):
                del unfinished[key]
                yield opened.outcome()


@dataclass
class _ChannelAudio:
    """The audio of a channel in a temporary file.

    Attributes
    ----------
    outcome : of the transcription, None until it is finished
    """

    file: TemporaryFile = field(default_factory=TemporaryFile)
    outcome: Done[Transcript] | Failed | None = None


class _MultichannelRecording:
    """A recording, its channels and their transcripts."""

    def __init__(self, recording: Recording, rate: int) -> None:
        self._recording = recording
        self._rate = rate
        self._offset = 0.0
        self._error: AudioCliError | None = None
        self.channels: list[_ChannelAudio] = []
        try:
            self._split_channels()
        except Exception as error:
            self._error = input_failure(error, recording.name)
            self._close()
            self.channels = [_ChannelAudio()]

    def recordings(self) -> Iterator[Recording]:
        """Yield each channel as a recording."""
        for number in range(len(self.channels)):
            yield replace(
                self._recording,
                key=(self._recording.key, number),
                open=partial(self._open_channel, number),
            )

    def set_outcome(self, number: int, event: Done[Transcript] | Failed) -> bool:
        """Set the outcome of a channel; return whether all channels are finished."""
        self.channels[number].outcome = event
        self.channels[number].file.close()
        return all(channel.outcome for channel in self.channels)

    def outcome(self) -> Done[Transcript] | Failed:
        """Return the merged transcript of all channels, or the first failure."""
        outcomes = [channel.outcome for channel in self.channels]
        failed = next((outcome for outcome in outcomes if isinstance(outcome, Failed)), None)
        if failed:
            return Failed(self._recording.key, failed.error)
        transcripts = [outcome.result for outcome in outcomes if isinstance(outcome, Done)]
        return Done(self._recording.key, _joined(transcripts))

    def _split_channels(self) -> None:
        """Decode the recording and write its channels without crosstalk to temporary files."""
        with self._recording.open(self._rate) as stream:
            self._offset = stream.offset
            if stream.channels < 2:
                raise InputError(
                    stream.name, "has only one channel", "leave out --channel-speakers"
                )
            self.channels = [_ChannelAudio() for _ in range(stream.channels)]
            for block in stream.blocks(BLOCK):
                cleaned = without_crosstalk(block, self._rate)
                for channel, samples in zip(self.channels, cleaned, strict=True):
                    level = np.rint(np.clip(samples, -1.0, 1.0) * FULL_SCALE)
                    channel.file.write(level.astype("<i2").tobytes())

    @contextmanager
    def _open_channel(self, number: int, _: int | None) -> Iterator[AudioStream]:
        if self._error:
            raise self._error
        file = self.channels[number].file
        seconds = file.seek(0, 2) / 2 / self._rate
        file.seek(0)
        yield AudioStream(
            name=self._recording.name,
            rate=self._rate,
            channels=1,
            duration=seconds,
            offset=self._offset,
            _samples=self._read(file),
        )

    def _read(self, file: TemporaryFile) -> Iterator[Samples]:
        while data := file.read(2 * round(BLOCK * self._rate)):
            yield (np.frombuffer(data, "<i2").astype(np.float32) / np.float32(FULL_SCALE))[None]

    def _close(self) -> None:
        for channel in self.channels:
            channel.file.close()


def without_crosstalk(block: Samples, rate: int) -> Samples:
    """Silence each channel where another one is much louder; shape (channels, time)."""
    hop = round(HOP * rate)
    count = -(-block.shape[1] // hop)
    padded = np.pad(block, [(0, 0), (0, count * hop - block.shape[1])])
    power = np.square(padded).reshape(len(block), count, hop).mean(axis=-1)
    span = min(round(LOUDNESS / HOP) | 1, count)
    kernel = np.ones(span) / span
    loudness = np.stack([np.convolve(channel, kernel, "same")[:count] for channel in power])
    own = loudness >= loudness.max(axis=0) / 10 ** (CROSSTALK / 10)
    gates = np.repeat(own, hop, axis=1)[:, : block.shape[1]]
    return np.where(gates, block, np.float32(0))


def _joined(transcripts: list[Transcript]) -> Transcript:
    """Merge the transcripts of channels; the language is that of the longest text."""
    segments: list[Segment] = []
    for number, transcript in enumerate(transcripts, 1):
        speaker = f"CHANNEL_{number}"
        for segment in transcript.segments:
            words = tuple(replace(word, speaker=speaker) for word in segment.words)
            segments.append(replace(segment, speaker=speaker, words=words))
    segments.sort(key=lambda segment: segment.start)
    longest = max(transcripts, key=lambda transcript: len(transcript.text))
    turns = tuple(
        Turn(start=segment.start, end=segment.end, speaker=segment.speaker)
        for segment in segments
        if segment.speaker
    )
    return replace(
        longest,
        segments=tuple(segments),
        turns=turns,
        parameters={**longest.parameters, "channel_speakers": True},
    )
