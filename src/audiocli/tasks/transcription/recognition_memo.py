"""Keep what a recogniser returns for each window, so that an interrupted run can continue.

A resumed run decodes and cuts the audio again, which takes little time, but takes the
recognitions of known windows from the checkpoint of the recording. Everything else is
computed as in an undisturbed run, so the result is the same.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from audiocli.models.protocols.recognition import (
    AudioChunk,
    DecodingOptions,
    Recogniser,
    Recognition,
)
from audiocli.results import Word
from audiocli.tasks.common.checkpoints import Checkpoint

_Answer = TypeVar("_Answer")


def recognise(
    recogniser: Recogniser,
    chunks: Sequence[AudioChunk],
    decoding: DecodingOptions,
    checkpoints: Sequence[Checkpoint | None],
    seconds: Sequence[float],
) -> list[Recognition]:
    """Recognise the chunks that are not in their checkpoints, as a batch.

    Parameters
    ----------
    checkpoints : of the recording of each chunk
    seconds : of audio that are finished with each chunk, for progress
    """
    return _remembered(
        chunks,
        checkpoints,
        seconds,
        what=f"recognise {decoding!r}",
        compute=lambda missing: recogniser.recognise(missing, decoding),
        write=_written,
        read=_read,
    )


def detect_language(
    recogniser: Recogniser, chunks: Sequence[AudioChunk], checkpoint: Checkpoint | None
) -> list[dict[str, float]]:
    """Return the probability of each language, for each chunk of a recording."""
    return _remembered(
        chunks,
        [checkpoint] * len(chunks),
        [0.0] * len(chunks),
        what="detect language",
        compute=recogniser.detect_language,
        write=dict,
        read=dict,
    )


def _remembered(
    chunks: Sequence[AudioChunk],
    checkpoints: Sequence[Checkpoint | None],
    seconds: Sequence[float],
    *,
    what: str,
    compute: Callable[[list[AudioChunk]], Sequence[_Answer]],
    write: Callable[[_Answer], Any],
    read: Callable[[Any], _Answer],
) -> list[_Answer]:
    """Return the answer for each chunk; compute and keep those that are not kept yet."""
    kept = [c and (c, _key(what, chunk)) for chunk, c in zip(chunks, checkpoints, strict=True)]
    answers: dict[int, _Answer] = {}
    for n, place in enumerate(kept):
        if place and (found := place[0].get(place[1], seconds[n])) is not None:
            answers[n] = read(found)
    missing = [n for n in range(len(chunks)) if n not in answers]
    if missing:
        begin = time.monotonic()
        computed = compute([chunks[n] for n in missing])
        cost = (time.monotonic() - begin) / len(missing)
        for n, answer in zip(missing, computed, strict=True):
            answers[n] = answer
            if place := kept[n]:
                place[0].put(place[1], write(answer), cost)
    return [answers[n] for n in range(len(chunks))]


def _key(what: str, chunk: AudioChunk) -> str:
    """Return a hash of everything that the recogniser is given."""
    spans = chunk.speech_spans
    digest = hashlib.sha256(chunk.samples.tobytes())
    others = (what, chunk.language, chunk.candidates, float(chunk.speech_probability))
    digest.update(repr((*others, None if spans is None else spans.tolist())).encode())
    return digest.hexdigest()


def _written(found: Recognition) -> dict[str, Any]:
    return {
        "words": [[word.start, word.end, word.text, word.confidence] for word in found.words],
        "language": found.language,
        "language_probability": found.language_probability,
        "confidence": found.confidence,
        "unrecognised": found.unrecognised,
    }


def _read(written: Mapping[str, Any]) -> Recognition:
    words = tuple(
        Word(start=start, end=end, text=text, confidence=confidence)
        for start, end, text, confidence in written["words"]
    )
    unrecognised = tuple((start, end) for start, end in written["unrecognised"])
    return Recognition(**{**written, "words": words, "unrecognised": unrecognised})
