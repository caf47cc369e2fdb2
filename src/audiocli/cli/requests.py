"""Requests: frozen dataclasses whose fields are the options of a command.

The groups of options that several commands have are base classes here, so that an option
is declared once. A command is a function that takes the context and its request:

    @dataclass(frozen=True, kw_only=True)
    class EmbeddingRequest(BatchRequest, DeviceRequest, ModelRequest, InputRequest):
        layer: opt.LayerOption = None

    def embed(context: Context, request: EmbeddingRequest) -> int: ...
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, get_type_hints

import typer
from typer.models import ArgumentInfo

from audiocli.cli import options as opt
from audiocli.cli.batch_policy import BatchPolicy, RayOptions
from audiocli.cli.emit import Emitter, open_emitter
from audiocli.cli.folder_output import FolderPolicy
from audiocli.context import Context
from audiocli.errors import UsageError
from audiocli.render.base import PictureOptions
from audiocli.results import Result

if TYPE_CHECKING:
    from audiocli.audio.selection import Selection
    from audiocli.batch.datasets.base import DatasetOptions
    from audiocli.cli.checkpoints import Checkpoints
    from audiocli.models.base import DeviceOptions

RequestT = TypeVar("RequestT")


@dataclass(frozen=True, kw_only=True)
class CommandRequest:
    """Base of all requests.

    Attributes
    ----------
    given_fields : the fields whose options are on the command line, at any value
    """

    given_fields: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class SourceRequest(CommandRequest):
    """Where recordings are."""

    inputs: opt.InputsArgument = None
    files_from: opt.FilesFromOption = None
    include: opt.IncludeOption = None
    exclude: opt.ExcludeOption = None
    hidden: opt.HiddenOption = False


@dataclass(frozen=True, kw_only=True)
class DatasetRequest(CommandRequest):
    """A dataset, and which of its samples to read."""

    dataset: opt.DatasetOption = None
    split: opt.SplitOption = None
    limit: opt.LimitOption = None
    shuffle: opt.ShuffleOption = None
    column: opt.ColumnOption = None

    def dataset_options(self, context: Context) -> DatasetOptions | None:
        """Return the dataset to read, or None to read files.

        Raises
        ------
        UsageError : there are inputs too, or an option requires a dataset
        """
        from audiocli.batch.datasets.base import DatasetOptions

        if self.dataset is None:
            refuse(self, ["split", "limit", "shuffle", "column"], "requires --dataset")
            return None
        sources = [field.name for field in fields(SourceRequest) if hasattr(self, field.name)]
        refuse(self, sources, "does not apply with --dataset")
        return DatasetOptions(
            spec=self.dataset,
            split=self.split,
            limit=self.limit,
            shuffle=self.shuffle,
            column=self.column,
            offline=context.offline,
        )


@dataclass(frozen=True, kw_only=True)
class InputRequest(DatasetRequest, SourceRequest):
    """Recordings, and the part of each to read."""

    channel: opt.ChannelOption = "mix"
    track: opt.TrackOption = None
    start: opt.StartOption = None
    end: opt.EndOption = None

    @property
    def selection(self) -> Selection:
        """The part of each recording to read."""
        return selection(self.channel, self.start, self.end, self.track)


@dataclass(frozen=True, kw_only=True)
class ModelRequest(CommandRequest):
    """The model to load; a command overrides the field with its own help text."""

    model: opt.ModelOption = None


@dataclass(frozen=True, kw_only=True)
class DeviceRequest(CommandRequest):
    """The device, precision and number of threads of a model."""

    device: opt.DeviceOption = "auto"
    compute_type: opt.ComputeTypeOption = "default"
    threads: opt.ThreadsOption = 0

    def device_options(self, context: Context) -> DeviceOptions:
        """Return these options as the model registry takes them."""
        from audiocli.models.base import DeviceOptions

        return DeviceOptions(
            device=self.device,
            compute_type=self.compute_type,
            threads=self.threads,
            verbose=context.verbose,
        )


@dataclass(frozen=True, kw_only=True)
class StreamRequest(CommandRequest):
    """The output and format of a command without an output folder."""

    format: opt.FormatOption = None
    output: opt.OutputOption = None
    overwrite: opt.OverwriteOption = False

    def emitter(self, context: Context, kind: type[Result]) -> Emitter:
        """Open the output for results of a kind.

        Raises
        ------
        UsageError : the options contradict each other, or a format cannot show the kind
        """
        return open_emitter(
            context,
            kind,
            formats=self.format,
            single_format=True,
            output=self.output,
            policy=FolderPolicy(overwrite=self.overwrite),
        )


@dataclass(frozen=True, kw_only=True)
class OutputRequest(CommandRequest):
    """The outputs of a command: stdout, one file, or one file per input.

    Attributes
    ----------
    combines : whether the command writes one file beside the files of the inputs
    """

    combines: ClassVar[bool] = False
    format: opt.FormatOption = None
    output: opt.OutputOption = None
    output_dir: opt.OutputDirOption = None
    overwrite: opt.OverwriteOption = False

    @property
    def policy(self) -> FolderPolicy:
        """Which existing outputs are replaced."""
        return FolderPolicy(overwrite=self.overwrite)

    def emitter(
        self, context: Context, kind: type[Result], checkpoints: Checkpoints | None = None
    ) -> Emitter:
        """Open the output for results of a kind.

        Raises
        ------
        UsageError : the options contradict each other, a format cannot show the kind, or an
            option does not apply to the format
        """
        if self.output and self.output_dir and not self.combines:
            raise UsageError("--output and --output-dir exclude each other")
        return open_emitter(
            context,
            kind,
            formats=self.format,
            output=self.output,
            output_dir=self.output_dir,
            policy=self.policy,
            given=self.given_fields,
            checkpoints=checkpoints,
            **self.layout_options(),
        )

    def layout_options(self) -> dict[str, Any]:
        """Arguments of `open_emitter` that decide how results are laid out."""
        return {}


@dataclass(frozen=True, kw_only=True)
class BatchRequest(OutputRequest):
    """Options of runs over many inputs."""

    combines: ClassVar[bool] = True
    keep_existing: opt.KeepExistingOption = False
    retry_failed: opt.RetryFailedOption = False
    checksum: opt.ChecksumOption = False
    dry_run: opt.DryRunOption = False
    fail_fast: opt.FailFastOption = False
    unordered: opt.UnorderedOption = False
    report: opt.ReportOption = None
    jobs: opt.JobsOption = 1
    timeout: opt.TimeoutOption = None
    shard: opt.ShardOption = None
    executor: opt.ExecutorOption = "local"
    address: opt.AddressOption = None
    num_cpus: opt.NumCpusOption = 1.0
    num_gpus: opt.NumGpusOption = 0.0
    min_workers: opt.MinWorkersOption = 1
    max_workers: opt.MaxWorkersOption = None

    @property
    def policy(self) -> FolderPolicy:
        """Which existing outputs are replaced.

        Raises
        ------
        UsageError : an option requires an output folder, or contradicts --overwrite
        """
        names = ("keep_existing", "retry_failed", "checksum", "dry_run")
        if self.output_dir is None:
            refuse(self, [*names, "jobs", "timeout", "executor"], "requires --output-dir")
        else:
            refuse(self, ["unordered"], "does not apply with --output-dir")
        self._check_executor()
        if self.overwrite:
            refuse(self, ["keep_existing", "retry_failed"], "does not apply with --overwrite")
        return FolderPolicy(
            overwrite=self.overwrite, **{name: getattr(self, name) for name in names}
        )

    def _check_executor(self) -> None:
        if self.executor == "local":
            names = ("address", "num_cpus", "num_gpus", "min_workers", "max_workers")
            refuse(self, names, "requires --executor ray")
            return
        refuse(self, ["jobs"], "does not apply with --executor ray", "use --max-workers")
        if self.max_workers is not None and self.max_workers < self.min_workers:
            raise UsageError("--max-workers is less than --min-workers")

    @property
    def ray(self) -> RayOptions | None:
        """The cluster that processes the inputs, if one does."""
        if self.executor == "local":
            return None
        return RayOptions(
            address=self.address,
            num_cpus=self.num_cpus,
            num_gpus=self.num_gpus,
            min_workers=self.min_workers,
            max_workers=self.max_workers,
            sets_threads=getattr(self, "threads", None) == 0,
        )

    @property
    def batch(self) -> BatchPolicy:
        """How the run goes through the inputs."""
        return BatchPolicy(
            fail_fast=self.fail_fast,
            unordered=self.unordered,
            report=self.report,
            jobs=self.jobs or os.cpu_count() or 1,
            timeout=self.timeout,
            ray=self.ray,
        )


@dataclass(frozen=True, kw_only=True)
class SubtitleRequest(OutputRequest):
    """Output that may be subtitles."""

    max_line_width: opt.MaxLineWidthOption = 42
    max_lines: opt.MaxLinesOption = 2

    def layout_options(self) -> dict[str, Any]:
        """Add the size of a cue."""
        size = {"max_line_width": self.max_line_width, "max_lines": self.max_lines}
        return {**super().layout_options(), **size}


@dataclass(frozen=True, kw_only=True)
class PictureRequest(OutputRequest):
    """Output that may be a picture."""

    width: opt.WidthOption = PictureOptions.width
    style: opt.StyleOption = "light"

    def layout_options(self) -> dict[str, Any]:
        """Add the appearance of pictures."""
        return {**super().layout_options(), "picture": self.picture}

    @property
    def picture(self) -> PictureOptions:
        """The size and style of a picture."""
        return PictureOptions(width=self.width, style=self.style)


def as_command(run: Callable[[Context, RequestT], int | None]) -> Callable[..., None]:
    """Return a function for typer that has a parameter for each field of the request of `run`.

    A result of `run` other than 0 becomes the exit code.
    """
    kind: Any = get_type_hints(run)["request"]
    hints = get_type_hints(kind, include_extras=True)

    def command(ctx: typer.Context, **values: Any) -> None:
        context = ctx.find_object(Context)
        assert context is not None
        given = frozenset(name for name in values if _is_on_command_line(ctx, name))
        if code := run(context, kind(given_fields=given, **values)):
            raise typer.Exit(code)

    by_keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter("ctx", by_keyword, annotation=typer.Context)]
    for field in _option_fields(kind):
        default = inspect.Parameter.empty if field.default is MISSING else field.default
        parameters.append(
            inspect.Parameter(field.name, by_keyword, annotation=hints[field.name], default=default)
        )
    command.__name__ = run.__name__
    command.__doc__ = run.__doc__
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return command


def _is_on_command_line(ctx: typer.Context, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _option_fields(request: Any) -> list[Field[Any]]:
    """Return the fields of a request, or of its class, that are options or arguments."""
    return [field for field in fields(request) if field.name != "given_fields"]


def option_name(request: Any, field: str) -> str:
    """Return the option or argument that sets a field: `--max-lines`, `INPUT`."""
    hints = get_type_hints(type(request), include_extras=True)
    (declared,) = hints[field].__metadata__
    if isinstance(declared, ArgumentInfo):
        return str(declared.metavar)
    names = (declared.default, *(declared.param_decls or ()))
    long = [name for name in names if isinstance(name, str) and name.startswith("--")]
    name = long[0] if long else f"--{field.replace('_', '-')}"
    on, _, off = name.partition("/")
    return off if off and getattr(request, field) is False else on


def refuse(request: Any, names: Iterable[str], reason: str, hint: str | None = None) -> None:
    """Refuse options that would have no effect.

    Parameters
    ----------
    names : the fields whose options must not be on the command line, not even at their defaults
    reason : completes the message "--option ...", such as "requires --diarize"

    Raises
    ------
    UsageError : names the first of them that was given
    """
    for name in names:
        if name in request.given_fields:
            raise UsageError(f"{option_name(request, name)} {reason}", hint)


def other_fields(request: Any, allowed: Iterable[str]) -> list[str]:
    """Return the names of all fields but those `allowed`."""
    kept = set(allowed)
    return [field.name for field in _option_fields(request) if field.name not in kept]


def selection(
    channel: str, start: str | None, end: str | None, track: str | None = None
) -> Selection:
    """Parse --channel, --start, --end and --track.

    Raises
    ------
    UsageError : a value is not valid
    """
    from audiocli.audio.selection import Selection
    from audiocli.audio.timecode import parse_time

    chosen = Selection(
        channel=channel,
        start=parse_time(start) if start else 0.0,
        end=parse_time(end) if end else None,
        track=track,
    )
    if chosen.channel == "all":
        raise UsageError(
            "--channel all is not supported here", "choose mix, left, right or a number"
        )
    return chosen
