"""WebDataset shards, from files and servers."""

from __future__ import annotations

import gzip
import json
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from audiocli.batch.datasets.shards import Shard
from audiocli.batch.datasets.webdataset import _grouped
from audiocli.cli import main
from datasets_of_tones import (
    clip,
    keys,
    length,
    read,
    rows,
    samples_of_tar,
    write_parquet,
    write_tar,
)
from inprocess import context, files_below


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    return write_tar(tmp_path / "x-000.tar", samples_of_tar(3))


def test_files_of_one_name_are_a_sample(shard: Path) -> None:
    samples = read(shard)
    assert [(one.name, one.relative, one.columns) for one in samples] == [
        (
            f"{shard}#a/00{number}",
            Path(f"a/00{number}"),
            {"speaker": f"s{number}", "score": 0.5, "text": f"text {number}", "label": 7},
        )
        for number in range(3)
    ]
    assert [one.audio for one in samples] == [clip(number) for number in range(3)]


@pytest.mark.parametrize("mode", ["w:gz", "w"])
def test_keys_of_several_shards_begin_with_their_names(tmp_path: Path, mode: str) -> None:
    suffix = ".tar.gz" if mode == "w:gz" else ".tar"
    for name in ("train-000", "train-001", "test-000"):
        write_tar(tmp_path / "data" / f"{name}{suffix}", samples_of_tar(1), mode)
    expected = ["test-000/a/000", "train-000/a/000", "train-001/a/000"]
    assert keys(tmp_path) == expected
    assert keys(tmp_path / f"data/*{suffix}") == expected
    assert keys(f"{tmp_path}/data/train-{{000..001}}{suffix}") == expected[1:]
    assert keys(tmp_path, split="train") == expected[1:]
    assert keys(tmp_path, split="test") == expected[:1]


def test_keys_of_shards_of_one_stem_stay_different(tmp_path: Path) -> None:
    write_tar(tmp_path / "x.tar", [("a.wav", clip())])
    write_tar(tmp_path / "x.tgz", [("a.wav", clip())], "w:gz")
    assert keys(tmp_path) == ["x.tar/a", "x.tgz/a"]


def test_a_broken_shard_ends_only_itself(run, tmp_path: Path) -> None:
    whole = write_tar(tmp_path / "b.tar", samples_of_tar(2))
    broken = write_tar(tmp_path / "a.tar", samples_of_tar(3)).read_bytes()
    (tmp_path / "a.tar").write_bytes(broken[: len(broken) // 2])
    (tmp_path / "c.tar").write_bytes(b"no archive" * 1000)
    (tmp_path / "d.tar").write_bytes(whole.read_bytes())
    ran = run("features", "--dataset", tmp_path, "-f", "csv")
    assert ran.code == 1
    assert [line.split(",")[0].rpartition("#")[2] for line in ran.stdout.splitlines()[1:]] == [
        "a/a/000",
        *("b/a/000", "b/a/001"),
        *("d/a/000", "d/a/001"),
    ]
    errors = ran.stderr.splitlines()[:2]
    assert errors[0].startswith(f"error: {tmp_path}#a/-: a.tar ends after 1 samples: is damaged: ")
    assert errors[1].startswith(f"error: {tmp_path}#c/-: is damaged: ")


def test_samples_without_one_audio_file_fail_alone(run, tmp_path: Path) -> None:
    two = [("k1.mic1.wav", clip(1)), ("k1.mic2.wav", clip(2)), ("k2.txt", b"x"), ("k3.wav", clip())]
    shard = write_tar(tmp_path / "x.tar", two)
    ran = run("features", "--dataset", shard, "-f", "jsonl")
    assert (ran.code, len(ran.stdout.splitlines())) == (1, 1)
    assert f"error: {shard}#k1: has several audio files: mic1.wav, mic2.wav (choose" in ran.stderr
    assert f"error: {shard}#k2: has no audio file (check the suffixes)" in ran.stderr
    (chosen, *_) = rows(run("features", "--dataset", shard, "-f", "jsonl", "--column", "mic2.wav"))
    assert chosen["duration"] == length(2)


def test_keys_that_occur_twice_fail_the_second_time(tmp_path: Path) -> None:
    files = [("a.wav", clip(0)), ("b.wav", clip(1)), ("a.wav", clip(2))]
    samples = read(write_tar(tmp_path / "x.tar", files))
    assert [one.problem for one in samples] == [None, None, "occurs twice in its file"]


def test_hostile_names_stay_in_the_output_folder(run, tmp_path: Path) -> None:
    names = [
        "../../up.wav",
        "/abs.wav",
        "a\\..\\b.wav",
        "c\n\x1b[2J.wav",
        "d:e.wav",
        "e/" * 9 + "f.wav",
    ]
    shard = write_tar(tmp_path / "x.tar", [(name, clip()) for name in names])
    ran = run("features", "--dataset", shard, "-d", tmp_path / "deep/er/out", "-f", "json")
    assert ran.code == 0, ran.stderr
    written = [name for name in files_below(tmp_path) if name.endswith(".json")]
    assert len(written) == len(names)
    assert all(name.startswith("deep/er/out/") for name in written)
    assert "\x1b" not in "".join(written)


class SlowServer(ThreadingHTTPServer):
    """Serves one file and waits for `go_on` at some of its bytes."""

    def __init__(self, content: bytes, pause_at: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content, self.pause_at = content, pause_at
        self.go_on = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: SlowServer

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content[: self.server.pause_at])
        self.wfile.flush()
        self.server.go_on.wait(60)
        self.wfile.write(self.server.content[self.server.pause_at :])

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def serving(content: bytes, pause_at: int) -> Iterator[SlowServer]:
    with SlowServer(content, pause_at) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.go_on.set()
        server.shutdown()


@pytest.mark.parametrize(
    "command", [("features", "-f", "jsonl"), ("classify", "-f", "jsonl", "--top-k", "1")]
)
def test_the_first_result_is_written_before_the_second_sample_arrives(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    first = [("a.wav", clip(1))]
    files = [*first, ("b.wav", clip(2)), ("c.wav", clip(3))]
    content = write_tar(tmp_path / "x.tar", files).read_bytes()
    pause_at = content.index(b"b.wav") + 512  # the header of the second sample
    with serving(content, pause_at) as server:
        world = context()
        arguments = [*command, "--dataset", f"http://127.0.0.1:{server.server_port}/x.tar"]
        thread = threading.Thread(target=main, args=(arguments, world))
        thread.start()
        end = time.monotonic() + 50
        while not world.stdout.getvalue() and time.monotonic() < end:  # type: ignore[attr-defined]
            time.sleep(0.02)
        before = world.stdout.getvalue()  # type: ignore[attr-defined]
        server.go_on.set()
        thread.join()
    assert before.count("\n") == 1, world.stderr.getvalue()  # type: ignore[attr-defined]
    assert world.stdout.getvalue().count("\n") == 3  # type: ignore[attr-defined]


def test_a_lost_connection_ends_a_shard(run, tmp_path: Path) -> None:
    content = write_tar(tmp_path / "x.tar", samples_of_tar(3)).read_bytes()
    with serving(content, 9) as server:
        server.content = content[: len(content) // 2]
        server.go_on.set()
        url = f"http://me:secret@127.0.0.1:{server.server_port}/x.tar"
        ran = run("features", "--dataset", url, "-f", "jsonl")
    assert (ran.code, len(ran.stdout.splitlines())) == (1, 1)
    assert "x.tar ends after 1 samples: is damaged" in ran.stderr
    assert "secret" not in ran.stdout + ran.stderr


def test_read_members_of_a_shard_are_forgotten(shard: Path) -> None:
    with tarfile.open(shard, "r|*") as archive:
        held = [len(archive.members) for _ in _grouped(archive)]  # type: ignore[attr-defined]
    assert max(held) <= 1


def test_other_forms_on_servers(tmp_path: Path) -> None:
    cut = {"id": "c", "recording": {"sources": [{"type": "file", "source": "wavs/a.wav"}]}}
    manifest = json.dumps(cut).encode() + b"\n"
    table = write_parquet(tmp_path / "x.parquet", [{"path": "wavs/a.wav"}]).read_bytes()
    contents = {"m.jsonl": manifest, "m.jsonl.gz": gzip.compress(manifest), "x.parquet": table}
    for name, content in contents.items():
        with serving(content, 9) as server:
            server.go_on.set()
            host = f"http://127.0.0.1:{server.server_port}/data"
            (sample,) = read(f"{host}/{name}")
        assert sample.audio == f"{host}/wavs/a.wav"


@pytest.mark.parametrize("path", ["/etc/x.wav", "file:///etc/x.wav", "zip://a::file:///x.zip"])
def test_a_file_on_a_server_cannot_name_a_local_file(path: str) -> None:
    shard = Shard("s3://bucket/data/x.parquet", "x", "")
    assert str(shard.beside(path)).startswith("s3://bucket/data/")
    assert shard.beside("https://example.org/a.wav") == "https://example.org/a.wav"
    assert Shard("data/x.parquet", "x", "").beside("wavs/a.wav") == Path("data/wavs/a.wav")
