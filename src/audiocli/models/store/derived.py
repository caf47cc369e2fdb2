"""Cache of files derived from models, such as conversions and quantised weights."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from audiocli.models.store.manifest import MANIFEST, ManifestEntry


def derive_once(kind: str, folder: Path, cache: Path | None, make: Callable[[Path], None]) -> Path:
    """Return the folder of files derived from a model; create it if it is missing or damaged.

    Parameters
    ----------
    kind : prefix of the folder's name
    folder : folder of the model; if its files change, the derived files are created again
    cache : `LoadOptions.derived_folder`
    make : writes the derived files into an empty folder, which then moves to the cache

    Raises
    ------
    OSError : there is no cache, or it is not writable
    """
    if cache is None:
        raise FileNotFoundError(f"no cache folder for the {kind} form of {folder}")
    home = cache / f"{kind}-{_fingerprint(folder)}"
    if _is_intact(home):
        return home
    from filelock import FileLock

    locks = cache / ".locks"
    locks.mkdir(parents=True, exist_ok=True)
    with FileLock(locks / f"{home.name}.lock"):
        if not _is_intact(home):  # unless another process has made it
            _make(home, make)
    return home


def discard(folder: Path, cache: Path) -> int:
    """Delete all files derived from a model, recursively; return the number of bytes freed."""
    freed = 0
    for home in cache.glob(f"*-{_fingerprint(folder)}"):
        freed += discard(home, cache) + size(home)
        shutil.rmtree(home)
    return freed


def remove_damaged(folder: Path, cache: Path) -> Path | None:
    """Hash all files derived from a model, recursively; delete folders with a changed file.

    Returns
    -------
    the first changed file, or None; `derive_once` creates its folder again
    """
    changed = None
    for home in cache.glob(f"*-{_fingerprint(folder)}"):
        inner = remove_damaged(home, cache)
        own = next((path for path, entry in _entries(home) if not _matches(path, entry)), None)
        if own:
            shutil.rmtree(home)
        changed = changed or own or inner
    return changed


def size(folder: Path) -> int:
    """Return the total size of the files in a folder, in bytes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _fingerprint(folder: Path) -> str:
    """Return a hash of the names, sizes and modification times of a folder's files."""
    stats = [(path.name, path.stat()) for path in sorted(folder.glob("[!.]*")) if path.is_file()]
    known = [f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats]
    return hashlib.sha256("\n".join(known).encode()).hexdigest()[:16]


def _is_intact(home: Path) -> bool:
    """Return whether derived files are unchanged; only touched files are hashed."""
    entries = list(_entries(home))
    touched = [(path, entry) for path, entry in entries if not entry.is_unchanged(path)]
    if not entries or not all(_matches(path, entry) for path, entry in touched):
        return False
    if touched:  # the cache was copied
        with suppress(OSError):  # a read-only cache
            _record(home)
    return True


def _matches(path: Path, entry: ManifestEntry) -> bool:
    try:
        return ManifestEntry.of(path).sha256 == entry.sha256
    except OSError:
        return False


def _entries(home: Path) -> Iterator[tuple[Path, ManifestEntry]]:
    """Yield the recorded files of a folder; none if the record is missing or unreadable."""
    try:
        record = json.loads((home / MANIFEST).read_bytes())
        found = [(home / name, ManifestEntry(**entry)) for name, entry in record.items()]
    except (OSError, RecursionError, ValueError, TypeError, AttributeError):
        return
    yield from found


def _record(home: Path) -> None:
    """Hash the files of a folder and write the record."""
    files = sorted(path for path in home.rglob("[!.]*") if path.is_file())
    record = {path.relative_to(home).as_posix(): asdict(ManifestEntry.of(path)) for path in files}
    unfinished = home / f"{MANIFEST}.partial"
    unfinished.write_text(json.dumps(record, indent=2) + "\n", "utf-8")
    unfinished.replace(home / MANIFEST)


def _make(home: Path, make: Callable[[Path], None]) -> None:
    scratch = home.with_name(f".{home.name}")
    shutil.rmtree(scratch, ignore_errors=True)  # left by an interrupted run
    scratch.mkdir()
    try:
        make(scratch)
        _record(scratch)
        shutil.rmtree(home, ignore_errors=True)  # a damaged one
        scratch.rename(home)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
