"""`audiocli align` against the known times of turns, and its cost on long recordings.

    python benchmarks/align.py --data FOLDER

FOLDER holds `manifest.jsonl`; of its recordings the composed conversations and the music
are used. Every run is a process of its own, on Whisper base; seconds are the operating
system's, with the loading of the model.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

RATE = 16_000
PAUSE = 20.0  # seconds of music between conversations in long recordings
Turn = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", choices=("turns", "long"))
    parser.add_argument("--minutes", type=float, nargs="+", default=[5, 60])
    args = parser.parse_args()
    lines = (args.data / "manifest.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    for row in rows:
        row["file"] = args.data / row["path"]
    with tempfile.TemporaryDirectory() as folder:
        if args.only != "long":
            turns_table(rows, Path(folder))
        if args.only != "turns":
            long_table(rows, Path(folder), args.minutes)


# --- texts -------------------------------------------------------------------

Line = tuple[str, Turn | None]  # nobody speaks a line without a turn


def as_spoken(turns: Sequence[Turn], _: Sequence[Turn]) -> list[Line]:
    """Return the whole text."""
    return [(turn["text"], turn) for turn in turns]


def with_more(turns: Sequence[Turn], others: Sequence[Turn]) -> list[Line]:
    """After every second turn one that nobody speaks, out of another conversation."""
    lines = as_spoken(turns, others)
    for n, other in reversed([*enumerate(others[: len(turns) // 2])]):
        lines.insert(2 * n + 2, (other["text"], None))
    return lines


def with_less(turns: Sequence[Turn], _: Sequence[Turn]) -> list[Line]:
    """Every second turn; what is said between has no text."""
    return as_spoken(turns, _)[::2]


TEXTS: dict[str, Callable[[Sequence[Turn], Sequence[Turn]], list[Line]]] = {
    "as spoken": as_spoken,
    "with turns that nobody speaks": with_more,
    "without every second turn": with_less,
}


# --- measuring ---------------------------------------------------------------


def audiocli(command: str, *args: object) -> tuple[Any, float, float]:
    """Run a command; give its JSON, its CPU seconds and its peak memory in MB."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "result.json")
        line = [sys.executable, "-m", "audiocli", command, *map(str, args)]
        line += ["-f", "json", "--threads", "2", "-o", str(out), "-q"]
        child = os.posix_spawn(sys.executable, line, os.environ)
        _, status, usage = os.wait4(child, 0)
        if status:
            raise SystemExit(f"{' '.join(line)} failed")
        answer = json.loads(out.read_text())
    return answer, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def aligned(sound: Path, lines: Sequence[Line], folder: Path) -> tuple[Any, float, float]:
    text = folder / "text.txt"
    text.write_text("\n".join(line for line, _ in lines))
    return audiocli("align", sound, "--text-file", text, "--language", "en")


class Score:
    """What came of the words of lines, over several recordings."""

    def __init__(self) -> None:
        self.errors: list[tuple[float, float]] = []  # of each turn: start, end
        self.turns = self.added = self.found_out = self.missed = 0

    def add(self, found: Any, lines: Sequence[Line]) -> None:
        """Compare the first and last word of each turn with its times.

        The words of the text come in order, the unspoken without length.
        """
        words = [word for segment in found["segments"] for word in segment["words"]]
        words = sorted([*words, *found["unspoken"]], key=lambda w: (w["start"], w["end"]))
        assert len(words) == sum(len(text.split()) for text, _ in lines)
        in_order = iter(words)
        for text, turn in lines:
            of_line = [next(in_order) for _ in text.split()]
            silent = [word for word in of_line if word["end"] == word["start"]]
            if turn is None:
                self.added += len(of_line)
                self.found_out += len(silent)
                continue
            self.turns += 1
            self.missed += len(silent)
            if of_line[0] not in silent and of_line[-1] not in silent:
                start, end = of_line[0]["start"], of_line[-1]["end"]
                self.errors.append((start - turn["start"], end - turn["end"]))


def cells_of(score: Score) -> str:
    cells = [f"{len(score.errors)} of {score.turns}"]
    for index in (0, 1):
        one_edge = [error[index] for error in score.errors]
        middle = statistics.median(one_edge)
        spread = sorted(abs(error - middle) for error in one_edge)
        mean, worst = sum(spread) / len(spread), spread[int(0.95 * len(spread))]
        cells += [f"{middle:+.2f}", f"{mean:.2f}", f"{worst:.2f}"]
    return " | ".join(cells)


HEAD = "turns | start: median s | mean dev. s | 95 % s | end: median s | mean dev. s | 95 % s |"


def turns_table(rows: Sequence[Any], folder: Path) -> None:
    """Compare with the turns' times; these are whole clips, with some silence at their edges."""
    chosen = [r for r in rows if r["set"] == "composed_conversations" and not r["overlap_s"]]
    print(f"| text | {HEAD} words added | of these found unspoken | spoken, taken for unspoken |")
    print("|---" * 11 + "|")
    for name, make in TEXTS.items():
        score = Score()
        for n, row in enumerate(chosen):
            lines = make(row["turns"], chosen[n - 1]["turns"])
            score.add(aligned(row["file"], lines, folder)[0], lines)
        words = f"{score.added} | {score.found_out} | {score.missed}"
        print(f"| {name} | {cells_of(score)} | {words} |", flush=True)


def long_table(rows: Sequence[Any], folder: Path, minutes: Sequence[float]) -> None:
    """Conversations one after another, music between them."""
    talks = [r for r in rows if r["set"] == "composed_conversations" and not r["overlap_s"]]
    music = [r for r in rows if r["set"] == "music"]
    print(f"\n| minutes | command | CPU s | CPU s/s | MB | {HEAD}\n" + "|---" * 12 + "|")
    for length in minutes:
        sound, turns = folder / "long.wav", []
        with sf.SoundFile(sound, "w", RATE, 1) as out:
            n = 0
            while out.tell() < length * 60 * RATE:
                talk = talks[n % len(talks)]
                begin = out.tell() / RATE
                out.write(sf.read(talk["file"], dtype="float32")[0])
                for turn in talk["turns"]:
                    times = {key: turn[key] + begin for key in ("start", "end")}
                    turns.append({**turn, **times})
                piece, rate = sf.read(music[n % len(music)]["file"], dtype="float32")
                step = rate / RATE  # pitch does not matter
                mono = piece if piece.ndim == 1 else piece.mean(axis=1)
                at = (np.arange(int(PAUSE * RATE)) * step).astype(int)
                out.write(mono[at[at < len(mono)]])
                n += 1
            seconds = out.tell() / RATE
        lines = as_spoken(turns, ())
        _, cpu, memory = audiocli("transcribe", sound, "-w", "--language", "en")
        label = f"| {seconds / 60:.1f} | transcribe -w"
        print(f"{label} | {cpu:.0f} | {cpu / seconds:.3f} | {memory:.0f}{' |' * 8}", flush=True)
        found, cpu, memory = aligned(sound, lines, folder)
        score = Score()
        score.add(found, lines)
        cost = f"{cpu:.0f} | {cpu / seconds:.3f} | {memory:.0f}"
        print(f"| {seconds / 60:.1f} | align | {cost} | {cells_of(score)} |", flush=True)


if __name__ == "__main__":
    main()
