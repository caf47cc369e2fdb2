"""audiocli classify on labelled sound, and beside a plain script on the same network.

    python benchmarks/classify.py --data FOLDER

FOLDER holds `manifest.jsonl`, one labelled recording a line (`path`, `set`, `label`,
`language`, `duration`). Everything goes through the command line. CPU seconds and
peak memory are the operating system's, of whole processes, start included.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

Rows = list[dict[str, Any]]
AUDIOCLI = [sys.executable, "-m", "audiocli", "classify", "--threads", "2", "-q"]

# Labels of AudioSet that stand for a class of ESC-10; the class with the best one wins.
ESC10 = {
    "dog": ["Dog", "Bark", "Yip", "Howl", "Bow-wow", "Growling", "Whimper (dog)"],
    "rooster": ["Chicken, rooster", "Crowing, cock-a-doodle-doo", "Fowl", "Cluck"],
    "rain": ["Rain", "Raindrop", "Rain on surface"],
    "sea_waves": ["Ocean", "Waves, surf"],
    "crackling_fire": ["Fire", "Crackle"],
    "crying_baby": ["Baby cry, infant cry", "Crying, sobbing"],
    "sneezing": ["Sneeze"],
    "clock_tick": ["Clock", "Tick", "Tick-tock"],
    "helicopter": ["Helicopter"],
    "chainsaw": ["Chainsaw"],
}
# What the best label of a recording may be, in music/.
KINDS = {
    "speech": {"Speech", "Narration, monologue"},
    "bird": {"Bird", "Bird vocalization, bird call, bird song", "Chirp, tweet", "Animal"},
    "whale": {"Whale vocalization", "Animal"},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", choices=TABLES)
    parser.add_argument("--plain", nargs=2, metavar=("MODEL", "FILE"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.plain:
        plain_script(*args.plain)
        return
    rows = [json.loads(line) for line in (args.data / "manifest.jsonl").open()]
    for row in rows:
        row["file"] = str(args.data / row["path"])
    for name, table in TABLES.items():
        if args.only in {None, name}:
            print(f"\n### {name}\n", flush=True)
            table(rows)


def classified(rows: Rows, *options: str) -> list[dict[str, Any]]:
    """Run the command; return the results in the order of the files."""
    files = "\n".join(row["file"] for row in rows)
    command = [*AUDIOCLI, "--files-from", "-", "-f", "jsonl", *options]
    done = subprocess.run(command, input=files, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def in_set(rows: Rows, name: str) -> Rows:
    return [row for row in rows if row["set"] == name]


# --- tables ------------------------------------------------------------------


def esc10(rows: Rows) -> None:
    rows = in_set(rows, "esc10")
    print("| pooling | clips | right, % | mapped label in the top 5, % |\n|---|---|---|---|")
    for pooling in ("mean", "max"):
        results = classified(rows, "--aggregation", pooling, "--top-k", "521")
        right = named = 0
        for row, result in zip(rows, results, strict=True):
            scores = {label["label"]: label["score"] for label in result["labels"]}
            best = max(ESC10, key=lambda name: max(scores[label] for label in ESC10[name]))
            right += best == row["label"]
            named += bool(set(ESC10[row["label"]]) & set(list(scores)[:5]))
        n = len(rows)
        print(f"| {pooling} | {n} | {100 * right / n:.1f} | {100 * named / n:.1f} |")


def music(rows: Rows) -> None:
    rows = in_set(rows, "music")
    print("| recording | is | heard first | as it is |\n|---|---|---|---|")
    for row, result in zip(rows, classified(rows), strict=True):
        (first, *_) = result["labels"]
        fits = first["label"] in KINDS.get(row["label"], {"Music"})
        name = Path(row["path"]).stem[:40]
        print(f"| {name} | {row['label']} | {first['label']} {first['score']:.2f} | {yes(fits)} |")


def language(rows: Rows) -> None:
    rows = [r for r in in_set(rows, "multilingual") if r["language"] != "mul"]
    print("| recording | seconds | is | heard | score | right |\n|---|---|---|---|---|---|")
    for row, result in zip(rows, classified(rows, "--task", "language"), strict=True):
        (first, *_) = result["labels"]
        fits = yes(first["label"] == row["language"])
        name, length = Path(row["path"]).stem, row["duration"]
        said = f"{row['language']} | {first['label']} | {first['score']:.2f}"
        print(f"| {name} | {length:.1f} | {said} | {fits} |")


def speed(rows: Rows) -> None:
    """Ten minutes and an hour of everything in esc10 and music, at 16 kHz."""
    from audiocli.loading import default_store
    from audiocli.models.families import yamnet

    model = str(default_store().path(yamnet.FAMILY.specs[0]))
    chosen = [row["file"] for row in rows if row["set"] in {"esc10", "music"}]
    plain = [sys.executable, __file__, "--data", ".", "--plain", model]
    print("| sound | system | CPU s | CPU s/s | wall s/s | peak MB |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for minutes in (10, 60):
            file = Path(folder) / f"{minutes}.wav"
            write_tiled(chosen, file, 60 * minutes)
            for system, command in {
                "audiocli": [*AUDIOCLI, "-f", "jsonl", str(file)],
                "audiocli --events": [*AUDIOCLI, "-f", "sed", str(file)],
                "plain script": [*plain, str(file)],
            }.items():
                cpu, wall, memory = measured(command)
                seconds = 60 * minutes
                figures = f"{cpu:.1f} | {cpu / seconds:.4f} | {wall / seconds:.4f} | {memory:.0f}"
                print(f"| {minutes} min | {system} | {figures} |", flush=True)


TABLES = {"esc10": esc10, "music": music, "language": language, "speed": speed}


def yes(fits: bool) -> str:
    return "yes" if fits else "no"


# --- speed -------------------------------------------------------------------


def measured(command: list[str]) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and peak memory in MB of a process."""
    begin = time.perf_counter()
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    wall = time.perf_counter() - begin
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1000


def write_tiled(files: list[str], target: Path, seconds: int) -> None:
    """Write the recordings one after another, again and again, as 16 kHz mono."""
    import soundfile

    from audiocli.audio.decode import open_audio

    left = seconds * 16_000
    with soundfile.SoundFile(target, "w", 16_000, 1, "PCM_16") as out:
        while left > 0:
            for file in files:
                with open_audio(file, rate=16_000) as stream:
                    for block in stream:
                        out.write(block[0, : max(left, 0)])
                        left -= block.shape[1]


def plain_script(model: str, file: str) -> None:
    """Run a simple script: one log-mel of the whole file, the 8-bit graph patch by patch."""
    import zipfile

    import numpy as np
    import onnxruntime as ort
    import soundfile

    samples, _ = soundfile.read(file, dtype="float32")
    frames = np.lib.stride_tricks.sliding_window_view(samples, 400)[::160]
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(401)[:-1].astype(np.float32), 512))
    mel = 1127 * np.log1p(np.fft.rfftfreq(512, 1 / 16_000) / 700)
    edges = np.linspace(1127 * np.log1p(125 / 700), 1127 * np.log1p(7500 / 700), 66)
    step = edges[1] - edges[0]
    filters = np.maximum(0, 1 - np.abs(mel[:, None] - edges[1:-1]) / step).astype(np.float32)
    log_mel = np.log(spectrum.astype(np.float32) @ filters + 0.001)
    levels = np.clip(np.round(log_mel / 0.04793788 + 144), 0, 255).astype(np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(Path(model) / "YamNet_w8a8.onnx.zip").extractall(folder)
        options = ort.SessionOptions()
        options.intra_op_num_threads = 2
        session = ort.InferenceSession(next(Path(folder).rglob("*.onnx")), options)
    scores = [
        session.run(None, {"audio": levels[None, None, at : at + 96]})[0]
        for at in range(0, len(levels) - 95, 48)
    ]
    logits = (np.concatenate(scores).astype(np.float32) - 190) * 0.7565417
    print((1 / (1 + np.exp(-np.clip(logits, -80, 80)))).mean(axis=0).argsort()[-5:])


if __name__ == "__main__":
    main()
