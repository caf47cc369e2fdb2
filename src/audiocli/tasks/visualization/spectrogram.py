"""Compute spectrograms of streams with bounded memory."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audiocli.errors import InputError, UsageError, input_failure
from audiocli.results import Comparison, ModelInfo, Spectrogram
from audiocli.tasks.acoustics.tracks import HOP, Quantity, make_tracker
from audiocli.tasks.common.events import Done, Failed, Progress, Recording, ignore_progress
from audiocli.tasks.common.frame_spool import FrameSpool
from audiocli.tasks.common.read_ahead import read_ahead
from audiocli.tasks.visualization.columns import ColumnBuffer
from audiocli.tasks.visualization.kinds import (
    SpectrogramOptions,
    SpectrogramTransform,
    required_rate,
    transform_for,
)

if TYPE_CHECKING:
    from audiocli.audio.decode import AudioStream
    from audiocli.tasks.visualization.model_input import ModelInput
    from audiocli.tasks.visualization.overlay import Overlay

logger = logging.getLogger(__name__)

Samples = NDArray[np.float32]

_BLOCK = 10.0  # seconds decoded at a time
_OVERSAMPLING = 4  # buffered columns per column, so that columns have equal durations


def run(
    recordings: Iterable[Recording],
    on_progress: Progress = ignore_progress,
    *,
    options: SpectrogramOptions,
    columns: int | None = None,
    overlays: Sequence[Overlay] = (),
    model_input: ModelInput | None = None,
    quantities: Sequence[Quantity] = (),
    max_values: float = inf,
) -> Iterator[Done[Spectrogram] | Failed]:
    """Compute the spectrogram of each recording.

    Parameters
    ----------
    columns : width of the picture; frames are pooled to a small multiple of it. None keeps
        every frame.
    overlays : shown below each spectrogram
    model_input : compute the input features of this model instead of a spectrogram
    quantities : curves to compute
    max_values : maximum number of values if every frame is kept
    """
    finished = 0.0
    spans = tuple(span for overlay in overlays for span in overlay.spans)

    def update(seconds: float) -> None:
        on_progress(finished + seconds)

    for recording in recordings:
        try:
            with recording.open(
                model_input.rate if model_input else required_rate(options)
            ) as stream:
                if model_input:
                    result = model_input.of_stream(stream)
                else:
                    result = of_stream(stream, options, columns, update, quantities, max_values)
        except UsageError as error:  # options that do not fit the rate of this recording
            yield Failed(recording.key, InputError(recording.name, error.message, error.hint))
        except Exception as error:
            yield Failed(recording.key, input_failure(error, recording.name))
        else:
            finished += result.duration
            for overlay in overlays:
                if not overlay.is_of(recording.name):
                    logger.warning("%s: %s", recording.name, overlay.mismatch)
            yield Done(recording.key, replace(result, spans=spans))


def of_stream(
    stream: AudioStream,
    options: SpectrogramOptions,
    columns: int | None = None,
    on_progress: Progress = ignore_progress,
    quantities: Sequence[Quantity] = (),
    max_values: float = inf,
) -> Spectrogram:
    """Compute the spectrogram of a mono stream in one pass; see `run` and `spectrogram`."""
    expected = round(stream.duration * stream.rate) if stream.duration else None
    transform = transform_for(options, stream.rate, columns, expected)
    if transform.empty_bands:
        logger.warning(
            "%s: %d of %d mel bands are empty; lower --n-mels or raise --n-fft",
            stream.name,
            transform.empty_bands,
            options.n_mels,
        )
    buffer = _column_buffer(options, columns) if columns else FrameSpool()
    # At most two values per column.
    hop = max(HOP, (stream.duration or 0.0) / (2 * columns)) if columns else HOP
    tracks = [make_tracker(quantity, stream.rate, stream.offset, hop) for quantity in quantities]
    samples = 0

    def mono() -> Iterator[Samples]:
        nonlocal samples
        for block in read_ahead(stream.blocks(_BLOCK)):
            samples += block.shape[1]
            for one in tracks:
                one.feed(block[0])
            yield block[0]
            on_progress(samples / stream.rate)

    for frames in transform.frames(mono()):
        buffer.add(transform.measure(frames))
        if isinstance(buffer, FrameSpool) and buffer.numbers > max_values:
            raise _too_long(stream, max_values)
    if isinstance(buffer, FrameSpool):
        values = buffer.finish(transform.finish)
    else:
        bands = transform.gather(buffer.finish())
        values = transform.finish(bands, float(bands.max())).T
    return Spectrogram(
        source=stream.name,
        duration=samples / stream.rate,
        model=ModelInfo(options.kind),
        parameters=transform.parameters,
        spectrogram_kind=options.kind,
        start=stream.offset,
        values=values,
        unit=transform.unit,
        times=_times(transform, buffer.frames_each, values.shape[1], stream),
        bins=transform.bins,
        bin_unit=transform.bin_unit,
        curves=tuple(curve for one in tracks for curve in one.finish()),
    )


def comparison(panels: Sequence[Spectrogram]) -> Comparison:
    """Combine spectrograms of one kind, to be shown on a common scale."""
    return Comparison(
        source=" | ".join(panel.source for panel in panels),
        duration=max(panel.duration for panel in panels),
        model=panels[0].model,
        parameters=panels[0].parameters,
        panels=tuple(panels),
    )


def _column_buffer(options: SpectrogramOptions, columns: int) -> ColumnBuffer:
    pool = "max" if options.kind == "waveform" else options.aggregation
    return ColumnBuffer(columns * _OVERSAMPLING, pool)


def _too_long(stream: AudioStream, max_values: float) -> InputError:
    return InputError(
        stream.name,
        f"has more than {max_values / 1e6:.0f} million values, too many for this format",
        "npy, npz and csv have no limit; --hop-length and --end reduce the number",
    )


def _times(
    transform: SpectrogramTransform, frames_each: int, count: int, stream: AudioStream
) -> NDArray[Any]:
    """Return the centres of the columns in seconds."""
    frames = np.arange(count) * frames_each + (frames_each - 1) / 2
    times: NDArray[Any] = (
        stream.offset + (frames * transform.hop_length + transform.delay) / stream.rate
    )
    return times
