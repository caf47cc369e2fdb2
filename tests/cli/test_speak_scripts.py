"""Books, SSML, dialogue, subtitles and lexicons, as their users speak them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile

from audiocli.audio.decode import read

SRT = """1
00:00:01,000 --> 00:00:02,500
Hello there.

2
00:00:03,000 --> 00:00:04,500
Goodbye, Dr. Nguyen.
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUDIOCLI_LEXICON", str(tmp_path / "mine.toml"))
    return tmp_path


def test_notes_are_read_with_an_option_that_plain_text_refuses(
    run: Callable[..., Any], folder: Path
) -> None:
    (folder / "a.html").write_text("<p>Text.</p><aside role='doc-footnote'>A note.</aside>")
    assert run("speak", "a.html", "--show-text").stdout == "Text.\n"
    assert run("speak", "a.html", "--show-text", "--notes").stdout == "Text.\nA note.\n"
    ran = run("speak", "Hello.", "--show-text", "--notes")
    assert (ran.code, ran.stdout) == (2, "")
    assert "--notes is for EPUB and HTML" in ran.stderr


def test_the_words_are_shown_as_they_would_be_said(run: Callable[..., Any], folder: Path) -> None:
    (folder / "mine.toml").write_text('[words]\nNguyen = "win"\ngif = "jif"\n')
    (folder / "audiocli-words.toml").write_text('[words]\ngif = "ghif"\n')
    (folder / "more.toml").write_text('[words]\n"Lee" = "lay"\n')
    text = "Dr. Nguyen paid $5 for a GIF. Lee: 1/2."
    ran = run("speak", text, "--show-text", "--lexicon", "more.toml")
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout == "Doctor win paid five dollars for a ghif.\nlay: one half.\n"
    assert run("speak", text, "--show-text", "-m", "kokoro").stdout.startswith("Doctor win")
    ran = run("speak", "Am 3. Mai 21 Leute", "--show-text", "-l", "de")
    assert ran.stdout == "Am dritten Mai einundzwanzig Leute\n"


def test_an_argument_that_is_a_file_of_text_is_read(run: Callable[..., Any], folder: Path) -> None:
    (folder / "a.md").write_text("# One\n\nTwo *three*.\n")
    assert run("speak", "a.md", "--show-text").stdout == "One\nTwo three.\n"
    assert run("speak", "say b.md", "--show-text").stdout == "say B dot M.D.\n"


def test_chapters_and_title_are_in_the_file(run: Callable[..., Any], folder: Path) -> None:
    (folder / "a.md").write_text(
        "---\ntitle: A Walk\nauthor: Ann\n---\nHi.\n\n# One\n\nA.\n\n# Two\n\nB.\n"
    )
    for name in ("a.m4b", "a.mp3", "a.opus", "a.flac"):
        assert run("speak", "a.md", "-o", name, "-f", "json", "--overwrite").code == 0
        with av.open(name) as book:
            chapters = book.chapters()
            tags = {**book.metadata, **book.streams[0].metadata}
            unit = float(chapters[0]["time_base"])
        assert [chapter["metadata"]["title"] for chapter in chapters] == ["A Walk", "One", "Two"]
        assert (tags["title"], tags["artist"]) == ("A Walk", "Ann")
        assert "synthetic speech" in tags["comment"]
        result = json.loads((folder / "a.json").read_text())
        starts = [chapter["time"] for chapter in result["chapters"]]
        assert [c["start"] * unit for c in chapters] == pytest.approx([0, *starts], abs=0.002)
        assert [s["start"] for s in result["segments"] if s["text"] in ("One", "Two")] == starts
    ran = run("speak", "hi", "-f", "m4b")
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr.startswith("error: m4b cannot be written to a pipe")


def test_ssml_errors_tell_their_place(run: Callable[..., Any], folder: Path) -> None:
    (folder / "a.ssml").write_text("<speak>\n <audio/>\n</speak>")
    ran = run("speak", "a.ssml", "-o", "a.wav")
    assert (ran.code, ran.stdout) == (4, "")
    assert ran.stderr.startswith("error: a.ssml: line 2, column 2: <audio> is not known")
    assert [path.name for path in folder.iterdir()] == ["a.ssml"]


def test_a_text_in_another_language_is_told(run: Callable[..., Any], folder: Path) -> None:
    (folder / "a.md").write_text("---\nlang: fr-CA\n---\nBonjour.\n")
    ran = run("speak", "a.md", "-o", "a.wav")
    assert ran.code == 0
    assert "the language of a.md is 'fr-CA', and hibari speaks en" in ran.stderr
    (folder / "b.ssml").write_text('<speak xml:lang="en-GB">Hi.</speak>')
    assert run("speak", "b.ssml", "-o", "b.wav").stderr == ""


def test_marks_are_told_with_their_times(run: Callable[..., Any], folder: Path) -> None:
    ssml = "<speak>One <mark name='a'/>two.<break time='1s'/><mark name='b'/>Three.</speak>"
    assert run("speak", ssml, "-o", "a.wav", "-f", "json").code == 0
    result = json.loads((folder / "a.json").read_text())
    one, three = result["segments"]
    assert [(mark["name"], mark["time"]) for mark in result["marks"]] == [
        ("a", one["words"][1]["start"]),
        ("b", three["words"][0]["start"]),
    ]


def test_dialogue_has_two_voices(run: Callable[..., Any], folder: Path) -> None:
    (folder / "a.txt").write_text("ALICE: Good morning.\nBOB: Good morning.\nCAROL: Hm.\n")
    args = ("--voices-map", "Alice=heart,BOB=nobody", "-o", "a.wav")
    ran = run("speak", "a.txt", *args)
    assert (ran.code, ran.stdout) == (4, "")
    assert "no model has a voice called 'nobody'" in ran.stderr


def test_subtitles_are_dubbed(run: Callable[..., Any], folder: Path, jfk: Path) -> None:
    (folder / "talk.srt").write_text(SRT)
    args = ("--fit", "--mix-with", jfk, "--duck", "-o", "a.flac", "-f", "json", "-f", "srt")
    ran = run("speak", "talk.srt", *args)
    assert (ran.code, ran.stdout, ran.stderr) == (0, "", "")
    original, dubbed = read(jfk), read(folder / "a.flac")
    assert (dubbed.rate, dubbed.samples.shape) == (original.rate, original.samples.shape)
    after = slice(round(5.5 * original.rate), None)
    assert np.allclose(dubbed.samples[:, after], original.samples[:, after], atol=2e-4)
    result = json.loads((folder / "a.json").read_text())
    assert [s["start"] for s in result["segments"]] == [1.0, 3.0]
    assert (folder / "a.srt").read_text().count("-->") == 2


@pytest.mark.parametrize(("channels", "kept"), [(2, 2), (4, 1)])
def test_a_recording_keeps_its_two_channels(
    run: Callable[..., Any], folder: Path, channels: int, kept: int
) -> None:
    sound = np.zeros((16_000, channels))
    sound[:, 0] = 0.3 * np.sin(np.arange(16_000) / 10)
    soundfile.write(folder / "left.wav", sound, 16_000)
    (folder / "talk.srt").write_text("1\n00:00:00,600 --> 00:00:01,000\nHi.\n")
    assert run("speak", "talk.srt", "--fit", "--mix-with", "left.wav", "-o", "a.wav").code == 0
    dubbed, rate = soundfile.read(folder / "a.wav", always_2d=True)
    assert (rate, dubbed.shape[1]) == (16_000, kept)
    before = slice(0, 9_000)
    expected = sound[before] if kept == channels else sound[before].mean(axis=1, keepdims=True)
    assert np.allclose(dubbed[before], expected, atol=2e-4)


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["hi", "--fit", "-o", "a.wav"], 4, "text: has no cues to fit to"),
        (["hi", "--duck", "-o", "a.wav"], 2, "--duck requires --mix-with"),
        (["hi", "--mix-with", "no.wav", "-o", "a.wav"], 4, "no.wav: no such file"),
        (
            ["hi", "--mix-with", "a" * 5000, "-o", "a.wav"],
            4,
            f"{'a' * 5000}: file name too long (choose",
        ),
        (["hi", "--mix-with", "no.wav"], 2, "--mix-with requires --output or --output-dir"),
        (["hi", "--lexicon", "no.toml"], 4, "no.toml: no such file"),
        (["hi", "--voices-map", "ALICE"], 2, "--voices-map 'ALICE': expected NAME=VOICE"),
    ],
)
def test_what_cannot_be(
    run: Callable[..., Any], folder: Path, args: list[str], code: int, message: str
) -> None:
    ran = run("speak", *args)
    assert (ran.code, ran.stdout) == (code, "")
    assert ran.stderr.startswith(f"error: {message}")
    assert list(folder.iterdir()) == []


def test_a_killed_run_goes_on(run: Callable[..., Any], folder: Path) -> None:
    """Killed twice, and the sound is that of a run nobody disturbed."""
    text = "# One\n\n" + "\n\n".join(
        f"This is paragraph number {n} of a book that is read aloud." for n in range(120)
    )
    (folder / "a.md").write_text(text)
    journal = folder / ".a.wav.speaking" / "journal.jsonl"
    command = [sys.executable, "-m", "audiocli", "speak", "a.md", "-o", "a.wav", "--overwrite"]
    lines = 1
    for _ in range(2):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            if journal.is_file() and journal.read_bytes().count(b"\n") > lines:
                break
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        process.wait()
        if not journal.is_file():
            break  # it was quicker than we were
        lines = journal.read_bytes().count(b"\n")
    ran = run("speak", "a.md", "-o", "a.wav", "--overwrite", "-f", "json")
    assert ran.code == 0
    assert run("speak", "a.md", "-o", "whole.wav").code == 0
    assert (folder / "a.wav").read_bytes() == (folder / "whole.wav").read_bytes()
    said = [segment["text"] for segment in json.loads((folder / "a.json").read_text())["segments"]]
    assert said == ["One", *text.split("\n\n")[1:]]
    assert not journal.exists()
