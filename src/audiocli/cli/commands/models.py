"""`audiocli models`: list, download, verify and copy models."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from audiocli.cli import options as opt
from audiocli.cli import report, terminal
from audiocli.cli.format_choice import one_format
from audiocli.cli.progress import open_store
from audiocli.context import Context
from audiocli.errors import AudioCliError, ExitCode, UsageError, input_failure
from audiocli.escaping import escaped
from audiocli.models import registry
from audiocli.models.base import ModelSpec, Task
from audiocli.models.store import sources
from audiocli.models.store.manifest import Manifest
from audiocli.models.store.model_store import Store, not_cached
from audiocli.schema import json_text

app = opt.Subcommands("models", "List, download, verify and copy models.")


def _complete_name(incomplete: str) -> list[str]:
    names = registry.names_for(None, registry.all_families(warn=lambda _: None))
    return [name for name in (*names, "defaults", "all") if name.startswith(incomplete)]


def _complete_task(incomplete: str) -> list[str]:
    return [task for task in get_args(Task) if task.startswith(incomplete)]


Name = Annotated[
    str,
    typer.Argument(metavar="MODEL", autocompletion=_complete_name, help="Name, alias or hub id."),
]
Names = Annotated[
    list[str],
    typer.Argument(
        metavar="MODEL",
        autocompletion=_complete_name,
        help="Names, aliases or hub ids; `defaults` selects the default models, `all` every "
        "named model.",
    ),
]


@app.command("list")
def list_models(
    ctx: typer.Context,
    task: Annotated[
        str | None,
        typer.Option(
            "--for-task",
            metavar="TASK",
            autocompletion=_complete_task,
            help=f"List only models for this task: {', '.join(get_args(Task))}.",
            show_default=False,
        ),
    ] = None,
    format: Annotated[
        list[str] | None,
        opt.format_option(
            ("table", "tsv", "json"), several=False, default="table on a terminal, else tsv"
        ),
    ] = None,
) -> None:
    """List named models and those downloaded by hub id, sorted by name.

    The columns of tsv: name, task, size in bytes, licence, languages, whether the model is
    downloaded (yes or no), source.
    """
    context: Context = ctx.obj
    if task not in (None, *get_args(Task)):
        raise UsageError(f"unknown task {task!r}", f"one of: {', '.join(get_args(Task))}")
    chosen = one_format(format, ("table", "tsv", "json"))
    store = _store(context)
    specs = sorted(_all_specs(store), key=lambda spec: (spec.name.lower(), spec.task))
    rows = [_row(store, spec) for spec in specs if task in (None, spec.task)]
    chosen = chosen or ("table" if context.stdout.isatty() else "tsv")
    if chosen == "json":
        _print_json(context, rows)
    elif chosen == "tsv":
        for row in rows:
            context.print_row(*_cells(row, str(row["size"])))
    else:
        _print_table(context, rows)


@app.command()
def show(
    ctx: typer.Context,
    model: Name,
    format: Annotated[
        list[str] | None, opt.format_option(("table", "json"), several=False, default="table")
    ] = None,
) -> None:
    """Show the details of a model: licence, sources, files and hashes."""
    context: Context = ctx.obj
    chosen = one_format(format, ("table", "json"))
    store = _store(context)
    spec = _spec(model, store)
    row = _row(store, spec)
    row["sources"] = [sources.describe(source) for source in spec.sources]
    row["files"] = {file.name: file.sha256 for file in spec.files}
    if chosen == "json":
        _print_json(context, row)
        return
    for key, value in row.items():
        values = list(value) if isinstance(value, list | dict) else [value]
        shown = [escaped(str(one)) for one in values if one not in (None, "")] or ["-"]
        for n, text in enumerate(shown):
            print(f"{'' if n else key}\t{text}".expandtabs(12), file=context.stdout)


@app.command()
def pull(ctx: typer.Context, models: Names) -> None:
    """Download models, so that they run offline."""
    context: Context = ctx.obj
    with open_store(context) as store:

        def fetch(name: str) -> None:
            spec = registry.resolve(name, None, store, refresh=True).spec
            context.warn(f"{spec.name} is downloaded: {store.path(spec)}")

        _each(context, _expand(models, store), fetch)


@app.command()
def verify(
    ctx: typer.Context,
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL",
            autocompletion=_complete_name,
            help="Default: all downloaded models.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Check the hashes of all files of models, and delete corrupt files."""
    context: Context = ctx.obj
    store = _store(context)
    here = [spec.name for spec in _all_specs(store) if store.find(spec)]

    def check(name: str) -> None:
        spec = _spec(name, store)
        if not store.verify(spec):
            raise _not_verified(spec, store)
        context.print_row(spec.name, "ok")

    _each(context, _expand(models or here, store), check)


@app.command()
def remove(ctx: typer.Context, models: Names) -> None:
    """Delete models from this machine."""
    from rich.filesize import decimal

    context: Context = ctx.obj
    store = _store(context)

    def delete(name: str) -> None:
        spec = _spec(name, store)
        manifest = Manifest.read(store.model_folder(spec.name))
        freed = store.remove(spec)
        context.warn(f"{spec.name} is removed: {decimal(freed)} freed")
        if manifest and manifest.folder != store.model_folder(spec.name):
            context.warn(f"its files stay in the hub's cache: {manifest.folder}")

    _each(context, _expand(models, store), delete)


@app.command()
def path(ctx: typer.Context, model: Name) -> None:
    """Print the folder of a model that is on this machine."""
    context: Context = ctx.obj
    store = _store(context)
    spec = _spec(model, store)
    folder = store.find(spec)
    if folder is None:
        raise not_cached(spec.name)
    context.print_row(folder)


@app.command("export")
def export_models(
    ctx: typer.Context,
    models: Names,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Tar file to write.")],
) -> None:
    """Write models to a tar file, to copy them to an offline machine."""
    from audiocli.batch.output import atomic_writer
    from audiocli.models.store import archive

    context: Context = ctx.obj
    with open_store(context) as store:
        specs = [_spec(name, store) for name in _expand(models, store)]
        with atomic_writer(file, binary=True) as out:
            names = archive.export_models(store, specs, out)
    exported = ", ".join(names) or "no models, because all of them are part of audiocli,"
    context.warn(f"exported {exported} to {file}")


@app.command("import")
def import_models(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Tar file written by `models export`.")
    ],
) -> None:
    """Import models from a `models export` tar file, and verify them."""
    from audiocli.models.store import archive

    context: Context = ctx.obj
    store = _store(context)

    def known(name: str) -> ModelSpec | None:
        found = registry.find_registered(name, context.warn)
        return found.spec if found else None

    for name in archive.import_models(store, file, known):
        context.warn(f"imported {name}")


def _not_verified(spec: ModelSpec, store: Store) -> AudioCliError:
    if store.find(spec):
        return UsageError(
            f"{spec.name}: no published hashes exist to verify this model",
            "see `audiocli models list`",
        )
    return not_cached(spec.name)


def _store(context: Context) -> Store:
    """Return the store for a command that downloads nothing."""
    return Store(context.cache_dir, context.offline, warn=context.warn)


def _each(context: Context, names: Iterable[str], act: Callable[[str], None]) -> None:
    """Call `act` for each model; report failures and go on."""
    code: int = ExitCode.OK
    for name in names:
        try:
            act(name)
        except Exception as error:
            code = report(input_failure(error, name), context)
    if code:
        raise typer.Exit(code)


def _expand(names: Sequence[str], store: Store) -> list[str]:
    """Replace `defaults` and `all` by the names of their models."""
    several = {
        "defaults": list(registry.DEFAULTS.values()),
        "all": [spec.name for spec in registry.registered_specs(store.warn)],
    }
    return list(dict.fromkeys(n for name in names for n in several.get(name, [name])))


def _all_specs(store: Store) -> list[ModelSpec]:
    """Return all registered models, then the others in the cache."""
    specs = registry.registered_specs(store.warn)
    known = {spec.name for spec in specs}
    return specs + [m.spec() for m in store.manifests() if m.name not in known]


def _spec(name: str, store: Store) -> ModelSpec:
    """Find a model by name: in the registry, in the cache, else as a folder or on the hub."""
    if found := registry.find_registered(name, store.warn):
        return found.spec
    if manifest := Manifest.read(store.model_folder(name)):
        return manifest.spec()
    return registry.resolve(name, None, store).spec


def _row(store: Store, spec: ModelSpec) -> dict[str, Any]:
    """Return the properties of a model that `list` prints."""
    folder = store.find(spec)
    manifest = Manifest.read(store.model_folder(spec.name)) if folder else None
    return {
        "name": spec.name,
        "aliases": list(spec.aliases),
        "task": spec.task,
        "default": spec.name in registry.DEFAULTS.values(),
        "family": spec.family,
        "licence": spec.licence,
        "languages": list(spec.languages),
        "size": spec.size,
        "revision": spec.revision,
        "source": _source(spec, manifest),
        "folder": str(folder) if folder else None,
        "note": spec.note,
    }


def _source(spec: ModelSpec, manifest: Manifest | None) -> str:
    """Return the source a model was, or would be, downloaded from."""
    if manifest:
        return manifest.source
    return spec.sources[0].label if spec.sources else "-"


def _cells(row: dict[str, Any], size: str) -> tuple[str, ...]:
    here = "yes" if row["folder"] else "no"
    languages = ",".join(row["languages"])
    return row["name"], row["task"], size, row["licence"], languages, here, row["source"]


def _print_json(context: Context, value: Any) -> None:
    print(json_text(value, indent=2), file=context.stdout)


def _print_table(context: Context, rows: Iterable[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.filesize import decimal
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("model", "task", "size", "licence", "languages", "downloaded", "source"):
        table.add_column(heading, justify="right" if heading == "size" else "left")
    for row in rows:
        style = "" if row["folder"] else "dim"
        table.add_row(*map(escaped, _cells(row, decimal(row["size"]))), style=style)
    Console(file=context.stdout, width=terminal.width(context), markup=False).print(table)
