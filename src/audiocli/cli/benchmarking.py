"""Runs `audiocli bench`: a process for each model, and what the machine is."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli import __version__
from audiocli.cli.progress import open_store
from audiocli.cli.run_summary import RunSummary
from audiocli.context import Context
from audiocli.errors import AudioCliError, ExitCode, InputError
from audiocli.models import registry
from audiocli.models.store.sources import PACKAGE_DATA
from audiocli.results import BenchmarkReport, ComputeCost, ModelBenchmark, ModelInfo

if TYPE_CHECKING:
    from audiocli.cli.commands.bench import BenchmarkRequest

_CLIP = PACKAGE_DATA / "speech" / "jfk.ogg"
_CLIP_SECONDS = 60.0  # duration to which the clip is repeated
_RUNTIMES = ("ctranslate2", "onnxruntime", "torch", "transformers", "pyannote.audio", "numpy")


def run_benchmark(
    context: Context, request: BenchmarkRequest
) -> tuple[BenchmarkReport | None, ExitCode]:
    """Measure the models one after another; return the report, or None if all failed.

    Raises
    ------
    AudioCliError : the only model failed
    """
    from audiocli.batch.inputs import path_problem

    if request.file and (problem := path_problem(request.file)):
        raise InputError(request.file, *problem.removesuffix(")").split(" (", 1))
    summary, measured = RunSummary(context), []
    models = request.model or [_default_model(request.task)]
    for model in models:
        try:
            measured.append(_measured(context, request, model))
        except AudioCliError as error:
            if len(models) == 1:
                raise
            summary.fail(error)
        else:
            summary.succeed()
    if not measured:
        return None, summary.exit_code
    report = BenchmarkReport(
        source=str(request.file or "embedded clip"),
        duration=measured[0].cost.duration,
        model=ModelInfo("bench"),
        parameters={
            name: getattr(request, name)
            for name in ("language", "device", "compute_type", "threads", "runs")
        },
        task=request.task,
        processor=_processor(),
        cores=_cores(),
        system=f"{platform.system()} {platform.machine()}",
        versions=_versions(),
        models=tuple(measured),
    )
    return report, summary.exit_code


def _default_model(task: str) -> str:
    from audiocli.tasks.classification.label_tasks import CLASSIFICATION_TASKS

    match task:
        case "classify":
            return CLASSIFICATION_TASKS["events"].model
        case "language":
            return CLASSIFICATION_TASKS["language"].model
        case _:
            return registry.default_model(task)  # type: ignore[arg-type]


def _measured(context: Context, request: BenchmarkRequest, model: str) -> ModelBenchmark:
    """Download a model, then measure it in a process of its own.

    Raises
    ------
    AudioCliError : the model or the recording cannot be used
    """
    with open_store(context) as store:
        folder = store.path(registry.resolve(model, None, store).spec)
    job = {
        "task": request.task,
        "model": model,
        "language": request.language,
        "file": str(request.file or _CLIP),
        "seconds": None if request.file else _CLIP_SECONDS,
        "runs": request.runs,
        "device_options": asdict(request.device_options(context)),
    }
    context.warn(f"measuring {model}")
    found = _answer(model, json.dumps(job))
    if "error" in found:
        message, hint, code = found["error"]
        error = AudioCliError(message, hint)
        error.exit_code = ExitCode(code)
        raise error
    return ModelBenchmark(
        name=found["name"],
        revision=found["revision"],
        size=_size(folder),
        load_seconds=found["load_seconds"],
        cost=ComputeCost(
            duration=found["duration"],
            seconds=found["seconds"],
            cpu_seconds=found["cpu_seconds"],
            speed=found["duration"] / max(found["seconds"], 1e-9),
            peak_memory=found["peak_memory"],
        ),
    )


def _answer(model: str, job: str) -> Any:
    command = [sys.executable, "-m", "audiocli.cli.benchmark_worker"]
    environment = {**os.environ, "AUDIOCLI_OFFLINE": "1"}  # nothing is downloaded while it runs
    done = subprocess.run(
        command, input=job, stdout=subprocess.PIPE, encoding="utf-8", env=environment
    )
    if done.returncode:
        problem = f"{model}: its process ended with {done.returncode}"
        raise AudioCliError(problem, "it may need more memory; close other programs")
    return json.loads(done.stdout)


def _size(folder: Path) -> float:
    files = [folder] if folder.is_file() else folder.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def _processor() -> str:
    """Return the name of the processor."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() in {"model name", "Model"}:
                return value.strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _versions() -> dict[str, str]:
    found = {"audiocli": __version__, "python": platform.python_version()}
    for name in _RUNTIMES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
