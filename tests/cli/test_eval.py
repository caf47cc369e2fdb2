"""`audiocli eval` end to end: real models on real speech, and results made earlier."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
import pytest
import soundfile as sf

from audiocli.audio.decode import read
from conftest import DATA, Ran
from inprocess import files_below

Run = Callable[..., Ran]

TEXTS = {
    "jfk.flac": "And so, my fellow Americans, ask not what your country can do for you, ask what "
    "you can do for your country.",
    "hold-on.flac": "Hold on, hold fast, hold out. Patience is genius.",
    "account.flac": "I really liked that account of himself, better than anything else he said.",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two recordings with a manifest of their texts."""
    for name in ("hold-on.flac", "account.flac"):
        shutil.copy(DATA / name, tmp_path / name)
    rows = [
        {"path": name, "text": TEXTS[name], "task": "transcribe", "accent": name[0]}
        for name in ("hold-on.flac", "account.flac")
    ]
    write(tmp_path, rows)
    return tmp_path


def write(folder: Path, rows: list[dict[str, Any]]) -> Path:
    path = folder / "manifest.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def whole(report: Any, system: int = 0) -> dict[str, float]:
    """Return the values over all recordings."""
    return {m["metric"]: m["value"] for m in report["systems"][system]["groups"][0]["metrics"]}


MODEL = ("-t", "transcribe", "-m", "whisper-tiny.en", "-l", "en", "-f", "json")


def test_a_model_is_scored(run: Run, folder: Path) -> None:
    manifest = folder / "manifest.jsonl"
    ran = run("eval", manifest, *MODEL, "--group-by", "accent", "--normalizer", "none", "-q")
    assert (ran.code, ran.stderr) == (0, "")
    (system,) = ran.json["systems"]
    assert (system["name"], system["failed"]) == ("whisper-tiny.en", 0)
    assert [group["group"] for group in system["groups"]] == [None, "a", "h"]
    assert [one["source"] for one in system["recordings"]] == [
        str(folder / name) for name in ("hold-on.flac", "account.flac")
    ]
    files = [folder / "hold-on.flac", folder / "account.flac"]
    lines = run("transcribe", *files, *MODEL[2:6], "-f", "jsonl").stdout.splitlines()
    found = [json.loads(line)["text"] for line in lines]
    references = [TEXTS["hold-on.flac"], TEXTS["account.flac"]]
    assert whole(ran.json)["wer"] == pytest.approx(jiwer.wer(references, found))
    assert whole(ran.json)["cer"] == pytest.approx(jiwer.cer(references, found))
    cost = system["cost"]
    assert cost["duration"] == pytest.approx(10.0, abs=0.1)
    assert cost["speed"] == pytest.approx(cost["duration"] / cost["seconds"], rel=0.01)
    assert cost["cpu_seconds"] > 0 and cost["peak_memory"] > 50


def test_an_interrupted_evaluation_continues(run: Run, folder: Path) -> None:
    """Only missing and stale results are made; edited ones are scored as they are."""
    manifest, saved = folder / "manifest.jsonl", folder / "hypotheses"
    options = (manifest, *MODEL, "--save-hypotheses", saved)
    first = run("eval", *options)
    assert files_below(saved) == ["account.json", "hold-on.json"]
    assert first.json["systems"][0]["cost"] is not None
    (saved / "account.json").unlink()
    second = run("eval", *options)
    assert second.stderr.startswith("1 of 2 outputs exist already")
    cost = second.json["systems"][0]["cost"]
    assert cost["duration"] == pytest.approx(5.1, abs=0.1)  # of the one that was missing
    assert whole(second.json) == whole(first.json)
    third = run("eval", *options, "-q")
    assert third.json["systems"][0]["cost"] is None
    assert third.json["systems"][0]["revision"] == first.json["systems"][0]["revision"]
    scored = run("eval", manifest, "-t", "transcribe", "--hypotheses", saved, "-f", "json", "-q")
    assert whole(scored.json) == whole(first.json)
    shared = run("transcribe", *folder.glob("*.flac"), *MODEL[2:6], "-f", "json", "-d", saved)
    assert shared.stderr.startswith("2 of 2 outputs exist already")


def test_one_broken_line_and_one_missing_recording_fail(run: Run, folder: Path) -> None:
    manifest = folder / "manifest.jsonl"
    content = manifest.read_text()
    manifest.write_text(f'{content}{{"path"\n{{"path": "gone.wav", "text": "a"}}\n')
    ran = run("eval", manifest, *MODEL, "-m", "whisper-tiny.en")
    assert ran.code == 1
    line, *missing = [f for f in ran.stderr.splitlines() if f.startswith("error")]
    assert line == f"error: {manifest}, line 3: is not JSON (correct the line)"
    problem = f"error: {folder / 'gone.wav'}: no such file"
    assert missing == [f"{problem} (check the path)", problem]  # of each model
    manifest.write_text(content.replace("hold-on", "gone"))
    ran = run("eval", manifest, *MODEL)
    assert ran.code == 1
    assert ran.stderr == f"error: {folder / 'gone.flac'}: no such file (check the path)\n"
    assert ran.json["systems"][0]["failed"] == 1
    manifest.write_text(content.replace('"text"', '"words"'))
    ran = run("eval", manifest, *MODEL)
    assert (ran.code, ran.stdout) == (4, "")
    assert "has no column text" in ran.stderr.splitlines()[0]


def test_results_side_by_side(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts of two systems, as a table and as rows."""
    monkeypatch.chdir(folder)
    for system, change in (("good", ""), ("bad", "well ")):
        (folder / system).mkdir()
        for name in ("hold-on.flac", "account.flac"):
            (folder / system / Path(name).with_suffix(".txt")).write_text(change + TEXTS[name])
    options = [x for system in ("good", "bad") for x in ("--hypotheses", system)]
    arguments = ("eval", "manifest.jsonl", "-t", "transcribe", *options)
    table = run(*arguments, terminal=True, NO_COLOR="1")
    assert table.code == 0
    lines = [line.split() for line in table.stdout.splitlines()]
    assert ["good:", "2", "recordings"] in lines
    at = lines.index(["WER"])
    assert lines[at + 1] == ["good", "0.0", "%", "0.0", "to", "0.0"]
    # Of 22 words, 2 are inserted; a resample has one recording twice, of 9 or of 13 words.
    assert lines[at + 2][:6] == ["bad", "9.1", "%", "7.7", "to", "11.1"]
    assert lines[at + 2][6:] == ["+9.1", "%", "+7.7", "to", "+11.1"]
    rows = list(csv.DictReader(StringIO(run(*arguments, "-f", "csv", "-q").stdout)))
    (insertions,) = [r for r in rows if r["metric"] == "insertions" and r["system"].endswith("bad")]
    assert (insertions["recordings"], insertions["value"]) == ("2", "0.0909091")


def test_diarization(run: Run, tmp_path: Path) -> None:
    """The default pipeline on two voices, and its RTTM scored again."""
    first = read(DATA / "jfk.flac", rate=16_000).samples[0]
    second = read(DATA / "account.flac", rate=16_000).samples[0]
    sf.write(tmp_path / "talk.wav", np.concatenate([first, second]), 16_000)
    turns = [
        {"start": 0.3, "end": 10.5, "speaker": "a"},
        {"start": 11.2, "end": 15.8, "speaker": "b"},
    ]
    manifest = write(tmp_path, [{"path": "talk.wav", "turns": turns}])
    ran = run("eval", manifest, "-t", "diarize", "-f", "json", "--save-hypotheses", tmp_path / "h")
    got = whole(ran.json)
    assert (ran.code, got["speaker_count_accuracy"]) == (0, 1.0)
    assert got["confusion"] < 0.05 and got["der"] < 0.3
    assert got["der"] == pytest.approx(got["missed"] + got["false_alarm"] + got["confusion"])
    run("convert", tmp_path / "h/talk.json", "-f", "rttm", "-o", tmp_path / "talk.rttm")
    options = ("-t", "diarize", "-f", "json", "--hypotheses", tmp_path / "talk.rttm")
    again = whole(run("eval", manifest, *options).json)
    assert again["confusion"] == pytest.approx(got["confusion"], abs=0.001)
    collar = whole(run("eval", manifest, *options, "--collar", "0.5").json)
    assert collar["der"] < again["der"]


def test_classification_with_a_map_of_labels(run: Run, tmp_path: Path) -> None:
    for name in ("rooster.ogg", "sneeze.ogg"):
        shutil.copy(DATA / name, tmp_path)
    manifest = tmp_path / "m.csv"
    manifest.write_text("file,label\nrooster.ogg,bird\nsneeze.ogg,sneezing\n")
    options = ("eval", manifest, "-t", "classify", "-f", "json", "--bootstrap", "0")
    ran = run(*options)
    assert ran.code == 0
    assert whole(ran.json)["accuracy"] < 1
    assert ran.stderr == (
        "warning: no result of yamnet has the labels sneezing "
        "(--label-map names the labels that stand for them)\n"
    )
    labels = {"bird": ["Crowing, cock-a-doodle-doo", "Fowl"], "sneezing": ["Sneeze"]}
    (tmp_path / "map.json").write_text(json.dumps(labels))
    ran = run(*options, "--label-map", tmp_path / "map.json")
    assert whole(ran.json) == {"accuracy": 1.0, "f1": 1.0, "uar": 1.0, "map": 1.0}
    assert ran.stderr == ""


def test_alignment_speakers_language_and_embeddings(run: Run, tmp_path: Path) -> None:
    """The tasks that load a model and have few recordings here."""
    for name in ("jfk.flac", "account.flac"):
        shutil.copy(DATA / name, tmp_path)
    rows = [
        {
            "path": name,
            "text": TEXTS[name],
            "language": "English",
            "label": "speech",
            "turns": [{"start": start, "end": end, "speaker": "a", "text": TEXTS[name]}],
        }
        for name, start, end in (("jfk.flac", 0.32, 10.5), ("account.flac", 0.3, 4.9))
    ]
    manifest = write(tmp_path, rows)
    options = ("eval", manifest, "-f", "json", "--bootstrap", "0", "-q")
    aligned = whole(run(*options, "-t", "align", "-m", "whisper-tiny.en").json)
    assert aligned["unaligned"] == 0.0 and aligned["boundary_median"] < 0.5
    speakers = run(*options, "-t", "transcribe", "-m", "whisper-tiny.en", "--diarize").json
    assert whole(speakers)["cpwer"] == whole(speakers)["wer"] < 0.2
    assert whole(run(*options, "-t", "language").json)["accuracy"] == 1.0
    assert whole(run(*options, "-t", "embed").json)["precision_at_1"] == 1.0


def test_a_dataset_is_streamed(run: Run, folder: Path) -> None:
    """References are columns; results of the task's command on the dataset are scored too."""
    pq = pytest.importorskip("pyarrow.parquet")
    import pyarrow as pa

    names = ("hold-on.flac", "account.flac")
    audio = [{"bytes": (DATA / name).read_bytes(), "path": name} for name in names]
    columns = {"audio": audio, "sentence": [TEXTS[name] for name in names], "fold": [1, 2]}
    pq.write_table(pa.table(columns), folder / "part.parquet")
    options = ("--dataset", folder / "part.parquet")
    ran = run("eval", *options, *MODEL, "-m", "whisper-tiny.en", "--group-by", "fold", "-q")
    assert (ran.code, ran.stderr) == (0, "")
    system, _ = ran.json["systems"]
    assert whole(ran.json, 0) == whole(ran.json, 1)  # the dataset is read for each model
    assert [group["group"] for group in system["groups"]] == [None, "1", "2"]
    of_files = run("eval", folder / "manifest.jsonl", *MODEL, "-q").json
    assert whole(ran.json) == whole(of_files)
    only = run("eval", *options, *MODEL, "--where", "fold=2", "--limit", "2", "-q").json
    assert [group["recordings"] for group in only["systems"][0]["groups"]] == [1]
    out = folder / "out"
    assert run("transcribe", *options, *MODEL[2:6], "-f", "json", "-d", out).code == 0
    for hypotheses in (out, folder / "all.jsonl"):
        if hypotheses.suffix:
            run("transcribe", *options, *MODEL[2:6], "-o", hypotheses)
        scored = run("eval", *options, *MODEL[:2], "--hypotheses", hypotheses, "-f", "json", "-q")
        assert whole(scored.json) == whole(of_files)


def test_a_recording_that_is_in_the_manifest_twice(run: Run, folder: Path) -> None:
    manifest = folder / "manifest.jsonl"
    manifest.write_text(manifest.read_text() * 2)
    (folder / "texts").mkdir()
    for name in TEXTS:
        (folder / "texts" / Path(name).with_suffix(".txt")).write_text(TEXTS[name])
    options = ("-t", "transcribe", "--hypotheses", folder / "texts", "-f", "json")
    ran = run("eval", manifest, *options)
    assert ran.code == 1
    assert ran.stderr.count("is in the manifest twice") == 2
    assert ran.json["systems"][0]["groups"][0]["recordings"] == 2


def test_enhanced_audio(run: Run, tmp_path: Path) -> None:
    clean, rate = sf.read(DATA / "account.flac")
    (tmp_path / "enhanced").mkdir()
    noise = np.random.default_rng(0).normal(0, 1, len(clean))
    noise *= np.sqrt((clean @ clean) / (noise @ noise) / 100)  # 20 dB below
    sf.write(tmp_path / "clean.wav", clean, rate)
    sf.write(tmp_path / "enhanced/noisy.wav", clean + noise, rate)
    manifest = write(tmp_path, [{"path": "noisy.wav", "clean": "clean.wav"}])
    options = ("eval", manifest, "-t", "enhance", "-f", "json")
    got = whole(run(*options, "--hypotheses", tmp_path / "enhanced").json)
    assert got["si_sdr"] == pytest.approx(20, abs=0.5)
    assert 0.8 < got["stoi"] < 1
    assert run(*options).code == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--where", "text"), "--where text: not COLUMN=VALUE"),
        (("--where", "accent=z"), "no recordings of this task or with these values"),
        (("--group-by", "age"), "has no column age"),
        (("--hypotheses", "missing"), "missing: no such file"),
        (("--dataset", "x"), "MANIFEST does not apply with --dataset"),
        (("--limit", "3"), "--limit requires --dataset"),
    ],
)
def test_usage_errors(run: Run, folder: Path, options: tuple[str, ...], message: str) -> None:
    ran = run("eval", folder / "manifest.jsonl", "-t", "transcribe", *options)
    assert (ran.code, ran.stdout) == (2, "")
    assert message in ran.stderr and ran.stderr.count("\n") == 1


@pytest.mark.parametrize("content", ["[]", "{}", '{"a": "b"}', '{"a": [1]}', "{"])
def test_a_map_that_is_not_valid(run: Run, folder: Path, content: str) -> None:
    (folder / "map.json").write_text(content)
    options = ("-t", "classify", "--label-map", folder / "map.json")
    ran = run("eval", folder / "manifest.jsonl", *options)
    assert (ran.code, ran.stdout) == (2, "")
    assert 'write {"dog": ["Dog", "Bark"], ...}' in ran.stderr


def test_a_missing_package_is_one_line(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiocli.cli.evaluating.find_spec", lambda _: None)
    ran = run("eval", folder / "manifest.jsonl", "-t", "transcribe")
    assert ran.code == 3
    assert ran.stderr.endswith("(pip install 'audiocli[eval]')\n")
