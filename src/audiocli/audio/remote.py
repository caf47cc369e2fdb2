"""Sound at an http or https address, as a file that can be sought.

Bytes are kept in a temporary file as they arrive, so that any container can be read from
any server. A server that does not tell the length, such as an internet radio, is read as
a stream where the format allows it.
"""

from __future__ import annotations

import base64
import http.client
import io
import logging
import socket
import ssl
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from audiocli.audio.formats import is_lossless
from audiocli.audio.source import LivePipe
from audiocli.errors import InputError

logger = logging.getLogger(__name__)

_TIMEOUT = 30.0  # seconds without an answer from a server
_BLOCK = 1 << 16  # bytes asked for at a time
_HEAD = 1 << 10  # bytes that tell what it is
_WINDOW = 1 << 20  # bytes asked for far ahead of what has arrived
_MAX_SIZE = 1 << 34  # bytes kept of a file whose length the server does not tell
_ELSEWHERE = "is redirected to an address that is not on the web"
_UNQUOTED = "%/:=&?~#+!$,;'@()*[]"
_PAGES = ("text/html", "application/xhtml")
_PLAYLISTS = ("mpegurl",)  # FFmpeg follows these by itself
_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip"}  # of MP4: the index may be last


@contextmanager
def open_remote(url: str, name: str) -> Iterator[BinaryIO | LivePipe | str]:
    """Open an address: as a file, as a stream of unknown length, or left to FFmpeg.

    Raises
    ------
    InputError
        when the server does not answer, refuses, or has a web page there
    """
    try:
        response = _answer(url)
    except http.client.BadStatusLine:  # an old radio server
        yield url
        return
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise InputError(name, _in_words(error, url)) from error
    with response:
        try:
            head = _head(response)
        except OSError as error:
            raise InputError(name, _in_words(error, url)) from error
        kind = response.headers.get_content_type()
        if kind.startswith(_PAGES) or head.lstrip()[:14].lower().startswith(
            (b"<!doctype", b"<html")
        ):
            raise InputError(
                name, "is a web page, not sound", "name the address of the file itself"
            )
        if head.startswith(b"#EXTM3U") or kind.endswith(_PLAYLISTS):
            yield url
        elif response.length is None and not (is_lossless(head) or head[4:8] in _BOXES):
            yield LivePipe(cast(BinaryIO, _RemoteStream(response, head, name)))
        else:
            with RemoteFile(response, head, name) as file:
                yield cast(BinaryIO, file)


class RemoteFile(io.RawIOBase):
    """A file on a server: read as far as it is needed, and kept on disk."""

    def __init__(self, response: Any, head: bytes, name: str) -> None:
        self._response = response
        self._name = name
        self._kept = tempfile.TemporaryFile(prefix="audiocli-")  # noqa: SIM115 (see `close`)
        self._kept.write(head)
        self._arrived = len(head)
        # `length` counts what is still to be read.
        self._length = None if response.length is None else len(head) + response.length
        self._position = 0
        self._window = (0, b"")  # position and bytes
        self._has_ranges = response.headers.get("Accept-Ranges") == "bytes"

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be sought."""
        return True

    def tell(self) -> int:
        """Give the position."""
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move; to go by the end, the length must be known, or all is read."""
        if whence == 2 and self._length is None:
            self._take_until(_MAX_SIZE)
        origin = (0, self._position, self._length or 0)[whence]
        if origin + offset < 0:
            raise OSError("position before the start of the file")
        self._position = origin + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes, waiting for them."""
        end = _MAX_SIZE if size < 0 else self._position + size
        if self._length is not None:
            end = min(end, self._length)
        if end <= self._position:
            return b""
        data = self._from_afar(end) if self._position > self._arrived + _WINDOW else b""
        if not data:
            self._take_until(end)
            self._kept.seek(self._position)
            data = self._kept.read(max(0, min(end, self._arrived) - self._position))
        self._position += len(data)
        return data

    def close(self) -> None:
        """Delete what was kept."""
        self._kept.close()
        super().close()

    def _take_until(self, end: int) -> None:
        """Keep what arrives, up to a position."""
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

    def _from_afar(self, end: int) -> bytes:
        """Ask for some bytes alone, as an index at the end of a file; b"" if it cannot be."""
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
    """What a server sends without telling how much it is."""

    def __init__(self, response: Any, head: bytes, name: str) -> None:
        self._response = response
        self._head = head
        self._name = name

    def read(self, size: int) -> bytes:
        """Read what is there, up to `size` bytes."""
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
            return data
        data, is_broken = _next(self._response, size)
        if is_broken:
            _warn_broken(self._name)
        return data


class _WebRedirectHandler(urllib.request.HTTPRedirectHandler):
    """Follows redirects to other addresses of the web only."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        """Make the request that follows."""
        if urlsplit(newurl).scheme.lower() not in {"http", "https"}:
            raise OSError(_ELSEWHERE)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_OPENER = urllib.request.build_opener(_WebRedirectHandler)


def _answer(url: str) -> Any:
    return _OPENER.open(_request(url), timeout=_TIMEOUT)


def _request(url: str) -> urllib.request.Request:
    """Make a request; a name and password in the address are sent to that server only."""
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
    """Wait for some bytes: b"" at the end, and whether the connection broke there."""
    try:
        return response.read1(size), False
    except (http.client.HTTPException, ConnectionError, TimeoutError):
        return b"", True


def _warn_broken(name: str) -> None:
    logger.warning("%s: the connection to the server broke before the end of the file", name)


def _in_words(error: Exception, url: str) -> str:
    """Say what went wrong on the network."""
    if isinstance(error, urllib.error.HTTPError):
        if "infinite loop" in str(error.reason):
            return "is redirected in a circle"
        if 300 <= error.code < 400:
            return _ELSEWHERE
        known = {status.value: status.phrase for status in http.HTTPStatus}
        return f"server returned {error.code} {known.get(error.code, error.reason)}".lower()
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    match cause:
        case socket.gaierror():
            return f"there is no host {urlsplit(url).hostname}"
        case TimeoutError():
            return f"the server does not answer within {_TIMEOUT:.0f} s"
        case ssl.SSLCertVerificationError():
            return f"the certificate of the server is not valid: {cause.verify_message}"
        case ssl.SSLError():
            return "no secure connection can be made to the server"
        case http.client.HTTPException():
            return "the answer of the server is not HTTP"
        case OSError():
            return str(cause.strerror or cause).lower()
    return str(cause).lower()
