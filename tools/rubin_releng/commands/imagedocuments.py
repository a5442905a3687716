"""Release documents that learn of images when these get their names."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from lsstinstall.adapters.files import read_bytes, write_atomic
from lsstinstall.adapters.locks import hold_lock
from lsstinstall.core.errors import CorruptError
from lsstinstall.core.pkgroots import release_path
from lsstinstall.core.releases import parse_release
from rubin_releng.release.imagerecords import record_images

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lsstinstall.core.releases import ImageRecord, Release

__all__ = ["check_document", "document_option", "write_images"]

F = TypeVar("F", bound="Callable[..., object]")

_WAIT_SECONDS = 60.0


def document_option(function: F) -> F:
    """Add ``--document`` to a command.

    Parameters
    ----------
    function : `~collections.abc.Callable`
        The command.

    Returns
    -------
    function : `~collections.abc.Callable`
        The same, decorated.
    """
    return click.option(
        "--document",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Release document that shall name the image, written after all else.",
    )(function)


def check_document(path: Path | None, images: Sequence[ImageRecord], *, may_replace: bool) -> bool:
    """Find out, before anything is done, whether a document would take some images.

    Parameters
    ----------
    path : `~pathlib.Path` or `None`
        The document, if there is one.
    images : `~collections.abc.Sequence` [ `ImageRecord` ]
        What it shall name.
    may_replace : `bool`
        Whether other images may give way.

    Returns
    -------
    is_changed : `bool`
        Whether it does not name all of them yet.

    Raises
    ------
    NotFoundError
        Raised if it is not there.
    ToolkitError
        Raised as by `parse_release` and `record_images`.
    """
    if path is None:
        return False
    release = _read(path)
    return record_images(release, images, may_replace=may_replace) != release


def write_images(path: Path | None, images: Sequence[ImageRecord], *, may_replace: bool) -> bool:
    """Write images into a document.

    Parameters
    ----------
    path, images, may_replace
        As for `check_document`.

    Returns
    -------
    is_changed : `bool`
        False if it named all of them before; then it is left alone.

    Raises
    ------
    ToolkitError
        Raised as by `check_document`.
    """
    if path is None:
        return False
    with _locked(path):
        release = _read(path)
        new = record_images(release, images, may_replace=may_replace)
        if new == release:
            return False
        write_atomic(path, new.canonical())
    return True


def _read(path: Path) -> Release:
    release = parse_release(read_bytes(path), source=str(path))
    if path.parent.name == "releases" and path.name != Path(release_path(release.tag)).name:
        raise CorruptError(f"`{path}` is the document of `{release.tag}`")
    return release


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    # In a package root it is the lock of publishing, which writes the document, too.
    is_published = path.parent.name == "releases"
    lock = path.parent.parent / ".publish.lock" if is_published else path.parent / f".{path.name}.lock"
    with hold_lock(
        lock, wait_seconds=_WAIT_SECONDS, purpose="adding an image to a release", is_kept=is_published
    ):
        yield
