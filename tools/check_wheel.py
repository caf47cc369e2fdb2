"""Build the wheel, check what it holds, install it alone and transcribe a clip with it.

    python tools/check_wheel.py                 # this Python, and Python 3.13 where it is found
    python tools/check_wheel.py --python python3.12

Every installation goes into a new virtual environment with the base dependencies only, and
runs from a folder outside the checkout. The model comes from the user's cache, or is
downloaded once.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import audiocli

ROOT = Path(__file__).parents[1]
CLIP = ROOT / "tests" / "data" / "jfk.flac"
WORDS = "ask not what your country can do for you"
OTHER_PYTHONS = ("3.13",)
COMPLETIONS = (
    "share/bash-completion/completions/audiocli",
    "share/zsh/site-functions/_audiocli",
    "share/fish/vendor_completions.d/audiocli.fish",
)
CONTENTS = (
    "audiocli/py.typed",
    "audiocli/data/diarization/segmentation.onnx",
    "audiocli/data/silero-vad/silero_vad_v6.onnx",
    f"audiocli-{audiocli.__version__}.dist-info/licenses/LICENSE",
    f"audiocli-{audiocli.__version__}.dist-info/licenses/NOTICE",
    *(f"audiocli-{audiocli.__version__}.data/data/{path}" for path in COMPLETIONS),
)
FIND_HEAVY = "import importlib.util as u; print(*filter(u.find_spec, ['torch', 'transformers']))"


def build(folder: Path) -> Path:
    """Build the wheel into `folder`."""
    pip = [sys.executable, "-m", "pip", "--quiet"]
    run([*pip, "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT)], folder)
    (wheel,) = folder.glob("audiocli-*.whl")
    return wheel


def check_contents(wheel: Path) -> None:
    """Fail if the wheel lacks a file of each kind, or holds files of the checkout only."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    missing = [name for name in CONTENTS if name not in names]
    strange = [
        name for name in names if not re.match(r"audiocli(/|-[\w.]+\.(data|dist-info)/)", name)
    ]
    if missing or strange:
        sys.exit(f"{wheel.name}: missing {missing}, not expected {strange}")


def check_install(python: str, wheel: Path, folder: Path) -> None:
    """Install the wheel into a new environment and run it from there."""
    environment = folder / "environment"
    run([python, "-m", "venv", str(environment)], folder)
    programs = environment / ("Scripts" if os.name == "nt" else "bin")
    run([str(programs / "python"), "-m", "pip", "install", "--quiet", str(wheel)], folder)

    program = str(programs / "audiocli")
    version = run([program, "--version"], folder).strip()
    text = run([program, "transcribe", str(CLIP), "--format", "txt"], folder)
    heavy = run([str(programs / "python"), "-c", FIND_HEAVY], folder)
    missing = [path for path in COMPLETIONS if not (environment / path).is_file()]
    if audiocli.__version__ not in version:
        sys.exit(f"--version prints {version}, not {audiocli.__version__}")
    if WORDS not in re.sub(r"[^a-z ]", "", text.lower().replace("\n", " ")):
        sys.exit(f"{CLIP.name} is transcribed as {text!r}")
    if heavy.strip() or missing:
        sys.exit(f"the base install has {heavy.strip()} and lacks {missing}")


def run(command: Sequence[str], folder: Path) -> str:
    """Run a command in `folder`, away from the sources, and return its stdout."""
    environ = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(command, cwd=folder, env=environ, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"exit code {done.returncode}: {' '.join(command)}")
    return done.stdout


def find_python(version: str) -> str | None:
    """Return an interpreter of this version that runs, on the PATH or from pyenv."""
    name = f"python{version}"
    of_pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}*/bin/{name}"))
    for candidate in (shutil.which(name), *map(str, of_pyenv)):
        # A shim of pyenv is on the PATH also where its interpreter is not selected.
        if candidate and not subprocess.run([candidate, "-V"], capture_output=True).returncode:
            return candidate
    return None


def main() -> None:
    """Check the wheel on the interpreters asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--python", action="append", help="interpreter to install into")
    pythons = parser.parse_args().python or [sys.executable]
    if pythons == [sys.executable]:
        for version in OTHER_PYTHONS:
            if found := find_python(version):
                pythons.append(found)
            else:
                print(f"wheel: Python {version} is not installed here: skipped")
    with tempfile.TemporaryDirectory() as name:
        wheel = build(Path(name))
        check_contents(wheel)
        for number, python in enumerate(pythons):
            folder = Path(name) / str(number)
            folder.mkdir()
            check_install(python, wheel, folder)
            print(f"wheel: {wheel.name} transcribes with {run([python, '-V'], folder).strip()}")


if __name__ == "__main__":
    main()
