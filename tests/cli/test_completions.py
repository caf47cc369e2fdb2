"""The completion scripts, in the shells that are here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BASH = "source audiocli.bash; COMP_WORDS=({words}); COMP_CWORD={last}; _audiocli audiocli; "
BASH += 'printf "%s\\n" "${{COMPREPLY[@]}}"'

LINES = [
    ("trans", {"transcribe"}),
    ("transcribe --format s", {"srt"}),
    ("transcribe -f t", {"table", "textgrid", "tsv", "txt"}),
    ("transcribe --format=v", {"vtt"}),
    ("transcribe --model whisper-b", {"whisper-base", "whisper-base.en"}),
    ("transcribe -f srt,te", {"srt,textgrid"}),
    ("transcribe --max-l", {"--max-line-width", "--max-lines"}),
    ("models ver", {"verify"}),
    ("schema trans", {"transcript"}),
]


def ask(*command: str) -> set[str]:
    """Candidates a shell prints, one a line, the scripts' audiocli being this one."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=ROOT / "completions",
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    return set(done.stdout.split("\n")) - {""}


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize(("line", "candidates"), LINES)
def test_bash(line: str, candidates: set[str]) -> None:
    words = f"audiocli {line}".replace("=", " = ").split(" ")  # as bash divides them
    script = BASH.format(words=" ".join(map(repr, words)), last=len(words) - 1)
    assert ask("bash", "--norc", "-c", script) == candidates


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash_leaves_files_to_the_shell() -> None:
    for words in ("transcribe ''", "convert a.js", "transcribe -o x"):
        last = len(words.split())
        assert ask("bash", "-c", BASH.format(words=f"audiocli {words}", last=last)) == set()


@pytest.mark.skipif(not shutil.which("fish"), reason="needs fish")
@pytest.mark.parametrize(("line", "candidates"), LINES)
def test_fish(line: str, candidates: set[str]) -> None:
    found = ask("fish", "-c", f"source audiocli.fish; complete -C 'audiocli {line}'")
    assert {value.split("\t")[0].rpartition("=")[2] for value in found} == candidates


@pytest.mark.skipif(not shutil.which("zsh"), reason="needs zsh")
def test_zsh_can_read_its_script() -> None:
    ask("zsh", "-n", "_audiocli")


def test_the_scripts_are_current() -> None:
    subprocess.run([sys.executable, ROOT / "tools/make_completions.py", "--check"], check=True)
