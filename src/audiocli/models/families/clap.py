"""CLAP: sounds and sentences in one space (Wu et al. 2023, arXiv:2211.06687).

It classifies by labels that the user writes, without having been trained on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audiocli.models.base import Family, Runtime


def load(folder: Path, runtime: Runtime) -> Any:
    """Open a checkpoint; labels come later."""
    from audiocli.models.clap import Clap

    return Clap(folder, runtime)


def _recognises(config: Mapping[str, Any]) -> bool:
    return config.get("model_type") == "clap"


FAMILY = Family(
    name="clap",
    task="classify",
    short_names={"clap": "laion/clap-htsat-unfused"},
    recognises=_recognises,
    load=load,
    layer="torch",
)
