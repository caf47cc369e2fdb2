"""audiocli train on labelled sound, beside a plain scikit-learn script.

    python benchmarks/train.py --data FOLDER

FOLDER holds `manifest.jsonl`, one recording a line (`path`, `set`, `label`, `fold`,
`speaker`). The plain script is logistic regression on means and deviations of 20 MFCC
and their differences by librosa, standardised: what a tutorial would do.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Rows = Sequence[dict[str, Any]]
DRAWS = 2  # of few examples
FEW = (1, 2, 5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    args = parser.parse_args()
    rows = [json.loads(line) for line in (args.data / "manifest.jsonl").open()]
    for row in rows:
        row["path"] = str(args.data / row["path"])
    print("### esc10: learned from one fold, tested on the other; accuracy in %\n")
    esc10(Bench([row for row in rows if row["set"] == "esc10"]))
    print("\n### fsdd: spoken digits, cross-validated; accuracy in %\n")
    fsdd(Bench([row for row in rows if row["set"] == "fsdd"]))


class Bench:
    """Clips, their MFCC statistics, and the program."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.features = {row["path"]: mfcc_statistics(row["path"]) for row in rows}

    def audiocli(self, learn: Rows, test: Rows = (), *options: str) -> dict[str, Any]:
        """Train by the command line; give its report."""
        with tempfile.TemporaryDirectory() as scratch:
            table = written(learn, Path(scratch, "learn.csv"))
            command = [sys.executable, "-m", "audiocli", "train", table, *options]
            if test:
                command += ["--test", written(test, Path(scratch, "test.csv"))]
            command += ["-d", f"{scratch}/model", "-f", "json", "-q"]
            run = subprocess.run(command, capture_output=True, text=True, check=True)
        report: dict[str, Any] = json.loads(run.stdout)
        return report

    def plain(self, learn: Rows, test: Rows) -> float:
        """Accuracy of the plain script."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        model.fit([self.features[r["path"]] for r in learn], [r["label"] for r in learn])
        found = model.score([self.features[r["path"]] for r in test], [r["label"] for r in test])
        return float(found)


def esc10(bench: Bench) -> None:
    print("| examples a label | tests | audiocli | head | plain script |\n|---|---|---|---|---|")
    folds = [[row for row in bench.rows if row["fold"] == fold] for fold in (1, 2)]
    sides = [(folds[0], folds[1]), (folds[1], folds[0])]
    for head in ("logistic", "mlp", "prototypes"):
        ours = [bench.audiocli(learn, test, "--head", head) for learn, test in sides]
        plain = [bench.plain(learn, test) for learn, test in sides]
        show("8", len(sides), ours, plain)
    for count in FEW:
        drawn = [(draw(learn, count, n), test) for learn, test in sides for n in range(DRAWS)]
        plain = [bench.plain(learn, test) for learn, test in drawn]
        for head in ("logistic", "prototypes"):
            ours = [bench.audiocli(learn, test, "--head", head) for learn, test in drawn]
            show(str(count), len(drawn), ours, plain)


def show(count: str, tests: int, ours: Sequence[dict[str, Any]], plain: Sequence[float]) -> None:
    accuracy = 100 * sum(report["test"]["accuracy"] for report in ours) / tests
    other = 100 * sum(plain) / tests
    print(f"| {count} | {tests} | {accuracy:.1f} | {ours[0]['head']} | {other:.1f} |", flush=True)


def draw(rows: Rows, count: int, seed: int) -> list[dict[str, Any]]:
    """Take so many clips of each label."""
    import random

    of_label: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        of_label[row["label"]].append(row)
    chooser = random.Random(seed)
    return [row for label in sorted(of_label) for row in chooser.sample(of_label[label], count)]


def fsdd(bench: Bench) -> None:
    from sklearn.model_selection import StratifiedGroupKFold

    print("| system | folds keep | accuracy | 95 % interval | calibration error |")
    print("|---|---|---|---|---|")
    for group in ((), ("--group", "speaker")):
        kept = "speakers" if group else "clips"
        for model in ("whisper-base", "whisper-tiny.en", "yamnet"):
            judged = bench.audiocli(bench.rows, (), "--model", model, *group)["validation"]
            low, high = 100 * judged["accuracy_low"], 100 * judged["accuracy_high"]
            print(
                f"| audiocli, {model} | {kept} | {100 * judged['accuracy']:.1f} "
                f"| {low:.1f} to {high:.1f} | {judged['calibration_error']:.3f} |",
                flush=True,
            )
        labels = [row["label"] for row in bench.rows]
        groups = [row["speaker"] if group else row["path"] for row in bench.rows]
        folds = min(5, len(set(groups)))
        splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=0)
        right = 0.0
        for learn, test in splitter.split(labels, labels, groups):
            right += len(test) * bench.plain(
                [bench.rows[i] for i in learn], [bench.rows[i] for i in test]
            )
        print(f"| plain script | {kept} | {100 * right / len(labels):.1f} | | |", flush=True)


def written(rows: Rows, path: Path) -> str:
    """Write a table that `audiocli train` reads."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["path", "label", "speaker"])
        table.writerows([row["path"], row["label"], row.get("speaker", "")] for row in rows)
    return str(path)


def mfcc_statistics(path: str) -> Any:
    import librosa
    import numpy as np

    samples, rate = librosa.load(path, sr=16_000)
    mfcc = librosa.feature.mfcc(y=samples, sr=rate, n_mfcc=20)
    moved = np.diff(mfcc, axis=1) if mfcc.shape[1] > 1 else np.zeros_like(mfcc)
    parts = (mfcc.mean(axis=1), mfcc.std(axis=1), moved.mean(axis=1), moved.std(axis=1))
    return np.concatenate(parts)


if __name__ == "__main__":
    main()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"\n{used.ru_utime + used.ru_stime:.0f} s of CPU in audiocli, all runs together")
