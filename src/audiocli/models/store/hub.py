"""Download models from the Hugging Face hub.

Files are kept in the hub's own cache (`HF_HOME`), which other tools share. Tokens are
handled by the client library (`hf auth login` or `HF_TOKEN`).
"""

from __future__ import annotations

import fnmatch
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from audiocli.errors import ModelUnavailable
from audiocli.models.store.download_progress import report_growth
from audiocli.models.store.hub_errors import explain_hub_errors

_DESCRIPTIONS = ("*.json", "*.txt", "*.md", "*.yaml")  # files without weights


def cached(repo: str, revision: str | None, names: Sequence[str]) -> Path | None:
    """Return the cached snapshot that has all the named files, or None if there is none."""
    from huggingface_hub import try_to_load_from_cache

    with explain_hub_errors(repo, revision):
        paths = [try_to_load_from_cache(repo, name, revision=revision) for name in names]
    if not all(isinstance(path, str) for path in paths):
        return None
    return _snapshot_folder(str(paths[0]), names[0])


def cached_weights(repo: str, revision: str, patterns: Sequence[str]) -> Path | None:
    """Return the cached snapshot of a repository if it has weights, else None.

    The snapshot may be incomplete if another tool downloaded it; a missing file then raises
    an error when the model is loaded.
    """
    snapshot = cached(repo, revision, ["config.json"]) or cached(repo, revision, ["config.yaml"])
    if snapshot and any(
        not any(fnmatch.fnmatch(name, text) for text in _DESCRIPTIONS)
        for name in matching(snapshot, patterns)
    ):
        return snapshot
    return None


def matching(folder: Path, patterns: Sequence[str]) -> list[str]:
    """List the files of a folder that match a pattern, relative to it, in order."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in names if _picked(name, patterns))


def fetch(
    repo: str,
    revision: str | None,
    patterns: Sequence[str],
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Path:
    """Download the files that match a pattern; return the folder of the snapshot.

    The folder is named after the commit. Cached files are not downloaded again.

    Raises
    ------
    ModelUnavailable : the repository, revision or a file is unknown, gated or unreachable,
        or the hub's cache is not writable
    """
    from huggingface_hub import hf_hub_download, model_info
    from huggingface_hub.constants import HF_HUB_CACHE
    from huggingface_hub.file_download import repo_folder_name

    with explain_hub_errors(repo, revision), hub_silenced():
        # Without a network this fails at once; hf_hub_download would retry for half a minute.
        info = model_info(repo, revision=revision, files_metadata=True)
        listing = {file.rfilename: file.size or 0 for file in info.siblings or ()}
        names = _prefer_safetensors([name for name in listing if _picked(name, patterns)])
        sizes = {name: listing[name] for name in names}
        if not sizes:
            problem = f"{repo} has no {' or '.join(patterns)} on the hub"
            raise ModelUnavailable(problem, "check the id of the model")
        missing = [name for name in sizes if not cached(repo, info.sha, [name])]
        total = sum(sizes[name] for name in missing)
        storage = Path(HF_HUB_CACHE, repo_folder_name(repo_id=repo, repo_type="model"))
        with report_growth(storage, lambda done: on_progress(done, total)):
            paths = {name: hf_hub_download(repo, name, revision=info.sha) for name in sizes}
    name, path = next(iter(paths.items()))
    return _snapshot_folder(path, name)


def discard(file: Path) -> None:
    """Delete a file from the hub's cache, so that it is downloaded again."""
    blob = file.resolve()
    file.unlink(missing_ok=True)
    blob.unlink(missing_ok=True)


def _picked(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def _prefer_safetensors(names: Sequence[str]) -> list[str]:
    """Remove pickled weights from a list that has safetensors."""
    safe = any(name.endswith(".safetensors") for name in names)
    return [name for name in names if not (safe and name.endswith(".bin"))]


def _snapshot_folder(path: str, name: str) -> Path:
    """Return the folder of a snapshot, from the path of a file in it."""
    return Path(path).parents[name.count("/")]


@contextmanager
def hub_silenced() -> Iterator[None]:
    """Disable the progress bars, warnings and telemetry of the client library."""
    from huggingface_hub import constants
    from huggingface_hub.utils.tqdm import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    logger = logging.getLogger("huggingface_hub")
    level, bars = logger.level, not are_progress_bars_disabled()
    telemetry_off = constants.HF_HUB_DISABLE_TELEMETRY
    logger.setLevel(logging.ERROR)
    constants.HF_HUB_DISABLE_TELEMETRY = True  # the environment is read only at import
    if bars:
        disable_progress_bars()
    try:
        yield
    finally:
        logger.setLevel(level)
        constants.HF_HUB_DISABLE_TELEMETRY = telemetry_off
        if bars:
            enable_progress_bars()
