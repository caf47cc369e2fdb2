"""Who said what: word errors that count the speakers too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from transcribe import normal

from audiocli.results import Diarization, Segment, Transcript
from audiocli.tasks.evaluation.word_errors import (
    SpeakerTexts,
    cp_errors,
    speaker_texts,
    word_edits,
)

Case = dict[str, Any]  # a line of the manifest
Assign = Callable[[Transcript, Diarization], Transcript]


def table(cases: Sequence[Case], threads: int = 2) -> None:
    """Print cpWER of three ways to give the same words to the same turns' speakers."""
    from audiocli.tasks.diarization.merging import assign_speakers

    ways: dict[str, Assign] = {
        "audiocli": assign_speakers,
        "whisperX's, segments": partial(largest_overlap, by_word=False),
        "whisperX's, words": partial(largest_overlap, by_word=True),
    }
    heard = [listened(case, threads) for case in cases]
    words = sum(len(text.split()) for case in cases for text in reference(case).values())
    print("| file | " + " | ".join(ways) + " | WER |")
    print("|---|" + "---|" * (len(ways) + 1))
    totals = np.zeros(len(ways) + 1, int)
    for case, (transcript, diarization) in zip(cases, heard, strict=True):
        said = reference(case)
        assigned = [assign(transcript, diarization) for assign in ways.values()]
        errors = [cp_errors(said, speaker_texts(one.segments, normal)) for one in assigned]
        errors.append(word_edits(normal(case["text"]), normal(transcript.text)).errors)
        totals += errors
        count = sum(len(text.split()) for text in said.values())
        print(f"| {Path(case['path']).stem} | {percent(errors, count)} |", flush=True)
    print(f"| all | {percent(totals, words)} |")


def listened(case: Case, threads: int) -> tuple[Transcript, Diarization]:
    """Transcribe with the times of words, and diarize, each with audiocli's defaults."""
    from audiocli.audio.decode import open_audio
    from audiocli.loading import Loader, default_store
    from audiocli.models import registry
    from audiocli.models.base import DeviceOptions
    from audiocli.tasks.common.events import Done, Recording
    from audiocli.tasks.diarization.diarizer import Diarizer
    from audiocli.tasks.diarization.engines import ClusteringEngine
    from audiocli.tasks.transcription.options import TranscriptionOptions

    device_options, store = DeviceOptions(threads=threads), default_store()
    options = TranscriptionOptions(language="en", word_timestamps=True)
    transcriber = Loader(device_options, store).transcriber(None, options)
    loaded, info = registry.load(None, "diarize", device_options, store)
    recording = Recording(0, case["path"], lambda rate: open_audio(case["file"], rate=rate))
    results = []
    for task in (transcriber, Diarizer(engine=ClusteringEngine(loaded), model=info)):
        results += [event.result for event in task.run([recording]) if isinstance(event, Done)]
    return results[0], results[1]


def largest_overlap(
    transcript: Transcript, diarization: Diarization, *, by_word: bool
) -> Transcript:
    """Give each plain segment to the speaker whose turns overlap it most, as whisperX does.

    whisperX 3.8.6's `assign_word_speakers`, without `fill_nearest`: the turns may overlap
    one another, segments are not cut, and what no turn overlaps has no speaker. Words get
    theirs in the same way each, and keep it in `by_word`.
    """

    def speaker(start: float, end: float) -> str | None:
        shares: dict[str, float] = {}
        for turn in diarization.turns:
            share = min(end, turn.end) - max(start, turn.start)
            if share > 0:
                shares[turn.speaker] = shares.get(turn.speaker, 0.0) + share
        return max(shares, key=lambda name: shares[name]) if shares else None

    segments = []
    for segment in transcript.segments:
        whose = speaker(segment.start, segment.end)
        words = tuple(
            replace(word, speaker=speaker(word.start, word.end) if by_word else whose)
            for word in segment.words
        )
        segments.append(replace(segment, speaker=None if by_word else whose, words=words))
    return replace(transcript, segments=tuple(segments))


def reference(case: Case) -> SpeakerTexts:
    """Gather what each speaker truly said, in order of time."""
    keys = ("start", "end", "speaker", "text")
    turns = [Segment(**{key: turn[key] for key in keys}) for turn in case["turns"]]
    return speaker_texts(turns, normal)


def percent(errors: Any, words: int) -> str:
    """Write errors as shares of the words: the cells of a row."""
    return " | ".join(f"{100 * error / words:.1f} %" for error in errors)
