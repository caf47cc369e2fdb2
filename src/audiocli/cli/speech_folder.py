"""The output folder of `audiocli speak`: which texts it has to speak, and their records."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from audiocli.cli.folder_output import (
    FolderOutput,
    FolderPolicy,
    Target,
    layout_options,
    origin,
    plan_messages,
)
from audiocli.context import Context
from audiocli.render.base import Layout, Renderer

if TYPE_CHECKING:
    from audiocli.batch.output_journal import Origin, Provenance
    from audiocli.batch.sound_output import Destination
    from audiocli.batch.texts import SpeechSource


def open_speech_folder(
    destination: Destination, renderers: Sequence[Renderer], layout: Layout, *, overwrite: bool
) -> FolderOutput[SpeechSource] | None:
    """Return the output folder of texts, or None if the destination is no folder."""
    if not destination.folder:
        return None

    def targets_of(text: SpeechSource) -> list[Target]:
        path = destination.path_for(text.stem)
        assert path
        return [
            Target(path),
            *(
                Target(path.with_suffix(f".{one.extension}"), one, layout_options(layout, one))
                for one in renderers
            ),
        ]

    return FolderOutput(destination.folder, FolderPolicy(overwrite=overwrite), targets_of)


def texts_to_speak(
    context: Context,
    folder: FolderOutput[SpeechSource],
    texts: Sequence[SpeechSource],
    provenance: Provenance,
) -> list[SpeechSource]:
    """Return the texts whose files are missing or stale, and report those of the others.

    A text of which one file is kept is not spoken, because its files belong together.

    Raises
    ------
    UsageError : a file is the result of another text or command
    OutputError : the folder cannot be written
    """
    from audiocli.batch.output import check_writable_folder

    check_writable_folder(folder.folder)
    folder.expect(provenance, _origin)
    plans = folder.plan(texts)
    for message in plan_messages(plans):
        context.warn(message)
    return [plan.input for plan in plans if plan.state not in ("done", "kept")]


def recorder_of(
    folder: FolderOutput[SpeechSource] | None, text: SpeechSource, path: Path
) -> Callable[[Path], None]:
    """Return the function that records a file of a text before it is in place."""
    for target in folder.targets(text) if folder else ():
        if folder and target.path == path:
            return folder.recorder(text, target)
    return lambda _: None


def _origin(text: SpeechSource) -> Origin:
    if isinstance(text.origin, Path):
        return origin(text.name, [text.origin], checksum=False)
    if isinstance(text.origin, str):
        digest = hashlib.sha256(text.origin.encode("utf-8", "surrogatepass")).hexdigest()
        return origin(f"text://{digest}", (), checksum=False)
    return origin(text.name, (), checksum=False)
