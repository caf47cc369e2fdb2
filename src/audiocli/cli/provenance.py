"""What the results of a command depend on beside the inputs: models, options and files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli import __version__
from audiocli.cli.folder_output import digest_of, origin
from audiocli.cli.requests import (
    BatchRequest,
    DatasetRequest,
    DeviceRequest,
    PictureRequest,
    SourceRequest,
    SubtitleRequest,
    option_name,
)
from audiocli.context import Context
from audiocli.errors import ModelUnavailable

if TYPE_CHECKING:
    from audiocli.batch.inputs import Input
    from audiocli.batch.output_journal import Origin, Provenance
    from audiocli.models.base import Task

# Name and task of a model by the field that selects it. A name of None is the default of the
# task; a task of None accepts any model.
ModelChoices = dict[str, "tuple[str | None, Task | None]"]

# Fields that do not change a result: inputs, places, the device, and the layout, which each
# format adds.
_NOT_OF_RESULTS = {
    field.name
    for group in (
        SourceRequest,
        DatasetRequest,
        BatchRequest,
        DeviceRequest,
        PictureRequest,
        SubtitleRequest,
    )
    for field in fields(group)
    if field.name != "compute_type"
}


def _none(_: Input) -> Sequence[Path]:
    """Default of `companions`: no other files."""
    return ()


@dataclass(frozen=True, kw_only=True)
class Dependencies:
    """The models, options and files that the results of a command depend on.

    Attributes
    ----------
    command : name of the command
    models : the model that each field selects
    options : values of options that depend on others, by their names
    files : fields that name files, whose content counts
    more_files : other files whose content counts
    ignored : fields that do not change a result
    companions : returns the files that a single result depends on, beside its input
    """

    command: str
    models: ModelChoices = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    more_files: tuple[Path, ...] = ()
    ignored: tuple[str, ...] = ()
    companions: Callable[[Input], Sequence[Path]] = _none

    def origin_of(self, input: Input, *, checksum: bool) -> Origin:
        """Return the origin of the results of an input."""
        stamp = input.stamp()
        files = (*input.files, *self.companions(input)) if input.files or stamp else ()
        found = origin(input.origin, files, checksum=checksum)
        if not stamp:
            return found
        source = found.source if input.files else input.origin
        return replace(found, source=source, stamp=f"{found.stamp} {stamp}".strip(), sha256=None)


def provenance(context: Context, request: Any, dependencies: Dependencies) -> Provenance:
    """Return what the results of a request depend on, as written to the journal.

    Options at their defaults are omitted, so that a new option does not make results stale.
    A patch release of audiocli does not change results; a minor release may.
    """
    found: dict[str, Any] = {
        "command": dependencies.command,
        "audiocli": ".".join(__version__.split(".")[:2]),
    }
    models = dependencies.models
    ignored = _NOT_OF_RESULTS | set(models) | set(dependencies.ignored)
    for one in fields(request):
        value = getattr(request, one.name)
        if one.name in ignored or value in (one.default, []):
            continue
        is_file = one.name in dependencies.files
        found[option_name(request, one.name)] = _digest(value) if is_file else _json(value)
    if dependencies.more_files:
        found["files"] = digest_of(dependencies.more_files)
    return {**found, **dependencies.options, **_models(context, models)}


def _models(context: Context, models: ModelChoices) -> dict[str, Any]:
    """Return the name and the revision of each model."""
    from audiocli.cli.progress import open_store
    from audiocli.models import registry

    found: dict[str, Any] = {}
    with open_store(context) as store:
        for label, (name, task) in models.items():
            chosen = name or registry.default_model(task or "transcribe")
            try:
                spec = registry.resolve(chosen, task, store).spec
            except ModelUnavailable:  # reported when it is loaded
                found[label] = {"name": chosen, "revision": None}
            else:
                found[label] = {"name": spec.name, "revision": spec.revision}
    return found


def _digest(value: Any) -> str | None:
    paths: Iterable[Any] = value if isinstance(value, list) else [value]
    return digest_of(map(Path, paths))


def _json(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_json(one) for one in value]
    return value if isinstance(value, bool | int | float) else str(value)
