"""Checkpoints on disk: what is kept, and what is not."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audiocli.batch.checkpoint_file import CheckpointFile, checkpoint_path, discard_checkpoint

MODEL = {"model": {"name": "a", "revision": "1"}}
VALUES: dict[str, Any] = {f"key{n}": {"words": [[0.1, 1 / 3, "é\ud800\n"]] * n} for n in range(4)}


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "talk.json"


@pytest.fixture
def kept(output: Path) -> Path:
    """A checkpoint with values."""
    file = CheckpointFile(output, MODEL, min_cost=0.0)
    for key, value in VALUES.items():
        file.put(key, value, 1.0)
    file.close()
    return checkpoint_path(output)


def found(output: Path, provenance: dict[str, Any] = MODEL) -> dict[str, Any]:
    """Return the values that the next run finds."""
    file = CheckpointFile(output, provenance, min_cost=0.0)
    try:
        return {key: file.get(key) for key in VALUES if file.get(key) is not None}
    finally:
        file.close()


def test_values_are_found_by_the_next_run(output: Path, kept: Path) -> None:
    assert found(output) == VALUES
    file = CheckpointFile(output, MODEL)
    file.put("more", [1], 1.0)
    file.remove()
    assert not kept.exists()
    assert found(output) == {}


def test_a_name_of_any_length_has_a_checkpoint(tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / ("x" * 251 + ".srt"), MODEL, min_cost=0.0)
    file.put("key", 1, 1.0)
    assert file.has_values
    file.close()


def test_values_made_otherwise_are_replaced_by_new_ones_only(output: Path, kept: Path) -> None:
    other = {"model": {"name": "a", "revision": "2"}}
    before = kept.read_bytes()
    assert found(output, other) == {}
    assert kept.read_bytes() == before  # that run may have been refused
    file = CheckpointFile(output, other, min_cost=0.0)
    file.put("key1", "new", 1.0)
    file.close()
    assert found(output, other) == {"key1": "new"}
    assert found(output) == {}


def test_values_made_otherwise_are_removed_with_the_complete_output(
    output: Path, kept: Path
) -> None:
    CheckpointFile(output, {}).remove()
    assert not kept.exists()


def test_a_torn_or_damaged_line_ends_the_values(output: Path, kept: Path) -> None:
    whole = kept.read_bytes()
    for place in range(0, len(whole), 5):
        for damaged in (whole[:place], whole[:place] + b"x" + whole[place + 1 :]):
            kept.write_bytes(damaged)
            values = found(output)
            assert values == dict(list(VALUES.items())[: len(values)])
            file = CheckpointFile(output, MODEL, min_cost=0.0)
            file.put("after", place, 0.0)
            file.close()
            again = CheckpointFile(output, MODEL)
            assert again.get("after") == place
            again.close()


def test_little_work_creates_no_file(output: Path) -> None:
    file = CheckpointFile(output, MODEL, min_cost=1.0)
    file.put("key0", VALUES["key0"], 0.6)
    assert list(output.parent.iterdir()) == []
    file.put("key1", VALUES["key1"], 0.6)
    file.close()
    assert list(found(output)) == ["key0", "key1"]


def test_a_file_in_use_is_left_alone(output: Path, kept: Path) -> None:
    first = CheckpointFile(output, MODEL, min_cost=0.0)
    before = kept.read_bytes()
    second = CheckpointFile(output, MODEL, min_cost=0.0)
    assert second.get("key1") is None
    second.put("other", 1, 1.0)
    second.remove()
    discard_checkpoint(output)
    assert kept.read_bytes() == before
    assert first.get("key1") == VALUES["key1"]
    first.close()
    discard_checkpoint(output)
    assert not kept.exists()


def test_of_two_new_files_the_first_is_kept(output: Path) -> None:
    runs = [CheckpointFile(output, MODEL, min_cost=0.0) for _ in range(2)]
    for number, file in enumerate(runs):
        file.put("key0", number, 1.0)
    for file in reversed(runs):
        file.close()
    assert found(output) == {"key0": 0}


def test_the_content_of_an_incomplete_output_is_recorded(output: Path, tmp_path: Path) -> None:
    part = tmp_path / "part"
    part.write_text("partial")
    file = CheckpointFile(output, MODEL)
    file.record_output(part)
    file.close()
    again = CheckpointFile(output, MODEL)
    assert not again.recorded(output)
    output.write_text("partial")
    assert again.recorded(output)
    output.write_text("edited")
    assert not again.recorded(output)
    again.close()


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("audiocli.batch.checkpoint_file.os.fsync", fail)
        patch.setattr("audiocli.batch.checkpoint_file.SYNC_INTERVAL", -1.0)
        yield


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_is_one_warning(output: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    file = CheckpointFile(output, MODEL, min_cost=0.0)
    for key, value in VALUES.items():
        file.put(key, value, 1.0)
    (message,) = caplog.messages
    assert "cannot be written: no space left on device" in message
    file.close()
    assert list(output.parent.iterdir()) == []
