"""The systems of `audiocli eval`: runs each model, or reads its results, and counts errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.batch.hypotheses import Hypotheses, read_clip_pair
from audiocli.batch.manifests import read_manifest
from audiocli.batch.references import group_of, read_reference, selected_rows
from audiocli.cli.batch import RunSummary, finished, run_batch
from audiocli.cli.emit import Emitter, open_emitter
from audiocli.cli.folder_output import FolderPolicy
from audiocli.cli.inputs import due_inputs
from audiocli.cli.progress import open_loader
from audiocli.cli.task_models import KINDS, TaskModel
from audiocli.context import Context
from audiocli.errors import WRONG_FILE, InputError, UsageError, input_failure
from audiocli.results import ModelInfo, Result
from audiocli.tasks.common.compute_cost import CostMeter
from audiocli.tasks.evaluation.report import ScoredRecording, ScoredSystem, Scorer
from audiocli.tasks.visualization.overlay import read_results

if TYPE_CHECKING:
    from audiocli.batch.inputs import Input
    from audiocli.cli.batch import Run
    from audiocli.cli.commands.eval import EvaluationRequest
    from audiocli.tasks.evaluation.reference import Reference

InputResult = tuple["Input", Any]


def spoken_language(request: EvaluationRequest) -> str | None:
    """Return the code of --language."""
    from audiocli.text.languages import language_code

    return language_code(request.language) if request.language else None


@dataclass
class SystemEvaluator:
    """Counts the errors of each system on the recordings of a manifest.

    Attributes
    ----------
    summary : counts each recording of each system, and reports failures
    references : reference of each recording, in the order of the manifest
    groups : value of --group-by of each recording
    """

    context: Context
    request: EvaluationRequest
    scorer: Scorer
    summary: RunSummary
    references: dict[Input, Reference] = field(default_factory=dict)
    groups: dict[Input, str | None] = field(default_factory=dict)

    def read_references(self, where: Mapping[str, str]) -> None:
        """Read the manifest; report each line without a valid reference.

        Raises
        ------
        UsageError : the manifest cannot be read, or no line is selected
        """
        request = self.request
        rows = selected_rows(read_manifest(request.manifest), request.task, where)
        if not rows:
            raise UsageError(
                f"{request.manifest}: no recordings of this task or with these values",
                "change --task or --where",
            )
        if request.group_by and not any(request.group_by in row.columns for row in rows):
            raise UsageError(
                f"{request.manifest}: has no column {request.group_by}", "change --group-by"
            )
        for row in rows:
            try:
                reference = read_reference(row, request.task, request.reference_column)
            except Exception as error:
                self.summary.fail(input_failure(error, row.input.name))
            else:
                self.references[row.input] = reference
                self.groups[row.input] = group_of(row, request.group_by)

    def systems(self) -> Iterator[ScoredSystem]:
        """Yield each system with the counts of its recordings."""
        request = self.request
        if request.hypotheses:
            for path in request.hypotheses:
                found = Hypotheses(path, request.task, KINDS[request.task])
                yield self._scored(ModelInfo(str(path)), self._count(self._found(found)))
            return
        models: Sequence[str | None] = request.model or [None]
        for model in models:
            run = TaskModel(
                task=request.task,
                model=model,
                language=spoken_language(request),
                diarize=request.diarize,
                references=self.references,
            )
            folder = request.save_hypotheses
            yield self._run_into_folder(run, folder) if folder else self._run(run)

    def _found(self, hypotheses: Hypotheses) -> Iterator[InputResult]:
        """Yield the result of each recording that has one; report the others."""
        for input, reference in self.references.items():
            try:
                found = hypotheses.find(input)
                if reference.clean:
                    found = read_clip_pair(reference.clean, found)
            except Exception as error:
                self.summary.fail(input_failure(error, input.name))
            else:
                yield input, found

    def _run(self, run: TaskModel) -> ScoredSystem:
        """Run a model over all recordings, without keeping its results."""
        process, info = self._open(run)
        meter = CostMeter()
        events = finished(self.context, list(self.references), process, self.summary)
        found = self._count(((event.key, event.result) for event in events), meter)
        return self._scored(info, found, meter, found)

    def _open(self, run: TaskModel) -> tuple[Run, ModelInfo]:
        with open_loader(self.context, self.request.device_options(self.context)) as loader:
            return run.open(loader)

    def _run_into_folder(self, run: TaskModel, folder: Path) -> ScoredSystem:
        """Run a model over the recordings without up-to-date results in a folder.

        All results are then read from the folder.
        """
        request = self.request
        if len(request.model or ()) > 1:
            folder /= (run.model or "").strip("/.").replace("/", "_")
        kind = KINDS[request.task]
        assert kind
        with open_emitter(
            self.context,
            kind,
            formats=["json"],
            output_dir=folder,
            policy=FolderPolicy(overwrite=request.overwrite),
        ) as emitter:
            due, meter = self._run_due(run, emitter)
            assert emitter.folder
            paths = {key: emitter.folder.targets(key)[0].path for key in self.references}
        results = list(self._saved(paths, kind))
        found = self._count(results)
        info = results[0][1].model if results else ModelInfo(run.model or request.task)
        ran = {key: one for key, one in found.items() if key in due}
        return self._scored(info, found, meter, ran)

    def _run_due(self, run: TaskModel, emitter: Emitter) -> tuple[set[Input], CostMeter | None]:
        """Write the results that are missing or stale; return their inputs and the cost."""
        request, inputs = self.request, list(self.references)
        assert emitter.folder
        emitter.folder.check_targets(inputs)
        options, dependencies = run.dependencies(request.manifest)
        due = due_inputs(self.context, emitter, inputs, options, dependencies)
        if not due:
            return set(), None
        process, _ = self._open(run)
        meter = CostMeter()
        run_batch(self.context, emitter, due, run.selection, process)
        meter.stop()
        return set(due), meter

    def _saved(self, paths: Mapping[Input, Path], kind: type[Result]) -> Iterator[InputResult]:
        """Yield the results in a folder; the run has reported those that are missing."""
        for input, path in paths.items():
            if not path.exists():
                self.summary.failed += 1
                continue
            try:
                (result,) = read_results(path)
                if not isinstance(result, kind):
                    raise InputError(path, f"holds {result.kind}, not {kind.kind}", WRONG_FILE)
            except Exception as error:
                self.summary.fail(input_failure(error, path))
            else:
                yield input, result

    def _count(
        self, results: Iterable[InputResult], meter: CostMeter | None = None
    ) -> dict[Input, ScoredRecording]:
        """Count the errors of results as they arrive; the order is that of the manifest."""
        found: dict[Input, ScoredRecording] = {}
        for input, result in results:
            reference = self.references[input]
            try:
                with meter.paused() if meter else nullcontext():
                    tally = self.scorer.tally(reference, result)
            except Exception as error:
                self.summary.fail(input_failure(error, input.name))
                continue
            self.summary.succeed()
            duration = result.duration or reference.duration or 0.0
            found[input] = ScoredRecording(input.name, self.groups[input], duration, tally)
        if meter:
            meter.stop()
        return {input: found[input] for input in self.references if input in found}

    def _scored(
        self,
        model: ModelInfo,
        recordings: Mapping[Input, ScoredRecording],
        meter: CostMeter | None = None,
        ran: Mapping[Input, ScoredRecording] | None = None,
    ) -> ScoredSystem:
        """Return a system.

        Parameters
        ----------
        ran : the recordings that the model processed in this run
        """
        cost = None
        if meter and ran:
            seconds = sum(one.duration for one in ran.values())
            cost = meter.cost(seconds, with_memory=len(self.request.model or ()) < 2)
        return ScoredSystem(
            name=model.name,
            revision=model.revision,
            failed=len(self.references) - len(recordings),
            recordings=recordings,
            cost=cost,
        )
