"""Where the results of a batch go: a file of its own for each input and each format."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from audiocli.render import names_for
from audiocli.results import Features
from audiocli.schema import loads
from inprocess import files_below, without_summary

CLIPS = ("a.wav", "a.mp3", "a.wav.mp3", "rec", "rec.bin")
LONG = "x" * 251 + ".ogg"  # as long as names may be; with .json it is too long


@pytest.fixture
def folder(tmp_path: Path, jfk: Path) -> Path:
    """Copies of one clip under names that differ in what follows the first dot."""
    clip = jfk.with_name("rooster.ogg").read_bytes()
    (tmp_path / "in").mkdir()
    for name in CLIPS:
        (tmp_path / "in" / name).write_bytes(clip)
    return tmp_path / "in"


def test_every_input_has_a_file_of_its_own(run: Callable, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = ("features", *(folder / name for name in CLIPS), "-d", out, "-f", "json")
    ran = run(*command)
    assert (ran.code, ran.stdout, without_summary(ran.stderr)) == (0, "", "")
    written = {name: json.loads((out / f"{name}.json").read_text())["source"] for name in CLIPS}
    assert written == {name: str(folder / name) for name in CLIPS}
    assert len(files_below(out)) == len(CLIPS)
    for name in files_below(out):
        (out / name).write_text("kept")
    told = f"{len(CLIPS)} of {len(CLIPS)} outputs exist already (use --overwrite to replace them)\n"
    assert run(*command) == (0, "", told)
    (out / "rec.bin.json").unlink()
    assert run("features", folder / "rec.bin", "-d", out, "-f", "json") == (0, "", "")
    assert (out / "rec.bin.json").read_text() != "kept"


def test_outputs_beside_their_inputs_do_not_change_names(
    run: Callable, folder: Path, tmp_path: Path
) -> None:
    """The result of a.ogg is called like the stem of a.json.ogg."""
    clip = (folder / "rec").read_bytes()
    for name in ("a.ogg", "a.json.ogg"):
        (tmp_path / name).write_bytes(clip)
    inputs = (tmp_path / "a.ogg", tmp_path / "a.json.ogg")
    assert run("features", *inputs, "-d", tmp_path, "-f", "json").code == 0
    made = sorted(path.name for path in tmp_path.glob("*.json"))
    assert made == ["a.json", "a.json.json"]


def test_runs_in_which_outputs_meet_are_refused(
    run: Callable, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the current folder a list mirrors the tree, and elsewhere the path from the root."""
    monkeypatch.chdir(folder)
    other = tmp_path / "other"
    inside = Path(*other.parts[1:])
    for place in (other, inside):
        place.mkdir(parents=True)
        (place / "rec").write_bytes((folder / "rec").read_bytes())
    (folder / "list").write_text(f"{inside}/rec\n{other}/rec\n")
    answer = run("features", "@list", "-d", "out", "-f", "json")
    assert answer == (
        2,
        "",
        f"error: {inside}/rec and {other}/rec would both be written to out/{inside}/rec.json "
        "(run them separately, each with its own --output-dir)\n",
    )
    (folder / "rec.csv").write_bytes((folder / "rec").read_bytes())
    answer = run("features", "rec", "rec.csv", "-d", ".", "-f", "csv", "--overwrite")
    told = "error: the result of rec would replace the input rec.csv (choose another --output-dir)"
    assert answer == (2, "", f"{told}\n")
    assert (folder / "rec.csv").read_bytes() == (folder / "rec").read_bytes()


@pytest.mark.parametrize("command", ["features", "diarize", "spectrogram", "classify", "embed"])
def test_an_output_that_cannot_be_written_fails_its_input_alone(
    run: Callable, folder: Path, tmp_path: Path, command: str
) -> None:
    out = tmp_path / "out"
    (out / "rec.json").mkdir(parents=True)
    (folder / LONG).write_bytes((folder / "rec").read_bytes())
    inputs = [folder / name for name in ("rec", LONG, "a.wav")]
    answer = run(command, *inputs, "-d", out, "-f", "json")
    assert (answer.code, answer.stdout) == (1, "")
    assert without_summary(answer.stderr).splitlines() == [
        f"error: {inputs[0]}: {out}/rec.json: is a folder (name a file in it)",
        f"error: {inputs[1]}: {out}/{'x' * 251}.json: cannot be written: file name too long "
        "(choose a shorter name)",
    ]
    assert files_below(out) == ["a.wav.json"]
    answer = run(command, *inputs[:2], "-d", out, "-f", "json", "-m", "no-such-model")
    assert answer.code in ({4} if command in {"diarize", "classify", "embed"} else {2})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_fails_its_inputs_alone(
    run: Callable, folder: Path, tmp_path: Path
) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "b.ogg").write_bytes((folder / "rec").read_bytes())
    closed = tmp_path / "out" / "sub"
    closed.mkdir(parents=True)
    closed.chmod(0o500)
    answer = run("features", folder, "-d", tmp_path / "out", "-f", "json")
    assert (answer.code, answer.stdout) == (1, "")
    assert answer.stderr == (
        f"error: {closed}/b.json: cannot be written: permission denied "
        "(choose a folder in which you may write)\n"
    )


def test_a_write_that_fails_during_the_run_fails_its_input_alone(
    run: Callable, folder: Path, tmp_path: Path
) -> None:
    """A disk without room, for one of the results."""
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    out = tmp_path / "out"
    out.mkdir()
    (out / "rec.json").symlink_to("/dev/full")
    inputs = [folder / "rec", folder / "rec.bin"]
    answer = run("features", *inputs, "-d", out, "-f", "json", "--overwrite")
    assert (answer.code, answer.stdout) == (1, "")
    assert without_summary(answer.stderr) == (
        f"error: {out}/rec.json: cannot be written: no space left on device "
        "(free some space, or write to another disk)\n"
    )
    assert files_below(out) == ["rec.bin.json"]


def test_the_one_output_of_a_run_ends_it(run: Callable, folder: Path, tmp_path: Path) -> None:
    answer = run("features", folder / "rec", "-o", tmp_path)
    assert answer == (4, "", f"error: {tmp_path}: is a folder (name a file in it)\n")


def test_speak_fails_the_text_whose_output_cannot_be_written(run: Callable, tmp_path: Path) -> None:
    for name in ("a", "b", "x" * 251):
        (tmp_path / f"{name}.txt").write_text("Yes.")
    out = tmp_path / "out"
    (out / "a.wav").mkdir(parents=True)
    files = [f"--file={tmp_path}/{name}.txt" for name in ("a", "x" * 251, "b")]
    answer = run("speak", *files, "-d", out, "-f", "flac", "-f", "srt")
    assert (answer.code, answer.stdout) == (1, "")
    assert answer.stderr == (
        f"error: {out}/{'x' * 251}.flac: cannot be written: file name too long "
        "(choose a shorter name)\n"
    )
    answer = run("speak", *files, "-d", out, "-f", "wav,srt")
    assert (answer.code, answer.stdout) == (1, "")
    assert answer.stderr.splitlines()[0] == f"error: {out}/a.wav: is a folder (name a file in it)"
    assert {"a.flac", "a.srt", "b.flac", "b.srt", "b.wav"} == set(files_below(out))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "A.txt").write_text("No.")
    clash = run("speak", files[0], f"--file={tmp_path}/other/A.txt", "-d", out)
    problem = "would be written twice, or over a text (see `audiocli speak --help`)"
    assert clash == (2, "", f"error: {out}/A.wav: {problem}\n")


# --- several formats -------------------------------------------------------------


@pytest.mark.parametrize("named", [["-f", "json", "-f", "csv"], ["-f", "json,csv"]])
def test_a_folder_takes_several_formats(
    run: Callable, folder: Path, tmp_path: Path, named: list[str]
) -> None:
    out = tmp_path / "out"
    command = ("features", folder / "a.wav", folder / "rec", "-d", out, *named)
    assert run(*command).code == 0
    names = [f"{name}.{suffix}" for name in ("a.wav", "rec") for suffix in ("csv", "json")]
    assert files_below(out) == names
    (result,) = loads((out / "rec.json").read_text())
    rows = run("features", folder / "rec", "-f", "csv").stdout
    assert (out / "rec.csv").read_text() == rows
    (out / "rec.csv").write_text("edited")
    (out / "rec.json").unlink()
    told = "1 of 2 outputs exist already (use --overwrite to replace them)\n"
    assert run(*command).stderr.startswith(told)
    assert (out / "rec.csv").read_text() == "edited"
    assert list(loads((out / "rec.json").read_text())) == [result]
    assert run(*command, "--overwrite").code == 0
    assert (out / "rec.csv").read_text() == rows


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["-f", "json", "-f", "csv"],
            "json and csv require --output-dir (or choose one format)",
        ),
        (["-f", "json,csv"], "json and csv require --output-dir (or choose one format)"),
        (
            ["-f", "json,csv", "-o", "a.csv"],
            "json and csv require --output-dir (or choose one format)",
        ),
        (["-f", "json,"], "--format has an empty name (-f srt -f json, or -f srt,json)"),
        (["-f", "json,cvs", "-d", "out"], "unknown format 'cvs' (did you mean csv?)"),
        (
            ["-f", "json,srt", "-d", "out"],
            f"cannot write features as srt (one of: {', '.join(names_for(Features))})",
        ),
    ],
)
def test_formats_that_cannot_be(
    run: Callable, folder: Path, options: list[str], message: str
) -> None:
    assert run("features", folder, *options) == (2, "", f"error: {message}\n")


def test_formats_of_one_extension_are_refused(run: Callable, folder: Path) -> None:
    answer = run("diarize", folder, "-f", "table,audacity", "-d", "out")
    assert answer == (
        2, "", "error: table and audacity are both written to .txt files (choose one of them)\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    "command",
    ["transcribe", "diarize", "classify", "features", "embed", "spectrogram", "align", "convert"],
)
def test_every_command_that_writes_results_takes_several(
    run: Callable, jfk: Path, tmp_path: Path, command: str
) -> None:
    """With -d both are written; without, the run is refused."""
    out, extra = tmp_path / "out", []
    source: Path | str = jfk
    second = {"embed": "npz", "spectrogram": "png"}.get(command, "csv")
    if command == "align":
        (tmp_path / "text.txt").write_text("ask what you can do for your country")
        extra = ["--text-file", tmp_path / "text.txt"]
    if command in {"align", "transcribe"}:
        extra += ["-m", "whisper-tiny.en"]
    if command == "convert":
        source = tmp_path / "jfk.json"
        assert run("features", jfk, "-o", source).code == 0
    named = ("-f", "json", "-f", second)
    assert run(command, source, *extra, "-d", out, *named) == (0, "", "")
    assert files_below(out) == sorted(["jfk.json", f"jfk.{second}"])
    refused = run(command, source, *extra, *named)
    assert (refused.code, refused.stdout) == (2, "")
    assert refused.stderr.startswith(f"error: json and {second} require --output-dir")


@pytest.mark.parametrize("command", ["search", "verify", "train"])
def test_commands_with_one_result_take_one_format(
    run: Callable, folder: Path, tmp_path: Path, command: str
) -> None:
    """They have no --output-dir, and do not point to it."""
    arguments = {
        "search": (tmp_path / "x.index", folder / "rec"),
        "verify": (folder / "rec", folder / "rec.bin"),
        "train": (folder, "-d", tmp_path / "model"),
    }[command]
    answer = run(command, *arguments, "-f", "json,csv")
    told = f"error: one format at a time, not json and csv (see `audiocli {command} --help`)\n"
    assert answer == (2, "", told)


@pytest.mark.parametrize("option", ["-o", "-d"])
def test_missing_folders_are_created(
    run: Callable, folder: Path, tmp_path: Path, option: str
) -> None:
    target = tmp_path / "new" / "deep" / "x.json"
    ran = run("features", folder / CLIPS[0], "-f", "json", option, target)
    assert (ran.code, ran.stderr) == (0, "")
    assert target.is_file() if option == "-o" else list(target.glob("*.json"))
