"""Give damaged files, and odd values of options, to the commands; report defects.

    PYTHONPATH=tests python -m robustness.fuzz --seconds 60
    PYTHONPATH=tests python -m robustness.fuzz --seed 7 --count 3000 --kind result --kind index

A defect is a traceback, an unexpected error, a signal, a command that does not end, an exit
code that is not documented, several error lines for one input, an error line without a hint,
output of native libraries, JSON that is not valid, or a temporary file that is left. The file
of each kind of defect is kept, with a command that repeats it.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import os
import random
import re
import resource
import shutil
import sys
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from audiocli.errors import ExitCode
from robustness.corpus import Kind, build, run_line
from robustness.mutations import damaged
from robustness.odd_options import add_option_kinds, with_odd_options

MAX_SECONDS = 60.0  # of one command; a longer one is a hang
MAX_MEMORY = 8 << 30  # bytes that a command may allocate
MAX_GROWTH = 1 << 30  # bytes by which one small input may raise the peak of the memory
MAX_FILE = 500 << 20  # bytes
CONTROL = {"Cc", "Cs", "Zl", "Zp"}  # categories of characters that a terminal may obey
WEIGHTS = {"audio": 6, "model": 6, "result": 5, "document": 4, "options": 4}  # of other kinds, 1
CODES = {ExitCode.OK, ExitCode.SOME_FAILED, ExitCode.USAGE, ExitCode.MODEL_UNAVAILABLE}
CODES |= {ExitCode.ALL_FAILED}
_PARTICULARS = re.compile(r"fuzzed/\S+|/\S+|'[^']*'|0x\w+|\d+")  # of one case, in a message


class Attempt(NamedTuple):
    """One damaged file and the command line that reads it."""

    number: int
    kind: str
    line: str
    file: str


class Outcome(NamedTuple):
    """What a command did."""

    code: int
    stdout: str
    stderr: str
    native: str  # what libraries wrote to the streams of the process
    growth: int  # bytes by which the peak of the memory rose
    left: tuple[str, ...]  # temporary files


# --- in the worker ------------------------------------------------------------------


def work(connection: Connection, folder: str) -> None:
    """Run the command lines that arrive, in this process."""
    os.chdir(folder)
    resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE, MAX_FILE))
    with Path(f"native-{os.getpid()}.log").open("w+b") as log:
        for descriptor in (1, 2):
            os.dup2(log.fileno(), descriptor)
        while attempt := connection.recv():
            connection.send(_run(attempt, log.fileno()))


def _run(attempt: Attempt, log: int) -> Outcome:
    os.ftruncate(log, 0)
    os.lseek(log, 0, os.SEEK_SET)
    before = _peak_memory()
    with tempfile.TemporaryDirectory(dir=".") as out:
        ran = run_line(attempt.line, attempt.file, out)
        left = tuple(str(path) for path in Path(out).rglob("*.part"))
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    native = os.pread(log, 2000, 0).decode("utf-8", "replace")
    return Outcome(*ran, native, _peak_memory() - before, left)


def _peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


class Worker:
    """A process that runs commands one after another, and is replaced when it does not answer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs, str(self.folder)), daemon=True)
        self._process.start()
        theirs.close()

    def run(self, attempt: Attempt) -> Outcome | str:
        """Run a command; return what it did, or how its process ended."""
        self._connection.send(attempt)
        try:
            if self._connection.poll(MAX_SECONDS):
                outcome: Outcome = self._connection.recv()
                return outcome
        except (EOFError, ConnectionError):
            self._process.join()
            code = self._process.exitcode
            self._start()
            return f"the process ended with {code}"
        self._process.kill()
        self._start()
        return f"hang: no end after {MAX_SECONDS:g} s"

    def stop(self) -> None:
        """End the process."""
        self._process.kill()


# --- what is a defect ------------------------------------------------------------------


def defects(
    outcome: Outcome | str, line: str, *, many: bool = False, is_model: bool = False
) -> Iterator[str]:
    """Yield the defects of a command, each as one line."""
    if isinstance(outcome, str):
        yield outcome
        return
    code, stdout, stderr, native, growth, left = outcome
    errors = [text for text in stderr.splitlines() if text.startswith("error: ")]
    if code not in CODES:
        yield f"exit code {code}"
    if "Traceback" in stderr + stdout:
        yield f"traceback: {stderr.strip().splitlines()[-1]}"
    if not is_model:
        yield from (f"unexpected error: {text}" for text in errors if _is_unexpected(text))
    if len(errors) > 1 and not many:
        yield f"{len(errors)} error lines: {errors[0]}"
    if bool(errors) != bool(code):
        yield f"exit code {code} with {len(errors)} error lines: {stderr.strip()[:200]}"
    hinted = [text for text in errors if text.endswith(")")]
    for text in errors:  # a problem of several inputs has its hint once
        problem = text.rpartition(": ")[2]
        if text not in hinted and not any(f": {problem} (" in other for other in hinted):
            yield f"no hint: {text}"
    if any(unicodedata.category(c) in CONTROL for c in stderr.replace("\n", "")):
        yield f"control characters on stderr: {stderr!r:.200}"
    if native:
        yield f"native output: {native.strip().splitlines()[-1][:200]}"
    if growth > MAX_GROWTH:
        yield f"memory: {growth >> 20} MiB more than before"
    if left:
        yield f"temporary file left: {left[0]}"
    if code == 0 and line.endswith("-f json"):
        yield from _problem_of_json(stdout)


def _is_unexpected(text: str) -> bool:
    return any(word in text for word in ("unexpected ", "defect", "a bug"))


def _problem_of_json(text: str) -> Iterator[str]:
    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    try:
        json.loads(text, parse_constant=refuse)
    except ValueError as error:
        yield f"stdout is not JSON: {error}"


# --- the run ----------------------------------------------------------------------------


@dataclass
class Fuzzer:
    """Damages files of a corpus, runs commands and collects defects."""

    folder: Path
    kinds: dict[str, Kind]
    seed: int
    runs: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)

    def run(self, worker: Worker, number: int) -> None:
        """Run attempt `number`, which depends on the seed only."""
        attempt = self.attempt(number)
        outcome = worker.run(attempt)
        self.runs[attempt.kind] += 1
        kind = self.kinds[attempt.kind]
        for defect in defects(outcome, attempt.line, many=kind.many, is_model=kind.is_model):
            self._report(attempt, defect)
        _remove(self.folder / attempt.file)

    def attempt(self, number: int) -> Attempt:
        """Write a damaged file and choose a command for it."""
        rng = random.Random(f"{self.seed} {number}")
        groups = sorted({name.split()[0] for name in self.kinds})
        (group,) = rng.choices(groups, [WEIGHTS.get(group, 1) for group in groups])
        name = rng.choice([name for name in self.kinds if name.split()[0] == group])
        kind = self.kinds[name]
        line = rng.choice(kind.lines)
        sample, other = (self.folder / rng.choice(kind.samples) for _ in range(2))
        target = self.folder / "fuzzed" / f"{number}" / sample.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if "OPTIONS" in line:
            line = with_odd_options(line, rng)
            shutil.copy(sample, target)
        elif sample.is_dir():
            shutil.copytree(sample, target)
            files = sorted(path for path in target.rglob("*") if path.is_file())
            damage = rng.choice([path for path in files if path.suffix == ".json"] * 2 + files)
            damage.write_bytes(damaged(damage.read_bytes(), b"", rng))
        else:
            target.write_bytes(damaged(sample.read_bytes(), other.read_bytes(), rng))
        return Attempt(number, name, line, str(target.relative_to(self.folder)))

    def _report(self, attempt: Attempt, defect: str) -> None:
        """Print the first defect of each kind, and keep its file."""
        general = _PARTICULARS.sub("*", defect)[:90]
        signature = f"{attempt.kind.split()[0]}: {general}"
        self.found[signature] += 1
        if self.found[signature] > 1:
            return
        kept = Path("failures", str(attempt.number), Path(attempt.file).name)
        if not (self.folder / kept).exists():
            (self.folder / kept).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (self.folder / attempt.file).is_dir() else shutil.copy
            copy(self.folder / attempt.file, self.folder / kept)
        say(f"DEFECT {attempt.number} ({attempt.kind}): {defect}")
        say(f"  cd {self.folder} && {shell_line(attempt.line, kept)}")


def shell_line(line: str, file: Path) -> str:
    """Return a command line for a shell."""
    variables = re.match(r"(\w+=\S+ )*", line)
    start = variables.end() if variables else 0
    line = f"AUDIOCLI_OFFLINE=1 {line[:start]}audiocli {line[start:]}"
    return line.replace("{}", str(file)).replace("OUT", "out")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def is_chosen(kind: str, prefixes: list[str] | None) -> bool:
    """Return whether a kind begins with one of the options, or one of them with the kind."""
    return not prefixes or any(kind.startswith(p) or p.startswith(kind) for p in prefixes)


def fuzz(options: argparse.Namespace, folder: Path) -> int:
    """Run until the time or the count is reached; return the exit code."""
    with redirect_stderr(io.StringIO()):  # progress of transformers
        corpus = build(folder, lambda kind: is_chosen(kind, options.kind))
        if is_chosen("options", options.kind):
            add_option_kinds(corpus)
    chosen = {name: kind for name, kind in corpus.kinds.items() if is_chosen(name, options.kind)}
    fuzzer = Fuzzer(folder, chosen, options.seed)
    worker = Worker(folder)
    end = time.monotonic() + options.seconds
    numbers = options.only or range(options.first, options.first + options.count)
    for number in numbers:
        if time.monotonic() > end:
            break
        fuzzer.run(worker, number)
    worker.stop()
    say(
        f"{fuzzer.runs.total()} inputs, {fuzzer.found.total()} defects of {len(fuzzer.found)} kinds"
    )
    for name, count in sorted(fuzzer.runs.items()):
        say(f"  {count:5} {name}")
    for signature, count in fuzzer.found.most_common():
        say(f"  {count:5} DEFECT {signature}")
    return 1 if fuzzer.found else 0


def main(arguments: list[str] | None = None) -> int:
    """Parse the options and fuzz."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="limit of the run")
    parser.add_argument("--count", type=int, default=1_000_000, help="maximum number of inputs")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--only", type=int, action="append", help="number of an input; repeatable")
    parser.add_argument("--kind", action="append", help="beginning of a kind; repeatable")
    options = parser.parse_args(arguments)
    top, home = Path(tempfile.mkdtemp(prefix="audiocli-fuzz-")), Path.cwd()
    folder = top / "below" / "it"  # for paths that are damaged to ../..
    folder.mkdir(parents=True)
    say(f"seed {options.seed}, files in {folder}")
    code = 1
    try:
        code = fuzz(options, folder)
    finally:
        os.chdir(home)
        if code == 0:
            shutil.rmtree(top)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
