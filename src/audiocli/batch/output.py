"""Where results go: whole files or none, in a tree like that of the inputs."""

from __future__ import annotations

import os
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, BinaryIO, Literal, TextIO, overload

from audiocli.audio.formats import has_sound_suffix
from audiocli.audio.source import reason
from audiocli.batch.inputs import Input
from audiocli.errors import OutputError


@overload
def atomic_writer(
    path: Path, *, binary: Literal[False] = False
) -> AbstractContextManager[TextIO]: ...
@overload
def atomic_writer(path: Path, *, binary: Literal[True]) -> AbstractContextManager[BinaryIO]: ...
def atomic_writer(path: Path, *, binary: bool = False) -> AbstractContextManager[Any]:
    """Open a file that appears at `path` only when it is whole.

    It is written under a hidden name in the same folder (made when missing), brought
    to the disk, and renamed; whatever ends the `with` block early leaves `path` as it
    was. A link stays a link. A pipe or device, such as /dev/stdout, is written directly.

    Raises
    ------
    OutputError
        when the file cannot be written: no permission, no room, not a folder
    """
    return _written(path, "b" if binary else "")


def mirrored(input: Input, output_dir: Path, extension: str) -> Path:
    """Where the result of an input goes under an output folder.

    A result has the name of its input with another extension: `a/talk.mp3` gives
    `a/talk.json`. Where the folder holds other sound of that name, each keeps its own
    extension too, `a/talk.mp3.json` beside `a/talk.wav.json`: whatever else is named
    in a run, and in whichever order, an input's result never lies where another's does.

    Raises
    ------
    OutputError
        when the result would replace the input
    """
    name = input.relative.name
    if input.path and not _has_twin(input.path):
        name = input.relative.stem
    target = output_dir / input.relative.with_name(f"{name}.{extension}")
    if input.path and target.resolve() == input.path.resolve():
        raise OutputError(f"{target}: is the input itself", "choose another folder")
    return target


def _has_twin(path: Path) -> bool:
    """Whether another file of sound beside this one differs from it only in the suffix."""
    folder = path.parent
    try:
        stems = _stems(folder, folder.stat().st_mtime_ns)
    except OSError:
        return False
    return stems[path.stem.casefold()] > has_sound_suffix(path)


@lru_cache(maxsize=64)
def _stems(folder: Path, modified: int) -> Counter[str]:  # noqa: ARG001 (to be read anew then)
    return Counter(p.stem.casefold() for p in folder.iterdir() if has_sound_suffix(p))


@contextmanager
def _written(path: Path, kind: str) -> Iterator[IO[Any]]:
    with _told_as_output_error(path):
        if path.exists() and not path.is_file() and not path.is_dir():
            with _opened(path, "w" + kind) as file:
                yield file
            return
        target = path.resolve()
        _make_folder(target.parent)
        if target.is_dir():
            raise OutputError(f"{path}: is a folder")
        part = target.with_name(f".audiocli-{secrets.token_hex(6)}.part")
        try:
            with _opened(part, "x" + kind) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)


def _opened(path: Path, mode: str) -> IO[Any]:
    if "b" in mode:
        return path.open(mode)
    return path.open(mode, encoding="utf-8", errors="backslashreplace", newline="\n")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise OutputError(f"{folder}: is no folder, a file is in the way") from None


def _sync_folder(folder: Path) -> None:
    """Bring a rename to the disk, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _told_as_output_error(path: Path) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {reason(error)}") from error
