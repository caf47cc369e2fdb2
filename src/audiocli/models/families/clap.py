"""CLAP: sounds and sentences in one space (Wu et al. 2023, arXiv:2211.06687).

It classifies by labels that the user writes, without having been trained on them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from audiocli.models.base import Family, Runtime, of_type


def load(folder: Path, runtime: Runtime) -> Any:
    """Open a checkpoint; labels come later."""
    from audiocli.models.common.clap import Clap

    return Clap(folder, runtime)


FAMILY = Family(
    name="clap",
    task="classify",
    short_names={"clap": "laion/clap-htsat-unfused"},
    recognises=of_type("clap"),
    load=load,
    layer="torch",
)
