import io
import os
import stat
from contextlib import nullcontext
from pathlib import Path

import pytest

from audiocli.batch.inputs import Input, find_inputs
from audiocli.batch.output import (
    _ignores_case,
    atomic_writer,
    check_unique,
    output_exists,
    output_path,
)
from audiocli.errors import OutputError, UsageError


def test_a_file_appears_complete_and_with_default_permissions(tmp_path):
    path = tmp_path / "new" / "talk.json"
    with atomic_writer(path) as out:
        out.write("grüße\n\ud800")
        out.flush()
        assert not path.exists()
    assert path.read_bytes() == "grüße\n\\ud800".encode()
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask
    with atomic_writer(path, binary=True) as out:
        out.write(b"\0")
    assert path.read_bytes() == b"\0"
    assert [p.name for p in path.parent.iterdir()] == ["talk.json"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
def test_an_interrupted_write_leaves_nothing(tmp_path, error):
    path = tmp_path / "talk.json"
    path.write_text("before")
    with pytest.raises(error), atomic_writer(path) as out:
        out.write("half")
        raise error
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["talk.json"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with atomic_writer(tmp_path / "link") as out:
        out.write("x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "x"


def test_a_device_is_written_directly():
    with atomic_writer(Path(os.devnull)) as out:
        out.write("x")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
def test_a_full_disk():
    with pytest.raises(OutputError) as error, atomic_writer(Path("/dev/full")) as out:
        out.write("x")
    assert str(error.value) == (
        "/dev/full: cannot be written: no space left on device "
        "(free some space, or write to another disk)"
    )


def test_places_that_cannot_be_written(tmp_path):
    for path, problem in {
        tmp_path: "is a folder (name a file in it)",
        tmp_path / ("x" * 300): "cannot be written: file name too long (choose a shorter name)",
    }.items():
        with pytest.raises(OutputError) as error, atomic_writer(path):
            pass
        assert str(error.value) == f"{path}: {problem}"


def test_a_file_where_a_folder_should_be(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "talk.json", tmp_path / "file" / "2023" / "talk.json"):
        with pytest.raises(OutputError) as error, atomic_writer(path):
            pass
        problem = "is a file, not a folder (write to another folder)"
        assert str(error.value) == f"{path.parent}: {problem}"


def place(path, output, extension="json"):
    (input,) = find_inputs([str(path)], stdin=io.BytesIO())
    return output_path(input, output, extension).relative_to(output).as_posix()


def test_results_are_named_after_their_inputs(tmp_path):
    for name in ("talk.v1.wav", "both.wav", "BOTH.mp3", "notes.wav", "notes.txt"):
        (tmp_path / name).touch()
    output = tmp_path / "out"
    assert place(tmp_path / "talk.v1.wav", output) == "talk.v1.json"
    assert place(tmp_path / "both.wav", output) == "both.wav.json"
    assert place(tmp_path / "BOTH.mp3", output) == "BOTH.mp3.json"
    assert place(tmp_path / "notes.wav", output) == "notes.json"
    assert place(tmp_path / "gone" / "no.wav", output) == "no.json"
    (tmp_path / "notes.mp4").touch()
    os.utime(tmp_path, ns=(1, 1))
    assert place(tmp_path / "notes.wav", output) == "notes.wav.json"


def test_the_tree_is_mirrored(tmp_path):
    for name in ("talks/a.wav", "talks/2023/b.mp3"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    inputs = find_inputs([str(tmp_path / "talks")], stdin=io.BytesIO())
    assert [output_path(i, Path("out"), "srt").as_posix() for i in inputs] == [
        "out/a.srt",
        "out/2023/b.srt",
    ]


def test_stdin_has_a_name():
    assert output_path(Input("-", None, Path("stdin")), Path("out"), "srt") == Path("out/stdin.srt")


def test_an_input_is_never_replaced_by_its_result(tmp_path):
    (tmp_path / "talk.wav").touch()
    with pytest.raises(OutputError) as error:
        place(tmp_path / "talk.wav", tmp_path, "wav")
    assert str(error.value) == f"{tmp_path}/talk.wav: is the input itself (choose another folder)"
    (tmp_path / "talk.json").symlink_to("talk.wav")
    with pytest.raises(OutputError, match="is the input itself"):
        place(tmp_path / "talk.wav", tmp_path)
    (input,) = run_of(tmp_path / "talk.wav")
    assert output_path(input, tmp_path, "srt") == tmp_path / "talk.srt"


def run_of(*paths):
    return find_inputs([str(path) for path in paths], stdin=io.BytesIO())


def places(inputs, output, extension="json"):
    return [output_path(i, output, extension).relative_to(output).as_posix() for i in inputs]


def test_names_are_unique_and_independent_of_the_run(tmp_path):
    names = [
        *("a.wav", "a.mp3", "a.wav.mp3", "rec", "rec.bin", "rec.wav", "x.json.wav", "x.wav"),
        *("Case.wav", "case.flac", "b/a.wav", "b/a.wav.flac", "b/lone.wav", "c.wav/lone.wav"),
        *("c.wav.mp3", "talk.v1", "talk.v1.wav"),
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    inputs = list(run_of(*(tmp_path / name for name in names)))
    together = places(inputs, tmp_path / "out")
    assert len({place.casefold() for place in together}) == len(names)
    assert dict(zip(names, together, strict=True)) == {
        "a.wav": "a.wav.json",
        "a.mp3": "a.mp3.json",
        "a.wav.mp3": "a.wav.mp3.json",
        "rec": "rec.json",
        "rec.bin": "rec.bin.json",
        "rec.wav": "rec.wav.json",
        "x.json.wav": "x.json.json",
        "x.wav": "x.json",
        "Case.wav": "Case.wav.json",
        "case.flac": "case.flac.json",
        "b/a.wav": "b/a.json",
        "b/a.wav.flac": "b/a.wav.flac.json",
        "b/lone.wav": "b/lone.json",
        "c.wav/lone.wav": "c.wav/lone.json",
        "c.wav.mp3": "c.wav.json",
        "talk.v1": "talk.v1.json",
        "talk.v1.wav": "talk.v1.wav.json",
    }
    for name, place in zip(names, together, strict=True):
        (alone,) = run_of(tmp_path / name)
        assert places([alone], tmp_path / "out") == [Path(place).name]


def with_targets(inputs, output):
    return [(input, output_path(input, output, "json")) for input in inputs]


def test_inputs_with_the_same_output_are_refused(tmp_path, monkeypatch):
    """Results of a list are relative to the current folder, or to the root if outside it."""
    base, other = tmp_path / "base", tmp_path / "other"
    inside = base / other.relative_to(other.anchor)
    for folder in (inside, other):
        folder.mkdir(parents=True)
        (folder / "a.wav").touch()
    monkeypatch.chdir(base)
    (base / "list").write_text(f"{inside}/a.wav\n{other}/a.wav\n")
    inputs = list(find_inputs(["@list"], stdin=io.BytesIO()))
    with pytest.raises(UsageError) as error:
        check_unique(with_targets(inputs, base / "out"), base / "out")
    target = base / "out" / other.relative_to(other.anchor) / "a.json"
    assert str(error.value) == (
        f"{inside}/a.wav and {other}/a.wav would both be written to {target} "
        "(run them separately, each with its own --output-dir)"
    )


def test_stdin_and_a_file_of_that_name_are_refused(tmp_path):
    inputs = [Input("-", None, Path("stdin")), Input("stdin.wav", None, Path("stdin"))]
    with pytest.raises(UsageError, match=r"^- and stdin\.wav would both be written to "):
        check_unique(with_targets(inputs, tmp_path), tmp_path)


@pytest.mark.parametrize("ignores", [False, True])
def test_trees_that_differ_in_case_follow_the_file_system(tmp_path, monkeypatch, ignores):
    """Only the probe is replaced, because not all machines have a case-insensitive file system."""
    assert not any(tmp_path.iterdir())
    if ignores:
        monkeypatch.setattr("audiocli.batch.output._ignores_case", lambda _: True)
    elif _ignores_case(tmp_path):
        pytest.skip("this file system ignores case")
    assert not any(tmp_path.iterdir())  # the probe is removed
    inputs = [Input(f"{folder}/a.wav", None, Path(folder, "a")) for folder in "Aa"]
    with pytest.raises(UsageError) if ignores else nullcontext():
        check_unique(with_targets(inputs, tmp_path), tmp_path)


def test_a_result_never_replaces_another_input(tmp_path):
    for name in ("a.wav", "a.json"):
        (tmp_path / name).touch()
    inputs = list(run_of(tmp_path / "a.wav", tmp_path / "a.json"))
    with pytest.raises(UsageError) as error:
        check_unique(with_targets(inputs, tmp_path), tmp_path)
    assert str(error.value) == (
        f"the result of {tmp_path}/a.wav would replace the input {tmp_path}/a.json "
        "(choose another --output-dir)"
    )


def test_output_exists(tmp_path):
    (tmp_path / "file").touch()
    assert output_exists(tmp_path / "file")
    assert not output_exists(tmp_path / "none" / "file")
    for path, problem in {
        tmp_path: f"{tmp_path}: is a folder",
        tmp_path / ("x" * 300): f"{tmp_path}/{'x' * 300}: cannot be written: file name too long",
        tmp_path / "file" / "x": f"{tmp_path}/file: is a file, not a folder",
    }.items():
        with pytest.raises(OutputError) as error:
            output_exists(path)
        assert error.value.message == problem
