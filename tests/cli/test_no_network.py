"""No command looks a name up, connects, or writes outside its outputs and the cache."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import tiny_ctc
import tiny_speech
import watched_network
from audiocli.cli import app
from audiocli.context import Context
from tiny_pyannote import build_pipeline

_UNSHARE = ["unshare", "--map-root-user", "--net", "--mount"]
SPLIT = {"codec", "config", "index", "models", "voices"}  # commands that have subcommands
CHANGE_CACHE = (["models", "import"], ["models", "remove"])
_TELEMETRY_BEGINS = 12  # seconds: ONNX Runtime looks its host up ten after it is loaded


def can_unshare() -> bool:
    """Whether this machine lets a test have a network of its own."""
    try:
        return subprocess.run([*_UNSHARE, "true"], capture_output=True).returncode == 0
    except OSError:
        return False


pytestmark = pytest.mark.skipif(not can_unshare(), reason="no network namespaces here")


def watched(tmp_path: Path, commands: list[tuple[dict[str, str], list[str], int]]) -> Any:
    """Run commands; return their codes with stderr, and what was looked up."""
    log, script = tmp_path / "watched.log", tmp_path / "commands.json"
    log.touch()
    script.write_text(json.dumps(commands))
    driver = [*_UNSHARE, sys.executable, watched_network.__file__, str(log), str(script)]
    ran = subprocess.run(driver, capture_output=True, text=True, timeout=500)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout), log.read_text().splitlines()


def clean_home(tmp_path: Path) -> dict[str, str]:
    """An environment whose home and temporary folders are empty; models are in their cache."""
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        "HOME": str(home),
        "AUDIOCLI_VOICES": str(tmp_path / "out" / "voices.json"),
        "AUDIOCLI_CACHE": str(Context.of_process().cache_dir),
    }
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "TMPDIR"):
        (home / name).mkdir()
        environment[name] = str(home / name)
    return environment | {"PYTHONDONTWRITEBYTECODE": "1"}


def command_lines(tmp_path: Path, jfk: Path) -> dict[str, list[list[str]]]:
    """One line or several for each command."""
    out = tmp_path / "out"
    out.mkdir()
    encodec = tiny_speech.encodec(tmp_path / "encodec")
    ctc = tiny_ctc.save(tmp_path / "ctc", "wav2vec2")
    words = tmp_path / "words.txt"
    words.write_text("and so my fellow americans")
    folder = tmp_path / "clips"
    for label in ("low", "high"):
        (folder / label).mkdir(parents=True)
        for number in range(8):
            _write_tone(folder / label / f"{number}.wav", 200 if label == "low" else 2000, number)
    again = Path(shutil.copy(jfk, tmp_path / "again.flac"))
    manifest = tmp_path / "manifest.jsonl"
    turns = [{"start": 0.3, "end": 10.5, "speaker": "Kennedy"}]
    manifest.write_text(json.dumps({"path": str(jfk), "text": words.read_text(), "turns": turns}))
    index, archive = str(out / "sounds.index"), str(out / "models.tar")
    audio = str(jfk)
    return {
        "transcribe": [
            ["transcribe", audio, "-f", "json", "-o", str(out / "talk.json")],
            ["transcribe", audio, "-m", "moonshine-tiny"],
            ["transcribe", audio, "-m", str(ctc), "--offline"],
        ],
        "config": [["config", "show"], ["config", "path"]],
        "convert": [["convert", str(out / "talk.json"), "-f", "srt"]],
        "align": [["align", audio, "--text-file", str(words), "-f", "json"]],
        "classify": [["classify", audio]],
        "codec": [
            ["codec", "encode", audio, "-m", str(encodec), "-o", str(out / "talk.npz")],
            ["codec", "decode", str(out / "talk.npz"), "-o", str(out / "decoded.wav")],
        ],
        "diarize": [["diarize", audio]],
        "embed": [["embed", audio, "-f", "json"]],
        "eval": [["eval", str(manifest), "--task", task] for task in ("transcribe", "diarize")],
        "bench": [["bench", audio, "--task", "classify", "--runs", "1"]],
        "features": [["features", audio, "-f", "json"]],
        "index": [
            ["index", "add", index, str(folder)],
            ["index", "update", index],
            ["index", "remove", index, str(folder / "low")],
            ["index", "list", index],
            ["index", "show", index],
        ],
        "models": [
            ["models", "list"],
            *(["models", word, "yamnet"] for word in ("pull", "show", "path", "verify")),
            ["models", "export", "yamnet", archive],
            ["models", "import", archive],
            ["models", "remove", "yamnet"],
        ],
        "schema": [["schema", "transcript"]],
        "search": [["search", index, audio]],
        "speak": [["speak", "Good morning.", "-o", str(out / "said.wav")]],
        "spectrogram": [["spectrogram", audio, "-o", str(out / "talk.png")]],
        "train": [["train", str(folder), "-d", str(out / "model")]],
        "verify": [["verify", audio, str(again)]],
        "voices": [
            ["voices", "enroll", "Kennedy", audio],
            ["voices", "list"],
            ["voices", "remove", "Kennedy"],
        ],
        "watch": [
            [
                "watch",
                str(folder),
                "--until-idle",
                "0",
                "--",
                "features",
                "-d",
                str(out / "watched"),
            ]
        ],
    }


def all_commands(command: Any, words: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """Return the words that call each command, without groups."""
    if not hasattr(command, "list_commands"):
        return {words}
    names = command.list_commands(None)
    return set().union(
        *(all_commands(command.get_command(None, name), (*words, name)) for name in names)
    )


def _write_tone(path: Path, frequency: float, number: int) -> None:
    import numpy as np
    import soundfile

    time = np.arange(16_000) / 16_000
    noise = np.random.default_rng(number).normal(0, 0.05, time.size)
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * frequency * time) + noise, 16_000)


def test_no_command_looks_anything_up_or_leaves_files(tmp_path: Path, jfk: Path) -> None:
    lines = command_lines(tmp_path, jfk)
    watched_lines = [line for several in lines.values() for line in several]
    names = all_commands(get_command(app))
    assert len(names) > len(lines)
    assert names == {tuple(line[: 1 + (line[0] in SPLIT)]) for line in watched_lines}
    environment = clean_home(tmp_path)
    other_cache = environment | {"AUDIOCLI_CACHE": str(tmp_path / "out" / "cache")}
    commands = [
        (other_cache if line[:2] in CHANGE_CACHE else environment, line, 0)
        for line in watched_lines
    ]
    # Telemetry would begin after a while: of one that loads the runtime, wait for it.
    commands.append((environment, ["diarize", str(jfk)], _TELEMETRY_BEGINS))
    if find_spec("pyannote.audio"):
        pipeline = build_pipeline(tmp_path / "pipeline")
        commands.append((environment, ["diarize", str(jfk), "-m", str(pipeline)], 3))
    ran, looked_up = watched(tmp_path, commands)
    for (_, line, _), (code, stderr) in zip(commands, ran, strict=True):
        assert code == 0, (line, stderr)
    assert looked_up == []
    home = tmp_path / "home"
    left = [path.relative_to(home) for path in home.rglob("*") if path.is_file()]
    # pyannote imports matplotlib, which lists the fonts of the machine once.
    assert [path for path in left if path.parts[:2] != ("XDG_CACHE_HOME", "matplotlib")] == []


def test_the_library_of_datasets_sends_nothing(tmp_path: Path) -> None:
    """A local folder is read without a lookup; for an id, only the hub is looked up."""
    (tmp_path / "clips" / "low").mkdir(parents=True)
    _write_tone(tmp_path / "clips" / "low" / "a.wav", 200, 0)
    environment = clean_home(tmp_path)
    commands = [
        (environment, ["features", "--dataset", f"hub:{tmp_path / 'clips'}"], 0),
        (environment, ["features", "--dataset", "org/name", "--offline"], 0),
    ]
    ran, looked_up = watched(tmp_path, commands)
    assert [code for code, _ in ran] == [0, 2], ran
    assert looked_up == []
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_file()] == []

    ran, looked_up = watched(tmp_path, [(environment, ["features", "--dataset", "org/name"], 0)])
    assert ran[0][0] == 4
    assert looked_up and all("huggingface" in name for name in looked_up), looked_up


def test_a_lookup_would_be_seen(tmp_path: Path, jfk: Path) -> None:
    """The watch works: with its telemetry on, ONNX Runtime is caught, and so is a hub."""
    environment = clean_home(tmp_path)
    reports = environment | {"ORT_DISABLE_TELEMETRY": "0"}
    commands = [
        (reports, ["diarize", str(jfk)], _TELEMETRY_BEGINS),
        (environment, ["transcribe", str(jfk), "-m", "someone/something"], 0),
    ]
    ran, looked_up = watched(tmp_path, commands)
    assert [code for code, _ in ran] == [0, 3]
    assert any("microsoft" in line for line in looked_up), looked_up
    assert any("huggingface" in line for line in looked_up), looked_up
    assert any(path.is_file() for path in (tmp_path / "home").rglob("*"))


def test_the_environment_is_left_as_it_was() -> None:
    script = (
        "import os; before = dict(os.environ)\n"
        "from audiocli.models.telemetry import import_onnxruntime, telemetry_off\n"
        "import_onnxruntime()\n"
        "assert dict(os.environ) == before\n"
        "os.environ['ORT_DISABLE_TELEMETRY'] = '0'\n"
        "with telemetry_off():\n"
        "    assert os.environ['ORT_DISABLE_TELEMETRY'] == '0'\n"
        "assert os.environ['ORT_DISABLE_TELEMETRY'] == '0'\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    subprocess.run([sys.executable, "-c", script], env=environment, check=True)


def test_onnxruntime_is_imported_in_one_place() -> None:
    import audiocli

    root = Path(audiocli.__file__).parent
    plain = ("import onnxruntime\n", "import onnxruntime as", "from onnxruntime")
    found = [
        path.name
        for path in root.rglob("*.py")
        for line in path.read_text("utf-8").splitlines(keepends=True)
        if line.strip(" ").startswith(plain)
    ]
    assert found == []
