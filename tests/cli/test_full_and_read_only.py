"""Test that a full disk and a read-only folder are one line, in every command that writes."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

import tiny_speech
from conftest import DATA
from inprocess import UNMEASURED, audiocli

READ_ONLY = 'mount --bind out out && mount -o remount,ro,bind out && exec "$@"'
LINES = [
    "align clip.wav --text-file words.txt -m whisper-tiny.en -o out/x.srt",
    "classify clip.wav -o out/x.csv",
    "codec encode clip.wav -m encodec -o out/x.npz",
    "codec decode tokens.npz -m encodec -o out/x.wav",
    "convert result.json -d out -f csv,json",
    "diarize clip.wav -o out/x.rttm",
    "embed clip.wav -o out/x.npy",
    "features clip.wav -d out -f json",
    "index add out/x.index clip.wav",
    "models export yamnet out/x.tar",
    "search x.index clip.wav -o out/x.json",
    "speak Yes. -o out/x.mp3 -f mp3,srt",
    "spectrogram clip.wav -o out/x.png",
    "train clips.csv -d out/model",
    "transcribe clip.wav -m whisper-tiny.en -d out -f json,srt",
    "verify clip.wav clip2.wav -o out/x.json",
    "voices enroll Ada clip.wav",
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an input of each kind."""
    folder = tmp_path_factory.mktemp("place")
    shutil.copy(DATA / "hold-on.flac", folder / "clip.wav")
    shutil.copy(DATA / "account.flac", folder / "clip2.wav")
    (folder / "words.txt").write_text("Hold on, hold fast, hold out. Patience is genius.")
    (folder / "clips.csv").write_text("path,label\nclip.wav,a\nclip2.wav,b\n")
    assert audiocli("features", folder / "clip.wav", "-o", folder / "result.json").code == 0
    assert audiocli("index", "add", folder / "x.index", folder / "clip2.wav").code == 0
    if find_spec("transformers"):
        tiny_speech.encodec(folder / "encodec")
        codes = ("codec", "encode", folder / "clip.wav", "-m", folder / "encodec")
        assert audiocli(*codes, "-o", folder / "tokens.npz").code == 0
    return folder


def no_space() -> None:
    """Let every write to a file fail, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def run(line: str, place: Path, before: list[str], limit: Callable[[], None] | None) -> None:
    """Run a command that cannot write; it must end with 4 and one line that has a hint."""
    if "encodec" in line and not find_spec("transformers"):
        pytest.skip("needs transformers")
    shutil.rmtree(place / "out", ignore_errors=True)
    (place / "out").mkdir()
    ran = subprocess.run(
        [*before, sys.executable, "-m", "audiocli", *line.split()],
        cwd=place,
        env={**UNMEASURED, "AUDIOCLI_VOICES": "out/voices.json"},
        capture_output=True,
        text=True,
        preexec_fn=limit,
    )
    assert (ran.returncode, ran.stdout) == (4, ""), ran.stderr
    (told,) = [text for text in ran.stderr.splitlines() if not text.startswith("warning: ")]
    assert told.startswith("error: ") and told.endswith(")"), told
    assert "unexpected" not in told
    files = [path for path in (place / "out").rglob("*") if path.is_file()]
    assert [path for path in files if path.stat().st_size] == []  # a lock is an empty file


@pytest.mark.parametrize("line", LINES)
def test_full_disk(line: str, place: Path) -> None:
    run(line, place, [], no_space)


@pytest.mark.parametrize("line", LINES)
def test_read_only_folder(line: str, place: Path) -> None:
    unshare = ["unshare", "--map-root-user", "--mount"]
    if not shutil.which("unshare") or subprocess.run([*unshare, "true"]).returncode:
        pytest.skip("no mount namespaces here")
    run(line, place, [*unshare, "sh", "-c", READ_ONLY, "sh"], None)
