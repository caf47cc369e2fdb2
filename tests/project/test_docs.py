"""Test that the documents name files that exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
)
PATH = re.compile(r"`((?:src|tests|tools|docs|benchmarks|completions)/[\w./-]+)`")
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)(?:#[\w-]+)?\)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_named_in_documents_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = [ROOT / name for name in PATH.findall(text)]
    linked = [document.parent / name for name in LINK.findall(text)]
    assert [str(path) for path in named + linked if not path.exists()] == []


RUN = """
import sys
from audiocli.cli import main
assert main(["transcribe", sys.argv[1], "-f", "srt", "-o", sys.argv[2]]) == 0
print(*(module.__file__ for name, module in sys.modules.items() if name.startswith("audiocli")))
"""


@pytest.mark.models
def test_the_walk_names_files_that_take_part(tmp_path: Path, jfk: Path) -> None:
    """A recording is followed from the command to the renderer through 15 files at most."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    walk = text.partition("## One recording")[2].partition("\n## ")[0]
    named = [ROOT / name for name in PATH.findall(walk)]
    assert 10 <= len(named) == len(set(named)) <= 15

    command = [sys.executable, "-c", RUN, str(jfk), str(tmp_path / "jfk.srt")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = {Path(name) for name in done.stdout.split()}
    entry = ROOT / "src" / "audiocli" / "__main__.py"  # imports nothing that a test could use
    assert set(named) - loaded == {entry}
