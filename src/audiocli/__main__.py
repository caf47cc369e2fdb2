"""The program: `audiocli`, and `python -m audiocli`."""

from __future__ import annotations

import sys


def run() -> int:
    """Run the program; Ctrl-C is one line from the first import on."""
    try:
        from audiocli.cli import main

        return main()
    except KeyboardInterrupt:
        if sys.stderr:
            sys.stderr.write("interrupted\n")
        return 130


if __name__ == "__main__":
    raise SystemExit(run())
