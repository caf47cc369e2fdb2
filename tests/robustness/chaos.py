"""Kill commands at random moments, run them again, and compare with an undisturbed run.

    PYTHONPATH=tests python -m robustness.chaos --seconds 120
    PYTHONPATH=tests python -m robustness.chaos --seed 7 --kills 300 --scenario speak

The next run must end with 0, leave the same bytes, and leave no temporary file. A killed
command must end by its signal, or with one line and the exit code of the signal. Then several
processes start at once on one folder, one index and one file of voices; nothing may be lost.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

import sounds
import toy
from audiocli.audio.decode import read
from audiocli.context import cache_dir
from conftest import DATA

RATE = 16_000
SIGNALS = {  # with the last line on stderr and the exit code
    signal.SIGKILL: ("", -signal.SIGKILL),
    signal.SIGTERM: ("terminated", 143),
    signal.SIGINT: ("interrupted", 130),
}
# Until the function runs, the interpreter handles signals by itself.
PROGRAM = """
import sys
from audiocli.batch import checkpoint_file
checkpoint_file.MIN_COST = 0.2  # seconds
from audiocli.__main__ import run
print(flush=True)
sys.exit(run())
"""
TIMEOUT = 120.0  # seconds
RECORDS = ".audiocli"  # files that list what was written, with times and places
# The rollback journal of an output folder is kept, empty, to make commits faster.
UNFINISHED = re.compile(
    r"\.part(ial)?(/|$)|\.checkpoint$|\.incomplete$|\.speaking/|(?<!/\.audiocli-journal\.sqlite)-journal$|-wal$"
)


class Ended(NamedTuple):
    """Exit code and output of a process."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Scenario:
    """A command, and what is compared of its results.

    Attributes
    ----------
    prepare : writes the inputs into the current folder
    results : files and folders that are compared
    queries : commands whose output is compared, for stores that are not equal byte by byte
    environment : variables, given the folder of the run
    """

    command: str
    prepare: Callable[[], None]
    results: Sequence[str] = ()
    queries: Sequence[str] = ()
    environment: Callable[[Path], Mapping[str, str]] = lambda _: {}


def write_clips(count: int = 3, seconds: float = 1.2) -> None:
    """Write short clips of speech."""
    speech = read(DATA / "jfk.flac", rate=RATE).samples
    Path("clips").mkdir()
    for number in range(count):
        begin = round(number * 0.5 * RATE)
        part = speech[:, begin : begin + round(seconds * RATE)]
        Path("clips", f"{number}.wav").write_bytes(sounds.pcm(part))


def write_talk() -> None:
    """Write half a minute of speech with pauses."""
    speech = read(DATA / "jfk.flac", rate=RATE).samples
    pause = np.zeros((1, 3 * RATE), np.float32)
    parts = [part for seconds in (5, 8, 4, 7) for part in (speech[:, : seconds * RATE], pause)]
    Path("talk.wav").write_bytes(sounds.pcm(np.concatenate(parts, axis=1)))


def write_labelled() -> None:
    """Write tones of two labels."""
    for label, pitch in (("low", 0.05), ("high", 0.6)):
        Path("sounds", label).mkdir(parents=True)
        for number in range(3):
            tone = 0.3 * np.sin(np.arange(RATE) * pitch + number)[None].astype(np.float32)
            Path("sounds", label, f"{number}.wav").write_bytes(sounds.pcm(tone))


def write_texts() -> None:
    """Write short texts."""
    for number in range(3):
        Path(f"{number}.txt").write_text(f"This is text {number}. It is short.\n\nIt ends here.\n")


def write_toy_model() -> None:
    """Install a toy family, and write the wheels of its model."""
    toy.install_plugin(Path("plugin"), toy.spec())
    toy.make_carriers(Path("wheels"))


def fetching(folder: Path) -> dict[str, str]:
    """Return an environment whose cache is empty, and where pip finds the toy wheels only."""
    path = [str(folder / "plugin"), *toy.SOURCES]
    return {
        "AUDIOCLI_CACHE": str(folder / "cache"),
        "PYTHONPATH": os.pathsep.join(path),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(folder / "wheels"),
    }


TEXTS = "--file 0.txt --file 1.txt --file 2.txt"
SCENARIOS = {
    "transcribe": Scenario("transcribe clips -d out -f json,srt", write_clips, ["out"]),
    "long": Scenario("transcribe talk.wav -d out -f json,srt", write_talk, ["out"]),
    "long one": Scenario(
        "transcribe talk.wav -o out/talk.json --overwrite -m whisper-tiny.en", write_talk, ["out"]
    ),
    "diarize": Scenario("diarize talk.wav -d out -f json,rttm", write_talk, ["out"]),
    "derived": Scenario(
        "classify clips -d out -f json", write_clips, ["out", "cache/derived", "cache/vectors"]
    ),
    "speak": Scenario(f"speak {TEXTS} -d out -f wav,srt", write_texts, ["out"]),
    "speak one": Scenario(
        "speak --file 0.txt -o out/a.flac -f flac,vtt --overwrite", write_texts, ["out"]
    ),
    "index": Scenario(
        "index add x.index clips --window 0.5",
        write_clips,
        queries=("index list x.index", "search x.index clips/0.wav -f json"),
    ),
    "voices": Scenario("voices enroll Ada clips/0.wav clips/1.wav", write_clips, ["voices.json"]),
    "train": Scenario(
        "train sounds -d model -f json --overwrite",
        write_labelled,
        ["model", "cache/vectors"],
    ),
    "convert": Scenario(
        "convert made -d out -f csv,srt,vtt,txt", lambda: write_results(20), ["out"]
    ),
    "fetch": Scenario(
        "models pull toy-model", write_toy_model, ["cache/models"], environment=fetching
    ),
}


def write_results(count: int) -> None:
    """Write transcripts."""
    from audiocli.results import ModelInfo, Segment, Transcript
    from audiocli.schema import dumps

    Path("made").mkdir()
    segments = tuple(Segment(start=n, end=n + 1.0, text=f"Line {n}.") for n in range(50))
    for number in range(count):
        result = Transcript(
            source=f"{number}.wav", duration=50.0, model=ModelInfo("toy"), segments=segments
        )
        Path("made", f"{number}.json").write_text(dumps(result))


@dataclass
class Place:
    """A folder in which a scenario runs, with a cache of its own; models are links."""

    folder: Path
    scenario: Scenario

    def __post_init__(self) -> None:
        (self.folder / "tmp").mkdir(parents=True)
        (self.folder / "cache").mkdir()
        if "AUDIOCLI_CACHE" not in self.scenario.environment(self.folder):
            (self.folder / "cache" / "models").symlink_to(cache_dir(os.environ) / "models")
        home = Path.cwd()
        os.chdir(self.folder)
        try:
            self.scenario.prepare()
        finally:
            os.chdir(home)

    def start(self, line: str) -> subprocess.Popen[str]:
        """Start a command; return when the interpreter is ready."""
        environment = {
            **os.environ,
            "AUDIOCLI_CACHE": str(self.folder / "cache"),
            "AUDIOCLI_VOICES": str(self.folder / "voices.json"),
            "TMPDIR": str(self.folder / "tmp"),
            "OMP_NUM_THREADS": "1",
            **self.scenario.environment(self.folder),
        }
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *line.split()],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert process.stdout
        process.stdout.readline()
        return process

    def run(self, line: str) -> Ended:
        """Run a command to its end."""
        return ended(self.start(line))

    def contents(self) -> dict[str, str]:
        """Return a digest of each result file, and the output of the queries."""
        found = {
            str(path.relative_to(self.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for name in self.scenario.results
            for path in sorted([self.folder / name, *(self.folder / name).rglob("*")])
            if path.is_file() and not path.name.startswith(RECORDS) and path.suffix != ".lock"
        }
        answers = {line: self.run(line).out for line in self.scenario.queries}
        return found | {q: text.replace(str(self.folder), "") for q, text in answers.items()}

    def leftovers(self) -> list[str]:
        """Return unfinished files."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        places = (path.relative_to(self.folder) for path in files)
        return [str(place) for place in places if UNFINISHED.search(str(place))]


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for a process."""
    out, err = process.communicate(timeout=TIMEOUT)
    return Ended(process.returncode, out, err)


@dataclass
class Chaos:
    """Kills commands and collects defects."""

    folder: Path
    kills: Counter[str] = field(default_factory=Counter)
    late: int = 0  # commands that had ended before the signal
    found: list[str] = field(default_factory=list)
    _expected: dict[str, tuple[dict[str, str], float]] = field(default_factory=dict)

    def expected(self, name: str) -> tuple[dict[str, str], float]:
        """Return the results of an undisturbed run, and its duration in seconds."""
        if name not in self._expected:
            place = Place(self.folder / name.replace(" ", "-") / "whole", SCENARIOS[name])
            begin = time.monotonic()
            whole = place.run(SCENARIOS[name].command)
            seconds = time.monotonic() - begin
            assert whole.code == 0, (name, whole)
            self._expected[name] = place.contents(), seconds
        return self._expected[name]

    def round(self, name: str, seed: str) -> None:
        """Kill a command one to three times, then let it end and compare."""
        rng = random.Random(seed)
        contents, seconds = self.expected(name)
        place = Place(self.folder / name.replace(" ", "-") / "killed", SCENARIOS[name])
        told = []
        sent = [rng.choice(list(SIGNALS)) for _ in range(rng.choice((1, 2, 3, 4)))]
        for number in sent:
            delay = rng.uniform(0.02, seconds)  # until `run` catches signals
            told.append(f"{number.name} after {delay:.2f} s")
            self._kill(place, number, delay, f"{name} ({seed}): {', '.join(told)}")
        last = place.run(SCENARIOS[name].command)
        defects = list(self._differences(place, last, contents, signal.SIGKILL in sent))
        self.found += [f"{name} ({seed}): {', '.join(told)}: {defect}" for defect in defects]
        for defect in defects:
            say(f"DEFECT {name} ({seed}): {', '.join(told)}: {defect}")
        if not defects:
            shutil.rmtree(place.folder)
        else:
            place.folder.rename(place.folder.with_name(f"failure-{len(self.found)}"))

    def _kill(self, place: Place, number: signal.Signals, delay: float, told: str) -> None:
        process = place.start(place.scenario.command)
        time.sleep(delay)
        process.send_signal(number)
        result = ended(process)
        self.kills[f"{number.name} {told.partition(' (')[0]}"] += 1
        line, code = SIGNALS[number]
        if result.code == 0:
            self.late += 1
            return
        lines = result.err.splitlines()
        # Before and after `main`, the interpreter ends by the signal itself.
        is_right = result.code == -number or (result.code == code and lines[-1:] == [line])
        if not is_right or "Traceback" in result.err or "error:" in result.err:
            self.found.append(f"{told}: exit code {result.code}, {result.err!r}")
            say(f"DEFECT {self.found[-1]}")

    def _differences(
        self, place: Place, last: Ended, expected: Mapping[str, str], was_killed: bool
    ) -> Iterator[str]:
        if last.code:
            yield f"the next run exits with {last.code}: {last.err!r}"
        contents = place.contents()
        for name in sorted(contents.keys() | expected.keys()):
            if contents.get(name) != expected.get(name):
                kind = "differs" if name in contents and name in expected else "is missing or new"
                yield f"{name} {kind}"
        if left := place.leftovers():
            yield f"left: {left}"
        temporary = sorted(path.name for path in (place.folder / "tmp").iterdir())
        if temporary and not was_killed:
            yield f"temporary files left: {temporary}"

    # --- several at once --------------------------------------------------------------

    def at_once(self, count: int) -> None:
        """Start processes on one folder, one index and one file of voices."""
        clips = Scenario("", lambda: write_clips(2 * count, 1.5))
        place = Place(self.folder / "at-once", clips)
        for number in range(count):
            (place.folder / f"in{number}").mkdir()
            for clip in (2 * number, 2 * number + 1):
                shutil.copy(place.folder / "clips" / f"{clip}.wav", place.folder / f"in{number}")
        self._count(place, count, "transcribe in{} -d out -f json", 2 * count, results_of)
        self._count(place, count, "classify clips -d same -f json", 2 * count, results_of_same)
        self._count(
            place, count, "index add x.index in{}", 2 * count, lines_of("index list x.index")
        )
        enroll = "voices enroll Person{} clips/0.wav"
        self._count(place, count, enroll, count, lines_of("voices list"))
        if left := place.leftovers():
            self.found.append(f"{count} at once: left: {left}")

    def _count(
        self, place: Place, count: int, line: str, expected: int, counted: Callable[[Place], int]
    ) -> None:
        processes = [place.start(line.replace("{}", str(number))) for number in range(count)]
        failed = [result for result in map(ended, processes) if result.code]
        found = counted(place)
        say(f"{count} at once: {line}: {found} of {expected} kept, {len(failed)} failed")
        if failed or found != expected:
            self.found.append(f"{count} at once: {line}: {found} of {expected}: {failed}")
            say(f"DEFECT {self.found[-1]}")


def results_of(place: Place) -> int:
    """Return the number of results in `out`."""
    return len(list((place.folder / "out").glob("*.json")))


def results_of_same(place: Place) -> int:
    """Return the number of results in `same`."""
    return len(list((place.folder / "same").glob("*.json")))


def lines_of(query: str) -> Callable[[Place], int]:
    """Return a function that counts the lines that a command prints."""
    return lambda place: len(place.run(query).out.splitlines())


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def wreak(options: argparse.Namespace, folder: Path) -> int:
    """Run rounds until the time or the number of kills is reached; return the exit code."""
    chaos = Chaos(folder)
    names = options.scenario or list(SCENARIOS)
    end = time.monotonic() + options.seconds
    number = options.first
    while time.monotonic() < end and chaos.kills.total() < options.kills:
        chaos.round(names[number % len(names)], f"{options.seed} {number}")
        number += 1
    if options.processes:
        chaos.at_once(options.processes)
    for name, count in sorted(chaos.kills.items()):
        say(f"  {count:4} {name}")
    total = chaos.kills.total()
    say(f"{total} kills, {chaos.late} after the end; {len(chaos.found)} defects")
    return 1 if chaos.found else 0


def main(arguments: list[str] | None = None) -> int:
    """Parse the options and run."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=120.0, help="limit of the kills")
    parser.add_argument("--kills", type=int, default=1_000_000, help="maximum number of kills")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--first", type=int, default=0, help="number of the first round")
    parser.add_argument("--scenario", action="append", choices=SCENARIOS, help="repeatable")
    parser.add_argument("--processes", type=int, default=8, help="how many at once; 0: none")
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="audiocli-chaos-"))
    say(f"seed {options.seed}, files in {folder}")
    code = wreak(options, folder)
    if code == 0:
        shutil.rmtree(folder)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
