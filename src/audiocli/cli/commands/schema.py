"""`audiocli schema`: JSON Schemas of results."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from audiocli.context import Context
from audiocli.errors import UsageError
from audiocli.schema import json_schema, kinds


def _complete_kind(incomplete: str) -> list[str]:
    return [name for name in kinds() if name.startswith(incomplete)]


def schema(
    ctx: typer.Context,
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND",
            help="Kind of result. Default: list all kinds.",
            autocompletion=_complete_kind,
            show_default=False,
        ),
    ] = None,
) -> None:
    """Print the JSON Schema of a kind of result, or list the kinds.

    Example: audiocli schema transcript > transcript.schema.json
    """
    context: Context = ctx.obj
    if kind is None:
        context.stdout.writelines(f"{name}\n" for name in kinds())
    elif kind in kinds():
        context.stdout.write(json.dumps(json_schema(kinds()[kind]), indent=2) + "\n")
    else:
        raise UsageError(f"unknown kind of result {kind!r}", f"one of: {', '.join(kinds())}")
