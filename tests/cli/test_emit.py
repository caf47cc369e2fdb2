"""Where results go: one file, a folder, or stdout as the words come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from audiocli.batch.inputs import Input
from audiocli.batch.output_journal import Origin
from audiocli.cli.emit import open_emitter
from audiocli.cli.folder_output import FolderPolicy
from audiocli.context import Context
from audiocli.errors import OutputError, UsageError
from audiocli.render import render
from audiocli.results import Segment, Transcript
from inprocess import context
from strategies import AWKWARD

ORIGIN = Origin("a/talk.m4a", "")
TALK = Input("a/talk.m4a", None, Path("a/talk"))
LIVE_FORMATS = ["txt", "srt", "vtt", "lrc", "ass", "tsv"]


def out_of(world: Context) -> str:
    assert isinstance(world.stdout, StringIO)
    return world.stdout.getvalue()


@pytest.mark.parametrize("name", LIVE_FORMATS)
def test_live_equals_whole_and_writes_before_it_asks_for_more(name: str) -> None:
    world = context()
    seen: list[str] = []

    def speech() -> Iterator[Segment]:
        for segment in AWKWARD.segments:
            yield segment
            seen.append(out_of(world))

    with open_emitter(world, Transcript, formats=[name]) as emitter:
        assert emitter.is_live
        assert tuple(emitter.live(Transcript, speech())) == AWKWARD.segments
    assert out_of(world) == render(AWKWARD, name)
    assert "And so" in seen[0]


@pytest.mark.parametrize("name", LIVE_FORMATS)
def test_live_silence_is_a_whole_document(name: str) -> None:
    world = context()
    with open_emitter(world, Transcript, formats=[name]) as emitter:
        assert list(emitter.live(Transcript, iter(()))) == []
    assert out_of(world) == render(replace(AWKWARD, segments=()), name)


def test_live_writes_nothing_for_an_input_that_cannot_be_read() -> None:
    world = context()
    with (
        open_emitter(world, Transcript, formats=["vtt"]) as emitter,
        pytest.raises(ZeroDivisionError),
    ):
        list(emitter.live(Transcript, (AWKWARD.segments[1 // i] for i in range(1))))
    assert out_of(world) == ""


def test_what_goes_to_a_file_is_not_live(tmp_path: Path) -> None:
    assert not open_emitter(context(), Transcript, output=tmp_path / "a.srt").is_live
    assert not open_emitter(context(), Transcript, output_dir=tmp_path).is_live
    assert not open_emitter(context(), Transcript, formats=["json"]).is_live


def test_an_interrupted_run_keeps_the_results_it_has(tmp_path: Path) -> None:
    output = tmp_path / "all.jsonl"
    with (
        pytest.raises(KeyboardInterrupt),
        open_emitter(context(), Transcript, output=output) as emitter,
    ):
        emitter.emit(TALK, AWKWARD)
        assert not output.exists()
        raise KeyboardInterrupt
    assert output.read_text() == render(AWKWARD, "jsonl")
    assert list(tmp_path.iterdir()) == [output]


def test_a_write_cut_short_leaves_the_old_file(tmp_path: Path) -> None:
    output = tmp_path / "all.jsonl"
    output.write_text("old")
    with (
        pytest.raises(OutputError, match="no space"),
        open_emitter(
            context(), Transcript, output=output, policy=FolderPolicy(overwrite=True)
        ) as emitter,
    ):
        emitter.emit(TALK, AWKWARD)
        emitter._file = Full()
        emitter.emit(TALK, AWKWARD)
    assert output.read_text() == "old"
    assert list(tmp_path.iterdir()) == [output]


class Full(StringIO):
    """A disk without room."""

    def write(self, text: str) -> int:  # noqa: ARG002
        raise OSError(28, "No space left on device")


def test_no_result_makes_no_file(tmp_path: Path) -> None:
    with open_emitter(context(), Transcript, output=tmp_path / "all.jsonl"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_gets_a_file_for_each_input(tmp_path: Path) -> None:
    with open_emitter(context(), Transcript, formats=["textgrid"], output_dir=tmp_path) as emitter:
        assert emitter.folder
        (target,) = emitter.folder.targets(TALK)
        path = target.path
        assert path == tmp_path / "a/talk.TextGrid"
        emitter.expect(1000)
        emitter.folder.expect({"command": "transcribe"}, lambda _: ORIGIN)
        (plan,) = emitter.folder.plan([TALK])
        assert [target.path for target in plan.targets] == [path]
        emitter.emit(TALK, AWKWARD)
        (plan,) = emitter.folder.plan([TALK])
        assert plan.state == "done"
    assert path.read_text() == render(AWKWARD, "textgrid")


def test_names_that_are_not_unicode_are_written(tmp_path: Path) -> None:
    odd = replace(AWKWARD, source="caf\udce9.wav", segments=())
    for name in ("json", "csv", "table"):
        output = tmp_path / f"odd.{name}"
        with open_emitter(context(), Transcript, formats=[name], output=output) as emitter:
            emitter.emit(TALK, odd)
        assert name == "csv" or "caf\\udce9.wav" in output.read_text(encoding="utf-8")


def test_several_results_in_a_format_for_one() -> None:
    with open_emitter(context(), Transcript, formats=["srt"]) as emitter:
        with pytest.raises(UsageError, match="use --output-dir to write one file per input"):
            emitter.expect(2)
        emitter.emit(TALK, AWKWARD)
        with pytest.raises(UsageError, match="--output-dir"):
            emitter.emit(TALK, AWKWARD)
