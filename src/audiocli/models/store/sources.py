"""The sources of a spec, each by its kind."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from audiocli.models.base import Hub, LocalFolder, ModelSpec, PackageData, Source, Wheels
from audiocli.models.store import hub, wheels

PACKAGE_DATA = Path(__file__).parents[2] / "data"


def local_folder(source: Source, spec: ModelSpec) -> Path | None:
    """Return the folder of a model that needs no fetching: it is the user's own, or ours."""
    if isinstance(source, LocalFolder):
        return source.path
    if isinstance(source, PackageData):
        folder = _package_folder(source.package) / source.folder
        if all(_has_size(folder / file.name, file.size) for file in spec.files):
            return folder
    return None


def describe(source: Source) -> str:
    """Say in a few words what a source is."""
    match source:
        case Wheels():
            return f"{source.label}: {', '.join(wheels.requirements(source))}"
        case Hub():
            return f"{source.label}: {source.repo}@{source.revision}"
        case LocalFolder():
            return f"{source.label}: {source.path}"
    return source.label


def is_remote(source: Source) -> bool:
    """Whether a network is needed to fetch from a source."""
    return not isinstance(source, PackageData | LocalFolder)


def in_hub_cache(source: Source, spec: ModelSpec, *, complete: bool) -> Path | None:
    """Return the snapshot in the hub's cache that another tool, or we, fetched before.

    Only the hub knows all files of a model that no spec lists: `complete` asks for certainty.
    """
    if not isinstance(source, Hub):
        return None
    if spec.files:
        return hub.cached(source.repo, source.revision, [file.name for file in spec.files])
    return None if complete else hub.cached_weights(source.repo, source.revision, source.patterns)


def fetch(
    source: Source, spec: ModelSpec, files: Path, on_progress: Callable[[int, int], None]
) -> Path:
    """Fetch a model over the network; return the folder its files are in.

    That is `files`, an empty folder on the disk of the cache, or the hub's own snapshot.
    """
    if isinstance(source, Hub):
        patterns = [file.name for file in spec.files] or source.patterns
        return hub.fetch(source.repo, source.revision, patterns, on_progress)
    if isinstance(source, Wheels):
        wheels.fetch(source, files, on_progress)
    elif not isinstance(source, PackageData | LocalFolder):
        source.fetch(files, on_progress)
    return files


def matching(spec: ModelSpec, folder: Path) -> list[str]:
    """Names of the files in a folder that belong to a model which lists none."""
    patterns = next((s.patterns for s in spec.sources if isinstance(s, Hub)), ("*",))
    return hub.matching(folder, patterns)


def _package_folder(package: str | None) -> Path:
    """Where the data of a package lies; finding it imports nothing."""
    if package is None:
        return PACKAGE_DATA
    found = find_spec(package)
    return Path(found.origin).parent if found and found.origin else Path(package)


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False
