"""Write results atomically, to paths that mirror the tree of the inputs."""

from __future__ import annotations

import os
import secrets
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, BinaryIO, Literal, TextIO, overload

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from audiocli.audio.formats import has_sound_suffix
from audiocli.batch.inputs import Input
from audiocli.errors import OutputError, UsageError, write_failure


def _ignore(_: Path) -> None:
    """Default of `before_replace`: do nothing."""


@overload
def atomic_writer(
    path: Path,
    *,
    binary: Literal[False] = False,
    private: bool = False,
    before_replace: Callable[[Path], None] = _ignore,
) -> AbstractContextManager[TextIO]: ...
@overload
def atomic_writer(
    path: Path,
    *,
    binary: Literal[True],
    private: bool = False,
    before_replace: Callable[[Path], None] = _ignore,
) -> AbstractContextManager[BinaryIO]: ...
def atomic_writer(
    path: Path,
    *,
    binary: bool = False,
    private: bool = False,
    before_replace: Callable[[Path], None] = _ignore,
) -> AbstractContextManager[Any]:
    """Open a file that appears at `path` only when it is complete.

    It is written under a hidden name in the same folder (created if missing), synced to
    disk and renamed. If the `with` block raises, `path` is unchanged. Symbolic links are
    followed. A pipe or device, such as /dev/stdout, is written directly. Unfinished files of
    killed runs are removed.

    Parameters
    ----------
    private : create the file with permissions for its owner only
    before_replace : called with the complete file before it is renamed; not for a pipe or device

    Raises
    ------
    OutputError
        when the file cannot be written
    """
    return _written(path, "b" if binary else "", 0o600 if private else 0o666, before_replace)


def output_path(input: Input, output_dir: Path, extension: str) -> Path:
    """Return the path of an input's result under an output folder.

    A result has the name of its input with another extension: `a/talk.mp3` gives
    `a/talk.json`. The suffix of the input is kept where it distinguishes results:
    `a/talk.mp3.json` and `a/talk.wav.json`. The name depends only on the folder of the input,
    not on the other inputs of the run, so that a resumed run finds it.

    Raises
    ------
    OutputError
        when the result would overwrite the input
    """
    name = input.relative.name
    if input.path and has_sound_suffix(input.path):
        name = output_stem(input.path, has_sound_suffix)
    target = output_dir / input.relative.with_name(f"{name}.{extension}")
    if input.path and _is_same_file(target, input.path):
        raise OutputError(f"{target}: is the input itself", "choose another folder")
    return target


def _is_same_file(target: Path, path: Path) -> bool:
    try:
        return target.samefile(path)
    except OSError:  # one does not exist, or its name is not valid
        return False


def output_stem(path: Path, is_replaced: Callable[[Path], bool]) -> str:
    """Return the name of a file without its suffix, or with it where that is ambiguous.

    It is ambiguous if another file in the folder has the same stem and a suffix that would
    be omitted too, or has the stem as its name: `talk.wav` next to `talk`, or `talk.wav.mp3`
    next to `talk.wav`. Case is ignored.

    Parameters
    ----------
    is_replaced : returns whether the suffix of a file is omitted from the name of its result
    """
    try:
        stems, names = _folder(path.parent, path.parent.stat().st_mtime_ns, is_replaced)
    except OSError:
        return path.stem
    stem = path.stem.casefold()
    return path.name if stems[stem] > 1 or stem in names else path.stem


@lru_cache(maxsize=64)
def _folder(
    folder: Path,
    modified: int,  # noqa: ARG001 (key of the cache)
    is_replaced: Callable[[Path], bool],
) -> tuple[Counter[str], frozenset[str]]:
    """Return counts of the stems of files with an omitted suffix, and the names of all files."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if not entry.is_dir()]
    stems = Counter(Path(n).stem.casefold() for n in names if is_replaced(Path(n)))
    return stems, frozenset(name.casefold() for name in names)


def check_unique(targets: Iterable[tuple[Input, Path]], output_dir: Path) -> None:
    """Check that no two inputs have the same output, and that no output is an input.

    Raises
    ------
    UsageError : with the names of both inputs
    """
    targets = list(targets)
    taken: dict[str, tuple[Input, Path]] = {}
    for input, target in targets:
        other, theirs = taken.setdefault(str(target).casefold(), (input, target))
        if other is not input and (target == theirs or _ignores_case(output_dir)):
            raise UsageError(
                f"{other.name} and {input.name} would both be written to {target}",
                "run them separately, each with its own --output-dir",
            )
    files = {_absolute(input.path): input for input, _ in targets if input.path}
    for input, target in targets:
        if replaced := files.get(_absolute(target)):
            raise UsageError(
                f"the result of {input.name} would replace the input {replaced.name}",
                "choose another --output-dir",
            )


def _absolute(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100 (`resolve` accesses the disk)


@lru_cache(maxsize=1)
def _ignores_case(folder: Path) -> bool:
    """Return whether the file system of a folder ignores case."""
    with _as_output_error(folder):
        make_folder(folder)
        probe = folder / f".audiocli-{secrets.token_hex(6)}.part"
        probe.touch()
        try:
            return probe.with_suffix(".PART").exists()
        finally:
            probe.unlink(missing_ok=True)


def output_exists(path: Path) -> bool:
    """Return whether an output file exists.

    Raises
    ------
    OutputError : no file can be written there: it is a folder, or the name is not valid
    """
    with _as_output_error(path):
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            return False
        except NotADirectoryError:
            raise OutputError(
                f"{path.parent}: is a file, not a folder", "write to another folder"
            ) from None
    if stat.S_ISDIR(mode):
        raise OutputError(f"{path}: is a folder", "name a file in it")
    return True


def check_writable(path: Path) -> None:
    """Refuse an output file that cannot be written, before any work.

    Devices and pipes are not checked.

    Raises
    ------
    OutputError : the folder is read-only, its disk is full, or a file is in the way
    """
    if not output_exists(path) or path.is_file():
        with _as_output_error(path):
            _write_probe(path.resolve().parent)


def check_writable_folder(folder: Path) -> None:
    """Refuse an output folder in which no file can be written, before any work.

    Raises
    ------
    OutputError : it is read-only, its disk is full, or a file is in the way
    """
    with _as_output_error(folder):
        _write_probe(folder.resolve())


def _write_probe(folder: Path) -> None:
    """Write and remove a file in a folder, or in the nearest folder above it that exists."""
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise _not_a_folder(folder)
    part, file = _new_part(folder, "b", 0o600)
    try:
        with file:
            file.write(bytes(4096))
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _written(
    path: Path, kind: str, mode: int, before_replace: Callable[[Path], None]
) -> Iterator[IO[Any]]:
    with _as_output_error(path):
        if path.exists() and not path.is_file() and not path.is_dir():
            with _opened(path, "w" + kind) as file:
                yield file
            return
        target = path.resolve()
        make_folder(target.parent)
        if target.is_dir():
            raise OutputError(f"{path}: is a folder", "name a file in it")
        _remove_leftovers(target.parent)
        part, file = _new_part(target.parent, kind, mode)
        try:
            with file:
                yield file
                file.flush()
                os.fsync(file.fileno())
                before_replace(part)
                if fcntl:  # while it is locked
                    part.replace(target)
            if not fcntl:
                part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)


def _opened(path: Path, mode: str, permissions: int = 0o666) -> IO[Any]:
    def opener(name: str, flags: int) -> int:
        return os.open(name, flags, permissions)

    if "b" in mode:
        return open(path, mode, opener=opener)
    return open(
        path, mode, encoding="utf-8", errors="backslashreplace", newline="\n", opener=opener
    )


def _new_part(folder: Path, kind: str, permissions: int) -> tuple[Path, IO[Any]]:
    """Create an unfinished file, and lock it so that other runs do not remove it."""
    while True:
        part = folder / f".audiocli-{secrets.token_hex(6)}.part"
        try:
            file = _opened(part, "x" + kind, permissions)
            if not fcntl:
                return part, file
            with suppress(OSError):  # a file system without locks
                fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file.fileno()).st_nlink:
                return part, file
            file.close()  # it was removed before it was locked
        except BaseException:  # such as Ctrl-C
            part.unlink(missing_ok=True)
            raise


@lru_cache(maxsize=64)
def _remove_leftovers(folder: Path) -> None:
    """Remove unfinished files that are not locked: those of killed runs."""
    if not fcntl:
        return
    for part in folder.glob(".audiocli-*.part"):
        with suppress(OSError), part.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink()


def make_folder(folder: Path) -> None:
    """Create a folder and its parents.

    Raises
    ------
    OutputError : a file is in the way
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise _not_a_folder(folder) from None


def _not_a_folder(path: Path) -> OutputError:
    return OutputError(f"{path}: is a file, not a folder", "write to another folder")


def _sync_folder(folder: Path) -> None:
    """Sync a rename to disk, if supported."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _as_output_error(path: Path) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise write_failure(path, error) from error
