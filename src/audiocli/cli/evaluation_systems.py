"""The systems of `audiocli eval`: runs each model, or reads its results, and counts errors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.batch.hypotheses import Hypotheses, read_clip_pair
from audiocli.batch.references import group_of, read_reference
from audiocli.cli.batch import finished, run_batch
from audiocli.cli.emit import Emitter, open_emitter
from audiocli.cli.folder_output import FolderPolicy
from audiocli.cli.inputs import Inputs, StreamedInputs, due_inputs, refuse_if_all_fail
from audiocli.cli.progress import open_loader
from audiocli.cli.run_summary import RunSummary
from audiocli.cli.task_models import KINDS, TaskModel
from audiocli.context import Context
from audiocli.errors import WRONG_FILE, InputError, input_failure
from audiocli.results import ModelInfo, Result
from audiocli.tasks.common.compute_cost import CostMeter
from audiocli.tasks.common.events import Failed, Progress, Recording
from audiocli.tasks.evaluation.report import ScoredRecording, ScoredSystem, Scorer
from audiocli.tasks.visualization.overlay import read_results

if TYPE_CHECKING:
    from audiocli.batch.inputs import Input
    from audiocli.batch.manifests import ManifestRow
    from audiocli.cli.batch import Run
    from audiocli.cli.commands.eval import EvaluationRequest
    from audiocli.tasks.alignment.scripts import AlignmentScript
    from audiocli.tasks.evaluation.reference import Reference

InputResult = tuple["Input", Any]


def spoken_language(request: EvaluationRequest) -> str | None:
    """Return the code of --language."""
    from audiocli.text.languages import language_code

    return language_code(request.language) if request.language else None


@dataclass(frozen=True)
class ExpectedResult:
    """What is known about a recording that is processed.

    Attributes
    ----------
    position : number of its row, which is the same for all systems
    group : value of --group-by
    """

    position: int
    reference: Reference
    group: str | None


@dataclass
class SystemEvaluator:
    """Counts the errors of each system on labelled recordings.

    Attributes
    ----------
    summary : counts each recording of each system, and reports failures
    rows : returns the recordings and their columns, for each system again
    is_stream : whether the rows are of unknown number, and are read while they are processed
    """

    context: Context
    request: EvaluationRequest
    scorer: Scorer
    summary: RunSummary
    rows: Callable[[], Iterable[ManifestRow]]
    is_stream: bool = False
    _expected: dict[Input, ExpectedResult] = field(default_factory=dict)
    _count: int = 0  # recordings with a reference
    _reported: set[str] = field(default_factory=set)  # recordings without one

    def _inputs(self) -> Inputs:
        """Return the recordings with a reference; those without one are reported once."""
        self._expected.clear()
        self._count = 0
        inputs = self._valid_inputs(self.rows())
        return StreamedInputs(inputs) if self.is_stream else list(inputs)

    def _valid_inputs(self, rows: Iterable[ManifestRow]) -> Iterator[Input]:
        request = self.request
        for position, row in enumerate(rows):
            name = row.input.name
            try:
                reference = read_reference(row, request.task, request.reference_column)
                if row.input in self._expected:
                    raise InputError(name, "is in the manifest twice", "leave one line out")
            except Exception as error:
                if name not in self._reported:
                    self.summary.fail(input_failure(error, name))
                self._reported.add(name)
                continue
            group = group_of(row, request.group_by)
            self._expected[row.input] = ExpectedResult(position, reference, group)
            self._count += 1
            yield row.input

    def systems(self) -> Iterator[ScoredSystem]:
        """Yield each system with the counts of its recordings."""
        request = self.request
        if request.hypotheses:
            for path in request.hypotheses:
                found = Hypotheses(path, request.task, KINDS[request.task])
                yield self._scored(ModelInfo(str(path)), self._tallied(self._found(found)))
            return
        models: Sequence[str | None] = request.model or [None]
        for model in models:
            run = TaskModel(
                task=request.task,
                model=model,
                language=spoken_language(request),
                diarize=request.diarize,
                script_of=self._script_of,
            )
            folder = request.save_hypotheses
            yield self._run_into_folder(run, folder) if folder else self._run(run)

    def _found(self, hypotheses: Hypotheses) -> Iterator[InputResult]:
        """Yield the result of each recording that has one; report the others."""
        for input in self._inputs():
            clean = self._expected[input].reference.clean
            try:
                found = hypotheses.find(input)
                if clean:
                    found = read_clip_pair(clean, found)
            except Exception as error:
                self.summary.fail(input_failure(error, input.name))
            else:
                yield input, found

    def _script_of(self, input: Input) -> AlignmentScript:
        from audiocli.tasks.alignment.scripts import AlignmentScript

        reference = self._expected[input].reference
        return AlignmentScript.of(reference.name, reference.text or "")

    def _run(self, run: TaskModel) -> ScoredSystem:
        """Run a model over all recordings, without keeping its results."""
        inputs = self._inputs()
        if isinstance(inputs, list) and not refuse_if_all_fail(self.context, inputs):
            return self._scored(ModelInfo(run.model or run.task), {})
        process, info = self._open(run)
        meter = CostMeter()
        events = finished(self.context, inputs, self._forgetting(process), self.summary)
        found = self._tallied(((event.key, event.result) for event in events), meter)
        return self._scored(info, found, meter, found.values())

    def _forgetting(self, process: Run) -> Run:
        """Return a run that does not keep what is known about recordings that fail."""

        def run(recordings: Iterable[Recording], on_progress: Progress) -> Iterator[Any]:
            for event in process(recordings, on_progress):
                if isinstance(event, Failed):
                    self._expected.pop(event.key, None)
                yield event

        return run

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
        inputs = list(self._inputs())
        with open_emitter(
            self.context,
            kind,
            formats=["json"],
            output_dir=folder,
            policy=FolderPolicy(overwrite=request.overwrite),
        ) as emitter:
            due, meter = self._run_due(run, inputs, emitter)
            assert emitter.folder
            paths = {input: emitter.folder.targets(input)[0].path for input in inputs}
        ran = {self._expected[input].position for input in due}
        results = list(self._saved(paths, kind))
        found = self._tallied(results)
        info = results[0][1].model if results else ModelInfo(run.model or run.task)
        return self._scored(
            info, found, meter, [one for position, one in found.items() if position in ran]
        )

    def _run_due(
        self, run: TaskModel, inputs: list[Input], emitter: Emitter
    ) -> tuple[list[Input], CostMeter | None]:
        """Write the results that are missing or stale; return their inputs and the cost."""
        assert emitter.folder
        emitter.folder.check_targets(inputs)
        assert self.request.manifest
        options, dependencies = run.dependencies(self.request.manifest)
        due = due_inputs(self.context, emitter, inputs, options, dependencies)
        if not refuse_if_all_fail(self.context, due):
            return [], None
        process, _ = self._open(run)
        meter = CostMeter()
        run_batch(self.context, emitter, due, run.selection, process)
        meter.stop()
        return due, meter

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

    def _tallied(
        self, results: Iterable[InputResult], meter: CostMeter | None = None
    ) -> dict[int, ScoredRecording]:
        """Count the errors of results as they arrive; return them in the order of the rows."""
        found: dict[int, ScoredRecording] = {}
        for input, result in results:
            expected = self._expected.pop(input)
            reference = expected.reference
            try:
                with meter.paused() if meter else nullcontext():
                    tally = self.scorer.tally(reference, result)
            except Exception as error:
                self.summary.fail(input_failure(error, input.name))
                continue
            self.summary.succeed()
            duration = result.duration or reference.duration or 0.0
            found[expected.position] = ScoredRecording(input.name, expected.group, duration, tally)
        if meter:
            meter.stop()
        return dict(sorted(found.items()))

    def _scored(
        self,
        model: ModelInfo,
        recordings: Mapping[int, ScoredRecording],
        meter: CostMeter | None = None,
        ran: Collection[ScoredRecording] = (),
    ) -> ScoredSystem:
        """Return a system.

        Parameters
        ----------
        ran : the recordings that the model processed in this run
        """
        cost = None
        if meter and ran:
            seconds = sum(one.duration for one in ran)
            cost = meter.cost(seconds, with_memory=len(self.request.model or ()) < 2)
        return ScoredSystem(
            name=model.name,
            revision=model.revision,
            failed=self._count - len(recordings),
            recordings=recordings,
            cost=cost,
        )
