"""The example package of docs/plugins.md, laid out as pip installs it and found by the program."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

import toy
from audiocli.render import render
from audiocli.results import ModelInfo, Segment, Transcript
from conftest import DATA
from toy import Program

PAGE = Path(__file__).parents[1] / "docs" / "plugins.md"
EMPTY_SPECS = """
from dataclasses import replace

from audiocli_example.loudness import FAMILY

(spec,) = FAMILY.specs
FAMILY = replace(
    FAMILY,
    specs=(
        replace(spec, name="placeless", sources=()),
        replace(spec, name="fileless", files=()),
        replace(spec, name="louder"),
    ),
)
"""


def install_example(site: Path) -> None:
    """Write the files that the page shows, and the metadata that pip makes of pyproject.toml."""
    shown = dict(
        re.findall(r"^`([\w./]+)`[^\n]*:\n\n```\w+\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    )
    assert len(shown) == 4
    project = tomllib.loads(shown.pop("pyproject.toml"))["project"]
    for name, text in shown.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
    (site / "audiocli_example" / "__init__.py").touch()
    info = site / "audiocli_example-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: audiocli-example\nVersion: 1.0\n")
    groups = project["entry-points"].items()
    (info / "entry_points.txt").write_text(
        "".join(
            f"[{group}]\n" + "".join(f"{name} = {place}\n" for name, place in entries.items())
            for group, entries in groups
        )
    )


def write_transcript(folder: Path) -> Path:
    """Write a result of one segment as JSON."""
    transcript = Transcript(
        source="talk.wav",
        duration=90.0,
        model=ModelInfo("none", None),
        segments=(Segment(start=61.25, end=62.0, text="Ask not."),),
    )
    (folder / "talk.json").write_text(render(transcript, "json"))
    return folder / "talk.json"


@pytest.fixture
def audiocli(tmp_path: Path) -> Program:
    install_example(tmp_path / "plugin")
    return Program(tmp_path)


def test_the_family_of_the_example_is_listed_and_runs(audiocli: Program, tmp_path: Path) -> None:
    code, out, err = audiocli("models", "list", "--for-task", "classify")
    assert (code, err) == (0, "")
    assert "loudness\tclassify\t21\tMIT\t\tyes\tpackage\n" in out
    code, out, err = audiocli("classify", DATA / "jfk.flac", "-m", "loudness", "-f", "json")
    assert (code, err) == (0, "")
    assert json.loads(out)["labels"][0]["label"] == "loud"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text('{"loud_dbfs": 0.0}')  # full scale is not loud
    code, out, err = audiocli("classify", DATA / "jfk.flac", "-m", tmp_path / "mine", "-f", "json")
    assert json.loads(out)["labels"][0]["label"] == "quiet"


def test_the_format_of_the_example_is_found_by_name_and_suffix(
    audiocli: Program, tmp_path: Path
) -> None:
    result = write_transcript(tmp_path)
    expected = "- **00:01:01.2** Ask not.\n"
    assert audiocli("convert", result, "-f", "markdown") == (0, expected, "")
    assert audiocli("convert", result, "-o", tmp_path / "talk.md").code == 0
    assert (tmp_path / "talk.md").read_text() == expected
    code, _, err = audiocli("convert", result, "-f", "markdwon")
    assert (code, err) == (
        2,
        "error: unknown format 'markdwon' (did you mean markdown?)\n",
    )


def test_a_broken_format_is_a_warning(audiocli: Program, tmp_path: Path) -> None:
    (tmp_path / "plugin" / "audiocli_example" / "markdown.py").write_text("RENDERER = 'markdown'\n")
    code, _, err = audiocli("convert", write_transcript(tmp_path), "-f", "markdown")
    assert code == 2
    assert err.splitlines()[0] == (
        "warning: plug-in markdown of audiocli-example is left out: "
        "audiocli_example.markdown:RENDERER is no Renderer"
    )


def test_specs_without_files_or_sources_are_left_out_with_a_warning(
    audiocli: Program, tmp_path: Path
) -> None:
    info = tmp_path / "plugin" / "audiocli_example-1.0.dist-info"
    (info / "entry_points.txt").write_text("[audiocli.models]\nempty = empty_specs:FAMILY\n")
    (tmp_path / "plugin" / "empty_specs.py").write_text(EMPTY_SPECS)
    code, out, err = audiocli("models", "list")
    assert code == 0
    assert err.splitlines() == [
        "plug-in empty of audiocli-example: placeless is left out: its spec has no sources",
        "plug-in empty of audiocli-example: fileless is left out: its spec has no files",
    ]
    assert "\nlouder\t" in out
    assert "placeless" not in out
    assert audiocli("classify", DATA / "jfk.flac", "-m", "placeless").code == 3


def test_a_fetched_model_whose_files_changed_is_still_listed(tmp_path: Path) -> None:
    """Its spec is that of the manifest, which has no sources."""
    toy.install_plugin(tmp_path / "plugin", toy.spec(name="fetched"))
    carriers = toy.make_carriers(tmp_path / "carriers")
    audiocli = Program(tmp_path, carriers)
    assert audiocli("models", "pull", "fetched").code == 0
    (tmp_path / "plugin" / "toy_plugin-1.0.dist-info" / "entry_points.txt").write_text("")
    (audiocli.cache / "models" / "fetched" / "config.json").write_text("changed")
    code, out, err = audiocli("models", "list")
    assert (code, err) == (0, "")
    assert "\nfetched\tclassify\t" in out
