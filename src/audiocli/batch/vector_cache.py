"""Vectors of clips, kept between runs: a clip is embedded once for a way of embedding."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from audiocli.batch.output import atomic_writer
from audiocli.errors import InputError
from audiocli.results import Embedding
from audiocli.tasks.training.clips import EmbeddedClip


class VectorCache:
    """Vectors by the content of a file, whatever its name.

    Parameters
    ----------
    folder : where they are kept
    settings : everything else that the vectors depend on: the model and its options
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        text = json.dumps(settings, sort_keys=True, default=str)
        self._folder = folder / hashlib.sha256(text.encode()).hexdigest()[:16]

    def get(self, sha256: str) -> EmbeddedClip | None:
        """Find the vectors of a file; None where there are none that can be read."""
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
        """Keep the vectors of a file."""
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
    """SHA-256 of a file.

    Raises
    ------
    InputError : it cannot be read
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise InputError(path, "no such file") from None
    except OSError as error:
        raise InputError(path, (error.strerror or str(error)).lower()) from error
