"""Runs over an output folder: what is made again, what is kept, and what is shared."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiocli.batch.inputs import Input
from audiocli.batch.output_journal import NAME, Origin
from audiocli.cli.emit import open_emitter
from audiocli.render import render
from audiocli.results import Transcript
from inprocess import ENVIRON, Ran, audiocli, context, without_summary
from other_process import claimed_elsewhere
from strategies import AWKWARD


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    folder = tmp_path / "clips"
    folder.mkdir()
    for number in range(3):
        write_clip(folder / f"{number}.wav", number)
    return folder


def write_clip(path: Path, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(size=4000).astype(np.float32)
    soundfile.write(path, 0.1 * noise, 8000)


def features(clips: Path, *options: str, code: int = 0) -> Ran:
    ran = audiocli("features", clips, "-d", clips.parent / "out", "-f", "json", *options)
    assert ran.code == code, ran.stderr
    return ran


def times(clips: Path) -> dict[str, int]:
    """Return the times of the results of a folder, by name."""
    results = (clips.parent / "out").glob("[!.]*")
    return {path.name: path.stat().st_mtime_ns for path in results}


def made_again(clips: Path, *options: str) -> set[str]:
    """Run again, and return the results whose files were replaced."""
    before = times(clips)
    features(clips, *options)
    return {name for name, time in times(clips).items() if time != before.get(name)}


def test_the_same_run_again_makes_nothing(clips: Path) -> None:
    features(clips)
    ran = features(clips)
    assert ran.stderr == "3 of 3 outputs exist already (use --overwrite to replace them)\n"
    assert made_again(clips) == set()


def test_another_option_makes_results_again_and_says_why(clips: Path) -> None:
    features(clips)
    assert made_again(clips, "--end", "0.3") == {"0.json", "1.json", "2.json"}
    assert json.loads((clips.parent / "out/0.json").read_text())["duration"] == 0.3
    ran = features(clips)
    assert "3 of 3 outputs are made again: --end is the default, was 0.3" in ran.stderr


def test_an_edited_input_alone_is_processed_again(clips: Path) -> None:
    features(clips)
    write_clip(clips / "1.wav", 7)
    assert made_again(clips) == {"1.json"}


def test_a_touched_input_is_kept_with_checksum(clips: Path) -> None:
    features(clips, "--checksum")
    os.utime(clips / "0.wav", ns=(1, 1))
    write_clip(clips / "1.wav", 7)
    assert made_again(clips, "--checksum") == {"1.json"}


def test_another_model_makes_results_again(clips: Path) -> None:
    out = clips.parent / "vectors"
    for model, reason in (("yamnet", None), ("campplus", "model is campplus"), ("campplus", None)):
        ran = audiocli("embed", clips / "0.wav", "-m", model, "-d", out, "-f", "json")
        assert (ran.code, json.loads((out / "0.json").read_text())["model"]["name"]) == (0, model)
        assert (reason or "exist already") in ran.stderr or not reason


def test_keep_existing_keeps_stale_results(clips: Path) -> None:
    features(clips)
    (clips.parent / "out/1.json").unlink()
    assert made_again(clips, "--end", "0.3", "--keep-existing") == {"1.json"}


def test_an_edited_result_is_kept_unless_overwritten(clips: Path) -> None:
    features(clips)
    edited = clips.parent / "out/1.json"
    edited.write_text("corrected")
    ran = features(clips, "--end", "0.3")
    assert "1 of 3 outputs exist already, edited by hand" in ran.stderr
    assert edited.read_text() == "corrected"
    features(clips, "--end", "0.3", "--overwrite")
    assert json.loads(edited.read_text())["duration"] == 0.3


def test_results_of_another_command_or_folder_are_not_replaced(clips: Path) -> None:
    features(clips)
    before = times(clips)
    out = clips.parent / "out"
    ran = audiocli("embed", clips, "-d", out, "-f", "json")
    assert ran.code == 2
    assert "is the result of audiocli features" in ran.stderr
    others = shutil.copytree(clips, clips.parent / "others")
    ran = features(others, code=2)
    assert f"is the result of {clips / '0.wav'} (choose another --output-dir" in ran.stderr
    assert times(clips) == before


def test_another_format_is_added_without_touching_the_first(clips: Path) -> None:
    features(clips)
    assert made_again(clips, "-f", "csv") == {"0.csv", "1.csv", "2.csv"}


ORIGIN = Origin("talk.m4a", "")


def test_a_layout_makes_again_the_formats_that_follow_it(tmp_path: Path) -> None:
    talk = Input("talk.m4a", None, Path("talk"))
    for columns, states in ((42, ["new", "new"]), (30, ["new"]), (30, [])):
        with open_emitter(
            context(),
            Transcript,
            formats=["json", "srt"],
            output_dir=tmp_path,
            max_line_width=columns,
        ) as emitter:
            assert emitter.folder
            emitter.folder.expect({"command": "transcribe"}, lambda _: ORIGIN)
            (plan,) = emitter.folder.plan([talk])
            assert len(plan.targets) == len(states)
            emitter.emit(talk, AWKWARD)
    assert plan.state == "done"


def test_dry_run_prints_the_plan_and_writes_nothing(clips: Path) -> None:
    features(clips, "--dry-run")
    assert not (clips.parent / "out").exists()
    features(clips)
    write_clip(clips / "1.wav", 7)
    (clips / "2.wav").write_bytes(b"")
    (clips.parent / "out/0.json").unlink()
    before = times(clips)
    lines = features(clips, "--dry-run").stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["new", "stale", "stale"]
    assert lines[1].endswith("\tthe input changed")
    assert times(clips) == before


def test_retry_failed_processes_only_the_failures(clips: Path) -> None:
    (clips / "1.wav").write_bytes(b"broken")
    features(clips, code=1)
    assert features(clips, "--dry-run").stdout.splitlines()[1].startswith("failed\t")
    write_clip(clips / "1.wav", 1)
    (clips.parent / "out/0.json").unlink()
    features(clips, "--retry-failed")
    assert set(times(clips)) == {"1.json", "2.json"}
    features(clips, "--retry-failed")
    assert set(times(clips)) == {"1.json", "2.json"}


def test_a_journal_that_cannot_be_read_is_one_error(clips: Path) -> None:
    features(clips)
    (clips.parent / "out" / NAME).write_bytes(b"no database" * 100)
    ran = features(clips, code=4)
    assert len(ran.stderr.splitlines()) == 1
    assert f"{NAME}: is not a journal of audiocli" in ran.stderr
    assert "delete it" in ran.stderr


def test_fail_fast_stops_at_the_first_failure(clips: Path) -> None:
    (clips / "0.wav").write_bytes(b"broken")
    ran = features(clips, "--fail-fast", code=1)
    assert len(without_summary(ran.stderr).splitlines()) == 1
    assert times(clips) == {}


@pytest.mark.parametrize("option", ["--keep-existing", "--retry-failed", "--checksum", "--dry-run"])
def test_options_of_folders_require_one(clips: Path, option: str) -> None:
    ran = audiocli("features", clips, option)
    assert ran.code == 2
    assert ran.stderr.startswith(f"error: {option} requires --output-dir")


def test_an_input_of_another_run_is_left_to_it(clips: Path) -> None:
    (clips.parent / "out").mkdir()
    with claimed_elsewhere(clips.parent / "out/1.json"):
        ran = features(clips)
    assert "2 of 3 inputs processed" in ran.stderr
    assert "; 1 left to another run" in ran.stderr
    assert set(times(clips)) == {"0.json", "2.json"}


def test_runs_at_the_same_time_share_the_inputs(clips: Path) -> None:
    for number in range(3, 60):
        write_clip(clips / f"{number}.wav", number)
    out = clips.parent / "out"
    command = [
        sys.executable,
        "-m",
        "audiocli",
        "features",
        str(clips),
        "-d",
        str(out),
        "-f",
        "json",
    ]
    runs = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    messages = [run.communicate()[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0]
    # Each input is processed once: the others leave it, or find its result at their start.
    told = "".join(messages)
    processed = re.findall(r"(\d+) of \d+ inputs processed", told)
    spared = re.findall(r"(\d+) left to another run|(\d+) of 60 outputs exist already", told)
    assert sum(map(int, processed)) == 60
    assert sum(int(count) for counts in spared for count in counts if count) == 2 * 60
    assert len(times(clips)) == 60


def test_speak_makes_again_what_is_stale(tmp_path: Path) -> None:
    texts = [tmp_path / "one.txt", tmp_path / "two.txt"]
    for text in texts:
        text.write_text("Good morning.")
    out = tmp_path / "out"

    def speak(*options: str) -> tuple[set[str], str]:
        before = {path: path.stat().st_mtime_ns for path in out.glob("[!.]*")}
        ran = audiocli("speak", *texts, "-d", out, *options)
        assert ran.code == 0, ran.stderr
        changed = (p for p in out.glob("[!.]*") if p.stat().st_mtime_ns != before.get(p))
        return {path.name for path in changed}, ran.stderr

    assert speak()[0] == {"one.wav", "two.wav"}
    assert speak()[0] == set()
    texts[0].write_text("Good evening.")
    assert speak()[0] == {"one.wav"}
    made, told = speak("--speed", "1.5")
    assert made == {"one.wav", "two.wav"}
    assert "2 of 2 outputs are made again: --speed is 1.5, was the default" in told
    soundfile.write(out / "one.wav", np.zeros(800), 8000)  # edited by hand
    assert speak()[0] == {"two.wav"}
    ran = audiocli("speak", "Other words.", "-d", out)
    ran = audiocli("speak", "Good morning.", "-d", out)
    assert (ran.code, "speech.wav is the result of another text" in ran.stderr) == (2, True)


def test_a_changed_file_of_an_option_makes_results_again(clips: Path) -> None:
    transcript = clips.parent / "talk.json"
    transcript.write_text(render(AWKWARD, "json"))
    features(clips, "--transcript", str(transcript))
    assert made_again(clips, "--transcript", str(transcript)) == set()
    transcript.write_text(render(replace(AWKWARD, language="de"), "json"))
    assert made_again(clips, "--transcript", str(transcript)) == {"0.json", "1.json", "2.json"}


def test_a_changed_text_makes_its_alignment_again(tmp_path: Path, jfk: Path) -> None:
    for name in ("a", "b"):
        shutil.copy(jfk, tmp_path / f"{name}.flac")
        (tmp_path / f"{name}.txt").write_text("And so my fellow Americans")
    arguments = ("--text-file", tmp_path, "-d", tmp_path / "out", "-f", "json")
    line = ("align", tmp_path / "a.flac", tmp_path / "b.flac", "-m", "tiny.en", *arguments)
    assert audiocli(*line, **ENVIRON).code == 0
    (tmp_path / "b.txt").write_text("And so my fellow")
    plan = audiocli(*line, "--dry-run", **ENVIRON).stdout.splitlines()
    assert [row.split("\t")[0] for row in plan] == ["done", "stale"]


def test_another_enrolled_voice_makes_names_again(tmp_path: Path, jfk: Path) -> None:
    environ = {**ENVIRON, "AUDIOCLI_VOICES": str(tmp_path / "voices.json")}
    assert audiocli("voices", "enroll", "Jack", jfk, **environ).code == 0
    line = ("diarize", jfk, "--identify-speakers", "-d", tmp_path / "out", "-f", "json")
    assert audiocli(*line, **environ).code == 0
    assert audiocli(*line, "--dry-run", **environ).stdout.startswith("done\t")
    assert audiocli("voices", "enroll", "Kennedy", jfk, **environ).code == 0
    assert audiocli(*line, "--dry-run", **environ).stdout.startswith("stale\t")


def rows(path: Path) -> list[str]:
    return [line.partition(",")[0] for line in path.read_text().splitlines()]


def test_a_common_file_beside_a_folder_has_all_results_in_order(clips: Path) -> None:
    table = clips.parent / "all.csv"
    features(clips, "-o", str(table))
    names = [str(clips / f"{number}.wav") for number in range(3)]
    assert rows(table) == ["source", *names]
    (clips / "1.wav").unlink()
    write_clip(clips / "3.wav", 3)
    ran = features(clips, "-o", str(table))
    assert "2 of 3 outputs exist" in ran.stderr
    assert rows(table) == ["source", names[0], names[2], str(clips / "3.wav")]
    lines = clips.parent / "out/all.jsonl"
    features(clips, "-o", str(lines))
    assert [json.loads(line)["source"] for line in lines.read_text().splitlines()] == rows(table)[
        1:
    ]


def test_a_common_file_that_is_not_of_the_runs_is_not_replaced(clips: Path) -> None:
    table = clips.parent / "all.csv"
    table.write_text("precious")
    ran = features(clips, "-o", str(table), code=2)
    assert ran.stderr == f"error: {table}: exists already (--overwrite replaces it)\n"
    table.unlink()
    features(clips, "-o", str(table))
    table.write_text(table.read_text() + "mine\n")
    features(clips, "-o", str(table), code=2)
    assert table.read_text().endswith("mine\n")
    features(clips, "-o", str(table), "--overwrite")
    assert "mine" not in table.read_text()


def test_a_common_file_is_made_from_json(clips: Path) -> None:
    out, table = clips.parent / "out", clips.parent / "all.csv"
    ran = audiocli("features", clips, "-d", out, "-f", "csv", "-o", table)
    told = "--output beside --output-dir is made from JSON files (add --format json)"
    assert (ran.code, ran.stderr) == (2, f"error: {told}\n")


def test_some_failed_if_earlier_results_exist(clips: Path) -> None:
    features(clips)
    (clips / "bad.wav").mkdir()
    (clips / "bad.wav/x.wav").symlink_to("nowhere.wav")
    report = clips.parent / "report.json"
    features(clips, "--report", str(report), code=1)
    assert json.loads(report.read_text())["counts"]["failed"] == 1
