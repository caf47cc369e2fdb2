"""Files of object stores and file servers, through fsspec; `memory://` stands for a server."""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from audiocli.audio.decode import read
from audiocli.audio.source import is_url, without_password
from audiocli.audio.storage import open_any, stamp_of
from audiocli.batch.folder_search import folder_filter
from audiocli.batch.inputs import find_inputs
from audiocli.errors import InputError, MissingExtra
from datasets_of_tones import clip, keys, length, rows, samples_of_tar, write_parquet, write_tar
from inprocess import files_below


@pytest.fixture
def server() -> Iterator[fsspec.AbstractFileSystem]:
    memory = fsspec.filesystem("memory")
    for number, name in enumerate(["a.wav", "in/b.flac", "in/.h.wav", "in/n.txt", "x/c.wav"]):
        memory.pipe(f"/calls/{name}", clip(number))
    yield memory
    memory.rm("/calls", recursive=True)


def found(
    url: str, include: list[str] | None = None, exclude: list[str] | None = None
) -> list[tuple[str, str]]:
    filter = folder_filter(include, exclude, False, offline=False)
    inputs = find_inputs([url], stdin=io.BytesIO(), filter=filter)
    return [(input.name, str(input.relative)) for input in inputs]


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        *(("s3://b/x.wav", True), ("zip://x.wav::s3://b/y.zip", True), ("gs://b", True)),
        *(("C:\\x.wav", False), ("a:b", False), ("./s3://x", False), ("talk.wav", False)),
    ],
)
def test_urls(name: str, is_one: bool) -> None:
    assert is_url(name) is is_one


def test_passwords_are_removed_anywhere() -> None:
    text = "cannot read webdav://me:pw@host/x or https://a:b@c/d?e=f@g, but a@b.c is kept"
    assert without_password(text) == (
        "cannot read webdav://host/x or https://c/d?e=f@g, but a@b.c is kept"
    )


@pytest.mark.usefixtures("server")
def test_files_are_read(run) -> None:
    assert read("memory://calls/x/c.wav").duration == length(4)
    (one,) = rows(run("features", "memory://calls/x/c.wav", "-f", "jsonl"))
    assert (one["source"], one["duration"]) == ("memory://calls/x/c.wav", length(4))


@pytest.mark.usefixtures("server")
def test_folders_and_wildcards() -> None:
    a, b, c = "memory:///calls/a.wav", "memory:///calls/in/b.flac", "memory:///calls/x/c.wav"
    assert [name for name, _ in found("memory://calls/")] == [a, b, c]
    assert [place for _, place in found("memory://calls/")] == ["calls/a.wav", "calls/in/b.flac", "calls/x/c.wav"]  # fmt: skip # noqa: E501
    assert [name for name, _ in found("memory://calls/*/*.wav")] == ["memory:///calls/in/.h.wav", c]
    assert [name for name, _ in found("memory://calls/", include=["*.txt", "x"])] == [
        "memory:///calls/in/n.txt",
        c,
    ]
    assert [name for name, _ in found("memory://calls/", exclude=["in/"])] == [a, c]


def test_a_folder_is_processed_and_a_changed_file_again(run, tmp_path: Path, server) -> None:
    command = ("features", "memory://calls/", "-d", tmp_path / "out", "-f", "json")
    ran = run(*command)
    assert ran.code == 0, ran.stderr
    assert files_below(tmp_path / "out") == [
        f"calls/{name}.json" for name in ("a.wav", "in/b.flac", "x/c.wav")
    ]
    plan = run(*command, "--dry-run").stdout.splitlines()
    assert [line.split("\t")[0] for line in plan] == ["done"] * 3
    server.pipe("/calls/a.wav", clip(9))
    assert stamp_of("memory://calls/a.wav") != ""
    plan = run(*command, "--dry-run").stdout.splitlines()
    assert [line.split("\t")[0] for line in plan] == ["stale", "done", "done"]


def test_archives(run, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("in/a.wav", clip(1))
        archive.writestr("b.wav", clip(2))
    url = f"zip://in/a.wav::file://{tmp_path}/x.zip"
    assert read(url).duration == length(1)
    ran = run("features", f"zip://*::file://{tmp_path}/x.zip", "-d", tmp_path / "out", "-f", "json")
    assert ran.code == 0, ran.stderr
    (written,) = files_below(tmp_path / "out")
    assert written.endswith("x.zip/b.wav.json")


@pytest.mark.usefixtures("server")
def test_errors(run, monkeypatch: pytest.MonkeyPatch) -> None:
    def error_of(url: str) -> str:
        with pytest.raises(InputError) as caught:
            read(url)
        return str(caught.value)

    missing = "memory://calls/no.wav"
    assert error_of(missing) == f"{missing}: no such file (check the URL)"
    assert error_of("what://x/y.wav") == (
        "what://x/y.wav: unknown protocol what (such as https, s3, gs, webdav or sftp)"
    )
    for url, package in {"s3://b/x.wav": "s3fs", "gs://b/x.wav": "gcsfs"}.items():
        monkeypatch.setitem(sys.modules, package, None)
        assert error_of(url) == (
            f"{url}: needs the package {package}, which is not installed (pip install {package})"
        )
    monkeypatch.setitem(sys.modules, "webdav4", None)
    secret = "webdav://me:secret@host.invalid/x.wav"
    assert "secret" not in error_of(secret) and "package webdav4" in error_of(secret)
    empty = run("features", "memory://calls/in/n*.wav")
    assert empty.code == 4
    assert empty.stderr.startswith("error: memory://calls/in/n*.wav: no audio or video at this URL")
    refused = run("features", "memory://calls/*.wav", "--include", "a*")
    assert refused.code == 2 and "apply to folders" in refused.stderr
    offline = run("features", "memory://calls/", "--offline")
    assert "memory://calls/: is a URL, and offline mode is on" in offline.stderr
    monkeypatch.setattr("audiocli.audio.storage.find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match="needs the extra 'remote'"):
        read("s3://b/x.wav")


def test_read_errors_of_servers_are_described(server, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = type(server)
    for error, message in {
        PermissionError("Forbidden"): "access is denied (set the credentials of the server,",
        RuntimeError("reset by https://k:s@h/x\nmore"): "reset by https://h/x (check the URL and",
    }.items():

        def refuse(*_: object, failure: Exception = error, **__: object) -> None:
            raise failure

        with monkeypatch.context() as patch:
            patch.setattr(kind, "open", refuse)
            with pytest.raises(InputError) as caught:
                read("memory://calls/a.wav")
        assert message in str(caught.value)


def test_datasets(tmp_path: Path, server) -> None:
    shard = write_tar(tmp_path / "x.tar", samples_of_tar(2)).read_bytes()
    table = write_parquet(tmp_path / "x.parquet", [{"audio": {"bytes": clip(), "path": "k.wav"}}])
    for number in range(2):
        server.pipe(f"/calls/ds/x-{number}.tar", shard)
        server.pipe(f"/calls/ds/x-{number}.parquet", table.read_bytes())
    expected = [f"x-{shard}/a/00{number}" for shard in range(2) for number in range(2)]
    assert keys("memory://calls/ds/x-{0..1}.tar") == expected
    assert keys("memory://calls/ds/*.tar") == expected
    assert keys("memory://calls/ds/x-*.parquet") == ["x-0/000000-k", "x-1/000000-k"]


@pytest.mark.parametrize(
    "url", ["s3://b/../../x.wav", "zip://../../x.wav::s3://b/y.zip", "memory://../x.wav"]
)
def test_results_stay_in_the_output_folder(url: str) -> None:
    ((_, place),) = found(url)
    assert ".." not in Path(place).parts and not Path(place).is_absolute()


def test_a_path_that_cannot_be_opened_is_described() -> None:
    with pytest.raises(InputError, match="embedded null"), open_any("a\0b", "a"):
        pass
