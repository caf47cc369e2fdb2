"""Read TOML files of users."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from audiocli.errors import NO_SUCH_FILE, InputError, hint_for, reason
from audiocli.text.encodings import decode
from audiocli.whole_files import read_whole

_MAX_DOTS = 500  # in a line: tables in tables, for which the parser is slow


def read_toml(path: Path, hint: str) -> dict[str, Any]:
    """Read a TOML file.

    Parameters
    ----------
    hint : hint of the error for a file that is not valid TOML

    Raises
    ------
    InputError : the file cannot be read, or is not valid TOML
    """
    try:
        text = decode(read_whole(path, path), path)
        if any(line.count(".") > _MAX_DOTS for line in text.splitlines()):
            raise RecursionError("too many dots")
        return tomllib.loads(text)
    except FileNotFoundError:
        raise InputError(path, *NO_SUCH_FILE) from None
    except OSError as error:
        raise InputError(path, reason(error), hint_for(error)) from error
    except RecursionError as error:
        raise InputError(path, "is nested too deeply", hint) from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(path, f"is not valid TOML: {error}", hint) from None
