"""Release documents beside package roots, and what they say of the products' files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.errors import InvalidNameError, NotFoundError, UnavailableError
from lsstinstall.core.pkgroots import release_path
from lsstinstall.core.releases import parse_release
from lsstinstall.core.tags import EupsTag, TagKind
from lsstinstall.install.leavablepools import open_pool

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from lsstinstall.core.names import ProductName
    from lsstinstall.core.releases import FileRecord, Release
    from lsstinstall.core.versions import EupsVersion
    from lsstinstall.install.ports import PackageFiles

__all__ = ["find_digests", "find_named_digests"]

_ANCESTORS = 5
"""How far above a root its release documents may lie: ``redhat/el7/conda-system/<env>`` is four."""

_READERS = 8
"""How many requests at a time: each is one small file."""

_FOLDER = "releases"
_SUFFIX = ".json"

_MOST_DOCUMENTS = 8
"""How many documents are read in search of a version; whose tag nobody knows is likely a new one."""

_MOVING = {"d": TagKind.DAILY, "w": TagKind.WEEKLY, "o": TagKind.RELEASE}
"""What the first letter of ``w_latest`` and the like stands for."""


def find_digests(
    urls: Sequence[str], tag: EupsTag, *, open_root: Callable[[str], PackageFiles]
) -> dict[str, FileRecord]:
    """Find the release document of a tag, and what it says of the products' files.

    Parameters
    ----------
    urls : `~collections.abc.Sequence` [ `str` ]
        Package roots; the document lies in ``releases/`` of one of them, or of
        a folder above.
    tag : `EupsTag`
        The tag.
    open_root : `~collections.abc.Callable`
        Opens a package root.

    Returns
    -------
    digests : `dict` [ `str`, `FileRecord` ]
        By URL of the file; empty if there is no document, as on today's
        servers.

    Raises
    ------
    FormatError, ProblemsError
        Raised if the document is broken.
    """

    def read(base: str) -> Release | None:
        return _read(open_root(base), tag)

    bases = _bases(urls)
    with open_pool(_READERS) as pool:
        releases = list(pool.map(read, bases))
    found = (
        _digests(base, release) for base, release in zip(bases, releases, strict=True) if release is not None
    )
    return next(found, {})


def find_named_digests(
    urls: Sequence[str],
    asked: Collection[tuple[ProductName, EupsVersion]],
    *,
    tags: Collection[str],
    moving: EupsTag | None,
    open_root: Callable[[str], PackageFiles],
) -> dict[str, FileRecord]:
    """Find release documents that name certain versions, for a moving tag or none at all.

    Parameters
    ----------
    urls : `~collections.abc.Sequence` [ `str` ]
        Package roots, as for `find_digests`.
    asked : `~collections.abc.Collection`
        Products and versions that documents are looked for.
    tags : `~collections.abc.Collection` [ `str` ]
        Tags that have one of them; their documents are read first.
    moving : `EupsTag` or `None`
        The moving tag that was asked for; it tells the kind of its release.
    open_root : `~collections.abc.Callable`
        Opens a package root.

    Returns
    -------
    digests : `dict` [ `str`, `FileRecord` ]
        By URL of the file, of as few documents as name all versions; empty
        if none does.

    Raises
    ------
    FormatError, ProblemsError
        Raised if a document is broken.
    """
    roots = [open_root(base) for base in _bases(urls)]
    with open_pool(_READERS) as pool:
        listings = list(pool.map(_listed, roots))
    for files, listed in zip(roots, listings, strict=True):
        if listed:
            candidates = sorted(listed, key=lambda tag: _rank(tag, tags, moving), reverse=True)
            return _search(files, candidates[:_MOST_DOCUMENTS], set(asked))
    return {}


def _search(
    files: PackageFiles,
    candidates: Sequence[EupsTag],
    missing: set[tuple[ProductName, EupsVersion]],
) -> dict[str, FileRecord]:
    found: dict[str, FileRecord] = {}
    for tag in candidates:
        if not missing:
            break
        release = _read(files, tag)
        if release is None:
            continue
        named = missing & {(product.name, product.version) for product in release.products}
        if named:
            missing -= named
            found = _digests(files.url, release) | found
    return found


def _rank(
    tag: EupsTag, tags: Collection[str], moving: EupsTag | None
) -> tuple[bool, bool, tuple[int, ...], str]:
    kind = None if moving is None else _MOVING.get(moving.name[:1])
    return tag.name in tags, tag.kind is kind, tag.numbers, tag.name


def _listed(files: PackageFiles) -> list[EupsTag]:
    try:
        names = files.listing(_FOLDER)
    except (NotFoundError, UnavailableError):
        return []
    return list(_tags(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)))


def _tags(names: Iterator[str]) -> Iterator[EupsTag]:
    for name in names:
        try:
            yield EupsTag.parse(name)
        except InvalidNameError:
            continue


def _read(files: PackageFiles, tag: EupsTag) -> Release | None:
    path = release_path(tag)
    try:
        text = files.read_text(path)
    except (NotFoundError, UnavailableError):
        # Some servers refuse what they do not have, and folders above a root may not be ours to read.
        return None
    return parse_release(text, source=f"{files.url}/{path}")


def _digests(base: str, release: Release) -> dict[str, FileRecord]:
    files = [product.source for product in release.products]
    files += [file for product in release.products for file in product.binaries.values()]
    return {f"{base}/{file.path}": file for file in files if file is not None}


def _bases(urls: Sequence[str]) -> tuple[str, ...]:
    """Name the roots and what is above them, each once."""
    return tuple(dict.fromkeys(base for url in urls for base in _ancestors(url)))


def _ancestors(url: str) -> Iterator[str]:
    scheme, separator, path = url.rpartition("://")
    for _ in range(_ANCESTORS + 1):
        if not path.strip("/"):
            return
        yield f"{scheme}{separator}{path}"
        path = path.rpartition("/")[0]
