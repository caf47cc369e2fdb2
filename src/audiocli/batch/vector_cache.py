"""Cache of the embeddings of clips between runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from audiocli.batch.output import atomic_writer
from audiocli.errors import NO_SUCH_FILE, InputError, hint_for, reason
from audiocli.results import Embedding
from audiocli.tasks.training.clips import EmbeddedClip
from audiocli.whole_files import sha256_of


class VectorCache:
    """Embeddings by the hash of a file's content.

    Parameters
    ----------
    folder : folder of the cache
    settings : everything else that determines the embeddings: the model and its options
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        text = json.dumps(settings, sort_keys=True, default=str)
        self._folder = folder / hashlib.sha256(text.encode()).hexdigest()[:16]

    def get(self, sha256: str) -> EmbeddedClip | None:
        """Return the embeddings of a file, or None."""
        try:
            with np.load(self._path(sha256), allow_pickle=False) as kept:
                return EmbeddedClip(
                    sha256=sha256,
                    duration=float(kept["duration"]),
                    starts=kept["starts"],
                    ends=kept["ends"],
                    vectors=kept["vectors"],
                )
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return None

    def put(self, sha256: str, embedding: Embedding) -> EmbeddedClip:
        """Store and return the embeddings of a file."""
        clip = EmbeddedClip(
            sha256=sha256,
            duration=embedding.duration,
            starts=np.asarray(embedding.starts),
            ends=np.asarray(embedding.ends),
            vectors=np.asarray(embedding.vectors),
        )
        with atomic_writer(self._path(sha256), binary=True) as out:
            np.savez(
                out,
                duration=np.array(clip.duration),
                starts=clip.starts,
                ends=clip.ends,
                vectors=clip.vectors,
            )
        return clip

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / f"{sha256}.npz"


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises
    ------
    InputError : it cannot be read
    """
    try:
        return sha256_of(path)
    except FileNotFoundError:
        raise InputError(path, *NO_SUCH_FILE) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise InputError(path, reason(error), hint_for(error)) from error
