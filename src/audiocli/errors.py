"""Errors that audiocli raises, and the exit code of each.

Code below `cli` raises; only `cli.main` turns an error into one line on stderr
and an exit code.
"""

from __future__ import annotations

import errno
import io
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Any


class ExitCode(IntEnum):
    """Exit codes of the process."""

    OK = 0
    SOME_FAILED = 1  # some inputs failed; the results of the others are written
    USAGE = 2  # the command line or a configuration file is not valid
    MODEL_UNAVAILABLE = 3  # unknown, offline, gated, corrupt, or an extra is not installed
    ALL_FAILED = 4  # every input failed
    INTERRUPTED = 130  # Ctrl-C, as shells report SIGINT
    TERMINATED = 143  # as shells report SIGTERM


class AudioCliError(Exception):
    """An error a user can act on.

    Parameters
    ----------
    message : what went wrong, one line, no full stop
    hint : what to do next, one line
    """

    exit_code = ExitCode.ALL_FAILED

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to unpickle the error; subclasses take other arguments."""
        return _unpickled, (type(self), self.args, self.__dict__)


def _unpickled(
    kind: type[AudioCliError], args: tuple[Any, ...], attributes: dict[str, Any]
) -> AudioCliError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(attributes)
    return error


class UsageError(AudioCliError):
    """The command line or the arguments of a call are not valid."""

    exit_code = ExitCode.USAGE


class InputError(AudioCliError):
    """One input cannot be read; the message starts with its name, or "stdin" for `-`."""

    def __init__(self, source: str | Path, problem: str, hint: str | None = None) -> None:
        self.source = str(source)
        self.problem = problem
        super().__init__(f"{'stdin' if self.source == '-' else source}: {problem}", hint)


def input_failure(error: Exception, source: str | Path) -> AudioCliError:
    """Convert any error into the failure of one input, so that the batch continues.

    The message of an unexpected error names the input and requests a bug report; the error
    itself is kept as the cause, for the traceback of --verbose.

    Raises
    ------
    BrokenPipeError
        if the reader of the output has closed the pipe, which ends the run
    """
    if isinstance(error, AudioCliError) and not isinstance(error, TemporaryFileError):
        return error
    if isinstance(error, BrokenPipeError):
        raise error
    if isinstance(error, TemporaryFileError):
        failure = InputError(source, error.message, error.hint)
    elif isinstance(error, MemoryError):
        failure = InputError(source, "not enough memory", "process a part with --start and --end")
    elif isinstance(error, RecursionError):
        failure = InputError(source, "nested too deeply", "check that it is the right file")
    elif isinstance(error, OSError) and error.strerror:
        failure = InputError(source, reason(error), hint_for(error))
    else:
        failure = InputError(
            source,
            f"unexpected {type(error).__name__}: {error}",
            "this is a bug in audiocli: run again with --verbose and report it",
        )
    failure.__cause__ = error
    return failure


@contextmanager
def failing_input(source: str | Path) -> Iterator[None]:
    """Convert any error of the block to the failure of one input; see `input_failure`."""
    try:
        yield
    except Exception as error:
        if isinstance(error, AudioCliError) and not isinstance(error, TemporaryFileError):
            raise
        raise input_failure(error, source) from error


def is_disk_full(error: OSError) -> bool:
    """Return whether the disk, a quota or a file size limit leaves no space."""
    full = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
    return error.errno in full


def reason(error: OSError | ValueError) -> str:
    """Return the description of an error by the system, as the end of a sentence."""
    return str(getattr(error, "strerror", None) or error).lower()


NO_SUCH_FILE = ("no such file", "check the path")
COPY_AGAIN = "download or copy it again"
WRONG_FILE = "check that it is the right file"
_HINTS = {
    errno.EACCES: "change its permissions",
    errno.EIO: "check the disk or the network",
    errno.EISDIR: "name a file in it",
    errno.ELOOP: "remove the circular link",
    errno.EMFILE: "raise the limit with `ulimit -n`",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ENOENT: "check the path",
    errno.ENOTDIR: "check the path",
    errno.EPERM: "change its permissions",
}


def hint_for(error: OSError | ValueError) -> str:
    """Return what to do about a file that cannot be read."""
    return _HINTS.get(getattr(error, "errno", None) or 0, "check the path")


class OutputError(AudioCliError):
    """A result cannot be written: the disk is full, the folder is read-only."""


def write_failure(name: str | Path, error: OSError) -> OutputError:
    """Return the error for an output that cannot be written, with a way out."""
    if isinstance(error, io.UnsupportedOperation) or error.errno == errno.EBADF:
        return OutputError(f"{name}: not writable", "is it closed?")
    if is_disk_full(error):
        hint = "free some space, or write to another disk"
    elif error.errno == errno.ENAMETOOLONG:
        hint = "choose a shorter name"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        hint = "choose a folder in which you may write"
    else:
        hint = "check the disk, or choose another folder"
    return OutputError(f"{name}: cannot be written: {reason(error)}", hint)


class TemporaryFileError(OutputError):
    """A temporary file cannot be written."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "set TMPDIR to a folder with more free space")


class ModelUnavailable(AudioCliError):  # noqa: N818 (it is a state of the model)
    """A model is unknown, unreachable, gated or corrupt."""

    exit_code = ExitCode.MODEL_UNAVAILABLE


class MissingExtra(ModelUnavailable):
    """A feature needs the packages of an extra, such as `audiocli[torch]`."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(
            f"{what} needs the extra {extra!r}, which is not installed",
            f"pip install 'audiocli[{extra}]'",
        )
