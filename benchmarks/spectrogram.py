"""Pictures of a 10 s clip, 10 minutes and 3 hours: audiocli, librosa, sox and ffmpeg.

Whole processes, from nothing to a PNG on the disk. `python benchmarks/spectrogram.py
--sound FILE` repeats a recording to each length and prints a table; a program that is
not installed is left out, and one that takes longer than `--limit` is stopped.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

LENGTHS = {"10 s": 10, "10 min": 600, "3 h": 10_800}
LIBROSA = """
import sys, librosa, librosa.display, numpy as np
import matplotlib; matplotlib.use("Agg")
import matplotlib.pyplot as plt
y, sr = librosa.load(sys.argv[1], sr=None)
S = librosa.amplitude_to_db(np.abs(librosa.stft(y, n_fft=512)), ref=np.max)
plt.figure(figsize=(10, 4))
librosa.display.specshow(S, sr=sr, n_fft=512, x_axis="time", y_axis="linear")
plt.colorbar(format="%+2.0f dB")
plt.savefig(sys.argv[2])
"""


def commands(sound: Path, picture: Path) -> dict[str, list[str]]:
    """Name the programs that are here, and what starts each."""
    ours = [sys.executable, "-m", "audiocli", "spectrogram", sound, "-o", picture, "--overwrite"]
    filter_graph = "showspectrumpic=s=854x320:legend=1"
    found = {
        "audiocli, linear": [*ours, "--kind", "linear"],
        "audiocli, log-mel": ours,
        "sox": ["sox", sound, "-n", "spectrogram", "-x", "854", "-y", "257", "-o", picture],
        "librosa": [sys.executable, "-c", LIBROSA, sound, picture],
        "ffmpeg": ["ffmpeg", "-v", "error", "-y", "-i", sound, "-lavfi", filter_graph, picture],
    }
    return {name: list(map(str, c)) for name, c in found.items() if shutil.which(str(c[0]))}


def measure(command: list[str], limit: float) -> str:
    """Run a process; tell its seconds on the clock and on processors, and its peak memory."""
    begin = time.perf_counter()
    process = subprocess.Popen(command)
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        seconds = time.perf_counter() - begin
        if pid:
            break
        if seconds > limit:
            process.kill()
            os.wait4(process.pid, 0)
            return f"more than {limit:.0f} s"
        time.sleep(0.005)
    if status:
        return "failed"
    processors = usage.ru_utime + usage.ru_stime
    return f"{seconds:.2f} s, {processors:.2f} s CPU, {usage.ru_maxrss / 1024:.0f} MB"


def write_repeated(source: Path, seconds: int, target: Path) -> None:
    """Write a recording again and again, until the file is `seconds` long."""
    samples, rate = soundfile.read(source, dtype="float32", always_2d=True)
    left = seconds * rate
    with soundfile.SoundFile(target, "w", rate, 1, "PCM_16") as file:
        while left > 0:
            file.write(np.mean(samples[:left], axis=1))
            left -= len(samples)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sound", type=Path, default=Path("tests/data/jfk.flac"))
    parser.add_argument("--limit", type=float, default=120.0, help="seconds a run may take")
    chosen = parser.parse_args()
    rows: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for seconds in LENGTHS.values():
            sound = Path(folder, "sound.wav")
            write_repeated(chosen.sound, seconds, sound)
            for name, command in commands(sound, Path(folder, "picture.png")).items():
                rows.setdefault(name, []).append(measure(command, chosen.limit))
    lines = [f"| program | {' | '.join(LENGTHS)} |", f"|---{'|---' * len(LENGTHS)}|"]
    lines += [f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
