"""Datasets of the Hugging Face hub, streamed with the `datasets` library.

Audio is passed on undecoded. Code of a dataset is never run: `datasets` supports none since
version 4, which is required.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from audiocli.batch.datasets.base import DatasetOptions, Sample
from audiocli.batch.datasets.parquet import sample_of_row
from audiocli.batch.datasets.shards import Shard, samples_of_shards
from audiocli.errors import AudioCliError, InputError, MissingExtra, UsageError

_TIMEOUT = 30.0  # seconds
HUB_ID = re.compile(r"([\w.-]+/[\w.-]+)(?:@([\w./-]+))?(?::([\w.-]+))?")


def samples(place: str, options: DatasetOptions) -> Iterator[Sample]:
    """Yield the samples of `ORG/NAME[@REVISION][:CONFIGURATION]`, or of a local folder."""
    if find_spec("datasets") is None:
        raise MissingExtra("--dataset with a dataset of Hugging Face", "datasets")
    is_local = Path(place).is_dir()
    if options.offline and not is_local:
        raise UsageError(
            f"{options.spec}: is on the Hugging Face hub, and offline mode is on", "download it"
        )
    return _rows(place, options, is_local=is_local)


def _rows(place: str, options: DatasetOptions, *, is_local: bool) -> Iterator[Sample]:
    from audiocli.models.store.hub import hub_silenced

    # Streams need no cache, but the library creates lock files in it.
    with hub_silenced(), TemporaryDirectory(prefix="audiocli-") as cache:
        splits = _open(place, options, cache, is_local=is_local)
        for name, dataset in splits.items():
            root = place if is_local else f"hf://datasets/{place.partition(':')[0]}"
            shard = Shard(f"{root}/-", place, name if len(splits) > 1 else "")
            yield from samples_of_shards([shard], partial(_of_split, dataset, options))


def _of_split(dataset: Any, options: DatasetOptions, shard: Shard) -> Iterator[Sample]:
    features: dict[str, Any] = dataset.features or dataset._resolve_features().features
    column = _audio_column(features, options)
    for row, values in enumerate(_examples(dataset, features)):
        yield sample_of_row(row, values, column, shard)


def _open(place: str, options: DatasetOptions, cache: str, *, is_local: bool) -> dict[str, Any]:
    """Return the streams of the splits.

    Raises
    ------
    InputError : it does not exist, access to it is denied, or the hub cannot be reached
    UsageError : it has no such split or configuration
    """
    match = None if is_local else HUB_ID.fullmatch(place)
    path, revision, config = match.groups() if match else (place, None, None)
    try:
        if not is_local:
            revision = _commit(path, revision)
        found = _import_datasets().load_dataset(
            path,
            config,
            revision=revision,
            split=options.split,
            streaming=True,
            cache_dir=cache,
        )
    except Exception as error:
        raise _failure(error, options) from error
    return dict(found) if isinstance(found, dict) else {options.split or "": found}


def _commit(repo: str, revision: str | None) -> str | None:
    """Return the commit of a revision; unlike `datasets`, fail at once without a network."""
    from huggingface_hub import HfApi

    return HfApi().dataset_info(repo, revision=revision, timeout=_TIMEOUT).sha


def _import_datasets() -> Any:
    from audiocli.models.telemetry import import_silenced

    datasets = import_silenced("datasets")
    datasets.disable_progress_bars()
    return datasets


def _audio_column(features: Mapping[str, Any], options: DatasetOptions) -> str:
    """Return the column with the audio.

    Raises
    ------
    UsageError : there is none, or there are several
    """
    import datasets

    if options.column:
        if options.column not in features:
            problem = f"{options.spec}: has no column {options.column}"
            raise UsageError(problem, f"it has {', '.join(features)}")
        return options.column
    found = [
        name
        for name, feature in features.items()
        if isinstance(feature, datasets.Audio)
        or (isinstance(feature, Mapping) and {"bytes", "path"} <= set(feature))
    ]
    if len(found) != 1:
        listed = ", ".join(found or features)
        what = "several columns" if found else "no column"
        problem = f"{options.spec}: has {what} of audio: {listed}"
        raise UsageError(problem, "choose one with --column")
    return found[0]


def _examples(dataset: Any, features: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the examples as they are stored, with class labels by name.

    Without features, the library neither encodes nor decodes audio, which requires torchcodec.
    """
    labels = {name: one for name, one in features.items() if hasattr(one, "int2str")}
    dataset.info.features = None
    for example in dataset:
        for name, label in labels.items():
            if isinstance(example.get(name), int) and example[name] >= 0:
                example[name] = label.int2str(example[name])
        yield example


def _failure(error: Exception, options: DatasetOptions) -> AudioCliError:
    """Return one error with a hint for an error of the library."""
    from audiocli.models.store.hub_errors import explain

    text = str(error).strip().partition("\n")[0]
    if isinstance(error, ValueError) and "split" in text.lower():
        return UsageError(f"{options.spec}: {text}", "check --split")
    if isinstance(error, ValueError) and "config" in text.lower():
        return UsageError(f"{options.spec}: {text}", "name one as ORG/NAME:CONFIGURATION")
    for cause in _causes(error):
        if explained := explain(cause, options.spec, None):
            return AudioCliError(explained.message, explained.hint)
    if type(error).__name__ == "DatasetNotFoundError":
        hint = "check the name; for a private one `hf auth login`, or set HF_TOKEN"
        return InputError(options.spec, "no such dataset on the hub", hint)
    return InputError(options.spec, text[:300] or type(error).__name__, "check the dataset")


def _causes(error: Exception) -> Iterator[Exception]:
    """Yield an error and its causes, the first cause first."""
    chain = [error]
    while isinstance(cause := chain[-1].__cause__ or chain[-1].__context__, Exception):
        chain.append(cause)
    return reversed(chain)
