"""Datasets of Hugging Face; local folders stand for the hub."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from audiocli.batch.datasets import hub
from audiocli.batch.datasets.base import DatasetOptions
from audiocli.errors import AudioCliError, UsageError
from datasets_of_tones import clip, length, read, rows, samples_of_tar, write_parquet, write_tar


@pytest.fixture(autouse=True)
def no_torchcodec(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail if anything imports torchcodec."""
    monkeypatch.setitem(sys.modules, "torchcodec", None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for split in ("train", "test"):
        table = [
            {"audio": {"bytes": clip(n), "path": f"{n}.wav"}, "text": f"{split} {n}", "many": [n]}
            for n in range(2)
        ]
        write_parquet(tmp_path / f"ds/data/{split}-00000-of-00001.parquet", table)
    return tmp_path / "ds"


def test_a_dataset_is_streamed(run, folder: Path) -> None:
    found = rows(run("features", "--dataset", f"hub:{folder}", "-f", "jsonl", "--split", "test"))
    assert [one["source"] for one in found] == [f"hub:{folder}#000000-0", f"hub:{folder}#000001-1"]
    assert [one["columns"] for one in found] == [{"text": "test 0"}, {"text": "test 1"}]
    assert [one["duration"] for one in found] == [length(0), length(1)]
    names = [one.relative.as_posix() for one in read(f"hub:{folder}")]
    assert names == ["train/000000-0", "train/000001-1", "test/000000-0", "test/000001-1"]


def test_labels_are_names(tmp_path: Path) -> None:
    for label in ("cat", "dog"):
        (tmp_path / label).mkdir()
        (tmp_path / label / "a.wav").write_bytes(clip())
    samples = read(f"hub:{tmp_path}")
    assert [one.columns for one in samples] == [{"label": "cat"}, {"label": "dog"}]
    assert all(one.audio == tmp_path / one.columns["label"] / "a.wav" for one in samples)


def test_columns_internal_to_webdataset_are_left_out(tmp_path: Path) -> None:
    write_tar(tmp_path / "x-000.tar", samples_of_tar(2))
    samples = read(f"hub:{tmp_path}")
    assert [one.columns for one in samples] == [{"cls": 7, "txt": f"text {n}\n"} for n in range(2)]
    assert [one.audio for one in samples] == [clip(0), clip(1)]


def test_wrong_names_are_usage_errors(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"Bad split: dev\. .*\(check --split\)"):
        read(f"hub:{folder}", split="dev")
    with pytest.raises(UsageError, match="has no column speech"):
        read(f"hub:{folder}", column="speech")


def test_without_a_network(run, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_host(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_host)
    ran = run("features", "--dataset", "org/name")
    assert ran.code == 4
    assert ran.stderr == (
        "error: org/name: the hub cannot be reached: [Errno -2] Name or service not known "
        "(check the network and run the same command again)\n"
    )
    offline = run("features", "--dataset", "org/name@main:en", "--offline")
    assert offline.code == 2
    assert offline.stderr.startswith(
        "error: org/name@main:en: is on the Hugging Face hub, and offline mode is on (download it)"
    )


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("GatedRepoError", "org/name is gated: accept its licence at"),
        ("RepositoryNotFoundError", "the hub has no org/name, or it is private"),
        ("RevisionNotFoundError", "org/name has no revision"),
    ],
)
def test_refusals_of_the_hub(kind: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import HfApi, errors

    error = getattr(errors, kind)
    refusal = error.__new__(error)  # its constructor takes the response of the HTTP library

    def refused(*_: object, **__: object) -> None:
        raise refusal

    monkeypatch.setattr(HfApi, "dataset_info", refused)
    with pytest.raises(AudioCliError, match=message) as caught:
        next(hub.samples("org/name", DatasetOptions(spec="org/name")))
    assert caught.value.exit_code == 4


def test_importing_the_library_sends_nothing_and_leaves_the_environment() -> None:
    code = (
        "import os; before = dict(os.environ)\n"
        "from audiocli.batch.datasets.hub import _import_datasets as load; load()\n"
        "import huggingface_hub.constants as c, sys\n"
        "assert c.HF_HUB_DISABLE_TELEMETRY and dict(os.environ) == before\n"
        "assert not sys.modules['datasets'].config.HF_UPDATE_DOWNLOAD_COUNTS\n"
        "assert 'torchcodec' not in sys.modules and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=100)
