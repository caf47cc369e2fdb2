"""What the forms of datasets have in common: options, samples, and their columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from audiocli.errors import UsageError

# Names of columns with the path of the audio, in order of preference.
PATH_COLUMNS = ("file_name", "audio", "path", "audio_filepath", "file", "filename", "source")

Scalar = str | int | float | bool | None


@dataclass(frozen=True, kw_only=True)
class DatasetOptions:
    """Which samples of a dataset to read.

    Attributes
    ----------
    spec : the dataset, as given by the user
    split : name of a split; None reads all
    limit : maximum number of samples
    shuffle : seed of a random order; None keeps the order of the dataset
    column : name of the column with the audio; None if there is only one
    offline : whether to refuse datasets on servers
    """

    spec: str
    split: str | None = None
    limit: int | None = None
    shuffle: int | None = None
    column: str | None = None
    offline: bool = False


@dataclass(frozen=True, slots=True)
class AudioPart:
    """The part of a recording that is a sample.

    Attributes
    ----------
    start : in seconds from the start of the recording
    end : in seconds; None is the end of the recording
    channel : counted from 1; None takes all
    """

    start: float = 0.0
    end: float | None = None
    channel: int | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample as it is stored.

    Attributes
    ----------
    key : identifies it in the dataset; steps are separated by `/`
    audio : the content of an audio file, its path, or its URL; None if there is a problem
    columns : values of the other columns
    part : the part of the audio that is the sample
    problem : why it cannot be read, with a hint
    """

    key: str
    audio: bytes | Path | str | None
    columns: Mapping[str, Scalar] = field(default_factory=dict)
    part: AudioPart = AudioPart()
    problem: str | None = None


class DatasetForm(Protocol):
    """A module that reads one form of datasets."""

    def samples(self, place: str, options: DatasetOptions) -> Iterator[Sample]:
        """Yield the samples; one that cannot be read has a `problem`.

        Parameters
        ----------
        place : path, URL or id of the dataset, without the name of the form

        Raises
        ------
        UsageError : the dataset does not exist, or an option does not apply to it
        MissingExtra : a required package is not installed
        """
        ...


def scalars(values: Mapping[str, Any], without: Iterable[str] = ()) -> dict[str, Scalar]:
    """Return the values that are text, numbers, true, false or null, without some columns.

    Names that begin with two underscores are internal to WebDataset and left out.
    """
    left_out = set(without)
    return {
        str(name): value
        for name, value in values.items()
        if name not in left_out
        and not str(name).startswith("__")
        and (value is None or isinstance(value, str | int | float))
    }


def in_split(path: str, split: str) -> bool:
    """Return whether a name in a path is a split, as in `train/a.tar` and `a-train-0001.tar`."""
    return bool(re.search(rf"(?<![a-zA-Z0-9]){re.escape(split)}(?![a-zA-Z0-9])", path))


def path_column(names: Iterable[str], options: DatasetOptions) -> str:
    """Return the name of the column with paths of audio.

    Raises
    ------
    UsageError : there is none
    """
    found = list(names)
    wanted = (options.column,) if options.column else PATH_COLUMNS
    for name in wanted:
        if name in found:
            return name
    listed = ", ".join(found) or "none"
    if options.column:
        raise UsageError(f"{options.spec}: has no column {options.column}", f"it has {listed}")
    raise UsageError(
        f"{options.spec}: has no column of audio among {listed}", "name it with --column"
    )
