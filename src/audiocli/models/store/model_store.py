"""Where models lie on this machine, and how they get here.

Every model has a home, `CACHE/models/NAME`, which appears in one step when its
files are complete and checked. The home holds the files themselves, or only a
manifest where the files stay in the hub's own cache.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from audiocli.errors import ModelUnavailable, UsageError
from audiocli.models.base import ModelSpec, Source
from audiocli.models.store import derived, hub, sources
from audiocli.models.store.manifest import CorruptFile, Manifest, ManifestEntry, verified_entries


def _ignore(*_: object) -> None:
    """Take a report that nobody wants."""


@dataclass(frozen=True)
class Store:
    """The models of this machine.

    Attributes
    ----------
    cache_dir : audiocli's cache folder; models lie in its folder `models`
    offline : never touch the network
    on_progress : takes a model's name, the bytes fetched so far and the bytes in
        all (0: unknown); both are equal once the model is complete
    warn : takes one line for the user
    """

    cache_dir: Path
    offline: bool = False
    on_progress: Callable[[str, int, int], None] = _ignore
    warn: Callable[[str], None] = _ignore

    def path(self, spec: ModelSpec) -> Path:
        """Return the folder of a model, every file checked; fetch it if it is not here.

        Raises
        ------
        ModelUnavailable : out of reach, gated, corrupt, or the disk refuses
        """
        if folder := self.find(spec):
            return folder
        with self._locked(spec.name):
            return self.find(spec) or self._fetch(spec)  # another process may have been first

    def find(self, spec: ModelSpec) -> Path | None:
        """Return the folder of a model if it is here; only files that were touched are hashed."""
        for source in spec.sources:
            if folder := sources.local_folder(source, spec):
                return folder
        manifest = Manifest.read(self.home(spec.name))
        if manifest and manifest.lists(spec) and self._is_intact(manifest):
            return manifest.folder
        return None

    def verify(self, spec: ModelSpec) -> bool:
        """Hash every file of a model again; return whether there was one to hash.

        Raises
        ------
        CorruptFile : a file has changed; unless it came with audiocli, it is
            deleted, so that the model will be fetched anew
        """
        manifest = Manifest.read(self.home(spec.name))
        if manifest is None:
            folder = self.find(spec)
            return folder is not None and bool(verified_entries(spec.name, folder, spec.files))
        try:
            manifest.rehashed()
        except CorruptFile as error:
            hub.discard(error.file)
            raise
        return True

    def remove(self, spec: ModelSpec) -> int:
        """Delete a model and what was made of it, and return the bytes that this freed.

        Files in the hub's cache stay, since other tools share them.
        """
        home = self.home(spec.name)
        if not home.is_dir():
            if self.find(spec):
                raise UsageError(f"{spec.name} is not in the cache, so it stays")
            raise ModelUnavailable(f"{spec.name} is not on this machine")
        with self._locked(spec.name):
            manifest = Manifest.read(home)
            freed = derived.discard(manifest.folder if manifest else home, self.derived_folder)
            freed += derived.size(home)
            shutil.rmtree(home)
        return freed

    def manifests(self) -> list[Manifest]:
        """List the models of the cache, by name."""
        homes = sorted((self.cache_dir / "models").glob("[!.]*"))
        return [manifest for home in homes if (manifest := Manifest.read(home))]

    @property
    def derived_folder(self) -> Path:
        """Where families keep what they make of models."""
        return self.cache_dir / "derived"

    def home(self, name: str) -> Path:
        """Where a model lies, or will lie."""
        return self.cache_dir / "models" / name.replace("/", "--")

    @contextmanager
    def filling(self, spec: ModelSpec, label: str) -> Iterator[Path]:
        """Give an empty folder to fill; afterwards its files are checked and become the model.

        An error inside, or a wrong file, leaves nothing behind.
        """
        with self._locked(spec.name), self._scratch(spec.name) as files:
            yield files
            self._install(spec, label, files, files)

    def _fetch(self, spec: ModelSpec) -> Path:
        """Try the hub's cache, then every source in order, until one brings the right files."""
        attempts = [(source, False) for source in spec.sources]
        if not self.offline:
            attempts += [(source, True) for source in spec.sources if sources.is_remote(source)]
        problems = []
        for source, online in attempts:
            with self._scratch(spec.name) as files:
                try:
                    if folder := self._fetch_from(spec, source, files, online):
                        return self._install(spec, source.label, folder, files)
                except ModelUnavailable as problem:
                    problems.append(problem)
        raise self._unavailable(spec, problems)

    def _fetch_from(
        self, spec: ModelSpec, source: Source, files: Path, online: bool
    ) -> Path | None:
        """Get the files of a model from one source: the folder they are in, if any."""
        if not online:
            return sources.in_hub_cache(source, spec, complete=not self.offline)

        def report(done: int, total: int) -> None:
            total = total or spec.size
            self.on_progress(spec.name, min(done, total) if total else done, total)

        return sources.fetch(source, spec, files, report)

    def _install(self, spec: ModelSpec, label: str, folder: Path, files: Path) -> Path:
        """Check the files in `folder` and make `files` the model's home."""
        try:
            if spec.files:
                entries = verified_entries(spec.name, folder, spec.files)
            else:
                names = sources.matching(spec, folder)
                entries = {name: ManifestEntry.of(folder / name) for name in names}
        except CorruptFile as error:
            if folder != files:
                self.warn(f"{error.message}; it is deleted from the hub's cache")
                hub.discard(error.file)
            raise
        Manifest.of(spec, label, folder, entries).write(files)
        home = self.home(spec.name)
        if home.exists():
            home.rename(files.parent / "old")
        files.rename(home)
        self.on_progress(spec.name, spec.size, spec.size)
        return home if folder == files else folder

    def _is_intact(self, manifest: Manifest) -> bool:
        """Whether files are as they were hashed; in a copied cache they must be hashed anew."""
        if manifest.is_unchanged():
            return True
        try:
            fresh = manifest.rehashed()
        except CorruptFile:
            return False
        with suppress(OSError):  # a read-only cache cannot remember
            fresh.write(self.home(manifest.name))
        return True

    @contextmanager
    def _scratch(self, name: str) -> Iterator[Path]:
        """Give an empty folder on the disk of the cache; what is left in it is deleted."""
        scratch = self.cache_dir / "models" / ".partial" / self.home(name).name
        shutil.rmtree(scratch, ignore_errors=True)  # of a run that was killed
        files = scratch / "files"
        files.mkdir(parents=True)
        try:
            yield files
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        """Hold a model against other processes; explain what the disk refuses meanwhile."""
        from filelock import FileLock, Timeout

        lock_file = self.cache_dir / "models" / ".locks" / f"{self.home(name).name}.lock"
        with explain_disk_errors(name, self.cache_dir):
            lock_file.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(lock_file)
            try:
                held = lock.acquire(timeout=0)
            except Timeout:
                self.warn(f"waiting for another audiocli that is fetching {name}")
                held = lock.acquire()
            with held:
                yield

    def _unavailable(self, spec: ModelSpec, problems: list[ModelUnavailable]) -> ModelUnavailable:
        """Say in one line why no source gave the model."""
        if self.offline:
            return not_cached(spec.name)
        if not problems:
            return ModelUnavailable(
                f"{spec.name} comes with audiocli, and its files are damaged",
                "pip install --force-reinstall --no-deps audiocli",
            )
        if len(problems) == 1:
            return problems[0]
        return ModelUnavailable(
            f"{spec.name} cannot be fetched: " + "; ".join(problem.message for problem in problems),
            next((problem.hint for problem in problems if problem.hint), None),
        )


def not_cached(name: str) -> ModelUnavailable:
    """Say that a model would have to be fetched, and must not be."""
    return ModelUnavailable(
        f"{name} is not on this machine, and the network is switched off",
        f"with a network: audiocli models pull {name}",
    )


@contextmanager
def explain_disk_errors(name: str, folder: Path) -> Iterator[None]:
    """Explain a full disk, a read-only folder and the like."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", None)}:
            problem = f"no room for {name} in {folder}"
        else:
            place = error.filename or folder
            problem = f"{name} cannot be kept: {place}: {error.strerror or error}"
        raise ModelUnavailable(problem, "AUDIOCLI_CACHE names another folder for models") from error
