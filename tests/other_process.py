"""Hold resources in another process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SCRIPT = """if True:
    import sys
    from pathlib import Path
    from audiocli.batch.output_journal import OutputJournal

    path = Path(sys.argv[1])
    print(OutputJournal(path.parent).claim(path), flush=True)
    sys.stdin.read()
"""


@contextmanager
def claimed_elsewhere(path: Path) -> Iterator[None]:
    """Let another process claim an output; it is killed at the end of the block."""
    with subprocess.Popen(
        [sys.executable, "-c", _SCRIPT, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "True\n"
        try:
            yield
        finally:
            process.kill()
