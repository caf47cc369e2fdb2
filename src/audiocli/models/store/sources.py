"""Locate and download files from the sources of a spec."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from audiocli.models.base import Hub, LocalFolder, ModelSpec, PackageData, Source, Wheels
from audiocli.models.store import hub, wheels

PACKAGE_DATA = Path(__file__).parents[2] / "data"


def local_folder(source: Source, spec: ModelSpec) -> Path | None:
    """Return the folder of a model whose files are local, or None for other sources."""
    if isinstance(source, LocalFolder):
        return source.path
    if isinstance(source, PackageData):
        folder = package_folder(source)
        if all(_has_size(folder / file.name, file.size) for file in spec.files):
            return folder
    return None


def describe(source: Source) -> str:
    """Return a short description of a source."""
    match source:
        case Wheels():
            return f"{source.label}: {', '.join(wheels.requirements(source))}"
        case Hub():
            return f"{source.label}: {source.repo}@{source.revision}"
        case LocalFolder():
            return f"{source.label}: {source.path}"
    return source.label


def is_remote(source: Source) -> bool:
    """Return whether a source needs network access."""
    return not isinstance(source, PackageData | LocalFolder)


def in_hub_cache(source: Source, spec: ModelSpec, *, complete: bool) -> Path | None:
    """Return the snapshot of a hub source in the hub's cache, or None if there is none.

    Parameters
    ----------
    complete : return only a snapshot that is known to be complete, which needs a spec that
        lists its files
    """
    if not isinstance(source, Hub):
        return None
    if spec.files:
        return hub.cached(source.repo, source.revision, [file.name for file in spec.files])
    return None if complete else hub.cached_weights(source.repo, source.revision, source.patterns)


def fetch(
    source: Source, spec: ModelSpec, files: Path, on_progress: Callable[[int, int], None]
) -> Path:
    """Download a model; return the folder of its files.

    Parameters
    ----------
    files : empty folder on the disk of the cache; hub sources use the hub's cache instead
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
    """List the files of a model whose spec lists none."""
    patterns = next((s.patterns for s in spec.sources if isinstance(s, Hub)), ("*",))
    return hub.matching(folder, patterns)


def package_folder(source: PackageData) -> Path:
    """Return the folder of a model in an installed package, without importing the package."""
    if source.package is None:
        return PACKAGE_DATA / source.folder
    found = find_spec(source.package)
    package = Path(found.origin).parent if found and found.origin else Path(source.package)
    return package / source.folder


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False
