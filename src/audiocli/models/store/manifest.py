"""Manifests of the models in the store: where the files are, and their hashes.

Files are hashed once, because hashing a model takes longer than loading it. Later only
their sizes and modification times are compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from audiocli.errors import ModelUnavailable
from audiocli.models.base import File, ModelSpec, Task
from audiocli.whole_files import sha256_of

MANIFEST = ".audiocli.json"


class CorruptFile(ModelUnavailable):
    """A file of a model does not match its expected size or hash."""

    def __init__(self, model: str, file: Path, problem: str, hint: str | None = None) -> None:
        super().__init__(
            f"{model}: {file.name} is corrupt: {problem}", hint or f"audiocli models pull {model}"
        )
        self.file = file


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """Size, modification time and hash of a file when it was verified."""

    size: int
    mtime_ns: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> ManifestEntry:
        """Hash a file and return its entry."""
        sha256 = sha256_of(path)
        stat = path.stat()
        return cls(stat.st_size, stat.st_mtime_ns, sha256)

    def is_unchanged(self, path: Path) -> bool:
        """Return whether size and modification time are the same; the file is not read."""
        try:
            stat = path.stat()
        except OSError:
            return False
        return (stat.st_size, stat.st_mtime_ns) == (self.size, self.mtime_ns)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest of one model in the store.

    Attributes
    ----------
    source : origin of the files: "wheels", "hub", "import" ...
    folder : folder of the files, in the store or in the hub's cache
    files : entries by file name, relative to `folder`
    """

    name: str
    task: Task
    family: str
    revision: str | None
    licence: str
    source: str
    folder: Path
    files: Mapping[str, ManifestEntry]

    @classmethod
    def of(
        cls, spec: ModelSpec, source: str, folder: Path, files: Mapping[str, ManifestEntry]
    ) -> Manifest:
        """Return the manifest of a model."""
        return cls(
            spec.name, spec.task, spec.family, spec.revision, spec.licence, source, folder, files
        )

    @classmethod
    def read(cls, home: Path) -> Manifest | None:
        """Read the manifest in the folder of a model; return None if it is missing or invalid."""
        try:
            return cls.parse((home / MANIFEST).read_bytes(), home)
        except (OSError, ValueError):
            return None

    @classmethod
    def parse(cls, text: bytes, home: Path) -> Manifest:
        """Parse a manifest; raise `ValueError` if it is invalid."""
        try:
            record = json.loads(text)
            record["folder"] = Path(record["folder"] or home)
            record["files"] = {
                name: ManifestEntry(**entry) for name, entry in record["files"].items()
            }
            return cls(**record)
        except (RecursionError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no manifest of a model: {error}") from error

    def write(self, home: Path) -> None:
        """Write the manifest atomically into the folder of a complete model."""
        unfinished = home / f"{MANIFEST}.partial"
        unfinished.write_text(self.text(home), "utf-8")
        unfinished.replace(home / MANIFEST)

    def text(self, home: Path) -> str:
        """Return the manifest as JSON; `folder` is null if it is `home`."""
        record = asdict(self) | {"folder": None if self.folder == home else str(self.folder)}
        return json.dumps(record, indent=2) + "\n"

    def spec(self) -> ModelSpec:
        """Return a spec for a model that is not registered."""
        return ModelSpec(
            name=self.name,
            task=self.task,
            family=self.family,
            revision=self.revision,
            licence=self.licence,
            files=tuple(File(name, entry.size, entry.sha256) for name, entry in self.files.items()),
            sources=(),
        )

    def matches(self, spec: ModelSpec) -> bool:
        """Return whether the files are those of the spec."""
        if not spec.files:
            return self.revision == spec.revision
        wanted = {file.name: file.sha256 for file in spec.files}
        return wanted == {name: entry.sha256 for name, entry in self.files.items()}

    def is_unchanged(self) -> bool:
        """Return whether all files have the recorded sizes and modification times."""
        return all(entry.is_unchanged(self.folder / name) for name, entry in self.files.items())

    def rehashed(self) -> Manifest:
        """Hash all files again; raise `CorruptFile` if one has changed."""
        return replace(self, files=verified_entries(self.name, self.folder, self.spec().files))


def verified_entries(model: str, folder: Path, files: Iterable[File]) -> dict[str, ManifestEntry]:
    """Hash files in a folder; raise `CorruptFile` if one does not match."""
    return {file.name: _verified_entry(model, folder / file.name, file) for file in files}


def _verified_entry(model: str, path: Path, file: File) -> ManifestEntry:
    if not path.is_file():
        raise CorruptFile(model, path, "it is missing")
    if (size := path.stat().st_size) != file.size:
        raise CorruptFile(model, path, f"{size} bytes instead of {file.size}")
    entry = ManifestEntry.of(path)
    if entry.sha256 != file.sha256:
        raise CorruptFile(model, path, f"SHA-256 {entry.sha256[:12]}, not {file.sha256[:12]}")
    return entry
