"""`audiocli classify` on real sound, with the model it comes with."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiocli.errors import ExitCode
from conftest import DATA, Ran

Run = Callable[..., Ran]


@pytest.fixture
def rooster() -> Path:
    """A rooster that crows for two seconds, then three of silence."""
    return DATA / "rooster.ogg"


def labels(ran: Ran) -> list[str]:
    assert (ran.code, ran.stderr) == (0, "")
    return [row["label"] for row in ran.json["labels"]]


def test_clip(run: Run, rooster: Path, jfk: Path) -> None:
    answer = run("classify", rooster, "-f", "json", "--top-k", "8")
    assert {"Silence", "Crowing, cock-a-doodle-doo", "Chicken, rooster"} <= set(labels(answer))
    found = answer.json
    assert (found["model"]["name"], found["multi_label"]) == ("yamnet", True)
    assert (found["windows"], found["events"]) == (None, None)
    scores = [row["score"] for row in found["labels"]]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 8
    assert labels(run("classify", jfk, "-f", "json"))[0] == "Speech"


def test_pooling_threshold_and_filter(run: Run, rooster: Path) -> None:
    options = ("-f", "json", "--labels-like", "^(rooster|silence|crowing|chicken)")
    mean = run("classify", rooster, *options)
    highest = run("classify", rooster, *options, "--aggregation", "max", "--threshold", "0.5")
    assert set(labels(mean)) == {"Silence", "Crowing, cock-a-doodle-doo", "Chicken, rooster"}
    assert all(row["score"] > 0.8 for row in highest.json["labels"])
    none = run("classify", rooster, "--labels-like", "no such sound")
    assert none.code == ExitCode.USAGE
    assert "no label of yamnet matches 'no such sound' (it has 521 labels" in none.stderr
    assert run("classify", rooster, "--labels-like", "(").code == ExitCode.USAGE


def test_a_picture_has_a_lane_for_each_sound(run: Run, rooster: Path, tmp_path: Path) -> None:
    picture = tmp_path / "a.svg"
    ran = run("classify", rooster, "-o", picture, "--width", "700", "--style", "dark")
    assert (ran.code, ran.stdout) == (ExitCode.OK, "")
    drawn = picture.read_text()
    assert ">Silence<" in drawn and ">Chicken, rooster<" in drawn and 'width="700"' in drawn


def test_events_have_times(run: Run, rooster: Path) -> None:
    answer = run("classify", rooster, "-f", "json", "--events", "--labels-like", "crowing|silence")
    crowing, silence = answer.json["events"]
    assert crowing["label"] == "Crowing, cock-a-doodle-doo"
    assert crowing["start"] == 0
    assert 1.2 < crowing["end"] <= silence["start"] < 2.7
    assert silence["end"] == answer.json["duration"]
    late = run(
        "classify", rooster, "--start", "2.5", "-f", "json", "--labels-like", "silence", "-e"
    )
    assert (late.json["start"], late.json["events"][0]["start"]) == (2.5, 2.5)


def test_windows(run: Run, rooster: Path) -> None:
    own = run("classify", rooster, "-f", "json", "--per-window", "-k", "1").json["windows"]
    assert [w["start"] for w in own[:3]] == [0.0, 0.48, 0.96]
    assert own[-1]["end"] == pytest.approx(5.0, abs=0.01)
    chosen = run("classify", rooster, "-f", "json", "--window", "2", "--hop", "1", "-k", "1")
    assert [(w["start"], w["end"]) for w in chosen.json["windows"]] == [
        (0, 2),
        (1, 3),
        (2, 4),
        (3, 5),
    ]
    assert chosen.json["windows"][-1]["labels"][0]["label"] == "Silence"


def test_reject(run: Run, rooster: Path) -> None:
    answer = run("classify", rooster, "-f", "json", "--labels-like", "violin", "--reject", "0.2")
    assert answer.json["labels"] == [{"label": "unknown", "score": None}]
    assert "unknown" in run("classify", rooster, "--reject", "1", terminal=True).stdout


def test_formats_of_events(run: Run, rooster: Path) -> None:
    like = ("--labels-like", "crowing")
    sed = run("classify", rooster, rooster.parent / "jfk.flac", *like, "-f", "sed").stdout
    head, row = sed.splitlines()
    assert head == "filename\tonset\toffset\tevent_label"
    assert re.fullmatch(rf"{rooster}\t0\.000\t\d\.\d+\tCrowing, cock-a-doodle-doo", row)
    audacity = run("classify", rooster, *like, "-f", "audacity").stdout
    assert re.fullmatch(r"0\.000000\t\d\.\d{6}\tCrowing, cock-a-doodle-doo\n", audacity)
    textgrid = run("classify", rooster, *like, "-f", "textgrid").stdout
    assert 'name = "Crowing, cock-a-doodle-doo"' in textgrid
    table = run("classify", rooster, terminal=True).stdout
    assert re.search(r"Silence.*0\.\d{3}.*█.*[01]\.\d{3}.*■■■■■", table)
    assert re.search(r"Crowing.*[01]\.\d{3}.*■■■", table)  # not among the likeliest of the whole
    assert "-f csv: events with times" in table


def test_csv_says_the_finest_it_knows(run: Run, rooster: Path) -> None:
    def table(*options: str) -> list[dict[str, str]]:
        return list(
            csv.DictReader(run("classify", rooster, "-f", "csv", *options).stdout.split("\n"))
        )

    (whole,) = table("--top-k", "1")
    assert (whole["start"], float(whole["end"])) == ("0.000", pytest.approx(5.0, abs=0.01))
    assert len(table("--per-window", "--top-k", "1")) == 10
    assert {row["label"] for row in table("-e", "--labels-like", "silence")} == {"Silence"}


def test_convert_needs_events(run: Run, rooster: Path, tmp_path: Path) -> None:
    run("classify", rooster, "-f", "json", "-o", tmp_path / "plain.json")
    answer = run("convert", tmp_path / "plain.json", "-f", "audacity")
    assert answer.code == ExitCode.USAGE
    assert "this result has no events (run audiocli classify with --events)" in answer.stderr
    run("classify", rooster, "-e", "-f", "json", "-o", tmp_path / "events.json")
    direct = run("classify", rooster, "-f", "sed")
    assert run("convert", tmp_path / "events.json", "-f", "sed").stdout == direct.stdout


def test_folder_with_a_broken_clip(run: Run, rooster: Path, tmp_path: Path) -> None:
    for number in range(40):
        shutil.copy(rooster, tmp_path / f"{number:02}.ogg")
    (tmp_path / "17.ogg").write_bytes(rooster.read_bytes()[:20_000])
    answer = run("classify", tmp_path, "-f", "jsonl", "-k", "1")
    assert answer.code == ExitCode.SOME_FAILED
    assert re.fullmatch(r"error: \S+17\.ogg: .+\n", answer.stderr)
    found = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [Path(row["source"]).name for row in found] == [
        f"{number:02}.ogg" for number in range(40) if number != 17
    ]
    assert len({json.dumps(row["labels"]) for row in found}) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the peak of memory")
def test_long_recording_in_little_memory_without_torch(tmp_path: Path, rooster: Path) -> None:
    """A quarter of an hour more costs next to no memory."""
    samples, rate = soundfile.read(rooster, dtype="float32")
    script = """if True:
        import pathlib, re, sys
        from audiocli.cli import main
        code = main(["classify", sys.argv[1], "--events", "-f", "sed", "-o", sys.argv[2]])
        assert not code and not {"torch", "transformers"} & set(sys.modules)
        status = pathlib.Path("/proc/self/status").read_text()
        print(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1])
    """
    peak = {}
    for minutes in (1, 16):
        file = tmp_path / f"{minutes}.flac"
        soundfile.write(file, np.tile(samples, minutes * 12), rate)
        command = [sys.executable, "-c", script, str(file), str(tmp_path / f"{minutes}.tsv")]
        peak[minutes] = int(subprocess.run(command, capture_output=True, check=True).stdout)
    assert peak[16] < 1.15 * peak[1]
    assert (tmp_path / "16.tsv").read_text().count("Crowing") >= 16 * 12


def test_task_music_listens_for_music_only(run: Run, rooster: Path) -> None:
    found = run("classify", rooster, "--task", "music", "-f", "json", "-k", "500")
    assert {"Music", "Piano", "Singing"} <= set(labels(found))
    assert not {"Speech", "Silence", "Chicken, rooster"} & set(labels(found))


def test_task_language(run: Run, jfk: Path) -> None:
    answer = run("classify", jfk, "--task", "language", "-f", "json")
    assert "\nEnglish (en) " in run("classify", jfk, "-t", "language", "-f", "table").stdout
    assert labels(answer)[0] == "en"
    assert (answer.json["multi_label"], answer.json["model"]["name"]) == (False, "whisper-base")
    assert answer.json["labels"][0]["score"] > 0.8


def test_task_without_a_model_here_says_what_would_serve(
    run: Run, jfk: Path, tmp_path: Path
) -> None:
    pytest.importorskip("torch")
    answer = run("classify", jfk, "--task", "emotion", "--offline", HF_HOME=str(tmp_path))
    assert (answer.code, answer.stdout) == (ExitCode.MODEL_UNAVAILABLE, "")
    assert answer.stderr.count("\n") == 1
    assert (
        "--task emotion needs a model from the hub, such as superb/wav2vec2-base" in answer.stderr
    )
    assert "audiocli models pull superb/wav2vec2-base-superb-er" in answer.stderr


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--labels", "a,b"), "yamnet has 521 fixed labels"),
        (("--labels", "a"), "zero-shot classification needs two labels or more"),
        (("--labels", "a,b", "--prompt-template", "noise"), "has no {}"),
        (("-m", "whisper-base"), "is a model for transcribe, not for classify"),
        (("-m", "yamet"), "did you mean yamnet?"),
    ],
)
def test_usage(run: Run, rooster: Path, options: tuple[str, ...], problem: str) -> None:
    answer = run("classify", rooster, *options)
    assert answer.stdout == ""
    assert answer.code in (ExitCode.USAGE, ExitCode.MODEL_UNAVAILABLE)
    assert problem in answer.stderr
