"""Resolve models that are not registered: local folders and hub repositories.

The family is determined from `config.json` or `config.yaml`, so fine-tuned checkpoints of
supported architectures work.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from audiocli.errors import COPY_AGAIN, ModelUnavailable
from audiocli.models.base import Family, Hub, LocalFolder, ModelSpec, ResolvedModel, Source, Task
from audiocli.models.store import hub
from audiocli.models.store.manifest import Manifest
from audiocli.models.store.model_store import Store, explain_disk_errors, not_cached

HUB_NAME = re.compile(r"\w[\w.-]*/\w[\w.-]*(@\w[\w./-]*)?")  # organisation/name@revision

_CONFIGS = ("config.json", "config.yaml")  # config.yaml in pyannote pipelines

_SAMPLES = 16  # blocks of a file that its fingerprint hashes
_SAMPLE_SIZE = 4096  # bytes


def resolve_folder(
    name: str, folder: Path, task: Task | None, families: Sequence[Family]
) -> ResolvedModel:
    """Resolve a local folder to a model."""
    family = _matching_family(name, folder, task, families)
    files = [folder / file for file in hub.matching(folder, family.hub_files)]
    source = LocalFolder(folder.resolve())
    return ResolvedModel(_spec(name, family, _fingerprint(files), source), family)


def resolve_on_hub(
    name: str, task: Task | None, families: Sequence[Family], store: Store, refresh: bool
) -> ResolvedModel:
    """Resolve a hub repository to a model, at the cached commit if there is one.

    Parameters
    ----------
    refresh : use the newest commit even if another one is cached
    """
    repo, _, revision = name.partition("@")
    manifest = None if refresh and not store.offline else Manifest.read(store.model_folder(name))
    if manifest and manifest.revision:
        folder, commit = manifest.folder, manifest.revision
    else:
        folder = _config_folder(name, repo, revision or None, store, refresh)
        commit = folder.name  # the hub's cache names snapshots by their commit
    family = _matching_family(name, folder, task, families)
    return ResolvedModel(_spec(name, family, commit, Hub(repo, commit, family.hub_files)), family)


def _config_folder(name: str, repo: str, revision: str | None, store: Store, refresh: bool) -> Path:
    """Return the snapshot with a repository's configuration; download it if necessary."""
    with explain_disk_errors(name, store.cache_dir):
        cached = next(filter(None, (hub.cached(repo, revision, [c]) for c in _CONFIGS)), None)
        if store.offline:
            if cached is None:
                raise not_cached(name)
            return cached
        if cached is None or refresh:
            return hub.fetch(repo, revision, _CONFIGS)
        return cached


def _matching_family(
    name: str, folder: Path, task: Task | None, families: Sequence[Family]
) -> Family:
    """Return the family for this task that supports the model in a folder."""
    config = _config(name, folder)
    try:
        able = [family for family in families if family.recognises(config)]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        problem = f"{name}: the configuration is not valid: {error!r}"
        raise ModelUnavailable(problem, COPY_AGAIN) from error
    able.sort(key=lambda family: family.task == "embed")  # encoders match too; prefer other tasks
    for family in able:
        if task in (None, family.task):
            return family
    if able:
        problem = f"{name} is a model for {able[0].task}, not for {task}"
        raise ModelUnavailable(problem, f"see `audiocli models list --for-task {task}`")
    kind = config.get("model_type") or config.get("architectures") or "no model_type"
    raise ModelUnavailable(
        f"{name}: models of type {kind} are not supported for {task or 'any task'}",
        "see `audiocli models list`",
    )


def _config(name: str, folder: Path) -> Mapping[str, Any]:
    path = next((folder / c for c in _CONFIGS if (folder / c).is_file()), None)
    if path is None:
        problem = f"{name} is not a model: it has no config.json"
        raise ModelUnavailable(problem, "name the folder of a checkpoint")
    try:
        config = _parsed(path)
    except (OSError, RecursionError, ValueError) as error:
        problem = f"{name}: {path.name} cannot be read: {error}"
        raise ModelUnavailable(problem, COPY_AGAIN) from error
    if not isinstance(config, dict):
        raise ModelUnavailable(f"{name}: {path.name} describes no model", COPY_AGAIN)
    return config


def _parsed(path: Path) -> Any:
    if path.suffix == ".json":
        return json.loads(path.read_bytes())
    import yaml

    try:
        return yaml.safe_load(path.read_bytes())
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _spec(name: str, family: Family, revision: str | None, source: Source) -> ModelSpec:
    return ModelSpec(
        name=name,
        task=family.task,
        family=family.name,
        revision=revision,
        files=(),
        sources=(source,),
        licence="unknown",
    )


def _fingerprint(files: Sequence[Path]) -> str:
    """Return a fingerprint of weight files: their names, sizes and 16 blocks of each.

    Hashing whole files would take seconds. Fine-tuning changes weights in all blocks.
    """
    digest = hashlib.sha256()
    for file in files:
        size = file.stat().st_size
        digest.update(f"{file.name} {size}\n".encode())
        with file.open("rb") as stream:
            for sample in range(_SAMPLES):
                stream.seek(max(size - _SAMPLE_SIZE, 0) * sample // (_SAMPLES - 1))
                digest.update(stream.read(_SAMPLE_SIZE))
    return f"folder-{digest.hexdigest()[:12]}"
