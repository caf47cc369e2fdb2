import io
import os
from pathlib import Path

import pytest

from audiocli.batch.inputs import find_inputs, names_one_file
from audiocli.errors import InputError, UsageError
from sounds import pcm, tone

NO_STDIN = io.BytesIO()


TREE = """
    talks/b.WAV talks/a.mp3 talks/notes.txt talks/.hidden.wav talks/.git/x.wav
    talks/2023/c.m4a talks/2023/d.mkv talks/2022/e.flac music/a.mp3 single.wav
"""


@pytest.fixture(autouse=True)
def tree(tmp_path, monkeypatch):
    """Change to a folder with audio, video, other and hidden files, and an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in TREE.split():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"RIFF")
    (tmp_path / "empty").mkdir()
    return tmp_path


def found(*arguments, stdin=NO_STDIN, **options):
    return [(i.name, str(i.relative)) for i in find_inputs(arguments, stdin=stdin, **options)]


def test_a_folder_is_searched_in_order():
    assert found("talks/") == [
        ("talks/a.mp3", "a.mp3"),
        ("talks/b.WAV", "b.WAV"),
        ("talks/2022/e.flac", "2022/e.flac"),
        ("talks/2023/c.m4a", "2023/c.m4a"),
        ("talks/2023/d.mkv", "2023/d.mkv"),
    ]
    assert next(find_inputs(["talks"], stdin=NO_STDIN)).path == Path("talks/a.mp3")


def test_results_are_placed_below_what_all_arguments_share(tree):
    assert found("talks/2022", "music", "single.wav") == [
        ("talks/2022/e.flac", "talks/2022/e.flac"),
        ("music/a.mp3", "music/a.mp3"),
        ("single.wav", "single.wav"),
    ]
    assert found(str(tree / "talks" / "a.mp3")) == [(str(tree / "talks/a.mp3"), "a.mp3")]
    assert found("talks/2022/../a.mp3", "talks/2023") == [
        ("talks/2022/../a.mp3", "a.mp3"),
        ("talks/2023/c.m4a", "2023/c.m4a"),
        ("talks/2023/d.mkv", "2023/d.mkv"),
    ]


def test_an_input_named_twice_is_given_once():
    names = [name for name, _ in found("talks/2022", "./talks/2022/e.flac", "talks", "-", "-")]
    assert names == [
        "talks/2022/e.flac",
        "talks/a.mp3",
        "talks/b.WAV",
        "talks/2023/c.m4a",
        "talks/2023/d.mkv",
        "-",
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"talks/2022\r\n\r\nsingle.wav\r\n",
        b"\xef\xbb\xbftalks/2022\nsingle.wav",
        b"talks/2022\0single.wav\0",
        "talks/2022\r\nsingle.wav\r\n".encode("utf-16"),
        b"\xfe\xff" + "talks/2022\nsingle.wav".encode("utf-16-be"),
    ],
)
def test_lists(tree, content):
    expected = [("talks/2022/e.flac", "talks/2022/e.flac"), ("single.wav", "single.wav")]
    (tree / "list.txt").write_bytes(content)
    assert found("@list.txt") == expected
    assert found(files_from="list.txt") == expected
    assert found("@-", stdin=io.BytesIO(content)) == expected
    assert found(files_from="-", stdin=io.BytesIO(content)) == expected


def test_a_list_separated_by_nul_has_names_with_line_ends(tree):
    (tree / "a\nb.wav").write_bytes(b"RIFF")
    content = b"a\nb.wav\0single.wav\0"
    assert [name for name, _ in found("@-", stdin=io.BytesIO(content))] == [
        "a\nb.wav",
        "single.wav",
    ]


@pytest.mark.parametrize("content", [bytes(1 << 20), b"x" * (1 << 20)])
def test_invalid_lists_are_refused(content):
    with pytest.raises(UsageError, match="-: is not a file list"):
        found("@-", stdin=io.BytesIO(content))


def test_a_folder_is_searched_for_every_suffix_but_not_for_typescript(tree):
    packet = b"\x47" + bytes(187)
    contents = {
        "a.ts": packet * 3,
        "b.mts": bytes(4) + packet + bytes(4) + packet,
        "c.ts": b"export const sound = 'none';\n" * 20,
        "d.mts": b"export {};",
        "e.ts": b"G",
    }
    names = [
        "f.qta",
        "f.mpga",
        "f.3g2",
        "f.asf",
        "f.f4v",
        "f.amr",
        "f.gsm",
        "f.3ga",
        "f.m2t",
        "f.rm",
    ]
    folder = tree / "kinds"
    folder.mkdir()
    for name, content in {**contents, **dict.fromkeys(names, b"x")}.items():
        (folder / name).write_bytes(content)
    assert [name for name, _ in found("kinds")] == [
        f"kinds/{name}" for name in sorted(["a.ts", "b.mts", *names])
    ]


def test_a_list_is_followed_as_it_grows():
    out, into = os.pipe()
    with os.fdopen(out, "rb", buffering=0) as stdin, os.fdopen(into, "wb", buffering=0) as writer:
        inputs = find_inputs(["@-"], stdin=io.BufferedReader(stdin))
        writer.write(b"single.wav\n")
        assert next(inputs).name == "single.wav"
        writer.write(b"music/a.mp3\n")
        assert next(inputs).name == "music/a.mp3"


def test_stdin_and_urls_have_relative_paths():
    assert found("-", "https://example.org/a/talk%20one.mp3?id=1/2") == [
        ("-", "stdin"),
        (
            "https://example.org/a/talk%20one.mp3?id=1/2",
            "example.org/a/talk one.mp3/id=1_2",
        ),
    ]


def test_unreadable_inputs_fail_when_they_are_opened():
    names = ["no.wav", "empty", "empty/", "talks/2022"]
    inputs = list(find_inputs(names, stdin=NO_STDIN))
    assert [i.name for i in inputs] == ["no.wav", "empty", "talks/2022/e.flac"]
    problems = [
        "no.wav: no such file (check the path)",
        "empty: no audio or video in this folder (check the path and the suffixes)",
    ]
    for input, message in zip(inputs, problems, strict=False):
        with pytest.raises(InputError) as error, input.open(NO_STDIN):
            pass
        assert str(error.value) == message
    (alone,) = find_inputs(["empty"], stdin=NO_STDIN)
    assert str(alone.relative) == "empty"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_a_failure(tree):
    (tree / "talks/2023").chmod(0)
    (*_, last) = find_inputs(["talks"], stdin=NO_STDIN)
    (tree / "talks/2023").chmod(0o755)
    assert (last.name, last.problem) == ("talks/2023", "permission denied")


def test_inputs_open_as_sound(tree):
    (tree / "single.wav").write_bytes(pcm(tone(1.0)))
    stdin = io.BytesIO(pcm(tone(2.0)))
    lengths = []
    for input in find_inputs(["single.wav", "-"], stdin=stdin):
        with input.open(stdin, rate=8000) as stream:
            lengths.append((stream.name, sum(block.shape[1] for block in stream)))
    assert lengths == [("single.wav", 8000), ("-", 16000)]


class Terminal(io.BytesIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        ([], NO_STDIN, "no input given (give files or folders, or - for stdin)"),
        (["@no.txt"], NO_STDIN, "no.txt: no such list file (check the path)"),
        (["@talks"], NO_STDIN, "talks: no such list file (check the path)"),
        (
            ["-", "@-"],
            NO_STDIN,
            "stdin can be used only once: as audio (-) or as a list (@-)",
        ),
        (
            ["-"],
            Terminal(),
            "- reads audio from stdin, which is a terminal (pipe a file into it)",
        ),
    ],
)
def test_invalid_command_lines(arguments, stdin, message):
    with pytest.raises(UsageError) as error:
        find_inputs(arguments, stdin=stdin)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("arguments", "one"),
    [
        (["single.wav"], True),
        (["no.wav"], True),
        (["-"], True),
        (["talks"], False),
        (["@list"], False),
        (["single.wav", "music/a.mp3"], False),
        ([], False),
    ],
)
def test_arguments_with_exactly_one_result(arguments, one):
    assert names_one_file(arguments) is one
    assert names_one_file(arguments, files_from="list") is False


def test_a_huge_folder_is_not_walked_before_the_first_input(monkeypatch):
    walked = []
    walk = os.walk

    def counting(*arguments, **options):
        for step in walk(*arguments, **options):
            walked.append(step[0])
            yield step

    monkeypatch.setattr(os, "walk", counting)
    next(find_inputs(["talks"], stdin=NO_STDIN))
    assert walked == ["talks"]


def test_a_pipe_in_a_folder_is_not_an_input(tmp_path: Path) -> None:
    """Opening it would wait for a writer that may never come."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    os.mkfifo(folder / "pipe.wav")
    (folder / "a.wav").touch()
    found = find_inputs([str(folder)], stdin=io.BytesIO())
    assert [Path(input.name).name for input in found] == ["a.wav"]
