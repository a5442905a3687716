"""What publishing would change on a package root."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from lsstinstall.core.distribmanifests import parse_distrib_manifest
from lsstinstall.core.errors import FormatError, ProblemsError, RefusedError, ToolkitError
from rubin_releng.stack.publicationmodels import PublishedPackage, Rule
from rubin_releng.stack.publications import plan_packages, plan_texts

if TYPE_CHECKING:
    from rubin_releng.stack.ports import PackageStore
    from rubin_releng.stack.publicationmodels import Publication, PublishedText

__all__ = ["Change", "PublishPlan", "PublishedFile", "change_of", "plan_publish"]


class Change(StrEnum):
    """What publishing does to one file."""

    ADD = "add"
    KEEP = "keep"
    MOVE = "move"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFile:
    """One file, and what becomes of it.

    Parameters
    ----------
    path : `str`
        Below the package root.
    change : `Change`
        What happens.
    """

    path: str
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishPlan:
    """What publishing would do.

    Parameters
    ----------
    publication : `Publication`
        What to publish.
    packages : `tuple` [ `PublishedPackage`, ... ]
        Packages, in order.
    phases : `tuple` [ `tuple` [ `PublishedText`, ... ], ... ]
        Small files, as `plan_texts` sorts them.
    files : `tuple` [ `PublishedFile`, ... ]
        Every file in the order of writing, but for indexes and the release
        document.
    """

    publication: Publication
    packages: tuple[PublishedPackage, ...]
    phases: tuple[tuple[PublishedText, ...], ...]
    files: tuple[PublishedFile, ...]


def plan_publish(publication: Publication, store: PackageStore) -> PublishPlan:
    """Decide what has to be written; changes nothing.

    Parameters
    ----------
    publication : `Publication`
        What to publish.
    store : `PackageStore`
        Read only.

    Returns
    -------
    plan : `PublishPlan`
        For `run_publish`.

    Raises
    ------
    ProblemsError
        Raised if files that never change are there with another content.
    """
    packages = plan_packages(publication)
    phases = plan_texts(publication)
    paths = [path for one in packages for path in one.paths]
    texts = [text for phase in phases for text in phase]
    store.look([*paths, *(text.path for text in texts)])
    files = [
        PublishedFile(path=path, change=Change.KEEP if store.exists(path) else Change.ADD) for path in paths
    ]
    problems: list[ToolkitError] = []
    for text in texts:
        try:
            files.append(PublishedFile(path=text.path, change=change_of(text, store)))
        except RefusedError as error:
            problems.append(error)
    if problems:
        raise ProblemsError(
            f"`{publication.tag}` cannot be published: it would change what others may have",
            problems,
            hint="publish under another tag",
        )
    return PublishPlan(publication=publication, packages=packages, phases=phases, files=tuple(files))


def change_of(text: PublishedText, store: PackageStore) -> Change:
    """Decide what has to be done about one small file.

    Parameters
    ----------
    text : `PublishedText`
        The file.
    store : `PackageStore`
        Read only.

    Returns
    -------
    change : `Change`
        What has to be done.

    Raises
    ------
    RefusedError
        Raised if it never changes, and is there with another content.
    """
    known = store.describe(text.path)
    if known is None:
        return Change.ADD
    data = text.content.encode()
    if text.rule is Rule.KEEP or known.sha256 == hashlib.sha256(data).hexdigest():
        return Change.KEEP
    if text.rule is Rule.MOVING:
        return Change.MOVE
    if _says_the_same(store.read(text.path) or b"", text):
        return Change.KEEP
    raise RefusedError(f"`{text.path}` is there with other content")


def _says_the_same(old: bytes, text: PublishedText) -> bool:
    """Tell whether a file differs only in what does not count.

    Comments of a manifest name its maker and the hour. Publishing with EUPS
    expands a table once more, which leaves a brace behind its end.
    """
    if text.path.endswith(".table"):
        return _words(old.decode("utf-8", "replace")) == _words(text.content)
    if not text.path.endswith(".manifest"):
        return False
    try:
        known = parse_distrib_manifest(old.decode("utf-8", "replace"), source=text.path)
    except FormatError:
        return False
    return known.rows == parse_distrib_manifest(text.content, source=text.path).rows


def _words(table: str) -> list[str]:
    return [word for word in table.split() if word != "}"]
