"""`audiocli spectrogram` and `audiocli features` as people run them."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from audiocli import render
from inprocess import audiocli
from sounds import pcm, tone

JFK = Path(__file__).parents[1] / "data" / "jfk.flac"


def test_a_pipe_gets_a_drawing_in_ascii() -> None:
    said = audiocli("spectrogram", JFK)
    assert (said.code, said.stderr) == (0, "")
    assert said.stdout.isascii() and said.stdout.endswith(" 10 s\n")
    assert max(map(len, said.stdout.splitlines())) <= 80 + len(str(JFK))


def test_a_terminal_gets_colours_it_can_show() -> None:
    assert "\x1b[38;5;" in audiocli("spectrogram", JFK, terminal=True).stdout
    assert "\x1b[38;2;" in audiocli("spectrogram", JFK, terminal=True, COLORTERM="truecolor").stdout
    assert "\x1b" not in audiocli("spectrogram", JFK, terminal=True, NO_COLOR="1").stdout
    assert "\x1b" in audiocli("spectrogram", JFK, FORCE_COLOR="1").stdout


def test_a_terminal_gets_no_bytes() -> None:
    said = audiocli("spectrogram", JFK, "-f", "png", terminal=True)
    assert said.code == 2 and said.stderr == (
        "error: will not write png to a terminal (use --output FILE)\n"
    )


@pytest.mark.parametrize("name", ["png", "svg", "pdf", "npy", "npz", "csv", "json"])
def test_every_format_by_its_ending(tmp_path: Path, name: str) -> None:
    target = tmp_path / f"a.{name}"
    said = audiocli("spectrogram", JFK, "--end", "0.5", "-o", target)
    assert (said.code, said.stdout, said.stderr) == (0, "", "") and target.stat().st_size > 1000


def test_bytes_go_through_a_pipe_whole() -> None:
    command = [
        sys.executable,
        "-m",
        "audiocli",
        "spectrogram",
        str(JFK),
        "-f",
        "png",
        "--width",
        "300",
    ]
    done = subprocess.run(command, capture_output=True, check=True)
    assert Image.open(io.BytesIO(done.stdout)).width == 300 and not done.stderr


def test_a_folder_of_pictures_and_one_bad_file(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        (tmp_path / "in" / f"{name}.wav").write_bytes(pcm(tone()))
    (tmp_path / "in" / "c.wav").write_bytes(b"no sound")
    said = audiocli("spectrogram", tmp_path / "in", "-d", tmp_path / "out", "-f", "png")
    assert said.code == 1 and said.stderr.count("error: ") == 1 and "c.wav" in said.stderr
    assert sorted(p.stem for p in (tmp_path / "out").rglob("*.png")) == ["a", "b"]
    several = audiocli("spectrogram", tmp_path / "in", "-f", "png", "-o", tmp_path / "x.png")
    assert several.code == 2 and "--output-dir" in several.stderr


def test_comparing(tmp_path: Path) -> None:
    paths = [tmp_path / "before.wav", tmp_path / "after.wav"]
    for path, gain in zip(paths, (1.0, 0.1), strict=True):
        path.write_bytes(pcm(gain * tone()))
    picture = tmp_path / "both.png"
    assert audiocli("spectrogram", *paths, "--compare", "-o", picture).code == 0
    assert Image.open(picture).height > 500
    told = json.loads(audiocli("spectrogram", *paths, "--compare", "-f", "json").stdout)
    loudest = [np.max(panel["values"]) for panel in told["panels"]]
    assert loudest[0] - loudest[1] == pytest.approx(20, abs=0.1)
    into = audiocli("spectrogram", *paths, "--compare", "-d", tmp_path)
    assert into.code == 2 and "--compare writes one" in into.stderr


def test_curves_are_no_denser_than_a_picture() -> None:
    said = audiocli("spectrogram", JFK, "-f", "svg", "--width", "200", "--formants", "--energy")
    (energy,) = ElementTree.fromstring(said.stdout).findall(".//{*}polyline[@stroke='#ffe14d']")
    assert 100 < len(energy.get("points", "").split()) <= 2 * (200 - 62 - 84) + 1
    names = [text.text for text in ElementTree.fromstring(said.stdout).findall(".//{*}text")]
    assert {"F1", "F2", "F3", "energy"} <= set(names)


def test_overlay_and_curves_are_kept_in_json(tmp_path: Path) -> None:
    turns = tmp_path / "t.rttm"
    turns.write_text("SPEAKER jfk 1 0.5 1.0 <NA> <NA> kennedy <NA> <NA>\n")
    said = audiocli("spectrogram", JFK, "--overlay", turns, "--pitch", "-f", "json")
    told = json.loads(said.stdout)
    assert told["spans"] == [{"start": 0.5, "end": 1.5, "text": "kennedy", "lane": "kennedy"}]
    (curve,) = told["curves"]
    voiced = [value for value in curve["values"] if value is not None]
    assert 150 < np.median(voiced) < 300 and len(voiced) < len(curve["times"])


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (
            ["--fmax", "9000"],
            f"{JFK}: --fmax 9000 is above 8000 Hz, half the sample rate "
            "(lower --fmax, or omit it for the whole range)",
        ),
        (["--fmin", "9000"], f"{JFK}: --fmin 9000 is not below 8000 Hz, half the sample rate"),
        (["--overlay", "none.json"], "none.json: no such file"),
        (
            ["--model-input", "ast", "--pitch"],
            "--pitch does not apply with --model-input",
        ),
        (
            ["--formants", "--kind", "mfcc"],
            "--formants requires a frequency axis, which mfcc does not",
        ),
        (
            ["--pitch", "--kind", "chroma"],
            "--pitch requires a frequency axis, which chroma does not",
        ),
        (
            ["--model-input", "whisper", "--n-mels", "40"],
            "--n-mels does not apply with --model-input",
        ),
        (["--start", "60"], "before --start 1:00.0"),
    ],
)
def test_what_cannot_be_is_one_line(options: list[str], complaint: str) -> None:
    said = audiocli("spectrogram", JFK, *options)
    assert said.code != 0 and complaint in said.stderr and said.stderr.count("\n") == 1


def test_empty_mel_bands_are_reported() -> None:
    ran = audiocli("spectrogram", JFK, "--n-mels", "2000")
    assert ran.code == 0
    assert re.fullmatch(
        rf"warning: {JFK}: \d+ of 2000 mel bands are empty; lower --n-mels or raise --n-fft\n",
        ran.stderr,
    )
    assert audiocli("spectrogram", JFK).stderr == ""


def test_an_overlay_of_another_recording_is_reported(tmp_path: Path) -> None:
    turns = tmp_path / "t.rttm"
    turns.write_text("SPEAKER meeting 1 0.5 1.0 <NA> <NA> ada <NA> <NA>\n")
    ran = audiocli("spectrogram", JFK, "--overlay", turns, "-f", "json")
    assert (ran.code, ran.stderr) == (
        0,
        f"warning: {JFK}: {turns} is the result of another recording: meeting\n",
    )


def test_a_frequency_range_is_checked_before_reading() -> None:
    said = audiocli("spectrogram", "no.wav", "--fmin", "5000", "--fmax", "100")
    assert (said.code, said.stderr) == (
        2,
        "error: --fmin 5000 is not below --fmax 100 (lower --fmin or raise --fmax)\n",
    )
    assert audiocli("spectrogram", "no.wav", "--fmax", "0").code == 2


def test_no_torch_and_no_matplotlib(tmp_path: Path) -> None:
    program = (
        "import sys; from audiocli.cli import main; code = main(sys.argv[1:]);"
        "heavy = {'torch', 'matplotlib', 'librosa', 'scipy'} & set(sys.modules);"
        "sys.exit(code or (str(heavy) if heavy else 0))"
    )
    for kind in ("waveform", "linear", "log-mel", "mfcc", "cqt"):
        command = [sys.executable, "-c", program, "spectrogram", str(JFK), "--kind", kind]
        subprocess.run([*command, "-o", tmp_path / f"{kind}.png"], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(("name", "most"), [("png", 15), ("npy", 25)])
def test_memory_does_not_grow(tmp_path: Path, name: str, most: float) -> None:
    """Ten minutes more may not cost what they weigh: 38 MB as floats, 80 MB as spectra."""
    program = (
        "import sys; from pathlib import Path; from audiocli.cli import main; main(sys.argv[1:]);"
        "status = Path('/proc/self/status').read_text();"
        "print(status.partition('VmHWM:')[2].split()[0])"
    )
    peaks = []
    for seconds in (60, 660):
        sound = tmp_path / f"{seconds}.wav"
        sound.write_bytes(pcm(np.tile(tone(10), seconds // 10)))
        command = [
            sys.executable,
            "-c",
            program,
            "spectrogram",
            str(sound),
            "--kind",
            "linear",
            "-o",
        ]
        peaks.append(int(subprocess.check_output([*command, f"{sound}.{name}"])) / 1024)
    assert peaks[1] - peaks[0] < most, peaks


def test_json_refuses_what_memory_cannot_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(render.get("json")), "max_values", 1_000_000)
    (tmp_path / "long.wav").write_bytes(pcm(np.tile(tone(10), 2)))
    said = audiocli("spectrogram", tmp_path, "--n-mels", "800", "-f", "json", "--n-fft", "4096")
    assert said.code == 0
    said = audiocli("spectrogram", tmp_path, "--n-mels", "800", "-f", "json")
    assert (
        said.code == 4
        and said.stdout == ""
        and said.stderr.endswith(
            "long.wav: has more than 1 million values, too many for this format "
            "(npy, npz and csv have no limit; --hop-length and --end reduce the number)\n"
        )
    )


def test_features_as_csv_and_as_a_table() -> None:
    said = audiocli("features", JFK, "-f", "csv")
    (row,) = csv.DictReader(io.StringIO(said.stdout))
    assert float(row["duration"]) == 11.0 and float(row["loudness"]) == pytest.approx(
        -15.4, abs=0.1
    )
    assert 200 < float(row["f0_mean"]) < 280 and row["speaking_rate"] == ""
    table = audiocli("features", JFK, "-f", "table").stdout
    assert "LUFS" in table and "-15.4" in table
