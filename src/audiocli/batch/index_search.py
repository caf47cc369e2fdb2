"""Search in a sound index: load the encoder of its vectors, and find the nearest windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiocli.errors import ModelUnavailable, UsageError
from audiocli.results import ModelInfo
from audiocli.tasks.embedding.options import EmbeddingOptions

if TYPE_CHECKING:
    from audiocli.batch.sound_index import SoundIndex
    from audiocli.batch.voice_store import VoiceStore
    from audiocli.loading import Loader
    from audiocli.tasks.embedding.embedder import SoundEncoder
    from audiocli.tasks.embedding.search import Searcher, Vectors

SPEAKER_ENCODER = "campplus"  # computes the vectors of enrolled speakers


def load_index_encoder(index: SoundIndex, loader: Loader) -> SoundEncoder:
    """Load the encoder that computed the vectors of an index.

    Raises
    ------
    ModelUnavailable : the encoder is not available, or has another revision
    """
    from audiocli.models.registry import with_revision

    settings = index.settings
    options = EmbeddingOptions(
        layer=settings.layer,
        pool=settings.pool,  # type: ignore[arg-type]
        window=settings.window,
        hop=settings.hop,
    )
    encoder = loader.encoder(with_revision(settings.model, settings.revision), options)
    if encoder.model.revision != settings.revision:
        raise ModelUnavailable(
            f"{index.path} was created with revision {settings.revision} of {settings.model}, "
            f"and revision {encoder.model.revision} is loaded",
            "create the index again, or restore that revision",
        )
    return encoder


def searcher_of(
    index: SoundIndex, *, max_hits: int, one_per_recording: bool, min_similarity: float
) -> Searcher:
    """Return a searcher of an index.

    Parameters
    ----------
    min_similarity : cosine similarity of the hits
    """
    from audiocli.tasks.embedding.search import Searcher

    return Searcher(
        find_nearest=lambda vector, without: [
            near
            for near in index.nearest(vector, max_hits, without=without, one_each=one_per_recording)
            if near.similarity >= min_similarity
        ],
        index=str(index.path),
        model=ModelInfo(index.settings.model, index.settings.revision),
        max_hits=max_hits,
        one_per_recording=one_per_recording,
    )


def text_vectors(encoder: SoundEncoder, text: str) -> Vectors:
    """Return the vector of a text; shape (1, dimension).

    Raises
    ------
    UsageError : the encoder does not read text
    """
    from audiocli.models.protocols.encoders import TextEncoder

    if not isinstance(encoder.encoder, TextEncoder):
        raise UsageError(
            f"{encoder.model.name} does not read text",
            "index with CLAP: --model laion/clap-htsat-unfused",
        )
    return encoder.encoder.encode_texts([text])


def speaker_vectors(index: SoundIndex, voices: VoiceStore, name: str) -> Vectors:
    """Return the vector of an enrolled speaker; shape (1, dimension).

    Raises
    ------
    UsageError : the index holds no speaker embeddings, or no speaker has that name
    """
    from audiocli.models.families.diarization import CamPlusPlus

    if index.settings.model != SPEAKER_ENCODER:
        raise UsageError(
            f"{index.path} was created with {index.settings.model}, which does not embed voices",
            f"index with --model {SPEAKER_ENCODER}",
        )
    known = voices.vectors(CamPlusPlus.name)
    if name not in known:
        raise UsageError(f"unknown speaker {name!r}", "see audiocli voices list")
    return known[name][None]
