"""Read audio from http and https URLs as seekable files.

Received bytes are stored in a temporary file, so that any container can be read from any
server. A response of unknown length, such as an internet radio, is read as a stream if its
format allows it.
"""

from __future__ import annotations

import base64
import http.client
import io
import logging
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from audiocli.audio.formats import is_lossless
from audiocli.audio.source import LivePipe
from audiocli.audio.temporary import TemporaryFile
from audiocli.errors import InputError

logger = logging.getLogger(__name__)

_TIMEOUT = 30.0  # seconds without a response from a server
_BLOCK = 1 << 16  # bytes read at a time
_HEAD = 1 << 10  # bytes read to detect the format
_WINDOW = 1 << 20  # bytes requested at a position far ahead of those received
_MAX_SIZE = 1 << 34  # bytes stored of a response of unknown length
_CHECK = "check the URL and the network"
_BAD_REDIRECT = "is redirected to an address that is not http or https"
_UNQUOTED = "%/:=&?~#+!$,;'@()*[]"
_PAGES = ("text/html", "application/xhtml")
_PLAYLISTS = ("mpegurl",)  # opened by FFmpeg
_MP4_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip"}  # the index may be last


@contextmanager
def open_remote(url: str, name: str) -> Iterator[BinaryIO | LivePipe | str]:
    """Open a URL.

    Yields
    ------
    a seekable file, a stream of unknown length, or the URL itself, for FFmpeg to open

    Raises
    ------
    InputError
        when the server does not respond, returns an error, or returns a web page
    """
    try:
        response = _request_url(url)
    except http.client.BadStatusLine:  # SHOUTcast
        yield url
        return
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise InputError(name, _describe(error, url), _CHECK) from error
    with response:
        try:
            head = _head(response)
        except OSError as error:
            raise InputError(name, _describe(error, url), _CHECK) from error
        kind = response.headers.get_content_type()
        if kind.startswith(_PAGES) or head.lstrip()[:14].lower().startswith(
            (b"<!doctype", b"<html")
        ):
            raise InputError(
                name, "is a web page, not audio", "give the URL of the audio file itself"
            )
        if head.startswith(b"#EXTM3U") or kind.endswith(_PLAYLISTS):
            yield url
        elif response.length is None and not (is_lossless(head) or head[4:8] in _MP4_BOXES):
            yield LivePipe(cast(BinaryIO, _RemoteStream(response, head, name)))
        else:
            with RemoteFile(response, head, name) as file:
                yield cast(BinaryIO, file)


@contextmanager
def open_remote_stream(url: str, name: str) -> Iterator[_RemoteStream]:
    """Open a URL for reading from start to end; nothing is stored.

    Raises
    ------
    InputError
        when the server does not respond or returns an error
    """
    try:
        response = _request_url(url)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise InputError(name, _describe(error, url), _CHECK) from error
    with response:
        yield _RemoteStream(response, b"", name)


class RemoteFile(io.RawIOBase):
    """A seekable file on a server; received bytes are stored in a temporary file."""

    def __init__(self, response: Any, head: bytes, name: str) -> None:
        self._response = response
        self._name = name
        self._kept = TemporaryFile()
        self._kept.write(head)
        self._arrived = len(head)
        # `length` is the number of bytes still to be read.
        self._length = None if response.length is None else len(head) + response.length
        self._position = 0
        self._window = (0, b"")  # position and bytes
        self._has_ranges = response.headers.get("Accept-Ranges") == "bytes"

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to a position; relative to an end of unknown length, all is read first."""
        if whence == 2 and self._length is None:
            self._take_until(_MAX_SIZE)
        origin = (0, self._position, self._length or 0)[whence]
        if origin + offset < 0:
            raise OSError("position before the start of the file")
        self._position = origin + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes, waiting until they are received."""
        end = _MAX_SIZE if size < 0 else self._position + size
        if self._length is not None:
            end = min(end, self._length)
        if end <= self._position:
            return b""
        data = self._read_range(end) if self._position > self._arrived + _WINDOW else b""
        if not data:
            self._take_until(end)
            self._kept.seek(self._position)
            data = self._kept.read(max(0, min(end, self._arrived) - self._position))
        self._position += len(data)
        return data

    def close(self) -> None:
        """Delete the temporary file."""
        self._kept.close()
        super().close()

    def _take_until(self, end: int) -> None:
        """Receive bytes up to a position."""
        while self._arrived < end:
            data, is_broken = _next(self._response, _BLOCK)
            if not data:
                if is_broken or (self._length or 0) > self._arrived:
                    _warn_broken(self._name)
                self._length = self._arrived
                return
            self._kept.seek(self._arrived)
            self._kept.write(data)
            self._arrived += len(data)
        if end == _MAX_SIZE:
            raise OSError(f"does not end within {_MAX_SIZE >> 30} GiB")

    def _read_range(self, end: int) -> bytes:
        """Request a range of bytes, such as an index at the end; b"" if not supported."""
        begin, data = self._window
        if not begin <= self._position < begin + len(data):
            if not self._has_ranges:
                return b""
            last = self._position + _WINDOW - 1
            request = _request(self._response.url)
            request.add_header("Range", f"bytes={self._position}-{last}")
            try:
                with _OPENER.open(request, timeout=_TIMEOUT) as response:
                    self._has_ranges = response.status == 206
                    data = response.read(_WINDOW) if self._has_ranges else b""
            except (OSError, http.client.HTTPException):
                self._has_ranges = False
                return b""
            self._window = begin, data = self._position, data
        return data[self._position - begin : end - begin]


class _RemoteStream:
    """A response that is read from start to end."""

    def __init__(self, response: Any, head: bytes, name: str) -> None:
        self._response = response
        self._head = head
        self._name = name

    def read(self, size: int) -> bytes:
        """Read available bytes, up to `size`."""
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
            return data
        data, is_broken = _next(self._response, size)
        if is_broken:
            _warn_broken(self._name)
        return data


class _WebRedirectHandler(urllib.request.HTTPRedirectHandler):
    """Follows redirects to http and https URLs only."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        """Return the redirected request."""
        if urlsplit(newurl).scheme.lower() not in {"http", "https"}:
            raise OSError(_BAD_REDIRECT)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_OPENER = urllib.request.build_opener(_WebRedirectHandler)


def _request_url(url: str) -> Any:
    return _OPENER.open(_request(url), timeout=_TIMEOUT)


def _request(url: str) -> urllib.request.Request:
    """Return a request; credentials in the URL are sent to its server only."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    request = urllib.request.Request(
        quote(urlunsplit((parts.scheme.lower(), host, parts.path, parts.query, "")), _UNQUOTED),
        headers={"User-Agent": "audiocli", "Accept": "*/*"},
    )
    if parts.username:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        token = base64.b64encode(user.encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {token}")
    return request


def _head(response: Any) -> bytes:
    head = b""
    while len(head) < _HEAD and (data := response.read(_HEAD - len(head))):
        head += data
    return head


def _next(response: Any, size: int) -> tuple[bytes, bool]:
    """Read bytes (b"" at the end), and return whether the connection was lost."""
    try:
        return response.read1(size), False
    except (http.client.HTTPException, ConnectionError, TimeoutError):
        return b"", True


def _warn_broken(name: str) -> None:
    logger.warning("%s: the connection to the server was lost before the end of the file", name)


def _describe(error: Exception, url: str) -> str:
    """Describe a network error, to follow the name of the input."""
    if isinstance(error, urllib.error.HTTPError):
        if "infinite loop" in str(error.reason):
            return "redirects in a loop"
        if 300 <= error.code < 400:
            return _BAD_REDIRECT
        known = {status.value: status.phrase for status in http.HTTPStatus}
        return f"server returned {error.code} {known.get(error.code, error.reason)}".lower()
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    match cause:
        case socket.gaierror():
            return f"host not found: {urlsplit(url).hostname}"
        case TimeoutError():
            return f"the server did not respond within {_TIMEOUT:.0f} s"
        case ssl.SSLCertVerificationError():
            return f"the certificate of the server is not valid: {cause.verify_message}"
        case ssl.SSLError():
            return "cannot establish a secure connection to the server"
        case http.client.HTTPException():
            return "the response of the server is not valid HTTP"
        case OSError():
            return str(cause.strerror or cause).lower()
    return str(cause).lower()
