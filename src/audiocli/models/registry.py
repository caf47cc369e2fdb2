"""Resolve model names, and load models.

A name is, in this order: a registered name or alias, the short name of a hub
repository, a local folder, or a hub repository `organisation/name` with an optional
`@revision`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, NamedTuple

from audiocli.errors import AudioCliError, ModelUnavailable
from audiocli.models import families as package
from audiocli.models.base import (
    DeviceOptions,
    Family,
    LoadOptions,
    ModelSpec,
    ResolvedModel,
    Task,
)
from audiocli.models.defects import is_defect
from audiocli.models.supported_options import applicable
from audiocli.plugins import FAMILIES, load_plugins
from audiocli.results import ModelInfo

if TYPE_CHECKING:
    from audiocli.models.store.model_store import Store

DEFAULTS: Mapping[Task, str] = {
    "transcribe": "whisper-base",
    "vad": "silero-vad",
    "classify": "yamnet",
    "speak": "hibari",
    "diarize": "pyannote-campplus",
    "embed": "yamnet",
}


class LoadedModel(NamedTuple):
    """A loaded model, and its description for results."""

    model: Any
    info: ModelInfo


def load(name: str | None, task: Task, device_options: DeviceOptions, store: Store) -> LoadedModel:
    """Resolve, download and load a model; None selects the default of the task.

    Raises
    ------
    ModelUnavailable : unknown, unreachable, corrupt, not loadable, or an extra is missing;
        errors of a registered model that are defects of audiocli are raised as they are
    UsageError : the model does not support a device option
    """
    spec, family = resolve(name or default_model(task), task, store)
    own_options = applicable(spec.name, family, device_options)
    offline: AbstractContextManager[None] = nullcontext()
    if family.extra:
        from audiocli.models.torch_layer import hub_switched_off, require_extra, set_threads

        require_extra(family.extra, spec.name)
        set_threads(own_options)
        offline = hub_switched_off()
    folder = store.path(spec)
    load_options = LoadOptions(
        **{field.name: getattr(own_options, field.name) for field in fields(DeviceOptions)},
        derived_folder=store.derived_folder,
        load_model=lambda name, task: load(name, task, device_options, store),
    )
    try:
        with offline:
            model = family.load(folder, load_options)
    except AudioCliError:
        raise
    except MemoryError as error:
        raise ModelUnavailable(
            f"{spec.name}: not enough memory to load it", "choose a smaller model"
        ) from error
    except Exception as error:
        if spec.files and is_defect(error):  # files of other models may hold anything
            raise
        problem = f"{spec.name} cannot be loaded as {family.name}: {type(error).__name__}: {error}"
        raise ModelUnavailable(problem, "--verbose shows where") from error
    return LoadedModel(model, ModelInfo(spec.name, spec.revision))


def default_model(task: Task) -> str:
    """Return the name of the default model of a task.

    Raises
    ------
    ModelUnavailable : the task has no default model
    """
    if task not in DEFAULTS:
        raise ModelUnavailable(f"{task} has no default model", "choose one with --model")
    return DEFAULTS[task]


def resolve(name: str, task: Task | None, store: Store, *, refresh: bool = False) -> ResolvedModel:
    """Resolve a name to a model; for a hub repository this may download its config.json.

    Parameters
    ----------
    task : task that the model must be for; None accepts any
    refresh : check the hub for a newer revision of a repository that is in the cache

    Raises
    ------
    ModelUnavailable : no model has that name, or it is for another task
    """
    if found := find_registered(name, store.warn, task):
        if task not in (None, found.spec.task):
            raise ModelUnavailable(
                f"{name} is a model for {found.spec.task}, not for {task}",
                f"audiocli models list --for-task {task}",
            )
        return found
    from audiocli.models import unregistered

    known = all_families(store.warn)
    name = _expand_short_name(name, known)
    if (folder := Path(name).expanduser()).is_dir():
        return unregistered.resolve_folder(name, folder, task, known)
    if unregistered.HUB_NAME.fullmatch(name):
        return unregistered.resolve_on_hub(name, task, known, store, refresh)
    raise _unknown(name, task, store)


def _expand_short_name(name: str, families: Sequence[Family]) -> str:
    """Return the repository that a short name stands for, else the name."""
    return next((f.short_names[name] for f in families if name in f.short_names), name)


def find_registered(
    name: str, warn: Callable[[str], None], task: Task | None = None
) -> ResolvedModel | None:
    """Look up a registered name or alias; plug-ins last, because finding them takes time.

    A name may be registered for several tasks; `task` selects one of them.
    """
    return _find_in(built_in_families(), name, task) or _find_in(all_families(warn), name, task)


def _find_in(families: Sequence[Family], name: str, task: Task | None) -> ResolvedModel | None:
    found = [
        ResolvedModel(spec, family)
        for family in families
        for spec in family.specs
        if name == spec.name or name in spec.aliases
    ]
    return next((one for one in found if one.spec.task == task), found[0] if found else None)


def with_revision(name: str, revision: str | None) -> str:
    """Add a revision to the name of a hub repository; return other names unchanged."""
    from audiocli.models.unregistered import HUB_NAME

    if not revision or find_registered(name, lambda _: None) or Path(name).expanduser().is_dir():
        return name
    return f"{name.partition('@')[0]}@{revision}" if HUB_NAME.fullmatch(name) else name


def stable_name(name: str) -> str:
    """Return a name that is valid in any working directory."""
    name = _expand_short_name(name, all_families(lambda _: None))
    folder = Path(name).expanduser()
    if name and find_registered(name, lambda _: None) is None and folder.is_dir():
        return str(folder.resolve())
    return name


def names_for(task: Task | None, families: Sequence[Family]) -> list[str]:
    """List the names, aliases and short names of the models for a task."""
    able = [family for family in families if task in (None, family.task)]
    specs = [spec for family in able for spec in family.specs]
    own = [name for spec in specs for name in (spec.name, *spec.aliases)]
    return own + [name for family in able for name in family.short_names]


def registered_specs(warn: Callable[[str], None]) -> list[ModelSpec]:
    """List all registered models, those of plug-ins last."""
    return [spec for family in all_families(warn) for spec in family.specs]


def all_families(warn: Callable[[str], None]) -> tuple[Family, ...]:
    """List all families; `warn` takes one line for each broken plug-in, once."""
    plugins, problems = _plugins()
    while problems:
        warn(problems.pop(0))
    return (*built_in_families(), *plugins)


@cache
def built_in_families() -> tuple[Family, ...]:
    """Import the modules of `audiocli.models.families` and list their families."""
    names = [f"{package.__name__}.{module.name}" for module in iter_modules(package.__path__)]
    return tuple(family for name in names for family in _as_tuple(import_module(name).FAMILY))


@cache
def _plugins() -> tuple[list[Family], list[str]]:
    """Load the families of other packages; return them and a line for each problem."""
    problems: list[str] = []
    loaded = [
        replace(family, specs=tuple(_usable_specs(origin, family, problems)))
        for origin, family in load_plugins(FAMILIES, Family, problems)
    ]
    return loaded, problems


def _usable_specs(origin: str, family: Family, problems: list[str]) -> Iterator[ModelSpec]:
    """Yield the specs that can be fetched and verified; name the others in `problems`."""
    for spec in family.specs:
        if spec.sources and spec.files:
            yield spec
        else:
            lacking = "sources" if spec.files else "files"
            problems.append(f"{origin}: {spec.name} is left out: its spec has no {lacking}")


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _unknown(name: str, task: Task | None, store: Store) -> ModelUnavailable:
    """Return the error for an unknown name, with the closest known name."""
    from difflib import get_close_matches

    close = get_close_matches(name, names_for(task, all_families(store.warn)), n=1)
    if close:
        return ModelUnavailable(f"unknown model {name!r}", f"did you mean {close[0]}?")
    pointer = f"audiocli models list{f' --for-task {task}' if task else ''}"
    return ModelUnavailable(f"unknown model {name!r}", f"{pointer} lists the names")
