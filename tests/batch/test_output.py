import os
import stat
from pathlib import Path

import pytest

from audiocli.batch.inputs import Input, find_inputs
from audiocli.batch.output import atomic_writer, mirrored
from audiocli.errors import OutputError


def test_a_file_appears_whole_and_with_usual_permissions(tmp_path):
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
def test_what_ends_early_leaves_no_trace(tmp_path, error):
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
    assert str(error.value) == "/dev/full: cannot be written: no space left on device"


def test_places_that_cannot_be_written(tmp_path):
    for path, problem in {
        tmp_path: "is a folder",
        tmp_path / ("x" * 300): "cannot be written: file name too long",
    }.items():
        with pytest.raises(OutputError) as error, atomic_writer(path):
            pass
        assert str(error.value) == f"{path}: {problem}"


def test_a_file_where_a_folder_should_be(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "talk.json", tmp_path / "file" / "2023" / "talk.json"):
        with pytest.raises(OutputError) as error, atomic_writer(path):
            pass
        assert str(error.value) == f"{path.parent}: is no folder, a file is in the way"


def place(path, output, extension="json"):
    (input,) = find_inputs([str(path)], stdin=None)
    return mirrored(input, output, extension).relative_to(output).as_posix()


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
    inputs = find_inputs([str(tmp_path / "talks")], stdin=None)
    assert [mirrored(i, Path("out"), "srt").as_posix() for i in inputs] == [
        "out/a.srt",
        "out/2023/b.srt",
    ]


def test_stdin_has_a_name():
    assert mirrored(Input("-", None, Path("stdin")), Path("out"), "srt") == Path("out/stdin.srt")


def test_an_input_is_never_replaced_by_its_result(tmp_path):
    (tmp_path / "talk.wav").touch()
    with pytest.raises(OutputError) as error:
        place(tmp_path / "talk.wav", tmp_path, "wav")
    assert str(error.value) == f"{tmp_path}/talk.wav: is the input itself (choose another folder)"
