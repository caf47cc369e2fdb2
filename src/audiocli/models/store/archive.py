"""Export models to a tar archive and import them on a machine without network access.

An archive contains one folder per model, with its manifest and its files.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from audiocli.errors import InputError, failing_input
from audiocli.models.base import ModelSpec
from audiocli.models.store.manifest import MANIFEST, Manifest
from audiocli.models.store.model_store import Store

_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?(@\w[\w./-]*)?")  # name, or organisation/name@revision


def export_models(store: Store, specs: Iterable[ModelSpec], out: BinaryIO) -> list[str]:
    """Write models to a tar archive, and return their names.

    Models that are not in the cache are downloaded. Models that are part of the audiocli
    package are not included.
    """
    names = []
    with tarfile.open(fileobj=out, mode="w") as tar:
        for spec in specs:
            store.path(spec)
            if manifest := Manifest.read(store.model_folder(spec.name)):
                _add_model(tar, manifest)
                names.append(spec.name)
    return names


def import_models(
    store: Store, archive: Path, known: Callable[[str], ModelSpec | None]
) -> Iterator[str]:
    """Import the models of a tar archive into the store; yield their names.

    Parameters
    ----------
    known : returns the spec of a registered model, whose hashes the files must match; files
        of other models must match the manifest in the archive

    Raises
    ------
    InputError : the file is not an archive of models
    CorruptFile : a file does not match its hash; its model is not imported
    """
    try:
        with failing_input(archive), archive.open("rb") as file:
            file.read(1)
        with tarfile.open(archive, "r:") as tar:
            for member in tar.getmembers():
                folder, _, name = member.name.rpartition("/")
                if name == MANIFEST and member.isreg():
                    yield _import_model(store, tar, folder, known)
    except (tarfile.TarError, ValueError, EOFError) as error:
        problem = f"is not an archive of models: {error}"
        raise InputError(archive, problem, "`audiocli models export` writes one") from error


def _add_model(tar: tarfile.TarFile, manifest: Manifest) -> None:
    folder = manifest.name.replace("/", "--")
    text = replace(manifest, folder=Path()).text(Path()).encode()
    head = tarfile.TarInfo(f"{folder}/{MANIFEST}")
    head.size = len(text)
    tar.addfile(head, io.BytesIO(text))
    for name in manifest.files:
        with (manifest.folder / name).open("rb") as stream:  # files in the hub's cache are links
            tar.addfile(tar.gettarinfo(arcname=f"{folder}/{name}", fileobj=stream), stream)


def _import_model(
    store: Store, tar: tarfile.TarFile, folder: str, known: Callable[[str], ModelSpec | None]
) -> str:
    stream = tar.extractfile(f"{folder}/{MANIFEST}")
    assert stream is not None  # the caller found a regular file
    manifest = Manifest.parse(stream.read(), Path())
    if not _NAME.fullmatch(manifest.name) or ".." in manifest.name:
        raise ValueError(f"{manifest.name!r} is no name of a model")
    spec = known(manifest.name) or manifest.spec()
    with store.stage(spec, "import") as files:
        for file in spec.files:
            try:
                member = tar.getmember(f"{folder}/{file.name}")
            except KeyError:
                raise ValueError(f"{manifest.name} lacks {file.name}") from None
            if not member.isreg():
                raise ValueError(f"{member.name} is no regular file")
            tar.extract(member.replace(name=file.name), files, filter="data")
    return spec.name
