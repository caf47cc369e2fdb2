"""`audiocli align` end to end, on the embedded model and real speech."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from audiocli.audio.decode import read
from conftest import Ran
from inprocess import files_below, without_summary

Run = Callable[..., Ran]

# Other words than those said, words that were not said, and marks of all kinds.
TEXT = """And so, my fellow Bavarians: ask not
what your country really can do for you —

This paragraph was never ever spoken by anybody, and it has many words.

ask what you can do for your country!
"""
STARTS = {"And": 0.32, "fellow": 1.2, "ask": 3.33, "not": 4.03, "country": 5.75, "you —": 7.1}


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "talk.txt"
    path.write_text(TEXT)
    return path


def spoken(answer: Ran) -> list[dict[str, Any]]:
    return [word for segment in answer.json["segments"] for word in segment["words"]]


def test_words_of_a_script_get_times_and_scores(run: Run, jfk: Path, text: Path) -> None:
    answer = run("align", jfk, "--text-file", text, "-f", "json")
    assert (answer.code, answer.stderr) == (0, "")
    assert (answer.json["schema"], answer.json["script"]) == ("audiocli/alignment/1", str(text))
    words = spoken(answer)
    first = {word["text"]: word for word in reversed(words)}
    for word, start in STARTS.items():
        assert first[word]["start"] == pytest.approx(start, abs=0.15)
    assert first["Bavarians:"]["confidence"] < 0.1 < first["fellow"]["confidence"]
    assert 1.4 < first["Bavarians:"]["start"] < first["Bavarians:"]["end"] < 2.4
    unspoken = " ".join(word["text"] for word in answer.json["unspoken"])
    assert (
        unspoken == "really This paragraph was never ever spoken by anybody, and it has many words."
    )
    assert answer.json["extra"] == []
    ends = [time for word in words for time in (word["start"], word["end"])]
    assert ends == sorted(ends)


def test_speech_that_the_text_lacks_is_told(run: Run, jfk: Path, tmp_path: Path) -> None:
    path = tmp_path / "half.txt"
    path.write_text("ask what you can do for your country")
    answer = run("align", jfk, "--text-file", path, "-f", "json")
    words = spoken(answer)
    assert [word["text"] for word in words] == path.read_text().split()
    assert words[0]["start"] > 7.5
    extra = " ".join(word["text"] for word in answer.json["extra"])
    assert "fellow Americans" in extra
    assert "not in the text: And so" in run("align", jfk, "--text-file", path, "-f", "table").stdout


def test_silence_noise_and_another_start_do_not_move_words(
    run: Run, jfk: Path, text: Path, tmp_path: Path
) -> None:
    samples = read(jfk, rate=16_000).samples[0]
    noise = np.random.default_rng(0).normal(0, 0.05, 16_000 * 40).astype(np.float32)
    tone = 0.3 * np.sin(np.arange(16_000 * 20) * 0.1).astype(np.float32)
    shifted = np.concatenate([noise, samples, tone, samples])
    sf.write(tmp_path / "long.wav", shifted, 16_000)
    text.write_text(TEXT * 2)
    words = spoken(run("align", tmp_path / "long.wav", "--text-file", text, "-f", "json"))
    starts = [word["start"] for word in words if word["text"] == "fellow"]
    assert starts == pytest.approx([41.2, 72.2], abs=0.2)
    cut = spoken(
        run("align", tmp_path / "long.wav", "--text-file", text, "-f", "json", "--start", "60")
    )
    assert [word["start"] for word in cut if word["text"] == "fellow"] == pytest.approx(
        [72.2], abs=0.2
    )


SHORT = "ask what you can do for your country"
TINY = ("-m", "whisper-tiny.en", "-f", "json")


def test_text_from_stdin(run: Run, jfk: Path) -> None:
    answer = run("align", jfk, "--text-file", "-", *TINY, stdin=SHORT.encode())
    assert (answer.code, answer.stderr) == (0, "")
    assert answer.json["script"] == "-"
    assert [word["text"] for word in spoken(answer)] == SHORT.split()


@pytest.mark.parametrize("kind", ["named pipe", "file descriptor", "/dev/stdin"])
def test_text_from_a_pipe_is_read_once(jfk: Path, tmp_path: Path, kind: str) -> None:
    """As a process: a shell hands `<(cat talk.txt)` over as /dev/fd/63."""
    (tmp_path / "talk.txt").write_text(SHORT)
    align = f"'{sys.executable}' -m audiocli align '{jfk}' {' '.join(TINY)} --text-file"
    line = {
        "named pipe": f"mkfifo pipe; cat talk.txt > pipe & {align} pipe",
        "file descriptor": f"{align} <(cat talk.txt)",
        "/dev/stdin": f"cat talk.txt | {align} /dev/stdin",
    }[kind]
    done = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    words = [word for one in json.loads(done.stdout)["segments"] for word in one["words"]]
    assert [word["text"] for word in words] == SHORT.split()


@pytest.mark.parametrize("inputs", [["-"], ["@-"], ["a.wav", "--files-from", "-"]])
def test_stdin_is_read_for_one_purpose(run: Run, inputs: list[str]) -> None:
    refused = (
        "error: stdin can be read only once: as the text or as an input "
        "(see `audiocli align --help`)\n"
    )
    assert run("align", *inputs, "--text-file", "-", stdin=SHORT.encode()) == (2, "", refused)


def test_stdin_without_words_is_refused_before_a_model_is_loaded(run: Run, jfk: Path) -> None:
    answer = run("align", jfk, "--text-file", "-", "-m", "no-such-model", stdin=b" ...\n")
    assert answer == (4, "", "error: stdin: has no words (check that it is the right file)\n")


@pytest.mark.usefixtures("text")
def test_folder_of_texts(run: Run, jfk: Path, tmp_path: Path) -> None:
    for name in ("talk", "other"):
        (tmp_path / f"{name}.flac").write_bytes(jfk.read_bytes())
    sounds = (tmp_path / "talk.flac", tmp_path / "other.flac")
    answer = run(
        "align", *sounds, "--text-file", tmp_path, "-d", tmp_path / "out", "-f", "textgrid"
    )
    assert answer.code == 1
    told = f"error: {tmp_path / 'other.txt'}: no such file (check the path)\n"
    assert without_summary(answer.stderr) == told
    grid = (tmp_path / "out" / "talk.TextGrid").read_text()
    assert '"fellow"' in grid
    assert files_below(tmp_path / "out") == ["talk.TextGrid"]


def test_rows_of_words_are_the_plain_form(run: Run, jfk: Path, text: Path) -> None:
    lines = run("align", jfk, "--text-file", text).stdout.splitlines()
    assert lines[0] == "source,start,end,confidence,text"
    assert len(lines) == 1 + len(TEXT.replace("—", "").split())
    assert f"{jfk},,,0.0000,paragraph" in lines


OTHER = b"Completely different things were written down in here, about the weather in Norway."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "{text}: no such file"),
        (b"\xff\xff", "{text}: is not UTF-8 text"),
        (b" ... \n", "{text}: has no words"),
        (OTHER, "{jfk}: hardly any words of {text} were recognised in it"),
    ],
)
def test_texts_that_cannot_be_aligned(
    run: Run, jfk: Path, tmp_path: Path, content: bytes | None, message: str
) -> None:
    text = tmp_path / "text.txt"
    if content is not None:
        text.write_bytes(content)
    answer = run("align", jfk, "--text-file", text)
    assert (answer.code, answer.stdout) == (4, "")
    assert message.format(text=text, jfk=jfk) in answer.stderr


def test_silence_holds_nothing_of_a_text(run: Run, text: Path, tmp_path: Path) -> None:
    sf.write(tmp_path / "silent.wav", np.zeros(32_000), 16_000)
    answer = run("align", tmp_path / "silent.wav", "--text-file", text)
    assert (answer.code, answer.stdout) == (4, "")
    assert f"silent.wav: no words of {text} were recognised in it (check" in answer.stderr


def test_several_recordings_want_several_texts(run: Run, jfk: Path, text: Path) -> None:
    answer = run("align", jfk, text, "--text-file", text)
    assert answer.code == 2
    assert "--text-file DIR takes NAME.txt" in answer.stderr
    assert run("align", jfk).stderr.startswith("error: no text given")
    unknown = run("align", jfk, "--text-file", text, "--language", "xx")
    assert unknown.code == 2
    assert "whisper-base does not support the language 'xx' (one of: af, " in unknown.stderr


def test_model_with_ctc_head_aligns_by_force(run: Run, jfk: Path, tmp_path: Path) -> None:
    """On what the model itself writes: some words replaced, and some more put in."""
    pytest.importorskip("torch")
    import tiny_ctc

    folder = tiny_ctc.save(tmp_path / "model", "xls-r")
    written = spoken(
        run("transcribe", jfk, "-m", folder, "-f", "json", "-w", "--no-hallucination-filter")
    )
    words = [word["text"] for word in written]
    changed = next(n for n, word in enumerate(written) if word["start"] > 5.0)  # where he speaks
    words[changed] = "1984"
    text = tmp_path / "text.txt"
    text.write_text(" ".join([*words[:2], *["unheard"] * 200, *words[2:]]))
    answer = run("align", jfk, "-m", folder, "--text-file", text, "-f", "json")
    assert (answer.code, answer.stderr) == (0, "")
    found = spoken(answer)
    assert [word["text"] for word in found] == words
    assert len(answer.json["unspoken"]) == 200
    for word, known in zip(found, written, strict=True):
        assert word["start"] == pytest.approx(
            known["start"],
            abs=0.1 if word["text"] == "1984" else 0.021,  # one frame
        )


def test_phoneme_model_tells_the_sounds_of_the_segments(
    run: Run, jfk: Path, text: Path, tmp_path: Path
) -> None:
    pytest.importorskip("torch")
    import tiny_ctc

    folder = tiny_ctc.phonemes(tmp_path / "sounds")
    options = ("--text-file", text, "--phoneme-model", folder)
    answer = run("align", jfk, *options, "-f", "json")
    assert (answer.code, answer.stderr) == (0, "")
    assert len(answer.json["phonemes"]) > 100
    lines = [(segment["start"], segment["end"]) for segment in answer.json["segments"]]
    for one in answer.json["phonemes"]:
        middle = (one["start"] + one["end"]) / 2
        assert any(start - 0.01 <= middle <= end + 0.01 for start, end in lines)
    grid = run("align", jfk, *options, "-f", "textgrid").stdout
    assert [line.split('"')[1] for line in grid.splitlines() if "name = " in line] == [
        "words",
        "segments",
        "phonemes",
    ]
    letters = tiny_ctc.save(tmp_path / "letters", "xls-r")
    refused = run("align", jfk, "--text-file", text, "--phoneme-model", letters)
    assert refused.code == 2
    assert f"{letters} writes letters, not phonemes" in refused.stderr
    told_why = run("align", jfk, "--text-file", text, "-m", folder).stderr
    assert "the model writes phonemes, so the text must consist of phonemes" in told_why


def test_alignment_is_read_back(run: Run, jfk: Path, text: Path, tmp_path: Path) -> None:
    path = tmp_path / "talk.json"
    path.write_text(run("align", jfk, "--text-file", text, "-f", "json").stdout)
    answer = run("convert", path, "-f", "srt")
    assert answer.code == 0
    assert "And so, my fellow Bavarians:" in answer.stdout
    assert json.loads(run("convert", path, "-f", "json").stdout) == json.loads(path.read_text())
