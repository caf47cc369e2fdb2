"""Runs the queries of `audiocli search`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audiocli.batch.index_search import searcher_of, speaker_vectors, text_vectors
from audiocli.batch.index_update import indexed_path
from audiocli.cli.batch import run_batch
from audiocli.cli.emit import Emitter
from audiocli.cli.indexing import open_existing
from audiocli.cli.inputs import check_outputs, refuse_if_all_fail
from audiocli.context import Context
from audiocli.errors import ExitCode
from audiocli.models.base import DeviceOptions

if TYPE_CHECKING:
    from audiocli.audio.selection import Selection


@dataclass(frozen=True, kw_only=True)
class Query:
    """What to search for, and which hits to keep.

    Attributes
    ----------
    top_k : maximum number of hits
    min_similarity : minimum cosine similarity of a hit
    selection : the part of each clip to read
    """

    clips: Sequence[str]
    texts: Sequence[str]
    speakers: Sequence[str]
    top_k: int
    one_per_recording: bool
    min_similarity: float
    selection: Selection
    device_options: DeviceOptions


def run_search(context: Context, emitter: Emitter, path: Path, query: Query) -> ExitCode:
    """Run every query and emit one result for each."""
    from audiocli.batch.inputs import find_inputs
    from audiocli.cli.commands.voices import open_voice_store

    with open_existing(context, path, query.device_options) as opened:
        searcher = searcher_of(
            opened.index,
            max_hits=query.top_k,
            one_per_recording=query.one_per_recording,
            min_similarity=query.min_similarity,
        )
        if not opened.index.recordings():
            context.warn(f"{path} is empty: audiocli index add {path} FOLDER")
        for text in query.texts:
            vectors = text_vectors(opened.encoder, text)
            emitter.emit(None, searcher.by_vectors(text, "text", vectors))
        for name in query.speakers:
            vectors = speaker_vectors(opened.index, open_voice_store(context), name)
            emitter.emit(None, searcher.by_vectors(name, "voice", vectors))
        if not query.clips:
            return ExitCode.OK
        clips = list(find_inputs(query.clips, stdin=context.stdin))
        check_outputs(emitter, clips)
        refuse_if_all_fail(context, clips)
        return run_batch(
            context,
            emitter,
            clips,
            query.selection,
            lambda recordings, on_progress: searcher.run(
                recordings, on_progress, encoder=opened.encoder, path_of=indexed_path
            ),
        )
