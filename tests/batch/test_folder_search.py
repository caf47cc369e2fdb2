"""Which files of folders are inputs."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from audiocli.batch.folder_search import folder_filter
from audiocli.batch.globs import GlobPattern, expand_braces
from audiocli.batch.inputs import find_inputs
from audiocli.errors import UsageError

TREE = """
    a.wav b.mp3 c.raw notes.txt .hidden.wav .cache/d.wav
    2023/e.wav 2023/f.mp3 2023/raw/g.wav 2023/raw/h.raw 2024/raw/i.wav 2024/[x]*.wav
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    for name in TREE.split():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"RIFF")
    return folder


def found(folder: Path, include=None, exclude=None, hidden=False) -> str:
    filter = folder_filter(include, exclude, hidden, offline=False)
    inputs = find_inputs([str(folder)], stdin=io.BytesIO(), filter=filter)
    return " ".join(str(input.relative) for input in inputs)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, "a.wav b.mp3 2023/e.wav 2023/f.mp3 2023/raw/g.wav 2024/[x]*.wav 2024/raw/i.wav"),
        ({"include": ["*.mp3"]}, "b.mp3 2023/f.mp3"),
        ({"include": ["/*.mp3"]}, "b.mp3"),
        ({"include": ["2023/*"]}, "2023/e.wav 2023/f.mp3 2023/raw/g.wav"),
        ({"include": ["*/raw/*.wav"]}, "2023/raw/g.wav 2024/raw/i.wav"),
        ({"include": ["**/[a-e].wav"]}, "a.wav 2023/e.wav"),
        ({"include": ["[!x].mp3", "c.*"]}, "b.mp3 2023/f.mp3"),
        ({"include": ["*.raw"]}, "c.raw 2023/raw/h.raw"),
        ({"include": ["?.{raw,mp3}"]}, "b.mp3 c.raw 2023/f.mp3 2023/raw/h.raw"),
        ({"include": ["raw"]}, "2023/raw/g.wav 2024/raw/i.wav"),
        ({"include": ["raw/"]}, "2023/raw/g.wav 2024/raw/i.wav"),
        ({"include": ["2024/[[]x[]][*].wav"]}, "2024/[x]*.wav"),
        ({"exclude": ["*.wav"]}, "b.mp3 2023/f.mp3"),
        ({"exclude": ["raw", "*.mp3"]}, "a.wav 2023/e.wav 2024/[x]*.wav"),
        ({"exclude": ["20*/"]}, "a.wav b.mp3"),
        ({"exclude": ["a.wav/", "20*"]}, "a.wav b.mp3"),
        ({"exclude": ["2023/**/g.wav", "2024"]}, "a.wav b.mp3 2023/e.wav 2023/f.mp3"),
        ({"include": ["*.wav"], "exclude": ["20*"]}, "a.wav"),
        ({"include": ["*.wav"], "exclude": ["20*"], "hidden": True},
         ".hidden.wav a.wav .cache/d.wav"),
        ({"include": [".hidden.wav", "a.*"]}, "a.wav"),
    ],
)  # fmt: skip
def test_filters(tree: Path, options: dict[str, list[str]], names: str) -> None:
    assert found(tree, **options) == names


def test_excluded_folders_are_not_searched(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searched = []
    scandir = os.scandir

    def noting(folder):
        searched.append(Path(folder).name)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", noting)
    found(tree, exclude=["raw", "2024"])
    assert searched == ["tree", "2023"]


def test_loops_of_links_end(tree: Path) -> None:
    (tree / "2023/again").symlink_to(tree)
    (tree / "b.wav").symlink_to(tree / "b.wav")
    assert found(tree, include=["[ab].wav"]) == "a.wav b.wav"
    (loop,) = (
        input for input in find_inputs([str(tree)], stdin=io.BytesIO()) if "b.wav" in input.name
    )
    with pytest.raises(Exception, match="too many levels of symbolic links"):
        loop.open(io.BytesIO()).__enter__()


def test_patterns_without_a_match_are_named(tree: Path) -> None:
    filter = folder_filter(["*.opus"], None, False, offline=False)
    (input,) = find_inputs([str(tree)], stdin=io.BytesIO(), filter=filter)
    assert input.problem == "no file in this folder matches the patterns (check --include and --exclude)"  # fmt: skip # noqa: E501


@pytest.mark.parametrize("options", [("--include", "*.wav"), ("--exclude", "*.wav"), ("--hidden",)])
def test_filters_apply_to_folders(run, tree: Path, options: tuple[str, ...]) -> None:
    for command in (["features"], ["index", "add", str(tree / "x.index")]):
        ran = run(*command, tree / "a.wav", *options)
        assert ran.code == 2
        assert ran.stderr.startswith(
            "error: --include, --exclude and --hidden apply to folders (name a folder)"
        )
    listed = run("features", "@-", *options, stdin=bytes(tree))
    assert listed.code in (0, 4)


def test_an_empty_pattern_is_refused(run, tree: Path) -> None:
    for pattern in ("", "/"):
        ran = run("features", tree, "--include", pattern)
        assert ran.code == 2
        assert ran.stderr == f"error: {pattern!r} is no pattern (give a glob such as '*.wav')\n"


def test_a_filter_leaves_results_up_to_date(run, tmp_path: Path, jfk: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.flac", "b.flac"):
        (folder / name).write_bytes(jfk.read_bytes())
    first = run("features", folder, "-d", tmp_path / "out", "--include", "a*")
    assert (first.code, (tmp_path / "out/b.json").exists()) == (0, False)
    plan = run("features", folder, "-d", tmp_path / "out", "--dry-run", "--exclude", "x*")
    states = [line.split("\t")[0] for line in plan.stdout.splitlines()]
    assert states == ["done", "new"]


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("a-{000..002}.tar", ["a-000.tar", "a-001.tar", "a-002.tar"]),
        ("{8..11}", ["8", "9", "10", "11"]),
        ("{a,b}{1,2}", ["a1", "a2", "b1", "b2"]),
        ("{x}{a,}", ["{x}a", "{x}"]),
        ("plain", ["plain"]),
    ],
)
def test_braces(pattern: str, texts: list[str]) -> None:
    assert list(expand_braces(pattern)) == texts


def test_huge_braces_end() -> None:
    with pytest.raises(UsageError, match="more than 100000"):
        list(expand_braces("{0..99999999}"))


def test_many_stars_are_matched_in_time() -> None:
    parts = ["a"] * 40
    assert not GlobPattern("**/a/" * 10 + "b").matches(parts, is_folder=False)
