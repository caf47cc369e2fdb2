"""`audiocli schema`: the JSON Schema of a result."""

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
            help="Kind of result; without it, list them.", autocompletion=_complete_kind
        ),
    ] = None,
) -> None:
    """Print the JSON Schema of a kind of result."""
    context: Context = ctx.obj
    if kind is None:
        context.stdout.writelines(f"{name}\n" for name in kinds())
    elif kind in kinds():
        context.stdout.write(json.dumps(json_schema(kinds()[kind]), indent=2) + "\n")
    else:
        raise UsageError(f"no result is called {kind!r}", f"one of: {', '.join(kinds())}")
