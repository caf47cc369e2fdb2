"""Tiny models of every family, as folders whose files the fuzzer damages."""

from __future__ import annotations

from pathlib import Path

import tiny_speech
from audiocli.models.base import Task
from models.test_hostile_models import CASES
from robustness.corpus import Corpus, Kind
from tiny_pyannote import build_pipeline

_LINES: dict[Task, tuple[str, ...]] = {
    "classify": ("classify clip.wav -m {} -f json",),
    "codec": ("codec encode clip.wav -m {} -o OUT/x.npz",),
    "embed": ("embed clip.wav -m {} -f json",),
    "speak": ("speak Yes. -m {} -o OUT/x.wav",),
    "transcribe": ("transcribe clip.wav -m {} -f json",),
    "vocoder": ("speak Yes. -m models/speecht5 --vocoder {} -o OUT/x.wav",),
    "voiceprint": ("embed clip.wav -m {} -f json",),
}
_EXTRA_LINES = {
    "clap": ("classify clip.wav -m {} --labels dog,cat -f json",),
    "ctc": ("align clip.wav --text-file words.txt -m {} -f json",),
    "speecht5": ("speak Yes. -m {} --reference clip.wav -o OUT/x.wav",),
}


def add_model_folders(corpus: Corpus) -> None:
    """Save a tiny model of each family, and codec tokens of one."""
    for case, (task, build) in CASES.items():
        folder = Path("models", case.replace(" ", "-"))
        build(folder)
        lines = _LINES[task] + _EXTRA_LINES.get(case, ())
        corpus.kinds[f"model {case}"] = Kind((folder,), lines, is_model=True)
    if pipeline := _pipeline():
        corpus.kinds["model pyannote"] = Kind(
            (pipeline,), ("diarize clip.wav -m {} -f json",), is_model=True
        )
    _add_tokens(corpus)


def _pipeline() -> Path | None:
    try:
        return build_pipeline(Path("models/pyannote"))
    except ImportError:
        return None


def _add_tokens(corpus: Corpus) -> None:
    tiny_speech.encodec(Path("models/tokens"))
    corpus.run("codec encode clip.wav -m models/tokens -o tokens/x.npz")
    corpus.run("codec encode clip.wav -m models/tokens -o tokens/x.json")
    files = (Path("tokens/x.npz"), Path("tokens/x.json"))
    corpus.kinds["codec tokens"] = Kind(files, ("codec decode {} -m models/tokens -o OUT/x.wav",))
