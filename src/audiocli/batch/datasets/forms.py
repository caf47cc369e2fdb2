"""The forms of datasets, and which of them a dataset has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import cast

from audiocli.audio.source import is_url
from audiocli.batch.datasets.base import DatasetForm, DatasetOptions, Sample
from audiocli.batch.datasets.hub import HUB_ID
from audiocli.batch.datasets.parquet import PARQUET_SUFFIXES
from audiocli.batch.datasets.shar import is_cuts_of_shar
from audiocli.batch.datasets.webdataset import TAR_SUFFIXES
from audiocli.errors import UsageError

# Each is a module of this package; the name may precede a dataset, as in `parquet:PLACE`.
FORMS = ("audiofolder", "hub", "lhotse", "parquet", "shar", "webdataset")
_HEAD = 1 << 16  # bytes of a manifest that are read to tell its form
_MAX_FILES = 10_000  # of a folder that are looked at to tell its form


def read_samples(options: DatasetOptions) -> Iterator[Sample]:
    """Yield the samples of a dataset, without the options that apply to all forms.

    Raises
    ------
    UsageError : it is in no known form, or an option does not apply to it
    MissingExtra : a required package is not installed
    """
    name, colon, place = options.spec.partition(":")
    if not (colon and name in FORMS):
        name, place = _form_of(options.spec), options.spec
    module = import_module(f"{__package__}.{name}")
    return cast(DatasetForm, module).samples(place, options)


def _form_of(place: str) -> str:
    """Return the form of a dataset by its suffix, its files or its name.

    Raises
    ------
    UsageError : it has none
    """
    if Path(place).is_dir():
        return _form_of_folder(Path(place))
    if place.endswith(PARQUET_SUFFIXES):
        return "parquet"
    if place.endswith(TAR_SUFFIXES):
        return "webdataset"
    if place.endswith((".csv", ".tsv")) and not is_url(place):
        return "audiofolder"
    if place.endswith((".jsonl", ".jsonl.gz")):
        is_table = Path(place).is_file() and not _is_lhotse(Path(place))
        return "audiofolder" if is_table else "lhotse"
    if HUB_ID.fullmatch(place) and not is_url(place) and not Path(place).exists():
        return "hub"
    raise UsageError(
        f"{place}: is not a dataset",
        "give a folder, .parquet, .tar or .jsonl files, or ORG/NAME of Hugging Face",
    )


def _form_of_folder(folder: Path) -> str:
    """Return the form of the first files in a folder that have one."""
    files = [path for path in islice(folder.rglob("*"), _MAX_FILES) if path.name[0] != "."]
    if any(map(is_cuts_of_shar, files)):
        return "shar"
    for path in files:
        if path.name.endswith(TAR_SUFFIXES):
            return "webdataset"
        if path.name.endswith(PARQUET_SUFFIXES):
            return "parquet"
        if path.name.endswith((".jsonl", ".jsonl.gz")) and _is_lhotse(path):
            return "lhotse"
    return "audiofolder"


def _is_lhotse(manifest: Path) -> bool:
    """Return whether a file has recordings or cuts of Lhotse, by its first line."""
    if manifest.name.endswith(".gz"):
        return True
    with suppress(OSError, ValueError, RecursionError), manifest.open("rb") as file:
        first = json.loads(file.readline(_HEAD))
        return "id" in first and not {"sources", "recording", "supervisions"}.isdisjoint(first)
    return False
