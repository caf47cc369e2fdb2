"""`audiocli schema`: the JSON Schema of a result."""

from __future__ import annotations

import typer


def schema(ctx: typer.Context, name: str) -> None:
    """Print the JSON Schema of a result."""
    typer.echo(name)
