"""The program: `audiocli`, and `python -m audiocli`."""

from __future__ import annotations

import sys


def run() -> int:
    """Run the program; Ctrl-C is one line from the first import on."""
    try:
        from audiocli.cli import main

        return main()
    except BaseException as error:
        if not _is_interrupt(error):
            raise
        if sys.stderr:
            sys.stderr.write("interrupted\n")
        return 130


def _is_interrupt(error: BaseException | None) -> bool:
    """Return whether Ctrl-C is the cause; Python and NumPy may replace it while they import."""
    while error and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


if __name__ == "__main__":
    raise SystemExit(run())
