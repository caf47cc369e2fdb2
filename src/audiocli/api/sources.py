"""Convert audio sources of the Python API to recordings, and name parameters in its errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from audiocli.audio.decode import open_array, open_audio
from audiocli.audio.source import name_of
from audiocli.errors import AudioCliError
from audiocli.tasks.common.events import Recording

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from audiocli.audio.selection import Selection

# A path or URL, an open binary file, or samples of shape (time,) or (channels, time)
# with their rate in Hz.
AudioSource: TypeAlias = "str | Path | BinaryIO | tuple[ArrayLike, int]"


def is_single(source: AudioSource | Iterable[AudioSource]) -> bool:
    """Return whether a source is one recording and not several."""
    if isinstance(source, tuple):
        return len(source) == 2 and not isinstance(source[1], str | Path | tuple)
    return isinstance(source, str | Path) or hasattr(source, "read")


def recording_of(source: AudioSource, selection: Selection) -> Recording:
    """Return a recording for a source, which is opened when the recording is processed."""
    if isinstance(source, tuple):
        samples, rate = source
        opened = partial(open_array, samples, rate, selection=selection)
        return Recording(None, "array", lambda rate: opened(rate=rate))
    return Recording(
        None, name_of(source), lambda rate: open_audio(source, rate=rate, selection=selection)
    )


@contextmanager
def parameter_names() -> Iterator[None]:
    """Name parameters (`num_speakers`) in errors, where the commands name options."""
    try:
        yield
    except AudioCliError as error:
        name_parameters(error)
        raise


def name_parameters(error: AudioCliError) -> AudioCliError:
    """Replace the options in the message and the hint of an error by parameters."""
    error.message = _with_parameters(error.message)
    error.hint = error.hint and _with_parameters(error.hint)
    error.args = (error.message,)
    return error


def _with_parameters(text: str) -> str:
    return re.sub(r"--([a-z][a-z-]*)", lambda option: option[1].replace("-", "_"), text)
