"""`audiocli features`: acoustic features of recordings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from audiocli.cli import options as opt
from audiocli.cli.batch import run_batch
from audiocli.cli.inputs import find_batch
from audiocli.cli.provenance import Dependencies
from audiocli.cli.requests import BatchRequest, InputRequest, refuse
from audiocli.context import Context
from audiocli.results import Egemaps, Features, Transcript
from audiocli.tasks.common.events import Progress, Recording

_FEATURES = "Feature options"


@dataclass(frozen=True, kw_only=True)
class FeaturesRequest(BatchRequest, InputRequest):
    """The options of `audiocli features`."""

    feature_set: Annotated[
        Literal["basic", "egemaps"],
        typer.Option(
            "--feature-set",
            help="Features to compute; egemaps requires openSMILE.",
            rich_help_panel=_FEATURES,
        ),
    ] = "basic"
    transcript: Annotated[
        list[Path] | None,
        typer.Option(
            "--transcript",
            metavar="FILE",
            help="Transcript (JSON) used to compute the speaking rate; repeatable.",
            show_default=False,
            rich_help_panel=_FEATURES,
        ),
    ] = None
    format: Annotated[list[str] | None, opt.result_format_option(Features)] = None


def features(context: Context, request: FeaturesRequest) -> int:
    """Measure acoustic features: loudness, noise, pitch and timbre.

    Examples:

      audiocli features talk.wav

      audiocli features interviews/ -f csv -o interviews.csv

      audiocli features a.wav b.wav -f jsonl | jq .f0_mean

      audiocli features interviews/ --feature-set egemaps -o egemaps.csv
    """
    is_egemaps = request.feature_set == "egemaps"
    if is_egemaps:
        refuse(request, ["transcript"], "does not apply to --feature-set egemaps")
    transcripts = [one for path in request.transcript or () for one in _transcripts(path)]

    def measure(recordings: Iterable[Recording], on_progress: Progress) -> Iterator[Any]:
        from audiocli.tasks.acoustics import egemaps, features

        if is_egemaps:
            return egemaps.run(recordings, on_progress)
        return features.run(recordings, on_progress, transcripts=transcripts)

    with request.emitter(context, Egemaps if is_egemaps else Features) as emitter:
        depends_on = Dependencies(command="features", files=("transcript",))
        inputs = find_batch(context, emitter, request, depends_on)
        part = request.selection
        return run_batch(context, emitter, inputs, part, measure, request.batch)


def _transcripts(path: Path) -> Iterator[Transcript]:
    from audiocli.tasks.visualization.overlay import read_results

    for result in read_results(path):
        if isinstance(result, Transcript):
            yield result
