"""What the files of a commit say of how it is built, remembered, for a commit never changes."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import decode_text, write_atomic
from lsstinstall.core.errors import NotFoundError, ToolkitError
from rubin_releng.adapters.gitcommands import GitError
from rubin_releng.core.buildkinds import PYPROJECT, BuildKind, choose_kind

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.core.buildmanifests import ManifestProduct
    from rubin_releng.adapters.git import GitRepository

__all__ = ["FactsMemory", "ProductFacts", "find_facts"]

_ATTRIBUTES = ".gitattributes"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFacts:
    """How a commit is built.

    Parameters
    ----------
    kind : `~rubin_releng.core.buildkinds.BuildKind`
        Who builds it.
    large_files : `bool`
        Whether git-lfs holds some of its files.
    """

    kind: BuildKind
    large_files: bool = False


class FactsMemory:
    """Facts on commits, in a file; used by several threads at once.

    Parameters
    ----------
    path : `~pathlib.Path`
        The file; what cannot be read in it is found out again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known = _read(path)
        self._changed = False

    def of(self, product: ManifestProduct, clone: GitRepository) -> ProductFacts:
        """Say how a product is built.

        Parameters
        ----------
        product : `~lsstinstall.core.buildmanifests.ManifestProduct`
            Name and commit.
        clone : `GitRepository`
            Its repository.

        Returns
        -------
        facts : `ProductFacts`
            From memory, or from the files of the commit.

        Raises
        ------
        NotFoundError
            Raised if the commit is not in the clone.
        FormatError
            Raised if its ``pyproject.toml`` is no TOML.
        """
        with self._lock:
            known = self._known.get(product.sha)
        if known is None:
            known = _look(product, clone)
            with self._lock:
                self._known[product.sha] = known
                self._changed = True
        return known

    def save(self) -> None:
        """Write what was found out."""
        with self._lock:
            if not self._changed:
                return
            records = {sha: [facts.kind.value, facts.large_files] for sha, facts in self._known.items()}
            self._changed = False
        write_atomic(self._path, json.dumps(records, sort_keys=True, indent=0))


def _read(path: Path) -> dict[str, ProductFacts]:
    try:
        records = json.loads(path.read_bytes())
        return {
            sha: ProductFacts(kind=BuildKind(kind), large_files=bool(large))
            for sha, (kind, large) in records.items()
        }
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _look(product: ManifestProduct, clone: GitRepository) -> ProductFacts:
    missing = NotFoundError(
        f"commit {product.sha[:10]} of `{product.name}` is not in `{clone.directory}`",
        hint="run `rubin-releng stack prepare` for this build first",
    )
    if not clone.is_repository():
        raise missing
    try:
        files = clone.list_files(product.sha)
    except GitError as error:
        if clone.resolve(product.sha) is None:
            raise missing from error
        raise
    pyproject = None
    if PYPROJECT in files:
        data = clone.read_file(product.sha, PYPROJECT) or b""
        pyproject = decode_text(data, source=str(clone.directory / PYPROJECT))
    attributes = (clone.read_file(product.sha, path) for path in files if path.endswith(_ATTRIBUTES))
    large = any(b"filter=lfs" in (data or b"") for data in attributes)
    return ProductFacts(kind=choose_kind(files, pyproject, source=product.name), large_files=large)


def find_facts(
    memory: FactsMemory, product: ManifestProduct, clone: GitRepository
) -> ProductFacts | ToolkitError:
    """Say how a product is built, or why that cannot be said.

    Parameters
    ----------
    memory : `FactsMemory`
        What is known.
    product : `~lsstinstall.core.buildmanifests.ManifestProduct`
        Name and commit.
    clone : `GitRepository`
        Its repository.

    Returns
    -------
    facts : `ProductFacts` or `ToolkitError`
        One of both.
    """
    try:
        return memory.of(product, clone)
    except ToolkitError as error:
        return error
