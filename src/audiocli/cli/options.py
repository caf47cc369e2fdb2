"""Options that several commands have, declared once so that each means the same everywhere.

`docs/options.md` lists them; a test compares the declarations of all commands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer
from typer.core import TyperCommand
from typer.main import get_command

from audiocli import render
from audiocli.cli.configuration import ConfiguredDefaults, name_origin, yield_to_suffix
from audiocli.context import Context
from audiocli.errors import UsageError
from audiocli.results import Result

if TYPE_CHECKING:
    from audiocli.models.base import Task

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

# Headings in the help, in this order; those of a single command come before OUTPUT.
INPUT = "Input options"
DATASET = "Dataset options"
MODEL = "Model options"
DECODING = "Decoding options"
OUTPUT = "Output options"
BATCH = "Batch options"
WINDOWS = "Window options"
PICTURE = "Picture options"
GENERAL = "General options"
_RANGE = re.compile(r"(?:(-?[\d.]+)<=)?x([<>])=(-?[\d.]+)")


_MAX_NUMBER = 2.0**32  # larger values of options, and infinity, overflow computations


def _refuse_huge_numbers(params: Mapping[str, Any]) -> None:
    for name, value in params.items():
        if isinstance(value, int | float) and not abs(value) <= _MAX_NUMBER:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"{option}: {value!s:.20} is too large or not a number")


class GroupedCommand(TyperCommand):
    """A command whose help lists its options under headings, in plain text.

    Usage errors without a hint of their own refer to this help.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the options; errors of the parser refer to this command."""
        if not ctx.resilient_parsing:  # of completion
            ctx.default_map = ConfiguredDefaults(ctx)
        try:
            rest = super().parse_args(ctx, args)
        except typer.TyperException as error:
            if hasattr(error, "ctx"):
                error.ctx = error.ctx or ctx
                name_origin(error, ctx)
            raise
        yield_to_suffix(ctx)
        return rest

    def get_help(self, ctx: Any) -> str:
        """Return the help, with the built-in defaults."""
        ctx.default_map = None
        return str(super().get_help(ctx))

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            _refuse_huge_numbers(ctx.params)
            return super().invoke(ctx)
        except UsageError as error:
            error.hint = error.hint or f"see `{ctx.command_path} --help`"
            raise

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments and each group of options."""
        groups: dict[str, list[tuple[str, str]]] = {"Arguments": []}
        groups |= {heading: [] for heading in (INPUT, DATASET, MODEL, DECODING)}
        last: dict[str, list[tuple[str, str]]] = {OUTPUT: [], PICTURE: [], GENERAL: []}
        param: Any
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is None:
                continue
            record = record[0], _ranges_in_words(record[1])
            if param.param_type_name == "argument":
                groups["Arguments"].append((param._usage_display_name(), record[1]))
                continue
            heading = getattr(param, "rich_help_panel", None) or "Options"
            if param.name in {"help", "quiet", "verbose", "offline"}:
                heading = GENERAL
            group = last if heading in last else groups
            group.setdefault(heading, []).append(record)
        for heading, records in (groups | last).items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)


def _ranges_in_words(help: str) -> str:
    """Replace ranges such as `0<=x<=2` and `x>=1` by `0 to 2` and `at least 1`."""
    return _RANGE.sub(_in_words, help)


def _in_words(match: re.Match[str]) -> str:
    low, sign, bound = match.groups()
    if low:
        return f"{float(low):g} to {float(bound):g}"
    return f"at {'least' if sign == '>' else 'most'} {float(bound):g}"


class Subcommands(typer.Typer):
    """The app of a command that has subcommands."""

    def __init__(self, name: str, help: str) -> None:
        super().__init__(
            name=name, help=help, no_args_is_help=True, add_completion=False, rich_markup_mode=None
        )

    def command(self, name: str | None = None, **settings: Any) -> Callable[[FunctionT], FunctionT]:
        """Declare a subcommand."""
        return super().command(name, cls=GroupedCommand, **settings)


def _switch(name: str):  # type: ignore[no-untyped-def]
    """Return a callback that sets an attribute of the context."""

    def callback(ctx: typer.Context, value: bool) -> bool:
        if value:
            setattr(ctx.find_object(Context), name, True)
        return value

    return callback


def _common(
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet", "-q", callback=_switch("quiet"), help="Print only errors on stderr."
        ),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            callback=_switch("verbose"),
            help="Print tracebacks and the messages of libraries.",
        ),
    ] = False,
    offline: Annotated[
        bool,
        typer.Option("--offline", callback=_switch("offline"), help="Do not use the network."),
    ] = False,
) -> None:
    """Declare the options that every command has."""


def with_common_options(command: TyperCommand) -> TyperCommand:
    """Add --quiet, --verbose and --offline to a command and to its subcommands."""
    for subcommand in getattr(command, "commands", {}).values():
        with_common_options(subcommand)
    if not hasattr(command, "commands"):
        holder = typer.Typer(add_completion=False)
        holder.command()(_common)
        for param in get_command(holder).params:
            param.expose_value = False
            command.params.append(param)
    return command


# --- output ------------------------------------------------------------------


def format_option(names: Sequence[str], *, several: bool = True, default: str) -> Any:
    """Return the --format option with these choices.

    Parameters
    ----------
    names : formats; `render.names_for` returns those of a kind of result
    several : whether the command has --output-dir, and so takes several formats
    default : what decides where no format is named
    """
    repeated = "Repeatable with --output-dir; commas separate several. " if several else ""
    return typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        autocompletion=lambda incomplete: _complete_format(names, incomplete),
        help=f"Output format: {', '.join(names)}. {repeated}Default: {default}.",
        show_default=False,
        rich_help_panel=OUTPUT,
    )


def result_format_option(
    kind: type[Result],
    *,
    several: bool = True,
    has_output: bool = True,
    other_kinds: Mapping[str, type[Result]] | None = None,
) -> Any:
    """Return the --format option of a command that writes results of a kind.

    Parameters
    ----------
    several : whether the command has --output-dir, and so takes several formats
    has_output : whether the command has --output
    other_kinds : the kind of result that an option selects
    """
    in_terminal = render.default_for(kind, to_terminal=True).name
    in_pipe = render.default_for(kind).name
    others = [f"{render.default_for(k).name} with {o}" for o, k in (other_kinds or {}).items()]
    default = in_terminal
    if in_pipe != in_terminal:
        default = f"{in_terminal} on a terminal, {in_pipe} in a pipe"
        default += f" ({', '.join(others)})" if others else ""
    suffix = "by the suffix of --output, else " if has_output else ""
    return format_option(render.names_for(kind), several=several, default=suffix + default)


def _complete_format(names: Sequence[str], incomplete: str) -> list[str]:
    """Complete the name after the last comma."""
    before, comma, begun = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in names if name.startswith(begun)]


FormatOption = Annotated[
    list[str] | None,
    format_option(
        render.names(),
        default="by the suffix of --output, else the default format of the command that wrote the "
        "result",
    ),
]


def output_option(help: str) -> Any:
    """Return the --output option with a help text of its own."""
    return typer.Option(
        "--output", "-o", metavar="FILE", help=help, show_default=False, rich_help_panel=OUTPUT
    )


def output_dir_option(help: str) -> Any:
    """Return the --output-dir option with a help text of its own."""
    return typer.Option(
        "--output-dir",
        "-d",
        metavar="DIR",
        file_okay=False,
        help=help,
        show_default=False,
        rich_help_panel=OUTPUT,
    )


OutputOption = Annotated[Path | None, output_option("Write all results to one file.")]
OutputDirOption = Annotated[
    Path | None,
    output_dir_option("Write one file per input to this folder, mirroring the input folders."),
]
OverwriteOption = Annotated[
    bool,
    typer.Option("--overwrite", help="Replace existing outputs.", rich_help_panel=OUTPUT),
]
KeepExistingOption = Annotated[
    bool,
    typer.Option(
        "--keep-existing",
        help="Keep results that were made with other options, another model or another input.",
        rich_help_panel=BATCH,
    ),
]
RetryFailedOption = Annotated[
    bool,
    typer.Option(
        "--retry-failed",
        help="Process only the inputs that failed in an earlier run.",
        rich_help_panel=BATCH,
    ),
]
ChecksumOption = Annotated[
    bool,
    typer.Option(
        "--checksum",
        help="Compare inputs by content, not by size and time.",
        rich_help_panel=BATCH,
    ),
]
DryRunOption = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Print what would be done with each input, and why.",
        rich_help_panel=BATCH,
    ),
]
FailFastOption = Annotated[
    bool,
    typer.Option("--fail-fast", help="Stop at the first input that fails.", rich_help_panel=BATCH),
]
UnorderedOption = Annotated[
    bool,
    typer.Option(
        "--unordered",
        help="Write results in the order in which they complete, not in that of the inputs.",
        rich_help_panel=BATCH,
    ),
]
ReportOption = Annotated[
    Path | None,
    typer.Option(
        "--report",
        metavar="FILE",
        help="Write a JSON file with the outcome of each input.",
        show_default=False,
        rich_help_panel=BATCH,
    ),
]
JobsOption = Annotated[
    int,
    typer.Option(
        "--jobs",
        "-j",
        min=0,
        metavar="N",
        help="Number of worker processes, each with a copy of the model; 0 is one per core.",
        rich_help_panel=BATCH,
    ),
]
TimeoutOption = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        min=0.1,
        metavar="SECONDS",
        help="Fail an input that takes longer than this.",
        show_default=False,
        rich_help_panel=BATCH,
    ),
]
ShardOption = Annotated[
    str | None,
    typer.Option(
        "--shard",
        metavar="I/N",
        help="Process the I-th of N equal parts of the inputs, I from 1 to N.",
        show_default=False,
        rich_help_panel=BATCH,
    ),
]
ExecutorOption = Annotated[
    Literal["local", "ray"],
    typer.Option(
        "--executor",
        help="Process the inputs on this machine, or on a Ray cluster.",
        rich_help_panel=BATCH,
    ),
]
AddressOption = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="HOST:PORT",
        help="Head node of the Ray cluster; auto is one that runs on this machine, and local "
        "starts one.  [default: RAY_ADDRESS, or local]",
        show_default=False,
        rich_help_panel=BATCH,
    ),
]
NumCpusOption = Annotated[
    float,
    typer.Option(
        "--num-cpus",
        min=0.0,
        metavar="N",
        help="Cores for each worker of Ray.",
        rich_help_panel=BATCH,
    ),
]
NumGpusOption = Annotated[
    float,
    typer.Option(
        "--num-gpus",
        min=0.0,
        metavar="N",
        help="GPUs for each worker of Ray; 0.5 is two workers on one.",
        rich_help_panel=BATCH,
    ),
]
MinWorkersOption = Annotated[
    int,
    typer.Option(
        "--min-workers",
        min=1,
        metavar="N",
        help="Number of workers that Ray starts with.",
        rich_help_panel=BATCH,
    ),
]
MaxWorkersOption = Annotated[
    int | None,
    typer.Option(
        "--max-workers",
        min=1,
        metavar="N",
        help="Maximum number of workers of Ray.  [default: as many as fit]",
        show_default=False,
        rich_help_panel=BATCH,
    ),
]
MaxLineWidthOption = Annotated[
    int,
    typer.Option(
        "--max-line-width",
        min=1,
        metavar="COLUMNS",
        help="Maximum width of a subtitle line; wide East Asian characters count twice.",
        rich_help_panel=OUTPUT,
    ),
]
MaxLinesOption = Annotated[
    int,
    typer.Option(
        "--max-lines",
        min=1,
        metavar="LINES",
        help="Maximum number of lines in a subtitle cue.",
        rich_help_panel=OUTPUT,
    ),
]
WidthOption = Annotated[
    int,
    typer.Option(
        "--width",
        min=16,
        max=20000,
        metavar="PIXELS",
        help="Width of the picture (png, svg, pdf).",
        rich_help_panel=PICTURE,
    ),
]
StyleOption = Annotated[
    Literal["light", "dark", "print"],
    typer.Option("--style", help="Colour scheme of the picture.", rich_help_panel=PICTURE),
]
ExclusiveOption = Annotated[
    bool,
    typer.Option(
        "--exclusive",
        help="Write non-overlapping turns: where speakers overlap, keep the one who started last.",
        rich_help_panel=OUTPUT,
    ),
]
StatsOption = Annotated[
    bool,
    typer.Option(
        "--stats",
        help="Write talk time, turns, interruptions and overlap per speaker.",
        rich_help_panel=OUTPUT,
    ),
]
WordTimestampsOption = Annotated[
    bool,
    typer.Option(
        "--word-timestamps",
        "-w",
        help="Write the start and end time of each word.",
        rich_help_panel=OUTPUT,
    ),
]

# --- input -------------------------------------------------------------------

InputsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="INPUT",
        help="Files, folders or URLs. - reads audio from stdin; @LIST reads paths from a file, "
        "like --files-from LIST.",
        show_default=False,
    ),
]
FilesFromOption = Annotated[
    str | None,
    typer.Option(
        "--files-from",
        metavar="LIST",
        help="Read input paths from a file, one per line; - is stdin.",
        show_default=False,
        rich_help_panel=INPUT,
    ),
]
IncludeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--include",
        metavar="GLOB",
        help="Take only the files of folders that match, as in .gitignore; the suffix may be any. "
        "Repeatable.",
        show_default=False,
        rich_help_panel=INPUT,
    ),
]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude",
        metavar="GLOB",
        help="Skip the files and folders in folders that match. Repeatable.",
        show_default=False,
        rich_help_panel=INPUT,
    ),
]
HiddenOption = Annotated[
    bool,
    typer.Option(
        "--hidden", help="Search hidden files and folders in folders.", rich_help_panel=INPUT
    ),
]
DatasetOption = Annotated[
    str | None,
    typer.Option(
        "--dataset",
        metavar="DATASET",
        help="Read the samples of a dataset: a folder, Parquet files, WebDataset shards (.tar), a "
        "Lhotse manifest, a table of paths, or ORG/NAME of Hugging Face",
        show_default=False,
        rich_help_panel=DATASET,
    ),
]
SplitOption = Annotated[
    str | None,
    typer.Option(
        "--split",
        metavar="NAME",
        help="Read one split of the dataset. Default: all.",
        show_default=False,
        rich_help_panel=DATASET,
    ),
]
LimitOption = Annotated[
    int | None,
    typer.Option(
        "--limit",
        metavar="N",
        min=1,
        help="Read at most this many samples.",
        show_default=False,
        rich_help_panel=DATASET,
    ),
]
ShuffleOption = Annotated[
    int | None,
    typer.Option(
        "--shuffle",
        metavar="SEED",
        min=0,
        help="Read the samples in random order.",
        show_default=False,
        rich_help_panel=DATASET,
    ),
]
ColumnOption = Annotated[
    str | None,
    typer.Option(
        "--column",
        metavar="NAME",
        help="Column with the audio, or its suffix in WebDataset shards, if there are several.",
        show_default=False,
        rich_help_panel=DATASET,
    ),
]
ChannelOption = Annotated[
    str,
    typer.Option(
        "--channel",
        metavar="mix|left|right|N",
        help="Channel to read; mix averages all channels.",
        rich_help_panel=INPUT,
    ),
]
TrackOption = Annotated[
    str | None,
    typer.Option(
        "--track",
        metavar="N|LANGUAGE",
        help="Audio track to read, by number or language, if the file has more than one.",
        show_default=False,
        rich_help_panel=INPUT,
    ),
]
StartOption = Annotated[
    str | None,
    typer.Option(
        "--start",
        metavar="TIME",
        help="Start reading here: seconds or 1:02:03.",
        show_default=False,
        rich_help_panel=INPUT,
    ),
]
EndOption = Annotated[
    str | None,
    typer.Option(
        "--end",
        metavar="TIME",
        help="Stop reading here: seconds or 1:02:03.",
        show_default=False,
        rich_help_panel=INPUT,
    ),
]


def language_option(help: str, panel: str) -> Any:
    """Return the --language option with a help text of its own."""
    return typer.Option(
        "--language",
        "-l",
        metavar="LANGUAGE",
        help=help,
        show_default=False,
        rich_help_panel=panel,
    )


# --- model -------------------------------------------------------------------


def complete_model(task: Task):  # type: ignore[no-untyped-def]
    """Return a completion function for the names of the models of a task."""

    def complete(incomplete: str) -> list[str]:
        from audiocli.models.registry import built_in_families, names_for

        names = names_for(task, built_in_families())
        return [name for name in names if name.startswith(incomplete)]

    return complete


def model_option(task: Task, help: str, *names: str, panel: str = MODEL) -> Any:
    """Return --model, or an option with other names, completed with the models of a task."""
    return typer.Option(
        *(names or ("--model", "-m")),
        metavar="MODEL",
        help=help,
        rich_help_panel=panel,
        autocompletion=complete_model(task),
        show_default=False,
    )


ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help="A name from `audiocli models list`, a folder, or a hub id.",
        show_default=False,
        rich_help_panel=MODEL,
    ),
]
ModelsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help="A name from `audiocli models list`, a folder, or a hub id; repeatable, to compare "
        "models. Default: that of the task.",
        show_default=False,
        rich_help_panel=MODEL,
    ),
]
SpokenLanguageOption = Annotated[
    str | None, language_option("Spoken language, such as en. Default: detect it.", MODEL)
]
EncoderOption = Annotated[
    str | None,
    model_option(
        "embed",
        "Encoder: a name from `audiocli models list`, a folder, or a hub id. Default: yamnet.",
    ),
]
LayerOption = Annotated[
    int | None,
    typer.Option(
        "--layer",
        metavar="N",
        help="Hidden layer to read: 0 is the input of the first, -1 the last. Default: the "
        "output of the model.",
        show_default=False,
        rich_help_panel=MODEL,
    ),
]
DeviceOption = Annotated[
    str,
    typer.Option(
        "--device",
        metavar="auto|cpu|cuda|mps",
        help="Device to run the model on.",
        rich_help_panel=MODEL,
    ),
]
ComputeTypeOption = Annotated[
    str,
    typer.Option(
        "--compute-type",
        metavar="TYPE",
        help="Numeric precision (int8, float16, float32). Default: chosen by the model.",
        show_default=False,
        rich_help_panel=MODEL,
    ),
]
ThreadsOption = Annotated[
    int,
    typer.Option(
        "--threads",
        min=0,
        metavar="N",
        help="Number of CPU threads; 0 uses all cores.",
        rich_help_panel=MODEL,
    ),
]

# --- windows, scores, chance -------------------------------------------------


def pooling_option(help: str) -> Any:
    """Return the --pooling option: from the frames of an encoder to one vector."""
    return typer.Option("--pooling", help=help, show_default=False, rich_help_panel=MODEL)


def window_option(help: str) -> Any:
    """Return the --window option: the length of analysis windows."""
    return typer.Option("--window", min=0.02, metavar="SECONDS", help=help, rich_help_panel=WINDOWS)


def hop_option(default: str) -> Any:
    """Return the --hop option: the step between analysis windows."""
    return typer.Option(
        "--hop",
        min=0.01,
        metavar="SECONDS",
        help=f"Time between the starts of successive windows. Default: {default}.",
        show_default=False,
        rich_help_panel=WINDOWS,
    )


def aggregation_option(help: str, panel: str) -> Any:
    """Return the --aggregation option: one value from those of several windows or frames."""
    return typer.Option("--aggregation", help=help, rich_help_panel=panel)


def top_k_option(help: str, panel: str, max: int | None = None) -> Any:
    """Return the --top-k option: how many of the best results are kept."""
    return typer.Option(
        "--top-k", "-k", min=1, max=max, metavar="N", help=help, rich_help_panel=panel
    )


def min_similarity_option(help: str, panel: str) -> Any:
    """Return the --min-similarity option: a cosine from -1 to 1."""
    return typer.Option(
        "--min-similarity",
        min=-1.0,
        max=1.0,
        metavar="COSINE",
        help=help,
        show_default=False,
        rich_help_panel=panel,
    )


def seed_option(panel: str) -> Any:
    """Return the --seed option."""
    return typer.Option(
        "--seed",
        min=0,
        metavar="N",
        help="Seed of the random number generator.",
        rich_help_panel=panel,
    )
