"""Models in a tar file, to carry them to a machine without a network.

An archive holds, for each model, a folder with its manifest and its files.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from audiocli.errors import InputError, OutputError
from audiocli.models.base import ModelSpec
from audiocli.models.store.manifest import MANIFEST, Manifest
from audiocli.models.store.model_store import Store

_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?(@\w[\w./-]*)?")  # name, or organisation/name@revision


def export_models(store: Store, specs: Iterable[ModelSpec], target: Path) -> list[str]:
    """Write models into a new tar file, fetching what is not here; return their names.

    Models that come with audiocli are left out: they are on the other machine too.
    """
    unfinished = target.with_name(f".{target.name}.partial")
    names = []
    try:
        with tarfile.open(unfinished, "w") as tar:
            for spec in specs:
                store.path(spec)
                if manifest := Manifest.read(store.home(spec.name)):
                    _add_model(tar, manifest)
                    names.append(spec.name)
        unfinished.replace(target)
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return names


def import_models(
    store: Store, archive: Path, known: Callable[[str], ModelSpec | None]
) -> Iterator[str]:
    """Put the models of a tar file into the store, one by one; yield their names.

    `known` gives the spec of a registered name. Files of a registered model must be
    the ones its spec names; those of another, the ones the archive itself names.

    Raises
    ------
    InputError : the file is no archive of ours
    CorruptFile : a file in it is not the right one; nothing of its model is kept
    """
    try:
        with tarfile.open(archive, "r:") as tar:
            for member in tar.getmembers():
                folder, _, name = member.name.rpartition("/")
                if name == MANIFEST and member.isreg():
                    yield _import_model(store, tar, folder, known)
    except (tarfile.TarError, ValueError) as error:
        raise InputError(archive, f"is no archive of models: {error}") from error
    except FileNotFoundError as error:
        raise InputError(archive, "no such file") from error


def _add_model(tar: tarfile.TarFile, manifest: Manifest) -> None:
    folder = manifest.name.replace("/", "--")
    text = replace(manifest, folder=Path()).text(Path()).encode()
    head = tarfile.TarInfo(f"{folder}/{MANIFEST}")
    head.size = len(text)
    tar.addfile(head, io.BytesIO(text))
    for name in manifest.files:
        with (manifest.folder / name).open("rb") as stream:  # opened, since the hub's are links
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
    with store.filling(spec, "import") as files:
        for file in spec.files:
            try:
                member = tar.getmember(f"{folder}/{file.name}")
            except KeyError:
                raise ValueError(f"{manifest.name} lacks {file.name}") from None
            if not member.isreg():
                raise ValueError(f"{member.name} is no regular file")
            tar.extract(member.replace(name=file.name), files, filter="data")
    return spec.name
