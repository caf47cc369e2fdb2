"""Moonshine (Jeffries et al. 2024, arXiv:2410.15608): short speech, on small machines.

An encoder-decoder transformer on raw samples whose cost is proportional to the length of
the speech. It gives no timestamps: words are distributed over the detected speech by their
number of letters, and `--align-model` aligns them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.models.base import (
    TORCH_COMPUTE_TYPES,
    TORCH_DEVICES,
    DeviceOptions,
    Family,
    File,
    ModelSpec,
    Wheels,
)

if TYPE_CHECKING:
    from audiocli.models.families.moonshine.recogniser import MoonshineRecogniser

_CARRIER = "moonshine-voice==0.0.73"
_FILES = (
    File(
        "encoder_model.ort",
        13_281_600,
        "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221",
    ),
    File(
        "decoder_model_merged.ort",
        30_412_256,
        "cf524c4862d36e9e5ab032eddc73637efd822d70e868ac575cf1a46e1e4708a0",
    ),
    File(
        "tokenizer.bin",
        249_974,
        "6884b35fd6377d4c4d32336a0bc152f36b64d1e45b6503683cdc238250a8472d",
    ),
)

TINY = ModelSpec(
    name="moonshine-tiny",
    task="transcribe",
    family="moonshine-onnx",
    revision=_CARRIER,
    files=_FILES,
    sources=(
        Wheels(
            {
                file.name: (f"{_CARRIER}:moonshine_voice/assets/tiny-en/{file.name}",)
                for file in _FILES
            },
            size=56_320_672,
        ),
    ),
    licence="MIT",
    languages=("en",),
    note="English only, 27 M parameters in 8 bits, for slow machines; times of words are estimates",
)


def load_onnx(folder: Path, device_options: DeviceOptions) -> MoonshineRecogniser:
    """Load the 8-bit export on ONNX Runtime."""
    from audiocli.models.families.moonshine.onnx import open_backend
    from audiocli.models.families.moonshine.recogniser import MoonshineRecogniser

    backend, workers = open_backend(folder, device_options)
    return MoonshineRecogniser(backend, ("en",), workers)


def load_transformers(folder: Path, device_options: DeviceOptions) -> MoonshineRecogniser:
    """Load a transformers checkpoint."""
    from audiocli.models.families.moonshine.checkpoint import TransformersMoonshine
    from audiocli.models.families.moonshine.recogniser import MoonshineRecogniser

    return MoonshineRecogniser(TransformersMoonshine(folder, device_options), (), workers=1)


def _recognises(config: Mapping[str, Any]) -> bool:
    return "MoonshineForConditionalGeneration" in config.get("architectures", ())


FAMILY = (
    Family(
        name="moonshine",
        task="transcribe",
        short_names={"moonshine-base": "UsefulSensors/moonshine-base"},
        recognises=_recognises,
        load=load_transformers,
        extra="torch",
        devices=TORCH_DEVICES,
        compute_types=TORCH_COMPUTE_TYPES,
    ),
    Family(
        name="moonshine-onnx",
        task="transcribe",
        recognises=lambda config: False,  # noqa: ARG005 (the export carries no config.json)
        load=load_onnx,
        specs=(TINY,),
    ),
)
