"""`audiocli search`: find sounds in an index by example, by text or by speaker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from audiocli.cli import options as opt
from audiocli.cli.emit import Emitter
from audiocli.cli.requests import DeviceRequest, StreamRequest, other_fields, refuse, selection
from audiocli.cli.searching import Query, run_search
from audiocli.context import Context
from audiocli.errors import ExitCode, UsageError
from audiocli.results import Duplicates, ModelInfo, Search

_DUPLICATE = 0.9995  # cosine similarity of a duplicate; an MP3 of 64 kbit/s is at 0.9999
_QUERY = "Query options"


@dataclass(frozen=True, kw_only=True)
class SearchRequest(StreamRequest, DeviceRequest):
    """The options of `audiocli search`."""

    index: Annotated[
        Path,
        typer.Argument(metavar="INDEX", help="Index file written by `audiocli index add`."),
    ]
    clips: Annotated[
        list[str] | None,
        typer.Argument(metavar="CLIP", help="Recordings to search for.", show_default=False),
    ] = None
    text: Annotated[
        list[str] | None,
        typer.Option(
            "--text",
            metavar="TEXT",
            help="Description of a sound to search for; requires an index built with a CLAP model. "
            "Repeatable.",
            show_default=False,
            rich_help_panel=_QUERY,
        ),
    ] = None
    speaker: Annotated[
        list[str] | None,
        typer.Option(
            "--speaker",
            metavar="NAME",
            help="Enrolled speaker to search for (`audiocli voices list`); requires an index built "
            "with --model campplus. Repeatable.",
            show_default=False,
            rich_help_panel=_QUERY,
        ),
    ] = None
    duplicates: Annotated[
        bool,
        typer.Option(
            "--duplicates",
            help="List passages that occur in several recordings.",
            rich_help_panel=_QUERY,
        ),
    ] = False
    top_k: Annotated[int, opt.top_k_option("Number of hits.", _QUERY, 4096)] = 10
    one_per_recording: Annotated[
        bool,
        typer.Option(
            "--one-per-recording",
            help="Return only the nearest window of each recording.",
            rich_help_panel=_QUERY,
        ),
    ] = False
    min_similarity: Annotated[
        float | None,
        opt.min_similarity_option(
            "Minimum cosine similarity of a hit. Default: none; 0.9995 with --duplicates.", _QUERY
        ),
    ] = None
    channel: opt.ChannelOption = "mix"
    track: opt.TrackOption = None
    start: opt.StartOption = None
    end: opt.EndOption = None
    format: Annotated[list[str] | None, opt.result_format_option(Search, several=False)] = None


def search(context: Context, request: SearchRequest) -> int:
    """Search an index for similar sounds; a clip that is in the index does not match itself.

    Examples:

      audiocli search field.index owl.wav --top-k 20

      audiocli search sounds.index --text "a dog barking in the rain"

      audiocli search calls.index --speaker "Ada Lovelace" --one-per-recording

      audiocli search field.index --duplicates -f csv
    """
    texts = [text for text in request.text or () if text.strip()]
    speakers = request.speaker or []
    if request.duplicates:
        kept = ("index", "duplicates", "min_similarity", "format", "output", "overwrite")
        refuse(request, other_fields(request, kept), "does not apply with --duplicates")
        with request.emitter(context, Duplicates) as emitter:
            _emit_duplicates(emitter, request)
        return ExitCode.OK
    if not (request.clips or texts or speakers):
        raise UsageError("nothing to search for", "a clip, --text, --speaker or --duplicates")
    if not request.clips:
        refuse(request, ("channel", "track", "start", "end"), "requires a clip")
    query = Query(
        clips=request.clips or [],
        texts=texts,
        speakers=speakers,
        top_k=request.top_k,
        one_per_recording=request.one_per_recording,
        min_similarity=-1.0 if request.min_similarity is None else request.min_similarity,
        selection=selection(request.channel, request.start, request.end, request.track),
        device_options=request.device_options(context),
    )
    with request.emitter(context, Search) as emitter:
        return run_search(context, emitter, request.index, query)


def _emit_duplicates(emitter: Emitter, request: SearchRequest) -> None:
    from audiocli.batch.sound_index import SoundIndex
    from audiocli.tasks.embedding.search import find_duplicates

    limit = _DUPLICATE if request.min_similarity is None else request.min_similarity
    with SoundIndex(request.index) as index:
        recordings = index.recordings()
        names = {one.id: one.path for one in recordings}
        pairs = find_duplicates(index.windows, limit, names.__getitem__)
        result = Duplicates(
            source=str(request.index),
            duration=sum(one.duration for one in recordings),
            model=ModelInfo(index.settings.model, index.settings.revision),
            threshold=limit,
            pairs=tuple(pairs),
        )
    emitter.emit(None, result)
