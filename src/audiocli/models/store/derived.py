"""Cache of files derived from models, such as conversions and quantised weights."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path


def derive_once(kind: str, folder: Path, cache: Path | None, make: Callable[[Path], None]) -> Path:
    """Return the folder of files derived from a model; create it if it is not cached.

    Parameters
    ----------
    kind : prefix of the folder's name
    folder : folder of the model; if its files change, the derived files are created again
    cache : `DeviceOptions.derived_folder`
    make : writes the derived files into an empty folder, which then moves to the cache

    Raises
    ------
    OSError : there is no cache, or it is not writable
    """
    if cache is None:
        raise FileNotFoundError(f"no cache folder for the {kind} form of {folder}")
    home = cache / f"{kind}-{_fingerprint(folder)}"
    if home.exists():
        return home
    from filelock import FileLock

    locks = cache / ".locks"
    locks.mkdir(parents=True, exist_ok=True)
    with FileLock(locks / f"{home.name}.lock"):
        if not home.exists():  # unless another process has made it
            _make(home, make)
    return home


def discard(folder: Path, cache: Path) -> int:
    """Delete all files derived from a model, recursively; return the number of bytes freed."""
    freed = 0
    for home in cache.glob(f"*-{_fingerprint(folder)}"):
        freed += discard(home, cache) + size(home)
        shutil.rmtree(home)
    return freed


def size(folder: Path) -> int:
    """Return the total size of the files in a folder, in bytes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _fingerprint(folder: Path) -> str:
    """Return a hash of the names, sizes and modification times of a folder's files."""
    stats = [(path.name, path.stat()) for path in sorted(folder.glob("[!.]*")) if path.is_file()]
    known = [f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats]
    return hashlib.sha256("\n".join(known).encode()).hexdigest()[:16]


def _make(home: Path, make: Callable[[Path], None]) -> None:
    scratch = home.with_name(f".{home.name}")
    shutil.rmtree(scratch, ignore_errors=True)  # left by an interrupted run
    scratch.mkdir()
    try:
        make(scratch)
        scratch.rename(home)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
