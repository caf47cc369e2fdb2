"""The steps of `audiocli search`: from queries to hits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audiocli.batch.index_search import searcher_of, text_vectors
from audiocli.cli.batch import run_batch
from audiocli.cli.emit import Emitter
from audiocli.cli.indexing import indexed_path, reopened
from audiocli.cli.inputs import waiting_inputs
from audiocli.context import Context
from audiocli.errors import ExitCode, UsageError
from audiocli.models.base import DeviceOptions

if TYPE_CHECKING:
    from audiocli.audio.selection import Selection
    from audiocli.batch.sound_index import SoundIndex
    from audiocli.tasks.embedding.search import Vectors

VOICES = "campplus"  # the encoder whose vectors enrolled voices are


@dataclass(frozen=True, kw_only=True)
class Query:
    """What to look for, and how many hits to show.

    Attributes
    ----------
    threshold : hits that are less similar are left out
    part : of the clips
    """

    clips: Sequence[str]
    texts: Sequence[str]
    voices: Sequence[str]
    nearest: int
    one_each: bool
    threshold: float
    part: Selection
    device_options: DeviceOptions


def run_search(context: Context, emitter: Emitter, path: Path, query: Query) -> ExitCode:
    """Search for every query, and emit a result for each."""
    with reopened(context, path, query.device_options) as opened:
        searcher = searcher_of(
            opened.index,
            max_hits=query.nearest,
            one_per_recording=query.one_each,
            min_similarity=query.threshold,
        )
        if not opened.index.recordings():
            context.warn(f"{path} is empty: audiocli index add {path} FOLDER")
        for text in query.texts:
            vectors = text_vectors(opened.encoder, text)
            emitter.emit(None, searcher.by_vectors(text, "text", vectors))
        for name in query.voices:
            vectors = _of_voice(context, opened.index, name)
            emitter.emit(None, searcher.by_vectors(name, "voice", vectors))
        if not query.clips:
            return ExitCode.OK
        waiting = waiting_inputs(context, emitter, query.clips, None)
        return run_batch(
            context,
            emitter,
            waiting,
            query.part,
            lambda recordings, on_progress: searcher.run(
                opened.encoder, indexed_path, recordings, on_progress
            ),
        )


def _of_voice(context: Context, index: SoundIndex, name: str) -> Vectors:
    from audiocli.cli.commands.voices import open_book
    from audiocli.models.families.diarization import CamPlusPlus

    if index.settings.model != VOICES:
        raise UsageError(
            f"{index.path} is of {index.settings.model}, which does not tell voices",
            f"index with --model {VOICES}",
        )
    voices = open_book(context).vectors(CamPlusPlus.name)
    if name not in voices:
        raise UsageError(f"there is no voice {name}", "audiocli voices list shows the names")
    return voices[name][None]
