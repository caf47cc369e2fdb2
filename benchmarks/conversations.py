"""Conversations composed of other utterances: what no threshold was chosen on.

    python benchmarks/conversations.py --data FOLDER --into OTHER --seed 1
    python benchmarks/diarize.py --data OTHER --only turns

People of LibriSpeech and AN4 take turns with whole utterances, at levels up to 5 dB
apart. Half a second after the other on average, but often before the other has ended,
as people do. Every other conversation lies in noise.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from audiocli.audio.decode import read

Case = dict[str, Any]  # a line of the manifest
Samples = NDArray[np.float32]

RATE = 16_000
SPEECH = {"librispeech_test_other", "an4"}
PEOPLE = (2, 2, 3, 3, 4, 4, 5, 6)  # in each conversation
TURNS = 12
GAP, SPREAD = 0.5, 0.8  # seconds between turns, normally distributed
LEVELS = 5.0  # decibels, up or down
SNR = (15.0, 10.0)  # decibels of noisy conversations


def main() -> None:
    """Write conversations, their RTTM and a manifest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    lines = (arguments.data / "manifest.jsonl").read_text("utf-8").splitlines()
    manifest = [json.loads(line) for line in lines]
    utterances = [case for case in manifest if case["set"] in SPEECH]
    noises = [arguments.data / case["path"] for case in manifest if case.get("role") == "noise"]
    arguments.into.mkdir(parents=True, exist_ok=True)
    random = Random(arguments.seed)
    cases = []
    for number, people in enumerate(PEOPLE):
        samples, turns = conversation(utterances, people, arguments.data, random)
        if number % 2:
            samples = noisy(samples, sound(random.choice(noises)), random.choice(SNR))
        cases.append(written(f"talk{number}_{people}spk", samples, turns, arguments.into))
    manifest_text = "".join(f"{json.dumps(case)}\n" for case in cases)
    (arguments.into / "manifest.jsonl").write_text(manifest_text, "utf-8")


def conversation(
    utterances: list[Case], people: int, data: Path, random: Random
) -> tuple[Samples, list[Case]]:
    """Let people take turns, nobody twice in a row and all at least once."""
    speakers = random.sample(sorted({case["speaker"] for case in utterances}), people)
    order = random.sample(speakers, people)
    while len(order) < TURNS:
        order.append(random.choice([name for name in speakers if name != order[-1]]))
    left = random.sample(utterances, len(utterances))
    parts, turns = [], []
    end, own_end = GAP, dict.fromkeys(speakers, 0.0)
    for speaker in order:
        case = next((case for case in left if case["speaker"] == speaker), None)
        if case is None:
            continue
        left.remove(case)
        spoken = level(trimmed(sound(data / case["path"])), random.uniform(-LEVELS, LEVELS))
        start = max(own_end[speaker], end + random.gauss(GAP, SPREAD))
        end = own_end[speaker] = start + len(spoken) / RATE
        parts.append((int(start * RATE), spoken))
        turn = {"start": start, "end": end, "speaker": speaker}
        turns.append({**turn, "text": case["text"], "source": case["path"]})
    whole = np.zeros(max(at + len(part) for at, part in parts) + RATE, np.float32)
    for at, part in parts:
        whole[at : at + len(part)] += part
    return whole, turns


def sound(path: Path) -> Samples:
    """Read one channel."""
    return read(path, rate=RATE).samples[0]


def trimmed(samples: Samples) -> Samples:
    """Leave out silence at both ends, so that turns are where speech is."""
    loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
    return samples[loud[0] : loud[-1] + 1]


def level(samples: Samples, decibels: float) -> Samples:
    """Bring speech to a loudness, relative to one that leaves room for two."""
    return samples * (0.05 / np.sqrt(np.square(samples).mean()) * 10 ** (decibels / 20))


def noisy(samples: Samples, noise: Samples, snr: float) -> Samples:
    """Add noise, repeated to the end, at a ratio of powers in decibels."""
    noise = np.resize(noise, len(samples))
    ratio = np.square(samples).mean() / np.square(noise).mean() / 10 ** (snr / 10)
    return samples + np.sqrt(ratio) * noise


def written(name: str, samples: Samples, turns: list[Case], folder: Path) -> Case:
    """Write a conversation and who speaks in it; its line of the manifest."""
    soundfile.write(folder / f"{name}.flac", samples / max(1.0, np.abs(samples).max()), RATE)
    rttm = [
        f"SPEAKER {name} 1 {turn['start']:.3f} {turn['end'] - turn['start']:.3f} "
        f"<NA> <NA> {turn['speaker']} <NA> <NA>\n"
        for turn in turns
    ]
    (folder / f"{name}.rttm").write_text("".join(rttm), "utf-8")
    return {
        "path": f"{name}.flac",
        "rttm": f"{name}.rttm",
        "set": "composed_conversations",
        "duration": len(samples) / RATE,
        "turns": turns,
        "text": " ".join(turn["text"] for turn in turns),
    }


if __name__ == "__main__":
    main()
