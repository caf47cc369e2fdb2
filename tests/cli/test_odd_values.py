"""Times and nesting beyond all measure, in files and options: one line each, and no defect."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from inprocess import Ran

Run = Callable[..., Ran]
DEPTH = 100_000
ARRAY = "[" * DEPTH + "]" * DEPTH


def check(ran: Ran, code: int, name: str | Path) -> None:
    """The run failed with one line that names a file or option, and a way out."""
    assert (ran.code, ran.stdout) == (code, "")
    (line,) = ran.stderr.splitlines()
    assert line.startswith("error: ")
    assert str(name) in line
    assert "unexpected" not in line
    assert line.endswith(")")


# --- nesting ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", [ARRAY, '{"a":' * DEPTH, "[" * DEPTH], ids=["array", "map", "open"]
)
def test_nested_json(run: Run, tmp_path: Path, jfk: Path, text: str) -> None:
    result = tmp_path / "result.json"
    result.write_text(text)
    check(run("convert", result), 4, result)
    made = run("features", jfk, "-f", "json").stdout.strip()
    result.write_text(f'{made[:-1]}, "x": {text}}}')
    check(run("convert", result), 4, result)
    config = tmp_path / "model" / "config.json"
    config.parent.mkdir()
    config.write_text(text)
    check(run("classify", jfk, "-m", config.parent), 3, config.parent)
    check(run("voices", "list", AUDIOCLI_VOICES=str(config)), 2, config)


LEXICONS = {
    "array": f"[words]\na = {ARRAY}",
    "table": "[words]\na = " + "{b = " * DEPTH,
    "keys": "[words]\n" + ".".join("a" * DEPTH) + ' = "x"',
    "heading": "[" + ".".join("a" * DEPTH) + "]",
}


@pytest.mark.parametrize("kind", LEXICONS)
def test_nested_lexicons(run: Run, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "words.toml"
    path.write_text(LEXICONS[kind])
    check(run("speak", "Yes.", "--show-text", "--lexicon", path), 4, path)


def test_nested_yaml(run: Run, tmp_path: Path, jfk: Path) -> None:
    (tmp_path / "config.yaml").write_text("a: " + "{a: " * 2000)
    check(run("diarize", jfk, "-m", tmp_path), 3, tmp_path)


def test_nested_documents_are_read(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.ssml"
    path.write_text("<speak>" + "<p>" * DEPTH + "Yes." + "</p>" * DEPTH + "</speak>")
    assert run("speak", "--file", path, "--show-text") == (0, "Yes.\n", "")


# --- times ------------------------------------------------------------------------------


@pytest.mark.parametrize("time", ["nan", "inf", "-inf", "-1", "1e300", "1e9", "x"])
@pytest.mark.parametrize("column", [3, 4])
def test_times_of_rttm(run: Run, tmp_path: Path, jfk: Path, time: str, column: int) -> None:
    fields = ["SPEAKER", "f", "1", "0.5", "1.5", "<NA>", "<NA>", "anna", "<NA>", "<NA>"]
    fields[column] = time
    path = tmp_path / "turns.rttm"
    path.write_text(" ".join(fields))
    check(run("spectrogram", jfk, "--overlay", path, "-f", "svg"), 4, path)


@pytest.mark.parametrize("time", [1e300, -1e300, 1e9, -1.0])
def test_times_of_results(run: Run, tmp_path: Path, time: float) -> None:
    about = {"source": "a.wav", "duration": 2.0, "model": {"name": "m", "revision": None}}
    turn = {"start": 0.0, "end": 1.0, "speaker": "anna"}
    document = {"schema": "audiocli/diarization/1", **about, "parameters": {}, "turns": [turn]}
    path = tmp_path / "turns.json"
    path.write_text(json.dumps(document))
    assert run("convert", path, "-f", "rttm").code == 0
    for place, key in ((document, "duration"), (turn, "start"), (turn, "end")):
        before, place[key] = place[key], time
        path.write_text(json.dumps(document))
        check(run("convert", path, "-f", "svg"), 4, key)
        place[key] = before


OPTIONS = ["--n-fft", "--n-mels", "--db-range", "--power", "--start"]


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("value", ["nan", "inf", "1e300", "9" * 400])
def test_numbers_of_options(run: Run, jfk: Path, option: str, value: str) -> None:
    ran = run("spectrogram", jfk, f"{option}={value}", "-f", "svg")
    assert (ran.code in {2, 4}, ran.stdout) == (True, "")
    assert ran.stderr.count("\n") == 1
    assert "unexpected" not in ran.stderr
