"""Find texts to speak: in arguments, on stdin, and in files of several formats."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from audiocli.errors import NO_SUCH_FILE, InputError, UsageError, hint_for, reason
from audiocli.whole_files import read_whole

if TYPE_CHECKING:
    from audiocli.text.script import SpeechScript


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SpeechSource:
    """A text that is read lazily.

    Attributes
    ----------
    name : name in messages and results
    stem : stem of its output files
    origin : the text itself, a file, or stdin
    """

    name: str
    stem: str
    origin: str | Path | BinaryIO

    def read(self) -> str:
        """Return the whole text.

        Raises
        ------
        InputError : it cannot be read, or is not text
        """
        if isinstance(self.origin, str):
            return self.origin
        try:
            data = read_whole(self.origin, self.name)
        except FileNotFoundError:
            raise InputError(self.name, *NO_SUCH_FILE) from None
        except (OSError, ValueError) as error:
            raise InputError(self.name, reason(error), hint_for(error)) from error
        from audiocli.text.encodings import decode, decode_markup
        from audiocli.text.readers import is_markup

        if is_markup(data, self._suffix):
            return decode_markup(data, self.name)
        return decode(data, self.name)

    def script(self, names: Collection[str] = (), *, notes: bool = False) -> SpeechScript:
        """Return the text as a script, by the suffix of its file.

        Parameters
        ----------
        names : speakers of a dialogue
        notes : read the footnotes and endnotes of EPUB and HTML as well

        Raises
        ------
        InputError : the file cannot be read, or is not valid in its format
        """
        from audiocli.text.readers import BINARY, read_book, read_script

        if isinstance(self.origin, Path) and self._suffix in BINARY:
            return read_book(self.origin, notes=notes)
        return read_script(self.read(), self.name, self._suffix, names, notes=notes)

    @property
    def may_have_notes(self) -> bool:
        """Return whether the format of the file marks footnotes and endnotes."""
        from audiocli.text.readers import BINARY, HTML

        return self._suffix in BINARY | HTML

    @property
    def _suffix(self) -> str:
        return self.origin.suffix.lower() if isinstance(self.origin, Path) else ""


# Arguments that end in one of these name files, and are not spoken.
_SUFFIXES = frozenset(
    (".txt", ".md", ".markdown", ".html", ".htm", ".xhtml", ".epub", ".srt", ".vtt", ".ssml")
)


def find_speech_sources(
    arguments: Sequence[str], files: Sequence[Path], stdin: BinaryIO
) -> list[SpeechSource]:
    """Return the texts given by arguments and files; words of arguments are one text.

    If all arguments are names of text files, the files are read. A name that does not exist is
    no text: reading it fails. Another file that is named by the only argument is not read, which
    is logged as a warning.

    Raises
    ------
    UsageError : there is no text, it is empty, or `-` is combined with words
    """
    if arguments and all(_names_text_file(argument) for argument in arguments):
        arguments, files = (), [*map(Path, arguments), *files]
    texts = [speech_source(file, stdin) for file in files]
    if list(arguments) == ["-"]:
        texts.insert(0, SpeechSource("-", "speech", stdin))
    elif "-" in arguments:
        raise UsageError("- reads the text from stdin and cannot be combined with words")
    elif arguments and not "".join(arguments).strip():
        raise UsageError("the text to speak is empty", "give a text with words")
    elif arguments:
        if len(arguments) == 1 and _is_file(arguments[0]):
            logger.warning("%s: the name is spoken; --file reads the file", arguments[0])
        texts.insert(0, SpeechSource("text", "speech", " ".join(arguments)))
    if not texts:
        raise UsageError("no text to speak", "audiocli speak TEXT, or - for stdin, or --file")
    return texts


def read_text(path: Path) -> str:
    """Return the text of a file; see `SpeechSource.read`."""
    return SpeechSource(str(path), path.stem, path).read()


def speech_source(file: Path, stdin: BinaryIO) -> SpeechSource:
    """Return the text source of a file; `-` is stdin."""
    if file == Path("-"):
        return SpeechSource("-", "speech", stdin)
    return SpeechSource(str(file), file.stem, file)


def _names_text_file(argument: str) -> bool:
    """Whether an argument is the name of a text file; a name with spaces must exist."""
    if Path(argument).suffix.lower() not in _SUFFIXES:
        return False
    return len(argument.split()) == 1 or _is_file(argument)


def _is_file(name: str) -> bool:
    return os.path.isfile(name)  # noqa: PTH113 (a name of any length)
