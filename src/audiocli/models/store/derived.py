"""What is made of a model once and kept: conversions, weights of fewer bits."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path


def derive_once(kind: str, folder: Path, cache: Path | None, make: Callable[[Path], None]) -> Path:
    """Give what `make` makes of a model's folder, from the cache if it was made before.

    Parameters
    ----------
    kind : begins its name in the cache
    folder : of the model; once it changes, the work is done anew
    cache : `DeviceOptions.derived_folder`
    make : fills an empty folder, which appears in the cache in one step

    Raises
    ------
    OSError : there is no cache, or it cannot be written
    """
    if cache is None:
        raise FileNotFoundError(f"there is no folder to keep the {kind} form of {folder} in")
    home = cache / f"{kind}-{_fingerprint(folder)}"
    if home.exists():
        return home
    from filelock import FileLock

    locks = cache / ".locks"
    locks.mkdir(parents=True, exist_ok=True)
    with FileLock(locks / f"{home.name}.lock"):
        if not home.exists():  # another process may have been first
            _make(home, make)
    return home


def discard(folder: Path, cache: Path) -> int:
    """Delete all that was made of a model, and of that in turn; give the bytes that this freed."""
    freed = 0
    for home in cache.glob(f"*-{_fingerprint(folder)}"):
        freed += discard(home, cache) + size(home)
        shutil.rmtree(home)
    return freed


def size(folder: Path) -> int:
    """Give the bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _fingerprint(folder: Path) -> str:
    """Tell models apart by the names, sizes and times of their files."""
    stats = [(path.name, path.stat()) for path in sorted(folder.glob("[!.]*")) if path.is_file()]
    known = [f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats]
    return hashlib.sha256("\n".join(known).encode()).hexdigest()[:16]


def _make(home: Path, make: Callable[[Path], None]) -> None:
    scratch = home.with_name(f".{home.name}")
    shutil.rmtree(scratch, ignore_errors=True)  # of a run that was killed
    scratch.mkdir()
    try:
        make(scratch)
        scratch.rename(home)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
