"""Transcription of recordings with one speaker a channel, as calls and podcasts have.

Each channel is transcribed as a recording of its own, so that people who speak at once
are both understood; what leaks from one channel into another is silenced before.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audiocli.audio.decode import AudioStream
from audiocli.errors import AudioCliError, InputError, input_failure
from audiocli.results import Segment, Transcript, Turn
from audiocli.tasks.common.events import Done, Failed, Progress, Recording, ignore_progress
from audiocli.tasks.diarization.channels import CROSSTALK, LOUDNESS

if TYPE_CHECKING:
    from audiocli.tasks.transcription.transcriber import Transcriber

    Samples = NDArray[np.float32]

BLOCK = 10.0  # seconds decoded at a time
HOP = 0.02  # seconds in which a channel is silent or not
FULL_SCALE = 32767  # 16 bits a sample: an hour of a channel at 16 kHz is 115 MB


@dataclass(frozen=True)
class ChannelTranscriber:
    """A transcriber of recordings with one speaker a channel: CHANNEL_1, CHANNEL_2 ...

    The recordings give all their channels.
    """

    transcriber: Transcriber

    def run(
        self, recordings: Iterable[Recording], on_progress: Progress = ignore_progress
    ) -> Iterator[Done[Transcript] | Failed]:
        """Transcribe recordings, in the order in which they become whole.

        Parameters
        ----------
        on_progress : told the seconds of sound finished, over all recordings
        """
        open_calls: dict[Any, _MultichannelRecording] = {}
        rate = self.transcriber.vad.rate
        most_channels = 1

        def channels() -> Iterator[Recording]:
            nonlocal most_channels
            for recording in recordings:
                call = open_calls[recording.key] = _MultichannelRecording(recording, rate)
                most_channels = max(most_channels, len(call.kept))
                yield from call.recordings()

        def report(seconds: float) -> None:
            on_progress(seconds / most_channels)

        for event in self.transcriber.run(channels(), report):
            if not isinstance(event, Done | Failed):
                continue
            key, number = event.key
            call = open_calls[key]
            if call.settle(number, event):
                del open_calls[key]
                yield call.outcome()


@dataclass
class _ChannelAudio:
    """The sound of a channel, on disk.

    Attributes
    ----------
    answer : what came of its transcription
    """

    file: Any = field(default_factory=tempfile.TemporaryFile)
    answer: Done[Transcript] | Failed | None = None


class _MultichannelRecording:
    """One recording: its channels, and what was said in each."""

    def __init__(self, recording: Recording, rate: int) -> None:
        self._recording = recording
        self._rate = rate
        self._offset = 0.0
        self._error: AudioCliError | None = None
        self.kept: list[_ChannelAudio] = []
        try:
            self._part()
        except Exception as error:
            self._error = input_failure(error, recording.name)
            self._close()
            self.kept = [_ChannelAudio()]

    def recordings(self) -> Iterator[Recording]:
        """Make a recording of each channel."""
        for number in range(len(self.kept)):
            yield replace(
                self._recording,
                key=(self._recording.key, number),
                open=partial(self._opened, number),
            )

    def settle(self, number: int, event: Done[Transcript] | Failed) -> bool:
        """Take what came of a channel; give whether it was the last."""
        self.kept[number].answer = event
        self.kept[number].file.close()
        return all(channel.answer for channel in self.kept)

    def outcome(self) -> Done[Transcript] | Failed:
        """Join the channels, in the order of time."""
        answers = [channel.answer for channel in self.kept]
        failed = next((answer for answer in answers if isinstance(answer, Failed)), None)
        if failed:
            return Failed(self._recording.key, failed.error)
        transcripts = [answer.result for answer in answers if isinstance(answer, Done)]
        return Done(self._recording.key, _joined(transcripts))

    def _part(self) -> None:
        """Decode the recording once, and keep its channels without what leaks into them."""
        with self._recording.open(self._rate) as stream:
            self._offset = stream.offset
            if stream.channels < 2:
                raise InputError(
                    stream.name, "has one channel, which tells no speakers", "no --channel-speakers"
                )
            self.kept = [_ChannelAudio() for _ in range(stream.channels)]
            for block in stream.blocks(BLOCK):
                cleaned = without_crosstalk(block, self._rate)
                for channel, samples in zip(self.kept, cleaned, strict=True):
                    level = np.rint(np.clip(samples, -1.0, 1.0) * FULL_SCALE)
                    channel.file.write(level.astype("<i2").tobytes())

    @contextmanager
    def _opened(self, number: int, _: int | None) -> Iterator[AudioStream]:
        if self._error:
            raise self._error
        file = self.kept[number].file
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

    def _read(self, file: Any) -> Iterator[Samples]:
        while data := file.read(2 * round(BLOCK * self._rate)):
            yield (np.frombuffer(data, "<i2").astype(np.float32) / np.float32(FULL_SCALE))[None]

    def _close(self) -> None:
        for channel in self.kept:
            channel.file.close()


def without_crosstalk(block: Samples, rate: int) -> Samples:
    """Silence each channel where another is far louder; shape (channels, time)."""
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
    """Make one transcript of those of the channels; its language is of who speaks most."""
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
