"""The command speak: whole runs on the embedded voice."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

from audiocli.audio.decode import open_audio, read
from audiocli.audio.writer import AUDIO_FORMATS
from inprocess import files_below

AUDIOCLI = (sys.executable, "-m", "audiocli")
TEXT = "The quick brown fox jumps over the lazy dog. Where did it go?"


def pipe(*args: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the program with binary streams."""
    return subprocess.run([*AUDIOCLI, *args], input=stdin, capture_output=True)


def words(text: str) -> list[str]:
    return "".join(c for c in text.lower() if c.isalnum() or c.isspace()).split()


def test_spoken_text_is_heard_again() -> None:
    text = "Please open the window.\nIt is warm in here.\n\nDo you hear the birds in the garden?\n"
    spoken = pipe("speak", "-", stdin=text.encode())
    assert (spoken.returncode, spoken.stderr) == (0, b"")
    heard = pipe("transcribe", "-", "-f", "txt", "--language", "en", stdin=spoken.stdout)
    assert words(heard.stdout.decode()) == words(text)


@pytest.mark.parametrize("name", [n for n, c in AUDIO_FORMATS.items() if c.streams and n != "raw"])
def test_a_pipe_takes_every_format(name: str) -> None:
    spoken = pipe("speak", TEXT, "-f", name)
    sound = read(io.BytesIO(spoken.stdout), rate=24_000)
    assert sound.duration == pytest.approx(
        len(pipe("speak", TEXT, "-f", "raw").stdout) / 48_000, abs=0.1
    )
    assert 0.05 < np.abs(sound.samples).max() <= 1


def test_sound_is_there_before_the_text_is_done() -> None:
    process = subprocess.Popen(
        [*AUDIOCLI, "speak", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin and process.stdout
    process.stdin.write(
        ("A short one. " + "And a much longer sentence, of many words. " * 400).encode()
    )
    process.stdin.close()
    with open_audio(process.stdout, name="-", live=True) as stream:  # type: ignore[arg-type]
        first = next(iter(stream))
    assert first.size
    assert process.poll() is None  # minutes of speech are still to come
    process.stdout.close()  # as `head` does
    assert process.wait(timeout=30) in {0, -13, 141}


def test_json_and_subtitles_lie_beside_the_sound(run: Callable[..., Any], tmp_path: Path) -> None:
    out = tmp_path / "talk.flac"
    ran = run("speak", TEXT, "-o", out, "-f", "json", "-f", "srt", "--seed", "7")
    assert (ran.code, ran.stdout, ran.stderr) == (0, "", "")
    import json

    result = json.loads((tmp_path / "talk.json").read_text())
    sound = read(out)
    assert result["schema"] == "audiocli/speech/1"
    assert result["duration"] == pytest.approx(sound.duration, abs=1e-3)
    assert (result["voice"], result["seed"], result["language"]) == ("heart", 7, "en")
    assert [s["text"] for s in result["segments"]] == [
        "The quick brown fox jumps over the lazy dog.",
        "Where did it go?",
    ]
    # There is speech inside the sentences, and silence between them.
    loud = np.abs(sound.samples[0]) > 0.02
    first, second = result["segments"]
    gap = slice(*(round(t * 24_000) for t in (first["end"], second["start"])))
    assert not loud[gap].any()
    assert loud[: gap.start].mean() > 0.3
    assert (tmp_path / "talk.srt").read_text().startswith("1\n00:00:00,068 --> 00:00:0")
    again = run("convert", tmp_path / "talk.json", "-f", "table")
    assert again.code == 0
    assert "Where did it go?" in again.stdout


def test_the_same_seed_gives_the_same_sound_and_speed_is_heard(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    def said(*options: str) -> np.ndarray:
        out = tmp_path / "out.wav"
        assert run("speak", TEXT, "-o", out, "--overwrite", *options).code == 0
        return read(out).samples[0]

    plain = said()
    assert np.array_equal(plain, said("--seed", "0"))
    assert not np.array_equal(plain, said("--seed", "1"))
    assert said("--speed", "2").size < 0.75 * plain.size


def test_another_process_says_the_same() -> None:
    first, again, other = (
        pipe("speak", TEXT, "-f", "raw", "--seed", seed).stdout for seed in ("5", "5", "6")
    )
    assert first == again != other


def test_play_without_a_loudspeaker(run: Callable[..., Any], monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    ran = run("speak", "hi", "--play")
    assert (ran.code, ran.stdout, ran.stderr.count("\n")) == (3, "", 1)
    assert "pip install 'audiocli[play]'" in ran.stderr
    device = SimpleNamespace(OutputStream=no_loudspeaker, PortAudioError=OSError, __spec__="here")
    monkeypatch.setitem(sys.modules, "sounddevice", device)
    ran = run("speak", "hi", "--play")
    assert (ran.code, ran.stderr) == (
        4,
        "error: --play: no output device: Error querying device -1 (write a file with --output)\n",
    )


def no_loudspeaker(**_: Any) -> None:
    raise OSError("Error querying device -1")


def test_loudness_is_what_an_ebu_meter_reads(run: Callable[..., Any], tmp_path: Path) -> None:
    for target in (-16.0, -23.0, -30.0):
        out = tmp_path / f"{target}.wav"
        ran = run("speak", TEXT, "-o", out, "--loudness", target)
        assert (ran.code, ran.stderr) == (0, "")
        assert integrated_loudness(read(out).samples[0], 24_000) == pytest.approx(target, abs=0.2)
        assert np.abs(read(out).samples).max() < 0.892
    ran = run("speak", TEXT, "-o", tmp_path / "loud.wav", "--loudness", "-3")
    assert "-3 LUFS would need too much limiting" in ran.stderr
    assert np.abs(read(tmp_path / "loud.wav").samples).max() == pytest.approx(0.891, abs=0.002)


def integrated_loudness(samples: np.ndarray, rate: int) -> float:
    """ITU-R BS.1770-4 in NumPy alone, by its analogue filters; not the code under test."""
    f = np.fft.rfftfreq(2 * samples.size, 1 / rate)
    s = 1j * np.tan(np.pi * np.minimum(f, rate / 2 - 1e-3) / rate)  # bilinear transform
    k1, q1, gain = np.tan(np.pi * 1681.974 / rate), 0.7071752, 10 ** (3.999844 / 20)
    k2, q2 = np.tan(np.pi * 38.13547 / rate), 0.5003270
    shelf = (gain * s**2 + gain**0.4996667 * k1 / q1 * s + k1**2) / (s**2 + k1 / q1 * s + k1**2)
    highpass = s**2 / (s**2 + k2 / q2 * s + k2**2)
    weighted = np.fft.irfft(np.fft.rfft(samples, 2 * samples.size) * shelf * highpass)
    step = rate // 10
    blocks = np.lib.stride_tricks.sliding_window_view(weighted[: samples.size], 4 * step)[::step]
    power = np.square(blocks).mean(axis=1)
    power = power[-0.691 + 10 * np.log10(power + 1e-20) > -70]
    gate = -0.691 + 10 * np.log10(power.mean()) - 10
    return float(-0.691 + 10 * np.log10(power[-0.691 + 10 * np.log10(power) > gate].mean()))


def test_files_go_into_a_folder_and_one_bad_file_stops_none(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    for name, content in {
        "a": b"One.",
        "b": b"\xff\xff\xff",
        "c": "Three.".encode("utf-16"),
    }.items():
        (tmp_path / f"{name}.txt").write_bytes(content)
    files = [x for name in "abc" for x in ("--file", tmp_path / f"{name}.txt")]
    out = tmp_path / "out"
    ran = run("speak", *files, "-d", out, "-f", "opus")
    assert ran.code == 1
    assert ran.stderr.startswith(f"error: {tmp_path}/b.txt: is not UTF-8 text")
    assert files_below(out) == ["a.opus", "c.opus"]
    again = run("speak", *files, "-d", out, "-f", "opus")
    assert again.code == 4  # only the bad one is left to do
    assert "2 of 3 outputs exist already" in again.stderr


def test_the_file_says_that_nobody_said_this(run: Callable[..., Any], tmp_path: Path) -> None:
    run("speak", "Hello.", "-o", tmp_path / "out.mp3")
    with av.open(str(tmp_path / "out.mp3")) as file:
        assert file.metadata["comment"].startswith("synthetic speech, made by audiocli ")


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["speak", "?! ..."], 4, "text: has no letters or digits to speak"),
        (["speak", "nofile.txt"], 4, "nofile.txt: no such file (check the path)"),
        (["speak", "no/story.MD", "--show-text"], 4, "no/story.MD: no such file (check the path)"),
        (["speak", "你好，世界"], 4, "text: hibari speaks en and cannot pronounce any of it"),
        (
            ["speak", "hi", "--language", "fr"],
            2,
            "hibari does not support the language 'fr' (one of: en)",
        ),
        (["speak", "hi", "--voice", "nobody"], 2, "no model has a voice called 'nobody'"),
        (["speak", "hi", "--speaker-embedding", "no.npy"], 4, "no.npy: no such file"),
        (
            ["speak", "hi", "-f", "srt"],
            2,
            "the audio is written to stdout, so srt needs a file",
        ),
        (["speak", "hi", "-f", "wav", "-f", "mp3"], 2, "choose one audio format"),
        (["speak", "hi", "-o", "x.wma"], 2, "x.wma: unknown audio format .wma"),
        (["speak", "hi", "-"], 2, "- reads the text from stdin and cannot be combined with words"),
        (["speak"], 2, "no text to speak"),
        (["speak", "", " "], 2, "the text to speak is empty (give a text with words)"),
        (["speak", "hi", "-m", "mms-tts"], 2, "mms-tts has a model for each language"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    run: Callable[..., Any], args: list[str], code: int, message: str
) -> None:
    ran = run(*args)
    assert (ran.code, ran.stdout) == (code, "")
    assert ran.stderr.startswith(f"error: {message}")
    assert ran.stderr.count("\n") == 1


def test_a_missing_file_among_others_is_no_text(run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Yes.")
    ran = run("speak", tmp_path / "a.txt", "b.txt", "-d", tmp_path / "out")
    assert (ran.code, ran.stderr) == (1, "error: b.txt: no such file (check the path)\n")
    assert (tmp_path / "out" / "a.wav").exists()


@pytest.mark.parametrize("text", ["Please open notes.txt", "notes.txt is empty"])
def test_a_text_with_the_name_of_a_file_is_spoken(run: Callable[..., Any], text: str) -> None:
    assert run("speak", text, "--show-text").stdout.startswith(text[:5])
    assert run("speak", *text.split(), "--show-text").stdout.startswith(text[:5])


def test_a_name_that_is_spoken_although_it_exists(run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "report").write_text("Yes.")
    ran = run("speak", tmp_path / "report", "--show-text")
    assert (ran.code, ran.stderr) == (
        0,
        f"warning: {tmp_path}/report: the name is spoken; --file reads the file\n",
    )


def test_sound_stays_out_of_a_terminal(run: Callable[..., Any]) -> None:
    ran = run("speak", "hi", terminal=True)
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr.startswith("error: audio is not written to a terminal")


def test_output_that_cannot_be_written(run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    ran = run("speak", "hi", "-o", tmp_path / "taken" / "out.wav")
    assert ran.code == 4
    assert f"error: {tmp_path}/taken" in ran.stderr
    exists = tmp_path / "out.wav"
    exists.write_bytes(b"mine")
    assert run("speak", "hi", "-o", exists).code == 2
    assert exists.read_bytes() == b"mine"


def test_nothing_is_written_over_a_text_or_twice(run: Callable[..., Any], tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "story.txt").write_text("Once.")
    story, twin = tmp_path / "one" / "story.txt", tmp_path / "two" / "story.txt"
    over = run(
        "speak", "--file", story, "-o", story.with_suffix(".wav"), "-f", "txt", "--overwrite"
    )
    twice = run("speak", "--file", story, "--file", twin, "-d", tmp_path / "out")
    for ran in (over, twice):
        assert ran.code == 2
        assert "would be written twice, or over a text" in ran.stderr
    assert story.read_text() == "Once."
    (tmp_path / "one" / "story.json").write_text("mine")
    ran = run("speak", "--file", story, "-o", story.with_suffix(".wav"), "-f", "json")
    assert "story.json: exists already" in ran.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_told() -> None:
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run([*AUDIOCLI, "speak", TEXT], stdout=full, stderr=subprocess.PIPE)
    assert ran.returncode == 4
    assert b"stdout: cannot be written" in ran.stderr.lower()


def test_a_long_line_with_control_characters(run: Callable[..., Any], tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("again \x1b[31m\x00" * 300)
    out = tmp_path / "out.wav"
    assert run("speak", "--file", text, "-o", out, "-f", "txt").code == 0
    assert words((tmp_path / "out.txt").read_text()) == ["again"] * 300
    assert read(out).duration > 60


def test_voices_are_listed_without_loading_any() -> None:
    code = "import sys; from audiocli.cli import main; main(['speak', '--list-voices'])"
    code += "; assert not {'torch', 'hibari', 'onnxruntime'} & set(sys.modules)"
    environment = {**os.environ, "AUDIOCLI_OFFLINE": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    rows = [line.split("\t") for line in ran.stdout.splitlines()]
    assert ["heart", "hibari", "en", "Apache-2.0", "downloaded"] in rows
    assert ["slt", "speecht5", "en", "MIT"] in [row[:4] for row in rows]
