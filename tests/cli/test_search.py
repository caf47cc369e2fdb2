"""`audiocli index` and `audiocli search` on real sound."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import tiny_classifiers
from audiocli.audio.decode import read
from conftest import DATA, Ran

pytest.importorskip("apsw")
pytest.importorskip("sqlite_vec")

Run = Callable[..., Ran]


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """A speech, a rooster, and the rooster again, quieter and inside of something else."""
    folder = tmp_path / "sounds"
    folder.mkdir()
    shutil.copy(DATA / "jfk.flac", folder)
    shutil.copy(DATA / "rooster.ogg", folder)
    crowing = read(DATA / "rooster.ogg", rate=16_000).samples[0]
    noise = np.random.default_rng(0).standard_normal(5 * 16_000).astype(np.float32) * 0.1
    soundfile.write(folder / "farm.wav", np.concatenate([noise, crowing]), 16_000)
    return folder


def hits(answer: Ran) -> list[tuple[str, float, float]]:
    assert (answer.code, answer.stderr) == (0, "")
    return [(Path(h["source"]).name, h["start"], h["end"]) for h in answer.json["hits"]]


def test_example_is_found_where_it_is(run: Run, sounds: Path, tmp_path: Path) -> None:
    index = tmp_path / "farm.index"
    begun = run("index", "add", index, sounds)
    assert (begun.code, begun.stdout, begun.stderr) == (
        0,
        "",
        "added 3 recordings, 3 in the index\n",
    )
    found = run("search", index, DATA / "rooster.ogg", "-k", "3", "-f", "json")
    assert [(name, start) for name, start, _ in hits(found)[:2]] == [
        ("rooster.ogg", 0.0),
        ("farm.wav", 5.0),
    ]
    inside = run("search", index, sounds / "rooster.ogg", "-k", "1", "-f", "json")
    assert hits(inside)[0][0] == "farm.wav"  # never itself
    each = run("search", index, sounds / "rooster.ogg", "--one-per-recording", "-f", "json")
    assert sorted(name for name, *_ in hits(each)) == ["farm.wav", "jfk.flac"]
    rows = run("search", index, DATA / "jfk.flac", "-k", "1", "-f", "csv").stdout.splitlines()
    assert rows[0] == "query,similarity,start,end,source"
    assert rows[1].startswith(f"{DATA / 'jfk.flac'},1.0000,0.000,5.000,")


def test_add_update_remove(run: Run, sounds: Path, tmp_path: Path) -> None:
    index = tmp_path / "farm.index"
    run("index", "add", index, sounds)
    assert run("index", "add", index, sounds).stderr == "added 0 recordings, 3 in the index\n"
    (sounds / "rooster.ogg").touch()
    assert run("index", "add", index, sounds).stderr == "added 0 recordings, 3 in the index\n"
    shutil.copy(DATA / "rooster.ogg", sounds / "farm.wav")
    (sounds / "jfk.flac").unlink()
    updated = run("index", "update", index)
    assert (
        updated.stderr == "removed 1 recording without a file\nadded 1 recording, 2 in the index\n"
    )
    listed = [row.split("\t") for row in run("index", "list", index).stdout.splitlines()]
    assert [(Path(path).name, windows) for path, _, windows in listed] == [
        ("farm.wav", "1"),
        ("rooster.ogg", "1"),
    ]
    assert run("index", "remove", index, sounds / "farm.wav").stderr == "removed 1 recording\n"
    told = run("index", "show", index).json
    assert (told["model"], told["recordings"], told["windows"]) == ("yamnet", 1, 1)
    gone = run("index", "remove", index, sounds / "farm.wav")
    assert (gone.code, "has no recording" in gone.stderr) == (2, True)
    other = run("index", "add", index, sounds, "--window", "3")
    assert other.code == 2
    assert "was created with --window 5.0" in other.stderr
    (sounds / "bad.wav").write_bytes(b"no sound")
    broken = run("index", "add", index, sounds, "https://localhost/a.wav")
    assert broken.code == 1
    assert "bad.wav: is not audio" in broken.stderr
    assert "a.wav: only files can be indexed" in broken.stderr


def test_an_index_of_nothing_is_not_begun(run: Run, sounds: Path, tmp_path: Path) -> None:
    index = tmp_path / "i"
    assert run("index", "add", index, tmp_path / "missing.wav").code == 4
    assert not index.exists()
    run("index", "add", index, sounds / "rooster.ogg")
    run("index", "remove", index, sounds)
    empty = run("search", index, sounds / "rooster.ogg", "-f", "json")
    assert (empty.code, empty.json["hits"]) == (0, [])
    assert empty.stderr == f"{index} is empty: audiocli index add {index} FOLDER\n"


def test_duplicates(run: Run, sounds: Path, tmp_path: Path) -> None:
    shutil.copy(sounds / "jfk.flac", sounds / "again.flac")
    run("index", "add", tmp_path / "i", sounds)
    found = run("search", tmp_path / "i", "--duplicates", "-f", "json").json["pairs"]
    same = {tuple(sorted((Path(p["source"]).name, Path(p["other"]).name))): p for p in found}
    speech = same.pop(("again.flac", "jfk.flac"))
    assert (speech["start"], speech["end"], speech["other_end"]) == (0.0, 11.0, 11.0)
    assert speech["similarity"] == pytest.approx(1, abs=1e-4)
    ((pair, crowing),) = same.items()
    assert pair == ("farm.wav", "rooster.ogg")
    assert (crowing["start"], crowing["other_start"]) == (5.0, 0.0)


def test_voices(run: Run, tmp_path: Path, sounds: Path) -> None:
    index, env = tmp_path / "i", {"AUDIOCLI_VOICES": str(tmp_path / "voices.json")}
    begun = run(
        "index", "add", index, sounds / "jfk.flac", sounds / "rooster.ogg", "-m", "campplus"
    )
    assert begun.code == 0
    assert run("voices", "enroll", "JFK", DATA / "jfk.flac", **env).code == 0
    found = run(
        "search", index, "--speaker", "JFK", "--one-per-recording", "-f", "json", **env
    ).json["hits"]
    assert Path(found[0]["source"]).name == "jfk.flac"
    assert found[0]["similarity"] > 0.7 > 0.4 > found[1]["similarity"]
    unknown = run("search", index, "--speaker", "Ada", **env)
    assert unknown.stderr.startswith("error: unknown speaker 'Ada")
    assert "does not read text" in run("search", index, "--text", "a dog").stderr


def test_words(run: Run, tmp_path: Path, sounds: Path) -> None:
    """With a random CLAP: the vectors that are compared are transformers' own."""
    torch = pytest.importorskip("torch")
    from audiocli.models.torch_layer import import_transformers

    transformers: Any = import_transformers()
    transformers.set_seed(0)
    folder = tiny_classifiers.clap(transformers, tmp_path / "clap")
    run("index", "add", tmp_path / "i", sounds / "rooster.ogg", "-m", folder, "--window", "5")
    (hit,) = run("search", tmp_path / "i", "--text", "a rooster", "-f", "json").json["hits"]
    model = transformers.ClapModel.from_pretrained(folder).eval()
    tokens = transformers.AutoTokenizer.from_pretrained(folder)(["a rooster"], return_tensors="pt")
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
    samples = read(sounds / "rooster.ogg", rate=48_000).samples[0, : 5 * 48_000]
    inputs = extractor(samples, sampling_rate=48_000, return_tensors="pt")
    with torch.no_grad():
        text = model.get_text_features(**tokens).pooler_output
        sound = model.get_audio_features(**inputs).pooler_output
    expected = torch.nn.functional.cosine_similarity(text, sound).item()
    assert hit["similarity"] == pytest.approx(expected, abs=1e-3)


def test_index_is_whole_after_a_kill(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(60):
        shutil.copy(DATA / "rooster.ogg", folder / f"{number:02}.ogg")
    index = tmp_path / "i"
    command = [sys.executable, "-m", "audiocli", "index", "add", str(index), str(folder), "-q"]
    with subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"}) as process:
        deadline = time.monotonic() + 60
        while not (index.exists() and index.stat().st_size > 200_000):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    before = len(run("index", "list", index).stdout.splitlines())
    assert run("index", "add", index, folder).code == 0
    told = run("index", "show", index).json
    assert before <= told["recordings"] == told["windows"] == 60
    assert json.loads(run("search", index, "--duplicates", "-f", "json").stdout)["pairs"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("missing.index", "a.wav"), "missing.index: no such index"),
        (("missing.index",), "nothing to search for"),
        (("missing.index", "--text", " "), "nothing to search for"),
        (("missing.index", "a.wav", "--duplicates"), "CLIP does not apply with --duplicates"),
    ],
)
def test_what_cannot_be(run: Run, arguments: tuple[str, ...], problem: str) -> None:
    answer = run("search", *arguments)
    assert (answer.code, answer.stdout) == (2, "")
    assert answer.stderr.startswith(f"error: {problem}")
