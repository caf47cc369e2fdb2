"""Convert transformers checkpoints of Whisper to CTranslate2 format.

The converted model is kept in the cache, keyed by the files of the checkpoint.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from audiocli.models.base import LoadOptions
from audiocli.models.families.whisper.tokenizer import WhisperTokenizer
from audiocli.models.store.derived import derive_once

WEIGHTS = "model.bin"  # in CTranslate2 format


def converted(folder: Path, load_options: LoadOptions) -> Path:
    """Return the model in CTranslate2 format: the folder itself, or its cached conversion.

    Raises
    ------
    MissingExtra : the conversion needs torch, which is not installed
    """
    if (folder / WEIGHTS).exists():
        return folder
    return derive_once(
        "whisper",
        folder,
        load_options.derived_folder,
        lambda scratch: _convert(folder, scratch, verbose=load_options.library_messages),
    )


def _convert(folder: Path, scratch: Path, *, verbose: bool) -> None:
    from audiocli.models.torch_layer import import_transformers, pretrained, require_extra

    require_extra("torch", f"converting {folder.name}")
    import_transformers(verbose=verbose)
    from ctranslate2.converters import TransformersConverter
    from transformers import WhisperTokenizerFast

    class SafeConverter(TransformersConverter):  # type: ignore[misc]
        def load_model(self, model_class: Any, folder: str, **options: Any) -> Any:
            return pretrained(model_class, Path(folder), **options)

        def load_tokenizer(self, tokenizer_class: Any, folder: str, **options: Any) -> Any:
            return pretrained(tokenizer_class, Path(folder), **options)

    SafeConverter(str(folder)).convert(str(scratch), force=True)
    tokenizer = pretrained(WhisperTokenizerFast, folder)
    tokenizer.backend_tokenizer.save(str(scratch / "tokenizer.json"))
    _name_languages(scratch)


def _name_languages(folder: Path) -> None:
    """Add the ids of the language tokens to the config of checkpoints that lack them."""
    path = folder / "config.json"
    config = json.loads(path.read_text("utf-8"))
    if not config.get("lang_ids"):
        tokenizer = WhisperTokenizer(folder)
        first = tokenizer.start + 1
        config["lang_ids"] = list(range(first, first + len(tokenizer.languages)))
        path.write_text(json.dumps(config), "utf-8")
