"""CLAP: a joint embedding of audio and text (Wu et al. 2023, arXiv:2211.06687).

Classifies with any text labels, without training on them (zero-shot).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from audiocli.models.base import (
    TORCH_COMPUTE_TYPES,
    TORCH_DEVICES,
    DeviceOptions,
    Family,
    has_model_type,
)


def load(folder: Path, device_options: DeviceOptions) -> Any:
    """Load a CLAP checkpoint with PyTorch; `with_labels` sets the labels."""
    from audiocli.models.common.clap import Clap

    return Clap(folder, device_options)


FAMILY = Family(
    name="clap",
    task="classify",
    short_names={"clap": "laion/clap-htsat-unfused"},
    recognises=has_model_type("clap"),
    load=load,
    extra="torch",
    devices=TORCH_DEVICES,
    compute_types=TORCH_COMPUTE_TYPES,
)
