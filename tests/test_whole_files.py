"""Files that are read whole have a limit, whatever their size claims to be."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from audiocli.errors import InputError
from audiocli.whole_files import MAX_TEXT, is_special, read_whole


def test_a_small_file_is_read(tmp_path: Path) -> None:
    """Files and streams of up to the limit are returned unchanged."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 10)
    assert read_whole(path, path, 10) == read_whole(io.BytesIO(b"x" * 10), "-", 10) == b"x" * 10


@pytest.mark.parametrize("is_sparse", [True, False])
def test_an_endless_file_is_refused(tmp_path: Path, is_sparse: bool) -> None:
    """A sparse terabyte is refused by its size, a device after the limit."""
    path = tmp_path / "a.txt" if is_sparse else Path("/dev/zero")
    if is_sparse:
        path.touch()
        os.truncate(path, 1 << 40)
    with pytest.raises(InputError, match="is larger than 4 MiB"):
        read_whole(path, path, 4 << 20)
    assert MAX_TEXT < 1 << 30


def test_pipes_and_devices_are_special(tmp_path: Path) -> None:
    """Regular files, folders and missing files are not."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    assert is_special(tmp_path / "pipe")
    assert is_special(Path("/dev/zero"))
    assert not any(map(is_special, (tmp_path / "file", tmp_path, tmp_path / "missing")))
