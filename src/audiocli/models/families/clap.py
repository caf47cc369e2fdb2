"""CLAP: sounds and sentences in one space (Wu et al. 2023, arXiv:2211.06687).

It classifies by labels that the user writes, without having been trained on them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from audiocli.models.base import DeviceOptions, Family, has_model_type


def load(folder: Path, device_options: DeviceOptions) -> Any:
    """Open a checkpoint; labels come later."""
    from audiocli.models.common.clap import Clap

    return Clap(folder, device_options)


FAMILY = Family(
    name="clap",
    task="classify",
    short_names={"clap": "laion/clap-htsat-unfused"},
    recognises=has_model_type("clap"),
    load=load,
    extra="torch",
)
