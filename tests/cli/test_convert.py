"""`audiocli convert` and `audiocli schema`: exit code, stdout and stderr whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from audiocli.render import names_for, render
from audiocli.results import ModelInfo, Segment, Transcript
from audiocli.schema import dumps, json_schema, to_dict
from inprocess import audiocli, files_below

TALK = Transcript(
    source="talks/talk.m4a",
    duration=3.0,
    model=ModelInfo("whisper-base"),
    segments=(Segment(start=0.0, end=2.0, text="Good morning, everyone."),),
)
OTHER = replace(TALK, source="talks/other.m4a")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write("talk.json", dumps(TALK, indent=2))
    write("both.jsonl", f"{dumps(TALK)}\n{dumps(OTHER)}\n")
    return tmp_path


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", [n for n in names_for(Transcript) if n != "parquet"])
def test_every_format(name: str) -> None:
    assert audiocli("convert", "talk.json", "--format", name) == (0, render(TALK, name), "")


def test_many_results_from_files_and_stdin() -> None:
    two = render(TALK, "csv") + "".join(render(OTHER, "csv").splitlines(True)[1:])
    assert audiocli("convert", "both.jsonl", "-f", "csv") == (0, two, "")
    data = b"\xef\xbb\xbf" + dumps(TALK).encode() + b"\r\n" + dumps(OTHER).encode()
    assert audiocli("convert", "-", "-f", "csv", stdin=data) == (0, two, "")
    text = render(TALK, "txt") + "\n" + render(OTHER, "txt")
    assert audiocli("convert", "both.jsonl", "-f", "txt") == (0, text, "")
    documents = audiocli("convert", "both.jsonl", "-f", "json").stdout
    assert documents == render(TALK, "json") + render(OTHER, "json")


def test_the_format_follows_the_file_or_the_reader() -> None:
    for name in ("talk.vtt", "talk.TextGrid", "talk.txt", "talk.jsonl"):
        assert audiocli("convert", "talk.json", "-o", name) == (0, "", "")
        assert Path(name).read_text() == render(TALK, name.partition(".")[2].lower())
    assert audiocli("convert", "talk.json").stdout == render(TALK, "txt")
    assert audiocli("convert", "talk.json", "-o", "-").stdout == render(TALK, "txt")
    shown = audiocli("convert", "talk.json", terminal=True, NO_COLOR="1", COLUMNS="60").stdout
    assert "start" in shown
    assert "\x1b" not in shown
    assert {len(line) for line in shown.splitlines()[2:]} == {49}
    assert "\x1b[1m" in audiocli("convert", "talk.json", terminal=True).stdout


def test_subtitle_options() -> None:
    answer = audiocli(
        "convert", "talk.json", "-f", "srt", "--max-line-width", "13", "--max-lines", "1"
    )
    assert answer.stdout == (
        "1\n00:00:00,000 --> 00:00:01,143\nGood morning,\n\n"
        "2\n00:00:01,143 --> 00:00:02,000\neveryone.\n\n"
    )


def test_output_dir_mirrors_and_keeps_what_others_wrote() -> None:
    write("results/a/one.json", dumps(TALK))
    write("results/b/two.json", dumps(TALK))
    command = ("convert", "results", "-f", "srt", "-d", "out")
    assert audiocli(*command) == (0, "", "")
    assert files_below("out") == ["a/one.srt", "b/two.srt"]
    assert audiocli(*command) == (0, "", "2 outputs are up to date\n")
    write("out/a/one.srt", "edited by hand")
    told = (
        "1 output is up to date\nwarning: kept 1 output that convert did not write or that "
        "changed since, such as out/a/one.srt (--overwrite replaces them)\n"
    )
    assert audiocli(*command) == (0, "", told)
    assert Path("out/a/one.srt").read_text() == "edited by hand"
    assert audiocli(*command, "--overwrite") == (0, "", "1 output is up to date\n")
    assert Path("out/a/one.srt").read_text() == render(TALK, "srt")


def test_outputs_of_convert_follow_their_results() -> None:
    """A corrected result replaces what was made of it, in every format, and says so."""
    write("results/one.json", dumps(TALK))
    write("results/two.json", dumps(OTHER))
    command = ("convert", "results", "-f", "srt,txt", "-d", "out")
    assert audiocli(*command) == (0, "", "")
    write("out/two.txt", "edited by hand")
    fixed = replace(TALK, segments=(replace(TALK.segments[0], text="Good evening."),))
    write("results/one.json", dumps(fixed))
    write("results/two.json", dumps(replace(fixed, source=OTHER.source)))
    told = (
        "replaced 3 outputs written before\nwarning: kept 1 output that convert did not write or "
        "that changed since, such as out/two.txt (--overwrite replaces them)\n"
    )
    assert audiocli(*command) == (0, "", told)
    assert Path("out/one.srt").read_text() == render(fixed, "srt")
    assert Path("out/two.txt").read_text() == "edited by hand"
    Path("out/one.txt").unlink()
    Path("results/two.json").unlink()
    assert audiocli(*command) == (0, "", "1 output is up to date\n")
    assert Path("out/one.txt").read_text() == render(fixed, "txt")


@pytest.mark.parametrize("record", ["", '{"path": "one.sr', "[]\n\xff\n", None])
def test_without_its_record_nothing_is_replaced(record: str | None) -> None:
    write("results/one.json", dumps(TALK))
    command = ("convert", "results", "-f", "srt", "-d", "out")
    assert audiocli(*command) == (0, "", "")
    path = Path("out/.audiocli-convert.jsonl")
    path.unlink()
    if record is not None:
        path.write_text(record, encoding="latin-1")
    before = Path("out/one.srt").read_text()
    write("results/one.json", dumps(replace(TALK, segments=())))
    answer = audiocli(*command)
    assert (answer.code, answer.stdout) == (0, "")
    assert answer.stderr.startswith("warning: kept 1 output that convert did not write")
    assert Path("out/one.srt").read_text() == before
    write("results/one.json", dumps(TALK))
    assert audiocli(*command) == (0, "", "1 output is up to date\n")  # and is known from now on
    write("results/one.json", dumps(replace(TALK, segments=())))
    assert audiocli(*command) == (0, "", "replaced 1 output written before\n")


def test_results_of_one_stem_have_an_output_each() -> None:
    write("r/talk.json", dumps(TALK))
    write("r/talk.jsonl", dumps(OTHER))
    write("r/talk.jsonl.json", dumps(TALK))
    assert audiocli("convert", "r", "-f", "csv", "-d", "out") == (0, "", "")
    names = ["talk.json.csv", "talk.jsonl.csv", "talk.jsonl.json.csv"]
    assert files_below("out") == names
    told = "error: r/talk.json: is the input itself (choose another folder)\n"
    answer = audiocli("convert", "r/talk.json", "-f", "csv", "-d", "r")
    assert (answer.code, answer.stderr) == (0, "")
    Path("r/talk.jsonl").unlink()
    Path("r/talk.jsonl.json").unlink()
    answer = audiocli("convert", "r/talk.json", "-f", "json", "-d", "r", "--overwrite")
    assert answer == (4, "", told)


def test_results_of_one_file_are_placed_as_their_sources() -> None:
    far = replace(TALK, source="/../../etc/talk.m4a")
    write("far.jsonl", f"{dumps(far)}\n{dumps(OTHER)}\n{dumps(OTHER)}")
    answer = audiocli("convert", "far.jsonl", "-f", "srt", "-d", "out")
    assert answer == (
        4,
        "",
        "error: far.jsonl: one more result for talks/other.m4a, left out "
        "(convert it into another folder)\n",
    )
    assert files_below("out") == ["etc/talk.m4a.srt", "talks/other.m4a.srt"]


def test_one_bad_file_does_not_stop_the_others() -> None:
    write("text.json", "Good morning")
    write("empty.json", "")
    write("newer.json", json.dumps(to_dict(TALK) | {"schema": "audiocli/transcript/9"}))
    Path("sound.json").write_bytes(b"RIFF\xff\xff")
    Path("nothing").mkdir()
    bad = ["text.json", "empty.json", "newer.json", "sound.json", "nothing", "gone.json"]
    answer = audiocli("convert", *bad, "talk.json", "-f", "jsonl")
    assert (answer.code, answer.stdout) == (1, render(TALK, "jsonl"))
    assert answer.stderr.splitlines() == [
        "error: text.json: not JSON (check that it is the right file)",
        "error: empty.json: no result in it (check that it is the right file)",
        "error: newer.json: audiocli/transcript/9 was written by a newer audiocli "
        "(upgrade audiocli)",
        "error: sound.json: not JSON (`audiocli transcribe` reads sound)",
        "error: nothing: no JSON in this folder (check that it is the right file)",
        "error: gone.json: no such file or directory (check the path)",
    ]
    assert audiocli("convert", *bad, "-f", "jsonl").code == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-f", "str"], "unknown format 'str' (did you mean srt?)"),
        (["-o", "a.docx"], "a.docx: unknown suffix .docx (choose a format: --format)"),
        (["-o", "talk.json"], "talk.json: exists already (--overwrite replaces it)"),
        (
            ["-o", "a.txt", "-d", "b"],
            "--output and --output-dir exclude each other (see `audiocli convert --help`)",
        ),
        (
            ["both.jsonl", "-f", "vtt"],
            "vtt can hold only one result (use --output-dir to write one file per input)",
        ),
    ],
)
def test_usage_errors(options: list[str], message: str) -> None:
    assert audiocli("convert", "talk.json", *options) == (2, "", f"error: {message}\n")


def test_schema_prints_and_lists() -> None:
    code, out, err = audiocli("schema", "transcript")
    assert (code, err) == (0, "")
    assert json.loads(out) == json_schema(Transcript)
    code, out, err = audiocli("schema")
    assert (code, err) == (0, "")
    assert "transcript" in out.splitlines()
    code, out, err = audiocli("schema", "transcrip")
    assert (code, out) == (2, "")
    assert err.startswith("error: unknown kind of result 'transcrip' (one of: ")


# --- as a process: the streams of the system ---------------------------------


def shell(line: str) -> subprocess.CompletedProcess[str]:
    script = f"set -o pipefail; audiocli() {{ '{sys.executable}' -m audiocli \"$@\"; }}; {line}"
    return subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False
    )


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    write("many.jsonl", f"{dumps(TALK)}\n" * 2000)
    done = shell("audiocli convert many.jsonl -f csv | head -1")
    assert (done.stdout, done.stderr) == ("source,start,end,speaker,language,confidence,text\n", "")


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("convert talk.json -f txt >&-", 4, "error: stdout: not writable (is it closed?)\n"),
        ("speak Hello. >&-", 4, "error: stdout: not writable (is it closed?)\n"),
        ("transcribe - <&-", 4, "error: stdin: is empty (check the command that writes to it)\n"),
        ("convert nowhere.json -f txt 2>&-", 4, ""),
    ],
)
def test_a_closed_stream_is_one_line(line: str, code: int, said: str) -> None:
    done = shell(f"audiocli {line}")
    assert (done.returncode, done.stdout, done.stderr) == (code, "", said)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line() -> None:
    done = shell("audiocli convert talk.json -f txt > /dev/full")
    assert (done.returncode, done.stderr) == (
        4,
        "error: stdout: cannot be written: no space left on device "
        "(free some space, or write to another disk)\n",
    )


@pytest.mark.skipif(os.name == "nt", reason="needs /dev/stdout")
def test_devices_and_pipes_are_written_directly() -> None:
    done = shell("audiocli convert talk.json -f txt -o /dev/stdout | cat")
    assert (done.returncode, done.stdout, done.stderr) == (0, render(TALK, "txt"), "")
    assert (
        shell("audiocli convert talk.json -f txt -o /dev/null; test -c /dev/null").returncode == 0
    )


def test_nothing_heavy_is_imported() -> None:
    done = shell("PYTHONPROFILEIMPORTTIME=1 audiocli convert talk.json -f srt")
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "audiocli.render.subtitles" in imported
    assert not imported & {"numpy", "torch", "soundfile", "av", "onnxruntime", "ctranslate2"}
