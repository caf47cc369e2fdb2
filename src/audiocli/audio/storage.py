"""Read files of object stores and file servers through fsspec.

The protocol of a URL selects the package: s3fs for `s3://`, gcsfs for `gs://`, webdav4 for
`webdav://`. Credentials come from the configuration of these packages, or from the URL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import unquote, urlsplit, urlunsplit

from audiocli.audio.source import is_url, is_web_url, without_password
from audiocli.errors import AudioCliError, InputError, MissingExtra, hint_for, reason

# What file systems call the version or the time of a file.
_MARKS = ("ETag", "etag", "md5Hash", "mtime", "modified", "LastModified", "created")
_BLOCK = 1 << 20  # bytes that are read at a time
_NO_CREDENTIALS = re.compile("credential|forbidden|unauthor|access denied|401|403", re.IGNORECASE)
_WEBDAV = {"webdav": "http", "webdavs": "https", "dav": "http", "davs": "https"}
# Packages of protocols whose modules have another name, or are part of fsspec.
_PACKAGES = {"sftp": "paramiko", "ssh": "paramiko", "smb": "smbprotocol", "arrow_hdfs": "pyarrow"}


@contextmanager
def open_storage(url: str, name: str) -> Iterator[BinaryIO]:
    """Open a URL of any protocol but http as a seekable file.

    Raises
    ------
    InputError : it cannot be read
    MissingExtra : fsspec is not installed
    """
    with _explained(name):
        system, path = _file_system(url)
        opened = system.open(path, "rb", block_size=_BLOCK)
    with closing(opened):
        yield cast(BinaryIO, _ExplainedFile(opened, name))


@contextmanager
def open_any(place: str, name: str) -> Iterator[BinaryIO]:
    """Open a path or a URL of any protocol as a seekable file, whatever it contains.

    Raises
    ------
    InputError : it cannot be read
    MissingExtra : fsspec is not installed
    """
    if is_web_url(place):
        from audiocli.audio.remote import RemoteFile, open_remote

        with open_remote(place, name) as source:
            if not isinstance(source, RemoteFile):
                raise InputError(name, "is a stream, not a file", "check the URL")
            yield cast(BinaryIO, source)
    elif is_url(place):
        with open_storage(place, name) as file:
            yield file
    else:
        with ExitStack() as stack:
            with _explained(name):
                local = stack.enter_context(Path(place).open("rb"))
            yield local


def matching_urls(pattern: str) -> Iterator[str]:
    """Yield the URLs of the files that a URL with `*`, `?`, `[...]` and `**` matches.

    Raises
    ------
    InputError : the server cannot be read
    MissingExtra : fsspec is not installed
    """
    name = without_password(pattern)
    with _explained(name):
        system, path = _file_system(pattern)
        found = sorted(system.glob(path, detail=True).items())
    for path, info in found:
        if info.get("type") != "directory":
            yield _url(pattern, path)


def urls_below(folder: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the files below the URL of a folder, and the parts of their paths in it, by name.

    Raises
    ------
    InputError : it cannot be read
    MissingExtra : fsspec is not installed
    """
    name = without_password(folder)
    with _explained(name):
        system, path = _file_system(folder.rstrip("/"))
        for root, folders, files in system.walk(path, on_error="raise"):
            folders.sort()
            for file in sorted(files):
                full = f"{root.rstrip('/')}/{file}"
                parts = full.removeprefix(path).strip("/").split("/")
                yield _url(folder, full), tuple(parts)


def stamp_of(url: str) -> str:
    """Return the size and the time or hash of a file, or "" if the server does not tell."""
    try:
        system, path = _file_system(url)
        info = system.info(path)
    except Exception:
        return ""
    mark = next((str(info[key]) for key in _MARKS if info.get(key)), "")
    return f"{info.get('size')}:{mark}" if mark else ""


class _ExplainedFile:
    """A file whose read errors name it, without credentials."""

    def __init__(self, file: Any, name: str) -> None:
        self._file = file
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes."""
        with _explained(self._name):
            return cast(bytes, self._file.read(size))


def _file_system(url: str) -> tuple[Any, str]:
    """Return the file system of a URL, and the path in it."""
    if find_spec("fsspec") is None:
        raise MissingExtra(f"a URL of {urlsplit(url).scheme}://", "remote")
    from fsspec.core import url_to_fs

    parts = urlsplit(url)
    if parts.scheme in _WEBDAV:
        from fsspec import filesystem

        host = parts.netloc.rpartition("@")[2]
        base = urlunsplit((_WEBDAV[parts.scheme], host, "", "", ""))
        login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        return filesystem("webdav", base_url=base, auth=login), unquote(parts.path).strip("/")
    system, path = url_to_fs(url)
    return system, str(path)


def _url(url: str, path: str) -> str:
    """Return the URL of another path of the same server."""
    parts = urlsplit(url)
    if parts.scheme in _WEBDAV:
        return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
    inner, chain, outer = url.partition("::")
    full = f"{urlsplit(inner).scheme}://{path.removeprefix('/') if chain else path}"
    return f"{full}{chain}{outer}" if "://" not in path else path


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Raise any error as `InputError` without credentials."""
    try:
        yield
    except AudioCliError:
        raise
    except (ImportError, ValueError) as error:
        raise InputError(name, *_missing(name, error)) from error
    except FileNotFoundError as error:
        hint = f"check the {'URL' if is_url(name) else 'path'}"
        raise InputError(name, "no such file", hint) from error
    except Exception as error:
        raise InputError(name, *_described(error)) from error


def _missing(name: str, error: Exception) -> tuple[str, str]:
    """Return what is wrong with the protocol of a URL, and what to do."""
    if not is_url(name):  # such as a NUL in a path
        return _described(error)
    from fsspec.registry import known_implementations

    protocol = urlsplit(name).scheme
    known = known_implementations.get("webdav" if protocol in _WEBDAV else protocol)
    if known is None:
        return f"unknown protocol {protocol}", "such as https, s3, gs, webdav or sftp"
    package = _PACKAGES.get(protocol, known["class"].partition(".")[0])
    if isinstance(error, ImportError):
        return f"needs the package {package}, which is not installed", f"pip install {package}"
    return _described(error)


def _described(error: Exception) -> tuple[str, str]:
    if isinstance(error, OSError) and error.strerror and error.errno:
        return reason(error), hint_for(error)
    lines = without_password(str(error)).strip().splitlines() or [type(error).__name__]
    if isinstance(error, PermissionError) or _NO_CREDENTIALS.search(f"{type(error)} {lines[0]}"):
        return "access is denied", "set the credentials of the server, or check the URL"
    return lines[0][:200], "check the URL and the network"
