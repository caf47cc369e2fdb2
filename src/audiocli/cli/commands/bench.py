"""`audiocli bench`: speed and memory of models on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from audiocli.cli import options as opt
from audiocli.cli.requests import DeviceRequest, StreamRequest, refuse
from audiocli.context import Context
from audiocli.results import BenchmarkReport


@dataclass(frozen=True, kw_only=True)
class BenchmarkRequest(StreamRequest, DeviceRequest):
    """The options of `audiocli bench`."""

    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="Recording to process. Default: a speech of 11 seconds, repeated to a minute.",
            show_default=False,
        ),
    ] = None
    task: Annotated[
        Literal["transcribe", "diarize", "classify", "language", "embed"],
        typer.Option("--task", "-t", help="Task to measure.", rich_help_panel=opt.MODEL),
    ] = "transcribe"
    model: opt.ModelsOption = None
    language: opt.SpokenLanguageOption = None
    runs: Annotated[
        int,
        typer.Option(
            "--runs",
            min=1,
            max=1000,
            metavar="N",
            help="Number of runs, of which the median counts.",
            rich_help_panel=opt.MODEL,
        ),
    ] = 3
    format: Annotated[
        list[str] | None, opt.result_format_option(BenchmarkReport, several=False)
    ] = None


def bench(context: Context, request: BenchmarkRequest) -> int:
    """Measure load time, speed and memory of models on this machine.

    Each model runs in a process of its own.

    Examples:

      audiocli bench

      audiocli bench -m whisper-tiny.en -m whisper-base -m moonshine-tiny

      audiocli bench meeting.wav --task diarize --threads 1 -f json
    """
    from audiocli.cli.benchmarking import run_benchmark

    if request.task != "transcribe":
        refuse(request, ["language"], f"does not apply to --task {request.task}")
    with request.emitter(context, BenchmarkReport) as emitter:
        report, code = run_benchmark(context, request)
        if report:
            emitter.emit(None, report)
    return code
