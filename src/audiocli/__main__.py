"""The program: `audiocli`, and `python -m audiocli`."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # as in `audiocli`
if TYPE_CHECKING:
    from typing import NoReturn


def run() -> int:
    """Run the program; Ctrl-C is one line from the first import on."""
    try:
        from audiocli.cli import main

        code = main()
        if code in {130, 143}:
            _end(code)
        return code
    except BaseException as error:
        if not _is_interrupt(error):
            raise
        if sys.stderr:
            sys.stderr.write("interrupted\n")
        return 130


def _end(code: int) -> NoReturn:
    """End an interrupted process without waiting for native threads.

    While Python ends, it restores the default action of SIGINT, and its threads may crash.
    """
    import atexit
    import os
    from contextlib import suppress

    atexit._run_exitfuncs()
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    os._exit(code)


def _is_interrupt(error: BaseException | None) -> bool:
    """Return whether Ctrl-C is the cause; Python and NumPy may replace it while they import."""
    while error and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


if __name__ == "__main__":
    raise SystemExit(run())
