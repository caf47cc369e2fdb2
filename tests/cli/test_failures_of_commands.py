"""An error of one input, in the commands that do not read many recordings one after another."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
import soundfile as sf

import tiny_speech
from audiocli.audio.decode import AudioStream
from audiocli.batch import speech_file
from audiocli.batch.inputs import Input
from audiocli.batch.output_journal import NAME
from audiocli.batch.sound_index import SoundIndex
from audiocli.batch.speech_journal import SpeechJournal
from audiocli.batch.texts import SpeechSource
from audiocli.errors import ExitCode
from audiocli.models.families.diarization import PyannoteSegmentation
from audiocli.models.families.yamnet_encoder import YAMNetEncoder
from audiocli.render import csv as csv_format
from audiocli.render import srt
from audiocli.tasks.synthesis.text_to_speech import TextToSpeech
from conftest import DATA
from inprocess import UNMEASURED, Ran, files_below, without_summary

Run = Callable[..., Ran]
RATE = 16_000
OFFSET = 0.05  # of the samples of the bad recording
SMALL = 150_000  # bytes that a file may have
FULL = "(free some space, or write to another disk)"


def is_bad(value: object) -> bool:
    """Whether something names or holds the bad input."""
    if isinstance(value, np.ndarray):
        is_sound = value.ndim < 3 and value.shape[-1:] > (RATE // 4,)
        return is_sound and abs(float(value.mean())) > OFFSET / 4
    if isinstance(value, list | tuple):
        return any(map(is_bad, value))
    if isinstance(value, str | Path):
        return "a_bad" in str(value)
    attributes = ("name", "source", "text", "segment", "samples")
    found = [getattr(value, name, None) for name in attributes]
    return any(one is not None and is_bad(one) for one in found)


def broken_by(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function fail on the bad input."""

    def broken(*arguments: Any, **named: Any) -> Any:
        if any(map(is_bad, (*arguments, *named.values()))):
            raise ZeroDivisionError("of the test")
        return function(*arguments, **named)

    return broken


def break_stage(monkeypatch: pytest.MonkeyPatch, stage: tuple[Any, str]) -> None:
    owner, name = stage
    monkeypatch.setattr(owner, name, broken_by(getattr(owner, name)))


def error_lines(ran: Ran) -> list[str]:
    assert "Traceback" not in ran.stderr
    return [line for line in ran.stderr.splitlines() if line.startswith("error: ")]


def wav(path: Path, seed: int, offset: float = 0.0, pitch: float = 0.1) -> Path:
    """Half a second of a tone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tone = 0.3 * np.sin(np.arange(RATE // 2) * pitch + seed) + offset
    sf.write(path, tone, RATE)
    return path


# --- speak ------------------------------------------------------------------------


@pytest.fixture
def texts(tmp_path: Path) -> list[Path]:
    """Two texts, the first of which fails."""
    found = [tmp_path / "a_bad.txt", tmp_path / "b_good.txt"]
    found[0].write_text("Take a_bad word.")
    found[1].write_text("Take a good word.")
    return found


def spoken(run: Run, texts: list[Path], out: Path) -> Ran:
    files = [f"--file={text}" for text in texts]
    return run("speak", *files, "-d", out, "-f", "wav,srt")


def check_good(out: Path) -> None:
    """The files of the good text are whole, and there are no others."""
    assert sf.info(out / "b_good.wav").duration > 0.5
    assert "good word" in (out / "b_good.srt").read_text()
    assert list(out.glob(".audiocli-*.part")) == []


SPEAK_STAGES: dict[str, tuple[object, str]] = {
    "read": (SpeechSource, "script"),
    "model": (TextToSpeech, "synthesise_passage"),
    "journal": (SpeechJournal, "add"),
    "encode": (speech_file, "open_output"),
    "render": (type(srt.RENDERER), "body"),
}


@pytest.mark.parametrize("stage", SPEAK_STAGES)
def test_an_error_in_one_text_fails_that_text(
    run: Run, texts: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    break_stage(monkeypatch, SPEAK_STAGES[stage])
    ran = spoken(run, texts, tmp_path / "out")
    assert ran.code == ExitCode.SOME_FAILED
    (line,) = error_lines(ran)
    assert line.startswith(f"error: {texts[0]}: unexpected ZeroDivisionError")
    check_good(tmp_path / "out")
    only = spoken(run, texts[:1], tmp_path / "other")
    assert (only.code, len(error_lines(only))) == (ExitCode.ALL_FAILED, 1)


def bad_texts(folder: Path) -> dict[str, Path]:
    """Files that are no text, by what is wrong with them."""
    found = {name: folder / f"{name}.txt" for name in ("latin", "folder", "loop", "gone")}
    found["latin"].write_bytes(b"\xff\xfa\xe9")
    found["folder"].mkdir()
    found["loop"].symlink_to(found["loop"])
    return {**found, "long": folder / f"{'x' * 300}.txt"}


@pytest.mark.parametrize("kind", ["latin", "folder", "loop", "gone", "long"])
def test_a_file_that_is_no_text_fails_alone(
    run: Run, texts: list[Path], tmp_path: Path, kind: str
) -> None:
    bad = bad_texts(tmp_path)[kind]
    ran = spoken(run, [bad, texts[1]], tmp_path / "out")
    assert ran.code == ExitCode.SOME_FAILED
    (line,) = error_lines(ran)
    assert line.startswith(f"error: {bad}: ")
    assert "unexpected" not in line
    check_good(tmp_path / "out")


def test_subtitles_that_cannot_be_written_are_found_before_speaking(
    run: Run, texts: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (out / "a_bad.srt").mkdir(parents=True)
    ran = spoken(run, texts, out)
    assert (ran.code, error_lines(ran)) == (
        1,
        [f"error: {out}/a_bad.srt: is a folder (name a file in it)"],
    )
    assert not (out / "a_bad.wav").exists()
    check_good(out)


@pytest.mark.parametrize("where", ["-o", "-d"])
def test_a_run_killed_between_sound_and_subtitles_is_finished_by_the_next(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    text, out = tmp_path / "a.txt", tmp_path / "out"
    text.write_text("Yes.")
    target = out / "a.wav" if where == "-o" else out
    command = ("speak", "--file", text, where, target, "-f", "wav,srt")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(srt.RENDERER), "body", killed)
        assert run(*command).code == ExitCode.INTERRUPTED
    assert [path.name for path in out.glob("[!.]*")] == ["a.wav"]
    if where == "-o":
        (tmp_path / "b.txt").write_text("No.")
        other = run("speak", "--file", tmp_path / "b.txt", where, target, "-f", "wav,vtt")
        assert (other.code, error_lines(other)) == (
            ExitCode.ALL_FAILED,
            [f"error: {target}: exists already (--overwrite replaces it)"],
        )
    monkeypatch.setattr(TextToSpeech, "synthesise_passage", killed)
    assert run(*command).code == ExitCode.OK
    assert files_below(out) == ["a.srt", "a.wav"]
    assert "Yes." in (out / "a.srt").read_text()


def test_a_long_text_that_ends_like_a_file_name_is_spoken(run: Run) -> None:
    text = "Say this. " * 30 + "See notes.txt"
    assert run("speak", text, "--show-text").code == 0


def limited(
    *args: str | Path, stdin: Path | None = None, size: int = SMALL
) -> subprocess.CompletedProcess[str]:
    """Run a command that cannot write files of more than `size` bytes, like a full disk.

    Its stdin is a pipe with the contents of `stdin`.
    """
    code = "import sys; from audiocli.cli import main; sys.exit(main())"
    ran = subprocess.run(
        [sys.executable, "-c", code, *map(str, args)],
        capture_output=True,
        input=stdin.read_bytes() if stdin else b"",
        check=False,
        env=UNMEASURED,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )
    out, err = (text.decode(errors="replace") for text in (ran.stdout, ran.stderr))
    return subprocess.CompletedProcess(ran.args, ran.returncode, out, err)


def test_speech_that_does_not_fit_the_disk_fails_alone(texts: list[Path], tmp_path: Path) -> None:
    texts[0].write_text("There is a good deal more to say here than there is room for. " * 3)
    files = [f"--file={text}" for text in texts]
    done = limited("speak", *files, "-d", tmp_path / "out", "-f", "wav,srt")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line == f"error: {tmp_path}/out/a_bad.wav: cannot be written: file too large {FULL}"
    assert not (tmp_path / "out" / "a_bad.wav").exists()
    check_good(tmp_path / "out")


def test_a_result_that_does_not_fit_the_disk_fails_alone(tmp_path: Path) -> None:
    sf.write(tmp_path / "a_bad.wav", np.zeros(30 * RATE), RATE)
    good = wav(tmp_path / "b_good.wav", 0)
    out = tmp_path / "out"
    done = limited("spectrogram", tmp_path / "a_bad.wav", good, "-d", out, "-f", "npy")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = without_summary(done.stderr).splitlines()
    assert line == f"error: {out}/a_bad.npy: cannot be written: file too large {FULL}"
    assert files_below(out) == ["b_good.npy"]


LONG_TEXT = "There is a good deal more to say here than there is room for. " * 2
TEMPORARY: dict[str, list[str]] = {
    "align": ["align", "STEREO", "--text-file", "TEXT"],
    "channels": ["transcribe", "STEREO", "--channel-speakers"],
    "pipe": ["features", "-"],
    "url": ["features", "URL"],
    "loudness": ["speak", LONG_TEXT, "--loudness", "-16"],
    "spectrogram": ["spectrogram", "NOISE", "--kind", "linear", "-f", "npz", "-o", "/dev/stdout"],
}


@pytest.mark.parametrize("kind", TEMPORARY)
def test_a_full_temporary_folder_fails_the_input(tmp_path: Path, jfk: Path, kind: str) -> None:
    speech = sf.read(jfk)[0]
    files = {"STEREO": tmp_path / "stereo.wav", "NOISE": tmp_path / "noise.wav"}
    sf.write(files["STEREO"], np.stack([speech, speech[::-1]], axis=1), RATE)
    sf.write(files["NOISE"], np.random.default_rng(0).normal(0, 0.1, 240 * RATE), RATE)
    files["TEXT"] = tmp_path / "text.txt"
    files["TEXT"].write_text("And so my fellow Americans, ask not what your country can do.")
    with served(tmp_path) as address:
        places = {**{key: str(path) for key, path in files.items()}, "URL": f"{address}/stereo.wav"}
        words = [places.get(word, word) for word in TEMPORARY[kind]]
        done = limited(*words, stdin=files["STEREO"])
    assert (done.returncode, done.stdout) == (4, "")
    (line,) = done.stderr.splitlines()
    name = {"pipe": "stdin", "loudness": "text"}.get(kind, words[1])
    problem = f"the temporary folder {tempfile.gettempdir()}: file too large"
    assert line == f"error: {name}: {problem} (set TMPDIR to a folder with more free space)"


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder over HTTP, and yield its address."""
    handler = partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_a_journal_that_does_not_fit_the_disk_is_not_called_damaged(
    tmp_path: Path, jfk: Path
) -> None:
    done = limited("features", jfk, "-d", tmp_path / "out", "-f", "json", size=8192)
    assert (done.returncode, done.stdout) == (4, "")
    (line,) = done.stderr.splitlines()
    assert line == (
        f"error: {tmp_path}/out/{NAME}: cannot be written: disk I/O error "
        "(free some space, or choose another folder)"
    )
    assert files_below(tmp_path / "out") == []


# --- targets are checked before the work -------------------------------------------


@pytest.mark.parametrize("command", ["features", "speak", "train", "verify"])
def test_an_output_below_a_file_is_refused_before_the_work(
    run: Run, tmp_path: Path, jfk: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("work was begun")

    for owner, name in (
        (AudioStream, "blocks"),
        (TextToSpeech, "synthesise_passage"),
        (YAMNetEncoder, "encode"),
    ):
        monkeypatch.setattr(owner, name, never)
    (tmp_path / "file").write_text("kept")
    for label in ("a", "b"):
        wav(tmp_path / "sounds" / label / "1.wav", 0)
    suffix = {"speak": "wav"}.get(command, "json")
    inputs: dict[str, list[str | Path]] = {
        "features": [jfk],
        "speak": ["Yes."],
        "train": [tmp_path / "sounds"],
        "verify": [jfk, DATA / "hold-on.flac"],
    }
    where = "-d" if command == "train" else "-o"
    ran = run(command, *inputs[command], where, tmp_path / "file" / f"x.{suffix}")
    assert (ran.code, ran.stdout) == (ExitCode.ALL_FAILED, "")
    (line,) = error_lines(ran)
    assert line.startswith(f"error: {tmp_path}/file")
    assert line.endswith(": is a file, not a folder (write to another folder)")
    assert (tmp_path / "file").read_text() == "kept"


# --- train, index, search ------------------------------------------------------------

CLIP_STAGES: dict[str, tuple[object, str]] = {
    "open": (Input, "open"),
    "decode": (AudioStream, "blocks"),
    "model": (YAMNetEncoder, "encode"),
}


@pytest.mark.parametrize("stage", CLIP_STAGES)
def test_a_clip_that_fails_is_left_out_of_the_training(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    pytest.importorskip("sklearn")
    for n in range(3):
        wav(tmp_path / "sounds" / "low" / f"{n}.wav", n)
        wav(tmp_path / "sounds" / "high" / f"{n}.wav", n, pitch=0.9)
    bad = wav(tmp_path / "sounds" / "low" / "a_bad.wav", 9, OFFSET)
    break_stage(monkeypatch, CLIP_STAGES[stage])
    ran = run("train", tmp_path / "sounds", "-d", tmp_path / "model", "-f", "json")
    assert ran.code == ExitCode.SOME_FAILED
    (line,) = error_lines(ran)
    assert line.startswith(f"error: {bad}: unexpected ZeroDivisionError")
    assert (ran.json["clips"], ran.json["failed"]) == (6, 1)
    assert (tmp_path / "model" / "config.json").exists()


def test_training_without_readable_clips_is_refused(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    (tmp_path / "clips.csv").write_text("path,label\nno.wav,a\nnone.wav,b\n")
    ran = run("train", tmp_path / "clips.csv", "-d", tmp_path / "model")
    assert ran.code == ExitCode.USAGE
    problem = "training needs at least two labels with readable clips; there is none"
    assert error_lines(ran)[-1] == f"error: {problem} (see `audiocli train --help`)"


@pytest.mark.parametrize("stage", [*CLIP_STAGES, "index"])
def test_a_recording_that_fails_is_left_out_of_the_index(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    bad = wav(tmp_path / "in" / "a_bad.wav", 0, OFFSET)
    good = wav(tmp_path / "in" / "b_good.wav", 1)
    index = tmp_path / "sounds.index"
    break_stage(monkeypatch, {**CLIP_STAGES, "index": (SoundIndex, "put")}[stage])
    ran = run("index", "add", index, tmp_path / "in")
    assert ran.code == ExitCode.SOME_FAILED
    first, last = ran.stderr.splitlines()
    assert first.startswith(f"error: {bad}: unexpected ZeroDivisionError")
    assert last == "added 1 recording, 1 in the index"
    assert str(good) in run("index", "list", index).stdout
    if stage == "index":
        return
    ran = run("search", index, bad, good, "-f", "jsonl")
    assert (ran.code, ran.stdout.count("\n")) == (ExitCode.SOME_FAILED, 1)
    (line,) = error_lines(ran)
    assert line.startswith(f"error: {bad}: unexpected ZeroDivisionError")


# --- verify, codec: one result ---------------------------------------------------------

VERIFY_STAGES: dict[str, tuple[object, str]] = {
    "open": (Input, "open"),
    "decode": (AudioStream, "blocks"),
    "model": (PyannoteSegmentation, "activities"),
}


@pytest.mark.parametrize("stage", VERIFY_STAGES)
def test_an_error_in_a_recording_to_compare_names_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    speech = sf.read(DATA / "account.flac")[0]
    bad = tmp_path / "a_bad.wav"
    sf.write(bad, 0.5 * speech + OFFSET, RATE)
    break_stage(monkeypatch, VERIFY_STAGES[stage])
    ran = run("verify", DATA / "account.flac", bad)
    assert (ran.code, ran.stdout) == (ExitCode.ALL_FAILED, "")
    (line,) = error_lines(ran)
    assert line.startswith(f"error: {bad}: unexpected ZeroDivisionError")


def test_an_error_of_a_codec_names_the_input(
    run: Run, tmp_path: Path, jfk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("transformers")
    from audiocli.models.families.encodec import EncodecCodec

    def fails(*_: object) -> None:
        raise ZeroDivisionError("of the test")

    model = tiny_speech.encodec(tmp_path / "model")
    codes = tmp_path / "codes.npz"
    assert run("codec", "encode", jfk, "-o", codes, "-m", model).code == 0
    monkeypatch.setattr(EncodecCodec, "encode", fails)
    monkeypatch.setattr(EncodecCodec, "decode", fails)
    encoded = run("codec", "encode", jfk, "-o", tmp_path / "other.npz", "-m", model)
    decoded = run("codec", "decode", codes, "-o", tmp_path / "out.wav")
    for ran, name in ((encoded, jfk), (decoded, codes)):
        assert (ran.code, ran.stdout) == (ExitCode.ALL_FAILED, "")
        (line,) = error_lines(ran)
        assert line.startswith(f"error: {name}: unexpected ZeroDivisionError")
    assert not (tmp_path / "other.npz").exists()
    assert not (tmp_path / "out.wav").exists()


# --- convert ---------------------------------------------------------------------------


@pytest.fixture
def results(run: Run, tmp_path: Path) -> Path:
    """A folder of two results, the first of which fails."""
    for name in ("a_bad", "b_good"):
        wav(tmp_path / "in" / f"{name}.wav", 0)
    assert run("features", tmp_path / "in", "-d", tmp_path / "made", "-f", "json").code == 0
    return tmp_path / "made"


def test_an_error_in_one_result_fails_that_result(
    run: Run, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_stage(monkeypatch, (type(csv_format.RENDERER), "body"))
    ran = run("convert", results, "-f", "csv", "-d", tmp_path / "out")
    assert ran.code == ExitCode.SOME_FAILED
    (line,) = error_lines(ran)
    assert line.startswith(f"error: {results}/a_bad.json: unexpected ZeroDivisionError")
    assert [path.name for path in (tmp_path / "out").glob("*.csv")] == ["b_good.csv"]


def test_files_that_are_no_results_fail_alone(run: Run, results: Path, tmp_path: Path) -> None:
    bad = [tmp_path / f"{'x' * 300}.json", tmp_path / "loop.json", tmp_path / "gone.json"]
    bad[1].symlink_to(bad[1])
    ran = run("convert", *bad, results / "b_good.json", "-f", "csv", "-d", tmp_path / "out")
    assert ran.code == ExitCode.SOME_FAILED
    lines = error_lines(ran)
    assert [line.partition(".json: ")[0] for line in lines] == [
        f"error: {path.with_suffix('')}" for path in bad
    ]
    assert not any("unexpected" in line for line in lines)
    (tmp_path / "other" / "a_bad.csv").mkdir(parents=True)
    ran = run("convert", results, "-f", "csv", "-d", tmp_path / "other")
    assert ran.code == ExitCode.SOME_FAILED
    assert error_lines(ran) == [
        f"error: {tmp_path}/other/a_bad.csv: is a folder (name a file in it)"
    ]
    assert (tmp_path / "other" / "b_good.csv").is_file()


@pytest.mark.parametrize("command", ["features", "spectrogram"])
def test_inputs_that_cannot_be_opened_fail_alone(run: Run, tmp_path: Path, command: str) -> None:
    bad = [tmp_path / f"{'x' * 300}.wav", tmp_path / "loop.wav", tmp_path / "gone.wav"]
    bad[1].symlink_to(bad[1])
    good = wav(tmp_path / "b_good.wav", 0)
    ran = run(command, *bad, good, "-f", "json", "-d", tmp_path / "out")
    assert ran.code == ExitCode.SOME_FAILED
    lines = error_lines(ran)
    assert sorted(line.partition(".wav: ")[0] for line in lines) == sorted(
        f"error: {path.with_suffix('')}" for path in bad
    )
    assert not any("unexpected" in line for line in lines)
    assert files_below(tmp_path / "out") == ["b_good.json"]


def test_an_input_of_which_some_formats_are_written_has_not_failed_whole(
    run: Run, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second format of the only input meets a folder that appears during the run."""
    out = tmp_path / "out"

    def in_the_way(*arguments: Any) -> Any:
        (out / "b_good.csv").mkdir(parents=True, exist_ok=True)
        return blocks(*arguments)

    blocks = AudioStream.blocks
    monkeypatch.setattr(AudioStream, "blocks", in_the_way)
    ran = run("features", results.parent / "in" / "b_good.wav", "-d", out, "-f", "json,csv")
    assert (ran.code, error_lines(ran)) == (
        1,
        [f"error: {out}/b_good.csv: is a folder (name a file in it)"],
    )
    assert (out / "b_good.json").is_file()
