"""audiocli search: how well and how fast.

    python benchmarks/search.py --data FOLDER [--vectors 100000]

FOLDER holds `manifest.jsonl`, one recording a line (`path`, `set`, `label`, `speaker`).
Each clip of a set is searched for among the others by the command line; a hit is right
where the label, or the speaker, is the same. Then an index of random vectors is built,
asked and changed.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DIMENSION = 1024  # of YAMNet's vectors
QUERIES = 10
WINDOWS = 100  # of a synthetic recording
SETS = (
    ("esc10", "label", "yamnet"),
    ("librispeech_test_other", "speaker", "campplus"),
    ("fsdd", "label", "whisper-base"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--vectors", type=int, default=100_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        print("| set | same | encoder | clips | mean reciprocal rank | first hit right |")
        print("|---|---|---|---|---|---|")
        for name, key, model in SETS:
            retrieval(args.data, Path(scratch), name, key, model)
        synthetic(args.vectors, Path(scratch))


def retrieval(data: Path, scratch: Path, name: str, key: str, model: str) -> None:
    """Mean reciprocal rank of the first other clip that has the same `key`."""
    rows = [json.loads(line) for line in (data / "manifest.jsonl").open()]
    labels = {str((data / r["path"]).absolute()): r[key] for r in rows if r["set"] == name}
    clips = scratch / "clips.txt"
    clips.write_text("\n".join(labels))
    index = str(scratch / f"{name}.index")
    audiocli("index", "add", index, f"@{clips}", "--model", model)
    found = audiocli("search", index, *labels, "--one-per-recording", "-k", "200", "-f", "jsonl")
    ranks, first = [], 0
    for line in found.splitlines():
        result = json.loads(line)
        right = [labels[h["source"]] == labels[result["source"]] for h in result["hits"]]
        ranks.append(1 / (1 + right.index(True)))
        first += right[0]
    mean, share = sum(ranks) / len(ranks), 100 * first / len(ranks)
    print(f"| {name} | {key} | {model} | {len(ranks)} | {mean:.3f} | {share:.1f} % |", flush=True)


def synthetic(count: int, scratch: Path) -> None:
    import numpy as np

    from audiocli.batch.index_entries import FileStamp, IndexSettings
    from audiocli.batch.sound_index import SoundIndex

    rng = np.random.default_rng(0)
    path = scratch / "random.index"
    settings = IndexSettings(
        model="random", revision=None, dimension=DIMENSION, layer=None, pool="mean",
        window=5.0, hop=2.5,
    )  # fmt: skip
    times = np.arange(WINDOWS) * 2.5
    queries = rng.standard_normal((QUERIES, DIMENSION), np.float32)
    with SoundIndex(path, settings) as index:

        def put(number: int) -> None:
            vectors = rng.standard_normal((WINDOWS, DIMENSION), np.float32)
            index.put(f"/{number}.wav", FileStamp(1, 1, ""), 250.0, times, times + 5, vectors)

        build = measured(lambda: [put(number) for number in range(count // WINDOWS)])
        ask = measured(lambda: [index.nearest(query, 10) for query in queries])
        each = measured(lambda: [index.nearest(q, 10, one_each=True) for q in queries])
        replace = measured(lambda: [put(number) for number in range(QUERIES)])
        remove = measured(lambda: [index.remove(f"/{number}.wav") for number in range(QUERIES)])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"\n{count} random vectors of {DIMENSION} numbers, {WINDOWS} a recording:\n")
    print("| what | CPU s | wall s |\n|---|---|---|")
    for what, (cpu, wall), times_done in (
        ("build", build, 1),
        ("a query, 10 nearest", ask, QUERIES),
        ("a query, 10 recordings", each, QUERIES),
        ("replace a recording", replace, QUERIES),
        ("remove a recording", remove, QUERIES),
    ):
        print(f"| {what} | {cpu / times_done:.3f} | {wall / times_done:.3f} |")
    size = path.stat().st_size / 1e6
    print(f"\nOn disk {size:.0f} MB; peak memory of the process {peak:.0f} MB, NumPy included.")


def measured(work) -> tuple[float, float]:  # type: ignore[no-untyped-def]
    """Processor and wall seconds of a piece of work."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def audiocli(*arguments: str) -> str:
    command = [sys.executable, "-m", "audiocli", *arguments, "-q"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main()
