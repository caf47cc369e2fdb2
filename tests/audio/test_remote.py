"""Audio at URLs, from servers of several kinds."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from audiocli.audio import remote
from audiocli.audio.decode import read
from audiocli.audio.selection import Selection
from audiocli.errors import InputError
from inprocess import audiocli
from sounds import coded, pcm, tone

HINT = " (check the URL and the network)"
SOUND = tone(4.0, 48000)
FILES = {
    "talk.wav": pcm(SOUND, 48000),
    "talk.flac": pcm(SOUND, 48000, "FLAC"),
    "talk.mp3": coded("mp3", SOUND),
    "talk.aac": coded("aac", SOUND),
    "talk.opus": coded("opus", SOUND),
    "talk.m4a": coded("m4a", SOUND),  # the index is at the end
    "talk.webm": coded("webm", SOUND),
}


class Handler(BaseHTTPRequestHandler):
    """Serves FILES in the mode that the first part of the path names."""

    def do_GET(self) -> None:
        way, _, name = self.path.strip("/").partition("/")
        content = FILES.get(name, b"")
        getattr(self, f"send_{way}")(content)

    def send_plain(self, content: bytes) -> None:
        self._send(content, {"Content-Length": len(content)})

    def send_close(self, content: bytes) -> None:
        """Respond as HTTP/1.0 without a length."""
        self._send(content, {})

    def send_chunked(self, content: bytes) -> None:
        self.protocol_version = "HTTP/1.1"
        self._send(
            b"%x\r\n%s\r\n0\r\n\r\n" % (len(content), content), {"Transfer-Encoding": "chunked"}
        )

    def send_broken(self, content: bytes) -> None:
        self._send(content[: len(content) // 2], {"Content-Length": len(content)})

    def send_page(self, _: bytes) -> None:  # recognised by its content type only
        self._send(FILES["talk.mp3"], {"Content-Type": "text/html"})

    def send_disguised(self, _: bytes) -> None:
        self._send(b"\n<html>Log in</html>", {"Content-Type": "audio/mpeg"})

    def send_circle(self, _: bytes) -> None:
        self._send(b"", {"Location": self.path}, 302)

    def send_elsewhere(self, _: bytes) -> None:
        self._send(b"", {"Location": "file:///etc/passwd"}, 302)

    def send_ftp(self, _: bytes) -> None:
        self._send(b"", {"Location": "ftp://127.0.0.1/talk.mp3"}, 302)

    def send_login(self, content: bytes) -> None:
        if self.headers.get("Authorization") == "Basic bWU6c2VjcmV0":
            self.send_plain(content)
        else:
            self._send(b"", {}, 401)

    def send_nothing(self, _: bytes) -> None:
        assert isinstance(self.server, Server)
        self.server.stopped.wait(10)

    def _send(self, content: bytes, headers: dict, status: int = 200) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, str(value))
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class Server(ThreadingHTTPServer):
    """A server whose handlers can wait until it stops."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.stopped = threading.Event()


@contextmanager
def serving() -> Iterator[str]:
    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.stopped.set()
        server.shutdown()


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with serving() as address:
        yield address


def error_of(url: str) -> str:
    with pytest.raises(InputError) as caught:
        read(url)
    return str(caught.value)


@pytest.mark.parametrize("way", ["plain", "close", "chunked"])
@pytest.mark.parametrize("name", FILES)
def test_every_format_from_every_server(host, way, name, caplog):
    url = f"http://{host}/{way}/{name}"
    clip = read(url)
    assert (clip.source, clip.duration) == (url, pytest.approx(4.0, abs=0.06))
    assert caplog.messages == []


def test_the_scheme_may_be_in_capitals(host):
    assert read(f"HTTP://{host}/plain/talk.mp3").duration == pytest.approx(4.0, abs=0.06)


@pytest.mark.parametrize("name", ["talk.wav", "talk.mp3", "talk.webm"])
def test_a_lost_connection_keeps_the_received_part(host, name, caplog):
    url = f"http://{host}/broken/{name}"
    assert read(url).duration == pytest.approx(2.0, abs=0.6)
    assert caplog.messages[0] == (
        f"{url}: the connection to the server was lost before the end of the file"
    )


@pytest.mark.parametrize("way", ["page", "disguised"])
def test_web_pages(host, way):
    url = f"http://{host}/{way}/talk.mp3"
    assert error_of(url) == (
        f"{url}: is a web page, not audio (give the URL of the audio file itself)"
    )


def test_redirects(host):
    url = f"http://{host}/circle/talk.mp3"
    assert error_of(url) == f"{url}: redirects in a loop{HINT}"
    for way in ("elsewhere", "ftp"):
        url = f"http://{host}/{way}/talk.mp3"
        problem = "is redirected to an address that is not http or https"
        assert error_of(url) == f"{url}: {problem}{HINT}"


def test_servers_that_do_not_respond(host, monkeypatch):
    monkeypatch.setattr(remote, "_TIMEOUT", 0.3)
    url = f"http://{host}/nothing/talk.mp3"
    assert error_of(url) == f"{url}: the server did not respond within 0 s{HINT}"
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/talk.mp3"
        assert error_of(url) == f"{url}: connection refused{HINT}"
    assert error_of("http://no.such.host.invalid/talk.mp3") == (
        "http://no.such.host.invalid/talk.mp3: host not found: no.such.host.invalid" + HINT
    )


def test_a_password_is_sent_and_not_repeated(host):
    url = f"http://me:secret@{host}/login/talk.wav"
    assert read(url).source == f"http://{host}/login/talk.wav"
    done = audiocli("features", url, "-f", "json")
    assert (done.code, done.stderr) == (0, "")
    assert done.json["source"] == f"http://{host}/login/talk.wav"
    done = audiocli("features", url.replace("secret", "wrong"))
    assert done.stderr == (
        f"error: http://{host}/login/talk.wav: server returned 401 unauthorized{HINT}\n"
    )


def test_a_part_of_a_file_is_not_fetched_whole(host, monkeypatch):
    kept = []
    original = remote.RemoteFile.close

    def close(file: remote.RemoteFile) -> None:
        kept.append(file._arrived)
        original(file)

    monkeypatch.setattr(remote.RemoteFile, "close", close)
    read(f"http://{host}/plain/talk.wav", selection=Selection(end=0.5))
    assert kept[0] < len(FILES["talk.wav"]) - 100
