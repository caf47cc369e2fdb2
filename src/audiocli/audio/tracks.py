"""Select a sound track of a container."""

from __future__ import annotations

import logging
from typing import Any

from audiocli.errors import WRONG_FILE, InputError
from audiocli.text.languages import is_language

logger = logging.getLogger(__name__)


def choose_track(container: Any, wanted: str | None, name: str) -> Any:
    """Select a sound track by number or language, by default the best that can be decoded.

    Raises
    ------
    InputError
        when there is no such track, or its codec is not supported
    """
    tracks = list(container.streams.audio)
    try:
        if not tracks:
            is_video = bool(container.streams.video)
            problem = "is a video without a sound track" if is_video else "has no sound track"
            raise InputError(name, problem, WRONG_FILE)
        chosen = _wanted(tracks, wanted, name) if wanted else _best(container, tracks)
        if not _decodes(chosen):
            raise InputError(
                name, "the codec of its sound track is not supported", "convert it to WAV"
            )
    except InputError:
        container.close()
        raise
    if len(tracks) > 1 and not wanted:
        listed = ", ".join(_described(track, number) for number, track in enumerate(tracks, 1))
        number = tracks.index(chosen) + 1
        logger.warning(
            "%s: sound track %d of %d is used: %s (--track selects another)",
            name,
            number,
            len(tracks),
            listed,
        )
    return chosen


def check_single_track(wanted: str | None, name: str) -> None:
    """Check the track selected in a file that has only one, without a language.

    Raises
    ------
    InputError
        when it is not the first
    """
    if wanted not in {None, "1"}:
        raise InputError(name, f"has no track {wanted}, only 1 track", "leave out --track")


def _best(container: Any, tracks: list[Any]) -> Any:
    """Return the best track according to FFmpeg, or else the first that can be decoded."""
    best = container.streams.best("audio") or tracks[0]
    return next(filter(_decodes, [best, *tracks]), best)


def _decodes(track: Any) -> bool:
    return track.codec_context is not None and bool(track.rate and track.channels)


def _wanted(tracks: list[Any], wanted: str, name: str) -> Any:
    if wanted.isascii() and wanted.isdigit():
        found = tracks[int(wanted) - 1 : int(wanted)] if int(wanted) else []
    else:
        found = [
            track for track in tracks if is_language(track.metadata.get("language", ""), wanted)
        ]
    if found:
        return found[0]
    listed = ", ".join(_described(track, number) for number, track in enumerate(tracks, 1))
    raise InputError(name, f"has no track {wanted}, only {listed}", "change --track")


def _described(track: Any, number: int) -> str:
    """Describe a track: `2 (deu, ac3, 5.1)`."""
    if track.codec_context is None:
        about = [track.metadata.get("language"), "unknown codec"]
    else:
        about = [track.metadata.get("language"), track.codec_context.name, track.layout.name]
    title = track.metadata.get("title")
    return f"{number} ({', '.join(filter(None, [*about, title]))})"
