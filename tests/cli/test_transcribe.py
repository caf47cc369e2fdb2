"""`audiocli transcribe` end to end, on the embedded models and real speech."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jiwer
import numpy as np
import pytest
import soundfile as sf

from conftest import Ran
from inprocess import files_below, without_summary

Run = Callable[..., Ran]

SAID = (
    "and so my fellow americans ask not what your country can do for you "
    "ask what you can do for your country"
)


def plain(text: str) -> str:
    return re.sub(r"[^a-z ]", "", text.lower()).strip()


@pytest.mark.parametrize("model", ["whisper-base", "tiny.en"])
def test_real_speech_becomes_its_words(run: Run, jfk: Path, model: str) -> None:
    ran = run("transcribe", jfk, "-f", "json", "-w", "--model", model, "-q")
    assert (ran.code, ran.stderr) == (0, "")
    result = ran.json
    assert jiwer.wer(SAID, plain(result["text"])) <= 0.05
    assert result["language"] == "en"
    assert result["duration"] == 11.0
    words = [word for segment in result["segments"] for word in segment["words"]]
    assert [plain(word["text"]) for word in words] == plain(result["text"]).split()
    assert all(word["speaker"] is None and 0 < word["confidence"] <= 1 for word in words)
    ends = [word["end"] for word in words]
    assert ends == sorted(ends)
    assert ends[-1] == pytest.approx(10.5, abs=0.2)


def test_words_have_the_times_at_which_they_are_said(run: Run, jfk: Path) -> None:
    words = run("transcribe", jfk, "-f", "json", "-w").json["segments"]
    starts: dict[str, float] = {}
    for segment in words:
        for word in segment["words"]:
            starts.setdefault(plain(word["text"]), word["start"])
    assert starts["and"] == pytest.approx(0.32, abs=0.15)
    assert starts["ask"] == pytest.approx(3.3, abs=0.2)


def test_sound_in_any_container_comes_through_a_pipe(run: Run, jfk: Path, tmp_path: Path) -> None:
    from audiocli.audio.decode import read
    from audiocli.audio.encode import write

    ogg = tmp_path / "jfk.ogg"
    write(read(jfk), ogg)
    ran = run("transcribe", "-", "-f", "jsonl", stdin=ogg.read_bytes())
    assert (ran.code, ran.stderr) == (0, "")
    (line,) = ran.stdout.splitlines()
    result = json.loads(line)
    assert result["source"] == "-"
    assert jiwer.wer(SAID, plain(result["text"])) <= 0.05


def test_subtitles_and_times_keep_the_recordings_own_clock(run: Run, jfk: Path) -> None:
    ran = run("transcribe", jfk, "-f", "srt", "--start", "3")
    first = re.search(r"(\d\d):(\d\d):(\d\d),(\d\d\d) -->", ran.stdout)
    assert first is not None
    assert int(first[3]) + int(first[4]) / 1000 == pytest.approx(3.3, abs=0.2)
    assert "fellow" not in ran.stdout


def test_a_batch_goes_on_past_broken_files_and_says_so(run: Run, jfk: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    shutil.copy(jfk, folder / "a.flac")
    shutil.copy(jfk, folder / "deep" / "b.flac")
    (folder / "broken.wav").write_text("not sound")
    (folder / "empty.mp3").touch()
    out = tmp_path / "out"
    ran = run("transcribe", folder, "-d", out, "-f", "txt", "-m", "tiny.en")
    assert ran.code == 1
    assert ran.stdout == ""
    errors = without_summary(ran.stderr).splitlines()
    assert len(errors) == 2
    assert all(error.startswith("error: ") for error in errors)
    assert str(folder / "broken.wav") in ran.stderr and str(folder / "empty.mp3") in ran.stderr
    assert files_below(out) == ["a.txt", "deep/b.txt"]

    again = run("transcribe", folder, "-d", out, "-f", "txt", "-m", "tiny.en")
    assert again.code == 1  # the results of the others are there
    assert again.stderr.startswith(
        "2 of 4 outputs exist already (use --overwrite to replace them)\n"
    )


def test_no_model_is_fetched_for_files_that_are_not_there(run: Run, tmp_path: Path) -> None:
    ran = run("transcribe", "a.wav", "b.wav", "--offline", AUDIOCLI_CACHE=str(tmp_path))
    assert (ran.code, ran.stdout) == (4, "")
    assert ran.stderr.splitlines() == [
        "error: a.wav: no such file (check the path)",
        "error: b.wav: no such file (check the path)",
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_breaks_off_costs_only_itself(run: Run, jfk: Path, tmp_path: Path) -> None:
    samples, rate = sf.read(jfk)
    samples = np.tile(samples, 6)
    samples[len(samples) * 3 // 4] = np.nan
    broken = tmp_path / "b.wav"
    sf.write(broken, samples, rate, "FLOAT")
    ran = run("transcribe", broken, jfk, "-f", "jsonl", "-m", "tiny.en")
    assert ran.code == 1
    assert ran.stderr.startswith(f"error: {broken}: ")
    assert len(ran.stderr.splitlines()) == 1
    assert json.loads(ran.stdout)["source"] == str(jfk)


@pytest.mark.parametrize(
    ("change", "codec", "warning"),
    [
        (lambda x: x * 0.007, "PCM_16", ""),  # -60 dBFS
        (
            lambda x: np.stack([x, -x], axis=1),
            "PCM_16",
            "the channels cancel each other in the mix; channel 1 is used instead"
            " (--channel selects another)",
        ),
        (
            lambda x: x * 0.5 + 0.4,
            "PCM_16",
            "a constant offset (DC) of 40 % of full scale is removed, first at 0:00.0",
        ),
        (
            lambda x: x * 32768,
            "FLOAT",
            "the samples reach 25648 times full scale and are scaled down",
        ),
    ],
)
def test_speech_at_odd_levels(run: Run, jfk: Path, tmp_path: Path, change, codec, warning) -> None:
    samples, rate = sf.read(jfk)
    path = tmp_path / "odd.wav"
    sf.write(path, change(samples), rate, codec)
    ran = run("transcribe", path, "-m", "tiny.en")
    assert "what you can do for your country" in ran.stdout
    assert (ran.code, ran.stderr) == (0, f"warning: {path}: {warning}\n" if warning else "")


def test_a_damaged_flac_frame_costs_only_itself(run: Run, jfk: Path, tmp_path: Path) -> None:
    samples, rate = sf.read(jfk)
    path = tmp_path / "b.flac"
    sf.write(path, np.tile(samples, 3), rate)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    path.write_bytes(content)
    ran = run("transcribe", path, "-m", "tiny.en")
    assert ran.code == 0
    assert ran.stdout.count("your country") > 3
    (warning,) = ran.stderr.splitlines()
    assert warning.startswith(f"warning: {path}: 0.3 s of sound is missing, first at 0:1")


def test_results_in_one_stream_keep_the_order_of_the_inputs(
    run: Run, jfk: Path, tmp_path: Path
) -> None:
    short = tmp_path / "short.wav"
    samples, rate = sf.read(jfk)
    sf.write(short, samples[: 3 * rate], rate)
    ran = run("transcribe", jfk, short, jfk, short, "-f", "jsonl", "-m", "tiny.en")
    sources = [json.loads(line)["source"] for line in ran.stdout.splitlines()]
    assert sources == [str(jfk), str(short)]  # each input once


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        ((), 2, "no input given (give files or folders, or - for stdin)"),
        (("nowhere.wav",), 4, "nowhere.wav: no such file (check the path)"),
        (
            ("{jfk}", "--start", "20"),
            4,
            "{jfk}: ends at 0:11.0, before --start 0:20.0 (lower --start)",
        ),
        (
            ("{jfk}", "--channel", "3"),
            4,
            "{jfk}: has no channel 3, only 1 channel (change --channel)",
        ),
        (("{jfk}", "-f", "docx"), 2, None),
        (("{jfk}", "--model", "whisper-bas"), 3, None),
        (("{jfk}", "-l", "klingon"), 2, None),
        (("{jfk}", "{jfk}/..", "-f", "srt"), 2, None),
    ],
)
def test_bad_requests_get_one_line(
    run: Run, jfk: Path, args: tuple[str, ...], code: int, message: str | None
) -> None:
    ran = run("transcribe", *(arg.format(jfk=jfk) for arg in args))
    assert (ran.code, ran.stdout) == (code, "")
    assert len(ran.stderr.splitlines()) == 1
    assert ran.stderr.startswith("error: ")
    if message:
        assert ran.stderr == f"error: {message.format(jfk=jfk)}\n"


def test_silence_and_noise_give_no_words(run: Run, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000 * 20)
    sf.write(tmp_path / "noise.wav", noise, 16_000)
    sf.write(tmp_path / "silence.wav", np.zeros(16_000 * 20), 16_000)
    ran = run("transcribe", tmp_path, "-f", "jsonl")
    assert ran.code == 0
    results = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [result["text"] for result in results] == ["", ""]
    assert [result["duration"] for result in results] == [20.0, 20.0]


def test_windows_of_a_long_recording_join_without_loss(run: Run, jfk: Path, tmp_path: Path) -> None:
    samples, rate = sf.read(jfk)
    long = tmp_path / "long.wav"
    sf.write(long, np.tile(samples, 8), rate)
    result = run("transcribe", long, "-f", "json").json
    assert jiwer.wer(" ".join([SAID] * 8), plain(result["text"])) <= 0.03
    starts = [segment["start"] for segment in result["segments"]]
    assert starts == sorted(starts)
    assert starts[-1] > 77


def test_the_language_alone_is_what_classify_tells(run: Run, jfk: Path) -> None:
    ran = run("transcribe", jfk, "--detect-language", "-f", "json")
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.json["labels"][0]["label"] == "en"
    assert ran.json["labels"][0]["score"] > 0.9
    assert ran.stdout == run("classify", jfk, "--task", "language", "-f", "json").stdout
    assert run("transcribe", jfk, "--detect-language", "-f", "srt").code == 2


def audiocli(*args: str | Path) -> list[str]:
    return [sys.executable, "-m", "audiocli", *map(str, args)]


def test_a_one_liner_never_imports_torch_nor_help_anything_heavy(jfk: Path) -> None:
    def imported(*args: str | Path) -> set[str]:
        code = "from audiocli.cli import main, sys; main(); print(*sys.modules, file=sys.stderr)"
        command = [sys.executable, "-c", code, *map(str, args)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return set(done.stderr.split())

    heavy = {"torch", "numpy", "transformers", "ctranslate2", "onnxruntime", "av", "soundfile"}
    assert not heavy & imported("--help")
    assert not heavy & imported("transcribe", "--help")
    assert {"torch", "transformers", "av"}.isdisjoint(imported("transcribe", jfk, "-m", "tiny.en"))


def test_a_closed_pipe_leaves_no_traceback(jfk: Path) -> None:
    command = audiocli("transcribe", jfk, "-f", "srt", "-m", "tiny.en")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.wait(60) == 0
    assert process.stderr.read() == b""


def test_an_interrupted_batch_keeps_what_is_finished(jfk: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    samples, rate = sf.read(jfk)
    for n in range(30):
        sf.write(folder / f"{n:02}.wav", np.tile(samples, 3), rate)
    command = audiocli("transcribe", folder, "-d", out, "-f", "json", "-m", "tiny.en")
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not list(out.glob("*.json")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert process.stderr is not None
    assert process.stderr.read() == b"interrupted\n"
    finished = [out / name for name in files_below(out)]
    assert 0 < len(finished) < 30
    assert all(json.loads(path.read_text())["duration"] == 33.0 for path in finished)
