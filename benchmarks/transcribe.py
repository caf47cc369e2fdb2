"""audiocli beside faster-whisper: the same weights, the same files, the same run.

    pip install 'audiocli[eval]' faster-whisper==1.2.1 whisper-ctranslate2==0.5.8
    python benchmarks/transcribe.py --data FOLDER

FOLDER holds `manifest.jsonl`, one labelled recording a line (`path`, `set`,
`duration`, `text`, ...). Every system runs in a process of its own for each set; CPU
seconds and memory are the operating system's, without the loading of the model.
Errors are word error rates after Whisper's English normalisation; character error
rates without spaces for an4, whose spelled letters have no agreed spacing.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from audiocli.tasks.evaluation.normalizers import normalizer
from audiocli.tasks.evaluation.word_errors import EditCounts, character_edits, word_edits

THREADS = 2
Rows = list[dict[str, Any]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--system", choices=SYSTEMS, help=argparse.SUPPRESS)
    parser.add_argument("--files", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--only", help="one of the tables: " + ", ".join(TABLES))
    args = parser.parse_args()
    if args.system:
        print(json.dumps(measure(args.system, json.loads(args.files.read_text()))))
        return
    lines = (args.data / "manifest.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    for row in rows:
        row["file"] = str(args.data / row["path"])
    for name, table in TABLES.items():
        if args.only in {None, name}:
            print(f"\n### {name}\n", flush=True)
            table(rows)


# --- systems -----------------------------------------------------------------


def audiocli(
    rows: Rows, *, padding: float | None = None, model: str = "whisper-base"
) -> Callable[[], Iterable[Any]]:
    """All recordings as one batch; with `padding`, the first attempt alone, so padded."""
    from audiocli.audio.decode import open_audio
    from audiocli.cli.allocator import keep_large_blocks
    from audiocli.loading import Loader, default_store
    from audiocli.models.base import DeviceOptions
    from audiocli.models.families.whisper import recogniser
    from audiocli.models.protocols.recognition import DecodingOptions
    from audiocli.tasks.common.events import Done, Recording
    from audiocli.tasks.transcription.options import TranscriptionOptions

    decoding = DecodingOptions(hallucination_filter=padding is None)
    if padding is not None:
        recogniser.PADDING = padding
    options = TranscriptionOptions(
        language=rows[0].get("ask"), word_timestamps=True, decoding=decoding
    )
    device_options = DeviceOptions(device="cpu", threads=THREADS)
    keep_large_blocks()  # as the command does
    transcriber = Loader(device_options, default_store()).transcriber(model, options)
    recordings = [
        Recording(n, row["file"], lambda rate, row=row: open_audio(row["file"], rate=rate))
        for n, row in enumerate(rows)
    ]

    def run() -> list[dict[str, Any]]:
        events = transcriber.run(recordings)
        results = {event.key: event.result for event in events if isinstance(event, Done)}
        return [
            {
                "text": results[n].text,
                "language": results[n].language,
                "words": [[w.start, w.end, w.text] for s in results[n].segments for w in s.words],
            }
            for n in range(len(rows))
        ]

    return run


def faster_whisper(rows: Rows, *, batched: bool, **options: Any) -> Callable[[], Iterable[Any]]:
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    from audiocli.loading import default_store
    from audiocli.models.families.whisper import BASE

    folder = str(default_store().path(BASE))
    model: Any = WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=THREADS)
    if batched:
        model = BatchedInferencePipeline(model)

    def one(row: dict[str, Any]) -> dict[str, Any]:
        found, info = model.transcribe(row["file"], language=row.get("ask"), **options)
        segments = list(found)
        return {
            "text": " ".join(s.text.strip() for s in segments),
            "language": info.language,
            "words": [[w.start, w.end, w.word] for s in segments for w in s.words or ()],
        }

    return lambda: [one(row) for row in rows]


SYSTEMS: dict[str, Callable[[Rows], Callable[[], Iterable[Any]]]] = {
    "audiocli": audiocli,
    **{f"padding {n} s": partial(audiocli, padding=n) for n in (2, 3, 4, 5, 6, 8, 30)},
    **{name: partial(audiocli, model=name) for name in ("whisper-tiny.en", "moonshine-tiny")},
    "faster-whisper": lambda rows: faster_whisper(rows, batched=False, beam_size=5),
    "faster-whisper, words": lambda rows: faster_whisper(
        rows, batched=False, beam_size=5, word_timestamps=True
    ),
    "faster-whisper, VAD": lambda rows: faster_whisper(
        rows, batched=False, beam_size=5, vad_filter=True
    ),
    "faster-whisper, batched": lambda rows: faster_whisper(
        rows, batched=True, beam_size=5, batch_size=8
    ),
}


def measure(system: str, rows: Rows) -> dict[str, Any]:
    """Run one system over files; seconds are CPU and wall seconds a second of sound."""
    run = SYSTEMS[system](rows)
    sound = sum(row["duration"] for row in rows)
    cpu, wall = time.process_time(), time.perf_counter()
    results = list(run())
    return {
        "results": results,
        "cpu": (time.process_time() - cpu) / sound,
        "wall": (time.perf_counter() - wall) / sound,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
    }


def measured(system: str, rows: Rows) -> dict[str, Any]:
    """`measure` in a process of its own."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as files:
        json.dump(rows, files)
        files.flush()
        command = [sys.executable, __file__, "--data", ".", "--system", system]
        done = subprocess.run(
            [*command, "--files", files.name],
            env={**os.environ, "OMP_NUM_THREADS": str(THREADS)},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


# --- scores ------------------------------------------------------------------


def word_errors(rows: Rows, results: list[dict[str, Any]]) -> float:
    """Word error rate over all recordings, in percent."""
    return word_error_rate([row["text"] for row in rows], [r["text"] for r in results])


def word_error_rate(references: Iterable[str], hypotheses: Iterable[str]) -> float:
    """Word error rate over all texts together, in percent."""
    pairs = zip(references, hypotheses, strict=True)
    return percent(word_edits(normal(a), normal(b)) for a, b in pairs)


def character_errors(rows: Rows, results: list[dict[str, Any]]) -> float:
    """Character error rate without spaces, in percent."""
    texts = [(normal(a["text"]), normal(b["text"])) for a, b in zip(rows, results, strict=True)]
    return percent(character_edits(a.replace(" ", ""), b.replace(" ", "")) for a, b in texts)


def percent(counts: Iterable[EditCounts]) -> float:
    counts = list(counts)
    return 100 * sum(one.errors for one in counts) / sum(one.length for one in counts)


def normal(text: str) -> str:
    return normalizer("whisper", "en")(text)


# --- tables ------------------------------------------------------------------


def in_set(rows: Rows, *names: str, **fields: Any) -> Rows:
    chosen = [dict(row, ask="en") for row in rows if row["set"] in names]
    return [r for r in chosen if all(r.get(key) == value for key, value in fields.items())]


def short(rows: Rows) -> None:
    print("| set | system | error % | CPU s/s | wall s/s | MB |\n|---|---|---|---|---|---|")
    for name in ("librispeech_test_other", "an4"):
        chosen = in_set(rows, name)
        errors = character_errors if name == "an4" else word_errors
        for system in ("audiocli", "faster-whisper"):
            got = measured(system, chosen)
            print_row(name, system, errors(chosen, got["results"]), got)


def long(rows: Rows) -> None:
    import numpy as np
    import soundfile as sf

    chosen = in_set(rows, "composed_conversations")
    with tempfile.TemporaryDirectory() as folder:
        joined = Path(folder, "joined.wav")
        samples = np.concatenate([sf.read(row["file"])[0] for row in chosen])
        sf.write(joined, samples, 16_000)
        row = {
            "file": str(joined),
            "duration": len(samples) / 16_000,
            "ask": "en",
            "text": " ".join(row["text"] for row in chosen),
        }
        print("| set | system | error % | CPU s/s | wall s/s | MB |\n|---|---|---|---|---|---|")
        for system in ("audiocli", "faster-whisper", "faster-whisper, batched"):
            got = measured(system, [row])
            print_row("conversations, joined", system, word_errors([row], got["results"]), got)


JOINS = 60  # recordings
GAPS = (0.0, 0.4, 0.8, 1.5)  # seconds of silence between two utterances


def joined(rows: Rows) -> None:
    """Utterances of two or three speakers one after another; the words that are missing.

    An utterance is lost if two thirds of its words are deleted.
    """
    import random

    print("| seed | system | deleted % | error % | runs of 4 | lost | CPU s/s |")
    print("|---|---|---|---|---|---|---|")
    librispeech = in_set(rows, "librispeech_test_other")
    others = in_set(rows, "an4", "pocketsphinx", "ljspeech_mini")
    sets = {11: librispeech, 12: librispeech, 13: librispeech, 21: others, 22: others}
    for seed, parts in sets.items():
        with tempfile.TemporaryDirectory() as folder:
            chosen = [join(parts, random.Random(seed * 1000 + n), folder) for n in range(JOINS)]
            for system in ("audiocli", "faster-whisper"):
                got = measured(system, chosen)
                print_missing(str(seed), system, chosen, got)


def join(rows: Rows, chance: Any, folder: str) -> dict[str, Any]:
    """Join utterances of different speakers, at random levels, into one recording."""
    import numpy as np
    import soundfile as sf

    speakers = chance.sample(sorted({row["speaker"] for row in rows}), chance.choice((2, 2, 3)))
    parts = [chance.choice([row for row in rows if row["speaker"] == name]) for name in speakers]
    gap = np.zeros(round(chance.choice(GAPS) * 16_000))
    pieces = [
        piece
        for part in parts
        for piece in (at_16_khz(part["file"]) * 10 ** (chance.choice((-10, -5, 0)) / 20), gap)
    ]
    samples = np.concatenate(pieces[:-1])
    path = Path(folder, f"{chance.getrandbits(64)}.wav")
    sf.write(path, samples, 16_000)
    texts = [part["text"] for part in parts]
    about = {"duration": len(samples) / 16_000, "ask": "en", "parts": texts}
    return {"file": str(path), "text": " ".join(texts), **about}


def at_16_khz(file: str) -> Any:
    """Read a mono recording and resample it to 16 kHz; shape (time,)."""
    import soundfile as sf
    import soxr

    samples, rate = sf.read(file)
    return samples if rate == 16_000 else soxr.resample(samples, rate, 16_000)


def print_missing(name: str, system: str, rows: Rows, got: dict[str, Any]) -> None:
    """Print deleted words, recordings with four of them in a row, and lost utterances."""
    import jiwer

    words = deleted = runs = lost = 0
    for row, result in zip(rows, got["results"], strict=True):
        reference = normal(row["text"]).split()
        output = jiwer.process_words(" ".join(reference), normal(result["text"]) or "-")
        spans = [
            (chunk.ref_start_idx, chunk.ref_end_idx)
            for chunk in output.alignments[0]
            if chunk.type == "delete"
        ]
        gone = {n for first, last in spans for n in range(first, last)}
        words, deleted = words + len(reference), deleted + len(gone)
        runs += any(last - first >= 4 for first, last in spans)
        first = 0
        for part in row["parts"]:
            last = first + len(normal(part).split())
            lost += len(gone & set(range(first, last))) > (last - first) * 2 / 3
            first = last
    count = sum(len(row["parts"]) for row in rows)
    error = word_errors(rows, got["results"])
    print(
        f"| {name} | {system} | {100 * deleted / words:.2f} | {error:.2f} | {runs} of {len(rows)} "
        f"| {lost} of {count} | {got['cpu']:.3f} |",
        flush=True,
    )


def noise(rows: Rows) -> None:
    print("| set | system | error % | CPU s/s | wall s/s | MB |\n|---|---|---|---|---|---|")
    for snr in (20, 10, 5, 0):
        chosen = in_set(rows, "composed_noisy_speech", snr_db=snr)
        for system in ("audiocli", "faster-whisper"):
            got = measured(system, chosen)
            print_row(f"noise, {snr} dB", system, word_errors(chosen, got["results"]), got)


def nothing_said(rows: Rows) -> None:
    """Count the words found in recordings without speech; each is a hallucination."""
    sung = {"Karissa_Hobbs", "198-209", "3436-172162", "5703-47212"}  # song and speech
    chosen = in_set(rows, "esc10", "music")
    chosen = [row for row in chosen if not any(name in row["path"] for name in sung)]
    print("| system | recordings | with words | words | CPU s/s |\n|---|---|---|---|---|")
    for system in ("audiocli", "moonshine-tiny", "faster-whisper", "faster-whisper, VAD"):
        got = measured(system, chosen)
        counts = [len(result["text"].split()) for result in got["results"]]
        heard = sum(1 for count in counts if count)
        print(
            f"| {system} | {len(chosen)} | {heard} | {sum(counts)} | {got['cpu']:.3f} |", flush=True
        )


def padding(rows: Rows) -> None:
    """Measure how much silence after the speech Whisper needs, with no filter and one attempt."""
    print("| padding | set | error % | CPU s/s |\n|---|---|---|---|")
    for system in (name for name in SYSTEMS if name.startswith("padding")):
        for name, errors in (("librispeech_test_other", word_errors), ("an4", character_errors)):
            chosen = in_set(rows, name)
            got = measured(system, chosen)
            error = errors(chosen, got["results"])
            print(f"| {system[8:]} | {name} | {error:.2f} | {got['cpu']:.3f} |", flush=True)


def light(rows: Rows) -> None:
    """Compare the small English models with the default."""
    print("| set | system | error % | CPU s/s | wall s/s | MB |\n|---|---|---|---|---|---|")
    sets = {
        "librispeech_test_other": in_set(rows, "librispeech_test_other"),
        "an4": in_set(rows, "an4"),
        "noise, 10 dB": in_set(rows, "composed_noisy_speech", snr_db=10),
        "conversations": in_set(rows, "composed_conversations", overlap_s=0.0),
    }
    for name, chosen in sets.items():
        errors = character_errors if name == "an4" else word_errors
        for system in ("audiocli", "whisper-tiny.en", "moonshine-tiny"):
            got = measured(system, chosen)
            print_row(name, system, errors(chosen, got["results"]), got)


def languages(rows: Rows) -> None:
    chosen = [row for row in rows if row["set"] == "multilingual" and row.get("text")]
    systems = ("audiocli", "faster-whisper")
    print(f"| recording | language | {' | '.join(systems)} |\n|---|---|---|---|")
    got = [measured(system, chosen)["results"] for system in systems]
    for n, row in enumerate(chosen):
        cells = []
        for results in got:
            error = character_errors([row], [results[n]])
            cells.append(f"{results[n]['language']}, {error:.1f} % CER")
        print(f"| {Path(row['path']).name} | {row['language']} | {' | '.join(cells)} |")


def word_times(rows: Rows) -> None:
    """Compare the first and last word of each turn with where its sound begins and ends.

    Turns are whole clips, with silence at their edges: an edge of the speech is where the
    level first (last) is halfway, in dB, from the turn's quiet to its loud. A turn counts where
    its first (last) word was recognised within a second of it.
    """
    chosen = in_set(rows, "composed_conversations", overlap_s=0.0)
    print("| system | edge | found | median s | mean error s | 95th percentile s |")
    print("|---|---|---|---|---|---|")
    for system in ("audiocli", "faster-whisper, words"):
        got = measured(system, chosen)["results"]
        for index, edge in ((0, "start"), (-1, "end")):
            pairs = zip(chosen, got, strict=True)
            errors = [e for row, r in pairs for e in edge_errors(row, r["words"], index)]
            sizes = sorted(abs(error) for error in errors)
            mean, worst = sum(sizes) / len(sizes), sizes[int(0.95 * len(sizes))]
            found = f"{len(errors)} of {sum(len(row['turns']) for row in chosen)}"
            middle = statistics.median(errors)
            print(f"| {system} | {edge} | {found} | {middle:+.3f} | {mean:.3f} | {worst:.3f} |")


def edge_errors(row: dict[str, Any], words: list[list[Any]], index: int) -> Iterable[float]:
    import soundfile as sf

    samples, rate = sf.read(row["file"])
    for turn in row["turns"]:
        first, last = speech_edges(
            samples[int(turn["start"] * rate) : int(turn["end"] * rate)], rate
        )
        known = turn["start"] + (last if index else first)
        spoken = normal(turn["text"]).split()[index]
        errors = [w[1 if index else 0] - known for w in words if normal(w[2]) == spoken]
        near = [error for error in errors if abs(error) < 1.0]
        if near:
            yield min(near, key=abs)


def speech_edges(samples: Any, rate: int) -> tuple[float, float]:
    """Where the level is first and last halfway from quiet to loud, in seconds."""
    import numpy as np

    frames = samples[: len(samples) // (rate // 100) * (rate // 100)].reshape(-1, rate // 100)
    power = np.mean(frames**2, axis=1)
    loud = np.flatnonzero(power > np.sqrt(np.percentile(power, 5) * power.max()))
    return loud[0] / 100, (loud[-1] + 1) / 100


def one_liner(rows: Rows) -> None:
    """Whole processes on one clip of 11 s, in turns; the peer's row needs it on the PATH."""
    clip = next(row["file"] for row in rows if row["path"].endswith("jfk.flac"))
    path = [sys.executable, "-m", "audiocli", "models", "path", "whisper-base"]
    model = subprocess.run(path, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        common = ["--language", "en", "--output_format", "txt", "--output_dir", folder]
        peer = ["whisper-ctranslate2", clip, "--model_directory", model, *common]
        commands = {
            "audiocli transcribe": [
                sys.executable,
                "-m",
                "audiocli",
                "transcribe",
                clip,
                "-l",
                "en",
            ],
            "whisper-ctranslate2": [*peer, "--compute_type", "int8", "--device", "cpu"],
        }
        if not shutil.which("whisper-ctranslate2"):
            del commands["whisper-ctranslate2"]
        rounds = [{name: whole(command) for name, command in commands.items()} for _ in range(7)]
    print("| program | wall s | CPU s |\n|---|---|---|")
    for name in commands:
        wall, cpu = (statistics.median(r[name][n] for r in rounds) for n in (0, 1))
        print(f"| {name} | {wall:.2f} | {cpu:.2f} |")


def whole(command: list[str]) -> tuple[float, float]:
    """Run a process; its wall and CPU seconds."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def print_row(name: str, system: str, error: float, got: dict[str, Any]) -> None:
    cost = f"{got['cpu']:.3f} | {got['wall']:.3f} | {got['memory']:.0f}"
    print(f"| {name} | {system} | {error:.2f} | {cost} |", flush=True)


TABLES: dict[str, Callable[[Rows], None]] = {
    "short": short,
    "long": long,
    "joined": joined,
    "noise": noise,
    "nothing said": nothing_said,
    "light": light,
    "languages": languages,
    "padding": padding,
    "word times": word_times,
    "one-liner": one_liner,
}

if __name__ == "__main__":
    main()
