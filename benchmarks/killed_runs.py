"""The processor time of a long recording by runs that are killed.

    python benchmarks/killed_runs.py lecture.flac [--kill 45 33 38] [--command transcribe]

Runs the command once undisturbed. Then it runs it again, killed (SIGKILL) after so many seconds
of processor time, once for each number, and at last to its end. The results must be equal. The
processor time of running processes is read from /proc (Linux).
"""

from __future__ import annotations

import argparse
import filecmp
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

AUDIOCLI = (sys.executable, "-m", "audiocli")
_TICKS = os.sysconf("SC_CLK_TCK")  # per second


def main() -> None:
    """Print a row for each run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recording", type=Path)
    parser.add_argument("--kill", type=float, nargs="*", default=[45.0, 33.0, 38.0])
    parser.add_argument("--command", default="transcribe")
    args = parser.parse_args()
    command = (*AUDIOCLI, *args.command.split(), str(args.recording))
    with tempfile.TemporaryDirectory() as name:
        whole, output = Path(name, "whole.json"), Path(name, "result.json")
        print("| run | CPU s |\n|---|---|")
        print(f"| undisturbed | {run((*command, '-o', str(whole))):.1f} |", flush=True)
        for limit in args.kill:
            seconds = run((*command, "-o", str(output)), limit)
            print(f"| killed | {seconds:.1f} |", flush=True)
        print(f"| to the end | {run((*command, '-o', str(output))):.1f} |")
        print("equal" if filecmp.cmp(whole, output, shallow=False) else "DIFFERENT")


def run(command: tuple[str, ...], limit: float | None = None) -> float:
    """Run a command, or kill it after `limit` CPU seconds; return its CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(command)
    while limit is not None and process.poll() is None and used(process.pid) < limit:
        time.sleep(0.05)
    if limit is not None:
        process.kill()
    process.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def used(process: int) -> float:
    """Return the CPU seconds of a running process."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


if __name__ == "__main__":
    main()
