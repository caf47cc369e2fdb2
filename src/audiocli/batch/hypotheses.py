"""Find the results of recordings that were made earlier, also by other programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from audiocli.audio.formats import has_sound_suffix
from audiocli.batch.inputs import Input
from audiocli.errors import NO_SUCH_FILE, WRONG_FILE, InputError, UsageError
from audiocli.results import Diarization, ModelInfo, Result, Segment, Transcript, Turn

if TYPE_CHECKING:
    from audiocli.tasks.evaluation.audio_quality import ClipPair

_MADE_EARLIER = ModelInfo("hypotheses")
_RESULT_SUFFIXES = (".json", ".jsonl")


class Hypotheses:
    """The results of recordings in a folder or a file.

    A file holds results of any number of recordings as JSON lines or RTTM, which are found by
    their source: the path, else the name without folders and suffix. A folder holds a file for
    each recording, in the tree of the recordings or without folders: JSON, RTTM for turns,
    text for transcripts, audio for enhanced speech.

    Parameters
    ----------
    task : task of the results
    kind : kind of the results; None for audio

    Raises
    ------
    UsageError : the path does not exist
    InputError : the file is not valid
    """

    def __init__(self, path: Path, task: str, kind: type[Result] | None) -> None:
        self.path = path
        self._kind = kind
        self._suffixes = _suffixes_of(task)
        self._by_source: dict[str, Result] = {}
        self._by_stem: dict[str, list[Any]] = {}
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                if self._is_wanted(file):
                    self._by_stem.setdefault(_stem(file), []).append(file)
        elif path.exists():
            for result in self._read(path):
                self._by_source[_absolute(result.source)] = result
                self._by_stem.setdefault(_stem(result.source), []).append(result)
        else:
            raise UsageError(f"{path}: {NO_SUCH_FILE[0]}", NO_SUCH_FILE[1])

    def find(self, input: Input) -> Any:
        """Return the result of a recording; the path of audio.

        Raises
        ------
        InputError : there is none, it is ambiguous, or not valid
        """
        found = self._of_source(input) or self._in_tree(input) or self._of_name(input)
        if not isinstance(found, Path) or self._kind is None:
            return found
        results = self._read(found, input.stem)
        if len(results) != 1:
            raise InputError(found, f"holds {len(results)} results, not one", WRONG_FILE)
        return results[0]

    def _of_source(self, input: Input) -> Result | None:
        return self._by_source.get(_absolute(input.name))

    def _in_tree(self, input: Input) -> Path | None:
        """Return the file where an output folder has it."""
        if not self.path.is_dir():
            return None
        for suffix in self._suffixes:
            for name in (input.relative, input.relative.with_suffix("")):
                if self._is_wanted(path := self.path / f"{name}{suffix}"):
                    return path
        return None

    def _of_name(self, input: Input) -> Any:
        found = self._by_stem.get(_folded(input.stem), [])
        if not found:
            raise InputError(input.name, f"has no result in {self.path}", "name all results")
        if len(found) > 1:
            problem = f"has {len(found)} results of that name in {self.path}"
            raise InputError(input.name, problem, "keep one, in the tree of the recordings")
        return found[0]

    def _is_wanted(self, path: Path) -> bool:
        is_audio = self._kind is None and has_sound_suffix(path)
        return (is_audio or path.suffix.lower() in self._suffixes) and path.is_file()

    def _read(self, path: Path, name: str | None = None) -> list[Any]:
        """Return the results in a file.

        Parameters
        ----------
        name : name of the recording, for formats that do not name it
        """
        read = _READERS.get(path.suffix.lower(), _read_json)
        results = list(read(path, name or path.stem))
        wrong = next((one for one in results if not isinstance(one, self._kind or Result)), None)
        if wrong is not None and self._kind:
            raise InputError(path, f"holds {wrong.kind}, not {self._kind.kind}", WRONG_FILE)
        return results


def _suffixes_of(task: str) -> tuple[str, ...]:
    others = {"transcribe": (".txt",), "diarize": (".rttm",)}
    return (*_RESULT_SUFFIXES, *others.get(task, ())) if task != "enhance" else ()


def _read_json(path: Path, _: str) -> Iterable[Result]:
    from audiocli.tasks.visualization.overlay import read_results

    return read_results(path)


def _read_text(path: Path, name: str) -> Iterable[Result]:
    from audiocli.batch.texts import read_text

    text = " ".join(read_text(path).split())
    segments = (Segment(start=0.0, end=0.0, text=text),) if text else ()
    yield Transcript(source=name, duration=0.0, model=_MADE_EARLIER, segments=segments)


def _read_turns(path: Path, name: str) -> Iterable[Result]:
    """Yield a diarization for each recording of an RTTM file; an empty file has no turns."""
    from audiocli.tasks.diarization.rttm import read_rttm

    turns: dict[str, list[Turn]] = {}
    for recording, turn in read_rttm(path):
        turns.setdefault(recording, []).append(turn)
    for recording, of_recording in (turns or {name: []}).items():
        yield Diarization(
            source=recording, duration=0.0, model=_MADE_EARLIER, turns=tuple(of_recording)
        )


_READERS: Mapping[str, Callable[[Path, str], Iterable[Result]]] = {
    ".txt": _read_text,
    ".rttm": _read_turns,
}


def _absolute(name: str) -> str:
    return str(Path(name).absolute())


def _stem(name: str | Path) -> str:
    """Return a name without folders and suffix, as RTTM writes it."""
    return _folded(PurePath(name).stem)


def _folded(name: str) -> str:
    return name.replace(" ", "_").casefold()


def read_clip_pair(clean: Path, enhanced: Path) -> ClipPair:
    """Decode a clean and an enhanced recording; channels are averaged.

    Raises
    ------
    InputError : one cannot be read
    """
    from audiocli.audio.decode import read
    from audiocli.tasks.evaluation.audio_quality import CLEAN_RATE, ClipPair

    samples = [read(path, rate=CLEAN_RATE).samples.mean(axis=0) for path in (clean, enhanced)]
    return ClipPair(*samples)
