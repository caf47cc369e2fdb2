"""Subtitles dubbed: how far from its time each cue begins in the sound, and whether any meet.

    python benchmarks/speak_dub.py [--seed 0]

The sentences of `speak_sentences.txt` become cues that last 0.6 to 1.6 times as long as
people take to read them (15 characters a second), with gaps of 0.05 to 1 s. What is
measured is the sound alone: a cue begins where it is louder than 1 % of full scale for
the first time from 40 ms before its time on.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile

SENTENCES = Path(__file__).with_name("speak_sentences.txt").read_text().splitlines()
PACE = 15.0  # characters a second
LOUD = 0.01  # of full scale
BEFORE = 0.04  # seconds


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    cues = list(planned(random.Random(parser.parse_args().seed)))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "talk.srt").write_text("\n".join(map(written, range(1, 1 + len(cues)), cues)))
        command = (sys.executable, "-m", "audiocli", "speak", "talk.srt", "--fit")
        told = subprocess.run(
            [*command, "-o", "talk.wav", "-f", "json"],
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
        ).stderr
        sound, rate = soundfile.read(folder / "talk.wav")
        segments = json.loads((folder / "talk.json").read_text())["segments"]
    late = [onset(sound, rate, start) - start for start, _, _ in cues]
    print("| cues | start error, ms: median | most | overlaps | cues with words left out |")
    print("|---|---|---|---|---|")
    overlaps = sum(one["end"] > other["start"] for one, other in pairwise(segments))
    errors = 1000 * np.abs(late)
    left_out = told.count("not said")
    print(
        f"| {len(cues)} | {np.median(errors):.0f} | {errors.max():.0f} | {overlaps} | {left_out} |"
    )


def planned(draw: random.Random) -> Iterator[tuple[float, float, str]]:
    """Give start, end and text of each cue."""
    start = 0.5
    for sentence in SENTENCES:
        end = start + draw.uniform(0.6, 1.6) * len(sentence) / PACE
        yield round(start, 3), round(end, 3), sentence
        start = end + draw.uniform(0.05, 1.0)


def written(number: int, cue: tuple[float, float, str]) -> str:
    """Format a cue as SubRip."""
    start, end, text = cue
    return f"{number}\n{clock(start)} --> {clock(end)}\n{text}\n"


def clock(seconds: float) -> str:
    """`83.5` as `00:01:23,500`."""
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    return (
        f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02},{milliseconds % 1000:03}"
    )


def onset(sound: np.ndarray, rate: int, start: float) -> float:
    """When it gets loud, in seconds."""
    first = round((start - BEFORE) * rate)
    return (first + int(np.argmax(np.abs(sound[first:]) > LOUD))) / rate


if __name__ == "__main__":
    main()
