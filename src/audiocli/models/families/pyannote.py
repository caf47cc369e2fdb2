"""Diarization pipelines of pyannote.audio: community-1, 3.1 and fine-tuned ones.

The pipelines run on waveforms, offline, without telemetry, and without code from the model
folder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.models.base import TORCH_DEVICES, DeviceOptions, Family
from audiocli.models.protocols.speakers import SpeakerCount

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiocli.results import Turn

# Fraction of the work that is complete at the start and the end of a step.
_STEPS = {"segmentation": (0.0, 0.3), "embeddings": (0.3, 1.0)}


class PyannotePipeline:
    """A loaded pipeline; implements `DiarizationPipeline`."""

    rate = 16_000

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline

    def diarize(
        self,
        samples: NDArray[np.float32],
        count: SpeakerCount,
        on_progress: Callable[[float], None],
    ) -> tuple[list[Turn], list[Turn]]:
        """Return all turns, and the exclusive turns of one speaker at a time."""
        import torch

        def hook(step: str, *_: Any, total: int = 0, completed: int = 0, **__: Any) -> None:
            if step in _STEPS and total:
                begin, end = _STEPS[step]
                on_progress(begin + (end - begin) * completed / total)

        found = self._pipeline(
            {"waveform": torch.from_numpy(samples)[None], "sample_rate": self.rate},
            num_speakers=count.num_speakers,
            min_speakers=count.min_speakers,
            max_speakers=count.max_speakers,
            hook=hook,
        )
        names: dict[str, str] = {}
        turns = _turns(found.speaker_diarization, names)
        return turns, _turns(found.exclusive_speaker_diarization, names)


def _turns(annotation: Any, names: dict[str, str]) -> list[Turn]:
    """List the turns by time; speakers are numbered in order of appearance."""
    from audiocli.results import Turn

    return [
        Turn(
            start=span.start,
            end=span.end,
            speaker=names.setdefault(label, f"SPEAKER_{len(names):02}"),
        )
        for span, _, label in annotation.itertracks(yield_label=True)
    ]


def load(folder: Path, device_options: DeviceOptions) -> PyannotePipeline:
    """Load a pipeline; models that its configuration names must be on this machine."""
    from audiocli.models.common.pyannote_pipeline import open_pipeline
    from audiocli.models.torch_layer import import_pyannote, import_torch, pick_device

    pyannote: Any = import_pyannote(verbose=device_options.library_messages)
    torch: Any = import_torch()
    pipeline = open_pipeline(pyannote, folder)
    return PyannotePipeline(pipeline.to(torch.device(pick_device(device_options.device))))


def _recognises(config: Mapping[str, Any]) -> bool:
    pipeline = config.get("pipeline")
    name = pipeline.get("name") if isinstance(pipeline, dict) else None
    return isinstance(name, str) and name.endswith(".SpeakerDiarization")


FAMILY = Family(
    name="pyannote",
    task="diarize",
    short_names={
        "pyannote": "pyannote/speaker-diarization-community-1",
        "pyannote-3.1": "pyannote/speaker-diarization-3.1",
    },
    recognises=_recognises,
    load=load,
    hub_files=("*.yaml", "*.bin", "*.ckpt", "*.npz", "*.safetensors"),
    extra="diarize",
    devices=TORCH_DEVICES,
)
