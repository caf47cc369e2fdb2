"""Test that the import contracts of pyproject.toml hold and are able to fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts on the sources of `folder`."""
    environ = {**os.environ, "PYTHONPATH": str(folder / "src")}
    return subprocess.run(LINT, cwd=folder, env=environ, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("results/base.py", "import audiocli.schema", "Imports point down"),
        ("tasks/common/events.py", "def f(): import audiocli.cli", "Imports point down"),
        ("text/languages.py", "from audiocli.audio import clip", "Imports point down"),
        ("render/srt.py", "import audiocli.audio.decode", "Renderers know"),
        ("tasks/common/events.py", "import torch", "Only models import"),
    ],
)
def test_an_import_against_the_layers_fails(
    tmp_path: Path, module: str, line: str, contract: str
) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("data"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    assert lint(tmp_path).returncode == 0

    path = tmp_path / "src" / "audiocli" / module
    path.write_text(f"{path.read_text(encoding='utf-8')}\n\n{line}\n", encoding="utf-8")

    result = lint(tmp_path)
    assert result.returncode == 1
    assert any(contract in x and "BROKEN" in x for x in result.stdout.splitlines()), result.stdout
