"""Texts to be spoken: from arguments, from all of stdin, from files."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from audiocli.audio.source import reason
from audiocli.errors import InputError, UsageError

_MARKS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Text:
    """A text that is read when it is its turn.

    Attributes
    ----------
    name : what to call it in messages and results
    stem : of the files made of it
    origin : the words themselves, a file, or stdin
    """

    name: str
    stem: str
    origin: str | Path | BinaryIO

    def read(self) -> str:
        """Give the whole text.

        Raises
        ------
        InputError : it cannot be read, or is no text
        """
        if isinstance(self.origin, str):
            return self.origin
        try:
            data = self.origin.read_bytes() if isinstance(self.origin, Path) else self.origin.read()
        except FileNotFoundError:
            raise InputError(self.name, "no such file") from None
        except (OSError, ValueError) as error:
            raise InputError(self.name, reason(error)) from error
        return _decoded(data, self.name)


def find_texts(arguments: Sequence[str], files: Sequence[Path], stdin: BinaryIO) -> list[Text]:
    """List the texts named by arguments; the words of arguments make one text.

    Raises
    ------
    UsageError : none is named, or words stand beside `-`
    """
    texts = [_of_file(file, stdin) for file in files]
    if list(arguments) == ["-"]:
        texts.insert(0, Text("-", "speech", stdin))
    elif "-" in arguments:
        raise UsageError("- is the text on stdin, and stands alone")
    elif arguments:
        texts.insert(0, Text("text", "speech", " ".join(arguments)))
    if not texts:
        raise UsageError("no text to speak", "audiocli speak TEXT, or - for stdin, or --file")
    return texts


def _of_file(file: Path, stdin: BinaryIO) -> Text:
    if file == Path("-"):
        return Text("-", "speech", stdin)
    return Text(str(file), file.stem, file)


def _decoded(data: bytes, name: str) -> str:
    encoding = next((code for mark, code in _MARKS if data.startswith(mark)), "utf-8-sig")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        problem = f"is not {encoding.removesuffix('-sig').upper()} text (byte {error.start})"
        raise InputError(name, problem, "iconv -t utf-8 converts it") from error
