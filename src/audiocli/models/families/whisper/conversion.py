"""Whisper checkpoints as transformers saves them, turned into CTranslate2's form once.

Any fine-tune, Distil-Whisper or large-v3-turbo then runs on the quick runtime. The
converted form lies in the cache, keyed by the checkpoint's files.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from tempfile import mkdtemp

from audiocli.models.base import Runtime
from audiocli.models.families.whisper.tokens import Vocabulary

WEIGHTS = "model.bin"  # of CTranslate2's form


def converted(folder: Path, runtime: Runtime) -> Path:
    """Give a folder in CTranslate2 form: this one, or its conversion in the cache.

    Raises
    ------
    MissingLayer : it has to be converted, and torch is not installed
    """
    if (folder / WEIGHTS).exists():
        return folder
    home = runtime.derived / f"whisper-{_fingerprint(folder)}"
    if home.exists():
        return home
    from filelock import FileLock

    runtime.derived.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{home}.lock"):
        if not home.exists():  # another process may have been first
            _convert(folder, home, verbose=runtime.verbose)
    return home


def _fingerprint(folder: Path) -> str:
    """Tell checkpoints apart by the names, sizes and times of their files."""
    stats = [(path.name, path.stat()) for path in sorted(folder.iterdir()) if path.is_file()]
    known = [f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats]
    return hashlib.sha256("\n".join(known).encode()).hexdigest()[:16]


def _convert(folder: Path, home: Path, *, verbose: bool) -> None:
    """Convert beside `home` and move it there in one step."""
    from audiocli.models.torch_layer import import_transformers, require_layer

    require_layer("torch", f"converting {folder.name}")
    import_transformers(verbose=verbose)
    from ctranslate2.converters import TransformersConverter
    from transformers import WhisperTokenizerFast

    scratch = Path(mkdtemp(dir=home.parent, prefix=".converting-"))
    try:
        TransformersConverter(str(folder)).convert(str(scratch), force=True)
        tokenizer = WhisperTokenizerFast.from_pretrained(folder)
        tokenizer.backend_tokenizer.save(str(scratch / "tokenizer.json"))
        _name_languages(scratch)
        scratch.rename(home)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _name_languages(folder: Path) -> None:
    """Say which tokens are languages, where the checkpoint did not: many fine-tunes do not."""
    path = folder / "config.json"
    config = json.loads(path.read_text("utf-8"))
    if not config.get("lang_ids"):
        vocabulary = Vocabulary(folder)
        first = vocabulary.start + 1
        config["lang_ids"] = list(range(first, first + len(vocabulary.languages)))
        path.write_text(json.dumps(config), "utf-8")
