"""Output folders: the files of each input, and which of them a run has to write."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from audiocli.errors import AudioCliError, OutputError, UsageError
from audiocli.render.base import Layout, PictureOptions, Renderer
from audiocli.whole_files import sha256_of

if TYPE_CHECKING:
    from audiocli.batch.output_journal import Origin, Provenance


class NamedKey(Hashable, Protocol):
    """Identifies an input."""

    @property
    def name(self) -> str:
        """The input as given by the user."""


KeyT = TypeVar("KeyT", bound=NamedKey)
ValueT = TypeVar("ValueT")

_COMMON = {"command": "combined"}  # provenance of a common file

State = Literal["new", "failed", "stale", "done", "kept"]


@dataclass(frozen=True, kw_only=True)
class FolderPolicy:
    """Which existing files of an output folder a run replaces.

    Attributes
    ----------
    overwrite : replace all
    keep_existing : replace none, not even stale ones
    retry_failed : process only the inputs that failed in an earlier run
    checksum : compare inputs by content, not by size and time
    dry_run : print the plan and write nothing
    """

    overwrite: bool = False
    keep_existing: bool = False
    retry_failed: bool = False
    checksum: bool = False
    dry_run: bool = False


@dataclass(frozen=True, eq=False)
class Target:
    """A file of an input's result.

    Attributes
    ----------
    renderer : its format; None for audio
    layout : the options of the layout that the format follows
    """

    path: Path
    renderer: Renderer | None = None
    layout: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class InputPlan(Generic[KeyT]):
    """What a run does with an input.

    Attributes
    ----------
    state : `new` has no result; `failed` has none because of an error; `stale` has one that
        was made otherwise; `kept` has one that is not replaced
    reason : the error, or why the result is stale or kept
    targets : files to write
    problem : why no result can be written
    """

    input: KeyT
    state: State
    reason: str = ""
    targets: tuple[Target, ...] = ()
    problem: str | None = None


class _Memo(dict[KeyT, ValueT]):
    """Values of a function, kept by its argument."""

    def __init__(self, function: Callable[[KeyT], ValueT]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, key: KeyT) -> ValueT:
        self[key] = value = self._function(key)
        return value


class FolderOutput(Generic[KeyT]):
    """The output folder of a run.

    Parameters
    ----------
    targets_of : returns the files of an input; raises `OutputError` if it cannot have any

    Attributes
    ----------
    unchanged : names of the inputs whose results the plan keeps, and the files of the results
    """

    def __init__(
        self, folder: Path, policy: FolderPolicy, targets_of: Callable[[KeyT], Sequence[Target]]
    ) -> None:
        from audiocli.batch.output_journal import OutputJournal

        self.folder = folder
        self.policy = policy
        # The names depend on the files in the folder of the input, which may be the output folder.
        self._targets = _Memo(targets_of)
        self._due: dict[KeyT, tuple[Target, ...]] = {}
        self.unchanged: list[tuple[str, tuple[Path, ...]]] = []
        self._origins: _Memo[KeyT, Origin]
        self._provenance: Provenance = {}
        self._journal = OutputJournal(folder)

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()

    def targets(self, input: KeyT) -> Sequence[Target]:
        """Return the files of an input.

        Raises
        ------
        OutputError : it cannot have any
        """
        return self._targets[input]

    def check_targets(self, inputs: Iterable[Any]) -> None:
        """Refuse inputs whose results would have the same file.

        Raises
        ------
        UsageError : names two of them
        """
        from audiocli.batch.output import check_unique

        with_targets = []
        for input in inputs:
            with suppress(OutputError):  # fails only that input, later
                with_targets += [(input, target.path) for target in self.targets(input)]
        check_unique(with_targets, self.folder)

    def expect(self, provenance: Provenance, origin_of: Callable[[KeyT], Origin]) -> None:
        """Set what the results of the run depend on."""
        self._provenance, self._origins = provenance, _Memo(origin_of)

    def plan(self, inputs: Iterable[KeyT]) -> list[InputPlan[KeyT]]:
        """Return what to do with each input; requires `expect`.

        Raises
        ------
        UsageError : an output is the result of another input or command
        JournalError : the journal cannot be read
        """
        return [self.plan_one(input) for input in inputs]

    def plan_one(self, input: KeyT) -> InputPlan[KeyT]:
        """Return what to do with an input; requires `expect`, and raises the errors of `plan`."""
        plan = self._plan(input)
        self._due[input] = plan.targets
        if plan.state in ("done", "kept"):
            self.unchanged.append((input.name, self.paths(input)))
        return plan

    def is_done(self, input: KeyT) -> bool:
        """Return whether the results of an input are up to date; requires `expect`."""
        return self._plan(input).state == "done"

    def forget(self, input: KeyT) -> None:
        """Release what is kept of an input that is settled or needs no results."""
        self._due.pop(input, None)
        self._targets.pop(input, None)
        self._origins.pop(input, None)

    def claim(self, input: KeyT) -> bool:
        """Claim an input for this process.

        Returns False if another run processes it, or has written its results since the plan.
        """
        try:
            first = self.targets(input)[0].path
            if not self._journal.claim(first):
                return False
            plan = self._plan(input)
            self._due[input] = plan.targets
            if self.policy.overwrite or plan.problem or plan.targets:
                return True
        except AudioCliError:  # raised again when the result is written
            return True
        self._journal.release(first)
        return False

    def release(self, input: KeyT) -> None:
        """End the claim of an input."""
        self._journal.release(self.targets(input)[0].path)

    def due(self, input: KeyT) -> Sequence[Target]:
        """Return the files to write for an input."""
        return self._due.get(input, ())

    def paths(self, input: KeyT) -> tuple[Path, ...]:
        """Return the files of an input."""
        return tuple(target.path for target in self.targets(input))

    def recorder(self, input: KeyT, target: Target) -> Callable[[Path], None]:
        """Return the function that records a file of an input before it is in place."""
        return self._journal.recorder(
            target.path, self._origins[input], {**self._provenance, **target.layout}
        )

    def may_replace(self, path: Path) -> bool:
        """Return whether a common file does not exist, or is as an earlier run wrote it."""
        verdict = self._journal.verdict(path, self._common_origin(), _COMMON)
        return verdict.state in ("missing", "stale")

    def combined_recorder(self, path: Path) -> Callable[[Path], None]:
        """Return the function that records a common file before it is in place."""
        return self._journal.recorder(path, self._common_origin(), _COMMON)

    def _common_origin(self) -> Origin:
        from audiocli.batch.output_journal import Origin

        # Never the same, so that the file is always stale, or edited.
        return Origin(os.path.abspath(self.folder), str(time.time_ns()))  # noqa: PTH100

    def settle(self, input: KeyT, error: AudioCliError | None = None) -> None:
        """Record the failure of an input, if any, release its claim, and forget it."""
        with suppress(OutputError):  # reported already, or the error of the input is
            first = self.targets(input)[0].path
            if error:
                self._journal.record_failure(first, str(error))
            self.release(input)
        self.forget(input)

    def has_some(self, input: KeyT) -> bool:
        """Return whether a result of an input exists in any of the formats."""
        return any(os.path.isfile(target.path) for target in self.targets(input))  # noqa: PTH113 (any length)

    def _plan(self, input: KeyT) -> InputPlan[KeyT]:
        from audiocli.batch.output_journal import JournalError

        try:
            if self.policy.overwrite:
                return InputPlan(input, "new", "", self._all_writable(input))
            found = list(self._verdicts(input))
        except OutputError as error:
            if isinstance(error, JournalError):
                raise
            return InputPlan(input, "new", problem=str(error))
        due = tuple(target for target, state, _ in found if state in ("new", "stale"))
        for wanted in ("stale", "kept"):
            for _, state, reason in found:
                if state == wanted:
                    return InputPlan(input, state, reason, due)
        if not due:
            return InputPlan(input, "done")
        failure = self._journal.failure(due[0].path)
        return InputPlan(input, "failed" if failure else "new", failure or "", due)

    def _all_writable(self, input: KeyT) -> tuple[Target, ...]:
        """Return all files of an input.

        Raises
        ------
        OutputError : one is a folder, or its name is not valid
        """
        from audiocli.batch.output import output_exists

        for target in self.targets(input):
            output_exists(target.path)
        return tuple(self.targets(input))

    def _verdicts(self, input: KeyT) -> Iterator[tuple[Target, State, str]]:
        """Yield each file of an input, what to do with it, and why."""
        for target in self.targets(input):
            provenance = {**self._provenance, **target.layout}
            verdict = self._journal.verdict(target.path, self._origins[input], provenance)
            match verdict.state:
                case "missing":
                    yield target, "new", ""
                case "done":
                    yield target, "done", ""
                case "foreign" if not self.policy.keep_existing:
                    text = verdict.reason.startswith("text://")
                    maker = "another text" if text else verdict.reason
                    raise UsageError(
                        f"{target.path} is the result of {maker}",
                        "choose another --output-dir, or --overwrite",
                    )
                case "stale" if not self.policy.keep_existing:
                    yield target, "stale", verdict.reason
                case "edited":
                    yield target, "kept", f"edited by hand, although {verdict.reason}"
                case "unrecorded":
                    yield target, "kept", "not made by a recorded run"
                case _:
                    yield target, "kept", verdict.reason


def origin(name: str, paths: Sequence[Path], *, checksum: bool) -> Origin:
    """Return the origin of the results of an input.

    Parameters
    ----------
    name : name of an input that is not a file
    paths : its file, and others that its results depend on
    checksum : whether to hash the files
    """
    from audiocli.batch.output_journal import Origin

    if not paths:
        return Origin(name, "")
    source = os.path.abspath(paths[0])  # noqa: PTH100 (`resolve` accesses the disk)
    stamp = " ".join(map(_stamp, paths))
    return Origin(source, stamp, digest_of(paths) if checksum else None)


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return "-"
    return f"{status.st_size}:{status.st_mtime_ns}"


def digest_of(paths: Iterable[Path]) -> str | None:
    """Return the SHA-256 of the content of files; None if one cannot be read."""
    import hashlib

    digest = hashlib.sha256()
    try:
        for path in paths:
            if not path.is_file():
                return None
            digest.update(sha256_of(path).encode())
    except (OSError, ValueError):
        return None
    return digest.hexdigest()


def layout_options(layout: Layout, renderer: Renderer) -> Mapping[str, Any]:
    """Return the options of the layout that a format follows and that are not the default."""
    values = {**_fields(layout), **_fields(layout.picture)}
    defaults = {**_fields(Layout()), **_fields(PictureOptions())}
    return {
        f"--{name.replace('_', '-')}": values[name]
        for name in sorted(renderer.layout_options)
        if values[name] != defaults[name]
    }


def _fields(options: Layout | PictureOptions) -> dict[str, Any]:
    return {field.name: getattr(options, field.name) for field in fields(options)}


def plan_messages(plans: Iterable[InputPlan[Any]]) -> Iterator[str]:
    """Yield a line for each kind of input that has results already."""
    yield from count_messages(Counter((plan.state, plan.reason) for plan in plans))


def count_messages(counts: Counter[tuple[State, str]]) -> Iterator[str]:
    """Yield a line for each kind of input that has results already.

    Parameters
    ----------
    counts : number of inputs by state and reason
    """
    total = counts.total()
    done = sum(count for (state, _), count in counts.items() if state == "done")
    if done:
        yield f"{done} of {total} outputs exist already (use --overwrite to replace them)"
    for (state, reason), count in counts.most_common():
        if state != "kept":
            continue
        about = f"{count} of {total} outputs exist already, {reason}"
        yield f"{about} (use --overwrite to replace them)"
    for (state, reason), count in counts.most_common():
        if state == "stale":
            again = f"{count} of {total} outputs are made again: {reason}"
            yield f"{again} (--keep-existing keeps them)"
