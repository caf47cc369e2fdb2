"""Diarization error beside pyannote.audio's own pipeline class with the same weights.

    python benchmarks/diarize.py --data FOLDER [--threshold 0.40 0.45 0.50]

DER and JER are pyannote.metrics', without collar, overlap included, over all files of a
set together. Speed is processor time over the length of the sound, in one thread.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from audiocli.audio.decode import open_audio, read
from audiocli.models import torch_layer
from audiocli.models.base import Runtime
from audiocli.models.families.diarization import load
from audiocli.models.sources import PACKAGE_DATA
from audiocli.tasks.diarization.engines import Options, OwnEngine

SETS = ("composed_conversations", "ami_rttm")
RATE = 16_000

# Agglomerative clustering as configured by pyannote/speaker-diarization-3.1.
PYANNOTE_PARAMETERS = {
    "segmentation": {"min_duration_off": 0.0},
    "clustering": {
        "method": "centroid",
        "min_cluster_size": 12,
        "threshold": 0.7045654963945799,
    },
}

Spans = list[tuple[float, float, str]]
System = Callable[[Path], Spans]


def main() -> None:
    """Measure every system on every set and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--pyannote-segmentation", type=Path, help="pytorch_model.bin of 3.0")
    parser.add_argument("--threshold", type=float, nargs="*", default=[Options().threshold])
    arguments = parser.parse_args()
    torch_layer.import_pyannote()
    model = load(PACKAGE_DATA / "diarization", Runtime(threads=1))
    systems: dict[str, System] = {
        f"audiocli, threshold {t:.2f}": audiocli(model, t) for t in arguments.threshold
    }
    if arguments.pyannote_segmentation:
        systems["pyannote.audio"] = pyannote(arguments.pyannote_segmentation, model.embedder)
    write("| set | system | DER | JER | missed | false | confused | counts right | x real time |")
    write("|---|---|---|---|---|---|---|---|---|")
    for name in SETS:
        for label, system in systems.items():
            write(f"| {name} | {label} | {measured(system, files(arguments.data, name))} |")


def write(line: str) -> None:
    """Write a line of the table at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def files(data: Path, name: str) -> list[tuple[Path, Path, float]]:
    """Sound, reference and length of each file of a set."""
    lines = (json.loads(line) for line in (data / "manifest.jsonl").open(encoding="utf-8"))
    return [
        (data / entry["path"], data / entry["rttm"], entry["duration"])
        for entry in lines
        if entry["set"] == name
    ]


def measured(system: System, cases: list[tuple[Path, Path, float]]) -> str:
    """Score a system on a set: the cells of a row."""
    from pyannote.core import Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate, JaccardErrorRate

    der, jer = DiarizationErrorRate(), JaccardErrorRate()
    right, seconds, length = 0, 0.0, 0.0
    for sound, rttm, duration in cases:
        began = time.process_time()
        found = list(system(sound))
        seconds += time.process_time() - began
        length += duration
        reference, hypothesis = annotation(spans(rttm)), annotation(found)
        whole = Timeline([Segment(0, duration)])
        der(reference, hypothesis, uem=whole)
        jer(reference, hypothesis, uem=whole)
        right += len(reference.labels()) == len(hypothesis.labels())
    total = der["total"]
    parts = [der[part] / total for part in ("missed detection", "false alarm", "confusion")]
    shares = [abs(der), abs(jer), *parts]
    percent = " | ".join(f"{100 * share:.1f} %" for share in shares)
    return f"{percent} | {right} of {len(cases)} | {seconds / length:.3f}"


def spans(rttm: Path) -> Iterator[tuple[float, float, str]]:
    """Read turns."""
    for line in rttm.read_text("utf-8").splitlines():
        fields = line.split()
        yield float(fields[3]), float(fields[3]) + float(fields[4]), fields[7]


def annotation(turns: Any) -> Any:
    """Make what pyannote.metrics takes."""
    from pyannote.core import Annotation, Segment

    made = Annotation()
    for number, (start, end, speaker) in enumerate(turns):
        made[Segment(start, end), number] = speaker
    return made


def audiocli(model: Any, threshold: float) -> System:
    """Our default engine."""
    engine = OwnEngine(model)

    def system(sound: Path) -> Spans:
        with open_audio(sound, rate=RATE) as stream:
            found = engine.diarize(stream, Options(threshold=threshold), lambda _: None)
        return [(turn.start, turn.end, turn.speaker) for turn in found.turns]

    return system


def pyannote(checkpoint: Path, embedder: Any) -> System:
    """pyannote.audio's class, with pyannote segmentation 3.0 and our CAM++ inside."""
    import torch
    from pyannote.audio import Model
    from pyannote.audio.pipelines import speaker_diarization

    torch.set_num_threads(1)
    speaker_diarization.get_plda = lambda *_, **__: None  # agglomerative clustering needs none
    speaker_diarization.PretrainedSpeakerEmbedding = lambda *_, **__: MaskedEmbedding(embedder)
    segmentation = Model.from_pretrained(checkpoint)
    pipeline = speaker_diarization.SpeakerDiarization(
        segmentation=segmentation,
        embedding="campplus",
        clustering="AgglomerativeClustering",
        embedding_exclude_overlap=True,
        segmentation_batch_size=32,
        embedding_batch_size=32,
    )
    pipeline.instantiate(PYANNOTE_PARAMETERS)

    def system(sound: Path) -> Spans:
        samples = torch.from_numpy(read(sound, rate=RATE).samples)
        found = pipeline({"waveform": samples, "sample_rate": RATE}).speaker_diarization
        return [(turn.start, turn.end, speaker) for turn, _, speaker in found.itertracks(True)]

    return system


class MaskedEmbedding:
    """CAM++ as pyannote.audio calls it: of each waveform the part that a mask keeps."""

    sample_rate = RATE
    metric = "cosine"
    min_num_samples = RATE // 10

    def __init__(self, embedder: Any) -> None:
        self._embedder = embedder
        self.dimension = embedder.dimension

    def __call__(self, waveforms: Any, masks: Any) -> Any:
        """Embed: (batch, 1, samples) and (batch, frames) to (batch, dimension)."""
        clips = []
        for waveform, mask in zip(waveforms.numpy()[:, 0], masks.numpy(), strict=True):
            frame = np.arange(len(waveform)) * len(mask) // len(waveform)
            clips.append(waveform[mask[frame] > 0.5])
        vectors = self._embedder.embed(clips)
        vectors[[len(clip) < self.min_num_samples for clip in clips]] = np.nan
        return vectors


if __name__ == "__main__":
    main()
